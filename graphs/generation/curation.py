"""Curation: the gate between writing and battling. Rejects keep their reason.

Per instruction: do the programs of `gates` keep it, does the curator find it sound? Then, in the order of
ids, is it a duplicate of an earlier one? The order makes the outcome independent of concurrency.
"""

from collections.abc import Sequence
from functools import partial
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Findings
from ...agents.records import Instruction, Reject, make_id
from .. import kinds
from ..checking import apart
from ..services import Asked, Services, reject, settle
from ..tracing import traced
from .gates import Looked, asking, fault


class CurationState(TypedDict):
    """One instruction before the gate."""

    instruction: Instruction
    rejects: list[Reject]


class CurationUpdate(TypedDict, total=False):
    """What a node of the gate changes."""

    rejects: list[Reject]


def dropped(instruction: Instruction, reason: str, detail: str) -> Reject:
    """Return the reject of an instruction that the gate refused."""
    return Reject(
        id=make_id("reject", "curation", instruction.id, reason),
        parents=(instruction.id,),
        round=instruction.round,
        stage="curation",
        reason=reason,
        detail=detail[:500],
        subject=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
    )


async def inspect(state: CurationState, runtime: Runtime[Services]) -> CurationUpdate:
    """Let programs look first: they cost nothing."""
    services, instruction = runtime.context, state["instruction"]
    looked = Looked(
        leaf=services.leaf(instruction),
        settings=services.settings.curation,
        seed=await services.records.get(kinds.SEED, instruction.seed_id),
        known=services.known,
    )
    reason, detail = await apart(instruction, partial(fault, instruction, looked))
    return {"rejects": [dropped(instruction, reason, detail)] if reason else []}


async def curate(state: CurationState, runtime: Runtime[Services]) -> CurationUpdate:
    """Ask the curator."""
    services, instruction = runtime.context, state["instruction"]
    message = services.curate(instruction)
    alias = services.cast.speaks("curator")
    failed = partial(
        reject,
        stage="curation",
        round=instruction.round,
        subject=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
    )
    findings, rejects = await settle(
        [(services.troupe.send(message, Findings, "curator", alias), failed)]
    )
    rejects += [dropped(instruction, f.reason, f.detail) for f in findings if f.reason]
    return {"rejects": rejects}


def asks_model(state: CurationState, runtime: Runtime[Services]) -> str:
    """Return where to go after the programs' look."""
    return END if state["rejects"] or not runtime.context.settings.curation.model_gate else "curate"


async def duplicates(
    services: Services, instructions: Sequence[Instruction], round: int
) -> list[Reject | None]:
    """Return the rejects of near duplicates, and remember the others; call it in the order of ids."""
    earlier = await services.duplicates.seen(list(map(_asked, instructions)), round)
    return [
        _repeats(one, twin) if twin else None
        for one, twin in zip(instructions, earlier, strict=True)
    ]


def _repeats(one: Instruction, twin: str) -> Reject:
    """Return the reject of a near duplicate, which leads to its twin too."""
    found = dropped(one, "duplicate", f"asks what {twin} asks about the same context")
    return found.model_copy(update={"parents": (*found.parents, twin)})


def _asked(instruction: Instruction) -> Asked:
    given = instruction.environment
    scope = given.material or "\n".join(api.name for api in given.apis)
    return Asked(instruction.id, asking(instruction), scope)


def build() -> CompiledStateGraph[CurationState, Services, CurationState, CurationState]:
    """Return the compiled subgraph."""
    graph = StateGraph(CurationState, context_schema=Services)
    for node in traced("curation", inspect, curate):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "inspect")
    graph.add_conditional_edges("inspect", asks_model, ["curate", END])
    graph.add_edge("curate", END)
    return graph.compile(checkpointer=False, name="curation")
