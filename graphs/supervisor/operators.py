"""Operators: what became of a round's refined instructions, counted by the operator that made them."""

from collections import defaultdict
from collections.abc import Mapping
from math import erf, sqrt

from ...agents.records import Instruction
from ...taxonomy.refinement import OperatorRecord
from .. import kinds
from ..services import Services
from ..stream import paged
from .decisions import Decision, decision_id

PAGE = 500


async def operators_of(services: Services, number: int) -> dict[str, OperatorRecord]:
    """Return the records of a round's operators, by `skill/operator`."""
    found: dict[str, OperatorRecord] = defaultdict(OperatorRecord)
    async for draft in services.records.stream(kinds.DRAFT, number):
        if draft.depth:
            found[_key(draft)] += OperatorRecord(made=1)
    page: list[Instruction]
    async for page in paged(services.records.stream(kinds.INSTRUCTION, number), PAGE):
        edited = [one for one in page if one.depth]
        ids = {id for one in edited for id in (one.id, one.parents[0])}
        decisions = await services.records.get_many(kinds.DECISION, map(decision_id, sorted(ids)))
        for one in edited:
            goal = services.skills[one.skill].goal(one.operator)
            found[_key(one)] += became(one, decisions, eases=goal is not None and goal.eases)
    return dict(sorted(found.items()))


def became(
    edited: Instruction, decisions: Mapping[str, Decision], *, eases: bool
) -> OperatorRecord:
    """Return what became of one edited instruction that passed the gate; decisions are by their id."""
    child = decisions.get(decision_id(edited.id))
    parent = decisions.get(decision_id(edited.parents[0]))
    if child is not None and child.outcome == "broken":
        return OperatorRecord()
    harder = probably_harder(child, parent) if child and parent else None
    if harder is None:
        return OperatorRecord(passed=1)
    return OperatorRecord(passed=1, compared=1, moved=1 - harder if eases else harder)


def probably_harder(child: Decision, parent: Decision) -> float | None:
    """Return the probability that one instruction is harder than another; None where nothing tells."""
    if child.difficulty is None or parent.difficulty is None:
        return None
    spread = sqrt((child.spread or 0) ** 2 + (parent.spread or 0) ** 2)
    if not spread:
        return 0.5
    return 0.5 * (1 + erf((child.difficulty - parent.difficulty) / spread / sqrt(2)))


def _key(instruction: Instruction) -> str:
    return f"{instruction.skill}/{instruction.operator}"
