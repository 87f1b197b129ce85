"""Curation: the gate between writing and battling. Rejects keep their reason.

Per instruction: do the programs of `gates` keep it, does the curator find it sound? Then, in the order of
ids, is it a duplicate of an earlier one? The order makes the outcome independent of concurrency.
"""

from collections.abc import Sequence
from functools import partial

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...agents.messages import Choose, Chosen, Findings
from ...agents.records import Instruction, Reject, make_id
from .. import kinds
from ..checking import apart
from ..services import Asked, Services, failed_at, settle
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
    findings, rejects = await settle(
        [
            (
                services.troupe.send(message, Findings, "curator", alias),
                failed_at("curation", instruction),
            )
        ]
    )
    rejects += [dropped(instruction, f.reason, f.detail) for f in findings if f.reason]
    return {"rejects": rejects}


async def reorder(state: CurationState, runtime: Runtime[Services]) -> CurationUpdate:
    """Let the curator choose among the options as they stand and in reverse: it has to be the same one."""
    services, instruction = runtime.context, state["instruction"]
    alias, options = services.cast.speaks("curator"), instruction.options
    chosen, rejects = await settle(
        (
            services.troupe.send(
                Choose(instruction=instruction, options=order), Chosen, "curator", alias
            ),
            partial(failed_at("curation", instruction), part=part),
        )
        for part, order in (("options as given", options), ("options reversed", options[::-1]))
    )
    if not rejects and (why := _differ(chosen)):
        rejects = [dropped(instruction, "options_order", why)]
    return {"rejects": rejects}


def _differ(chosen: Sequence[Chosen]) -> str:
    """Return how two choices differ; empty where they do not."""
    first, second = (f"{one.option!r}" if one.option else "none" for one in chosen)
    return "" if first == second else f"as given {first} is chosen, in reverse {second}"


def asks_model(state: CurationState, runtime: Runtime[Services]) -> str:
    """Return where to go after the programs' look."""
    if not state["rejects"] and runtime.context.settings.curation.model_gate:
        return "curate"
    return asks_again(state, runtime)


def asks_again(state: CurationState, runtime: Runtime[Services]) -> str:
    """Return where to go after the curator's look."""
    wanted = runtime.context.settings.curation.shuffled_options
    return "reorder" if wanted and state["instruction"].options and not state["rejects"] else END


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
    for node in traced("curation", inspect, curate, reorder):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "inspect")
    graph.add_conditional_edges("inspect", asks_model, ["curate", "reorder", END])
    graph.add_conditional_edges("curate", asks_again, ["reorder", END])
    graph.add_edge("reorder", END)
    return graph.compile(checkpointer=False, name="curation")
