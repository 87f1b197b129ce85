"""Constraining: a program adds constraints that it can verify to tasks that a writer wrote.

The writer's task says what to write; which constraints its answer has to keep, and with what numbers and
words, is drawn here, seeded by the instruction's id. Refinement draws one more, round by round: no model
is asked.
"""

from functools import partial
from random import Random

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.records import Check, Instruction, Reject, make_id
from ...tools.constraints import FAMILIES, Constraint, Material, drawn, read, telling_words
from ..services import Services, reject
from .flow_state import Flow, FlowState, FlowUpdate, in_order

HARDER = "added_constraint"
"""The goal that a further constraint serves."""


class NoFamily(EpisodeError):
    """A leaf that no family of constraints is of: an older run split one off, or a flow brought its own."""


async def constrain(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Add constraints to every task, then so many further ones as refinement rounds are asked for."""
    settings, round = runtime.context.settings, state["round"].number
    failed = partial(reject, stage="instruction", round=round, skill=state["skill"])
    words = {passage.id: telling_words(passage.text) for passage in state["passages"]}
    made: list[Instruction] = []
    rejects: list[Reject] = []
    for instruction in state["instructions"]:
        if instruction.leaf not in FAMILIES:
            error = NoFamily(f"no constraints are known for the leaf {instruction.leaf}")
            about = instruction.parents[0]
            rejects.append(failed(error, subject=about, leaf=instruction.leaf, part=instruction.id))
            continue
        given = words[instruction.parents[0]]
        made.append(_constrained(instruction, given, settings.seed))
        for _ in range(settings.per_seed.refinements):
            if (harder := _harder(made[-1], given, settings.seed)) is None:
                break
            made.append(harder)
    return {"instructions": made, "rejects": state["rejects"] + rejects}


def _constrained(instruction: Instruction, words: tuple[str, ...], seed: int) -> Instruction:
    """Return a task as its leaf constrains it; its text begins with what the writer wrote."""
    material = Material(instruction.task, words, instruction.complexity)
    random = Random(f"{seed}/{instruction.id}")
    found = drawn(instruction.leaf, material, random)
    return instruction.model_copy(update={"task": found.task, "check": _check(found.constraints)})


def _harder(parent: Instruction, words: tuple[str, ...], seed: int) -> Instruction | None:
    """Return an instruction with one constraint more; None where none goes with those it has."""
    check = parent.check
    assert check is not None
    kept = tuple(map(read, check.terms, check.replacements))
    level = min(5, parent.complexity + 1)
    id = make_id("instruction", parent.id, HARDER)
    material = Material(parent.task, words, level)
    found = drawn(parent.leaf, material, Random(f"{seed}/{id}"), kept)
    if len(found.constraints) == len(kept):
        return None
    return parent.model_copy(
        update={
            "id": id,
            "parents": (parent.id,),
            "complexity": level,
            "task": found.task,
            "check": _check(found.constraints),
            "operator": HARDER,
            "depth": parent.depth + 1,
        }
    )


def _check(constraints: tuple[Constraint, ...]) -> Check:
    return Check(
        name="constraints",
        terms=tuple(constraint.KIND for constraint in constraints),
        replacements=tuple(constraint.model_dump_json() for constraint in constraints),
    )


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("constraining", constrain)
