"""Difficulty: what all battles so far tell of how hard each of a round's instructions is for the target.

One fit over all rounds (`tools/ratings/difficulty.py`), so that rounds can be compared. A trained target
is another contender: what joins its scale to its predecessor's is the held-out set, which every version
battles over. It is the anchor, and never trains; how far it does as foretold is written down.
"""

from array import array
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from ...agents.contender_name import alias_of
from ...agents.records import Battle, make_id
from ...tools.ratings.verdict import SCORES
from .. import kinds
from ..arena.verdict import rows
from ..services import Services
from ..stream import paged
from .decisions import AnchorRecord, Decision, LeafDifficulty, RoundDifficulty

if TYPE_CHECKING:
    from ...tools.ratings.difficulty import Difficulty

PAGE = 500
Leaf = tuple[str, str, int]
"""(skill, leaf, complexity)."""


@dataclass
class _Questions:
    """The instructions that tell something, numbered; broken ones do not."""

    number: dict[str, int] = field(default_factory=dict)
    group: "array[int]" = field(default_factory=lambda: array("q"))
    first: "array[int]" = field(default_factory=lambda: array("b"))
    """1 for those of the first round, whose mean is the zero of the scale."""
    held_out: "array[int]" = field(default_factory=lambda: array("b"))
    groups: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, decision: Decision) -> None:
        """Take one in; those of one leaf and level that were asked in one round are alike."""
        held = decision.outcome == "held_out"
        asked = "held out" if held else decision.round
        key = (decision.skill, decision.leaf, decision.complexity, asked)
        self.number[decision.instruction_id] = len(self.number)
        self.group.append(self.groups.setdefault(key, len(self.groups)))
        self.first.append(decision.round == 1 and not held)
        self.held_out.append(held)


@dataclass
class _Fought:
    """Battles as columns: one row each, since its games share both models."""

    models: dict[str, int] = field(default_factory=dict)
    a: "array[int]" = field(default_factory=lambda: array("q"))
    b: "array[int]" = field(default_factory=lambda: array("q"))
    score: "array[float]" = field(default_factory=lambda: array("d"))
    weight: "array[float]" = field(default_factory=lambda: array("d"))
    question: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, battle: Battle, question: int) -> None:
        """Take one in, by what its games say."""
        weight = won = 0.0
        for _, first, _, winner, counts in rows(battle):
            share = SCORES[str(winner)]
            weight += counts
            won += counts * (share if first == battle.model_a else 1 - share)
        self.a.append(self.models.setdefault(battle.model_a, len(self.models)))
        self.b.append(self.models.setdefault(battle.model_b, len(self.models)))
        self.score.append(won / weight)
        self.weight.append(weight)
        self.question.append(question)


async def estimate(services: Services, number: int) -> None:
    """Write how hard the round's instructions are: into their decisions, and leaf by leaf."""
    questions, fought = _Questions(), _Fought()
    async for decision in services.records.stream(kinds.DECISION):
        if decision.outcome != "broken":
            questions.add(decision)
    async for battle in services.records.stream(kinds.BATTLE):
        if not battle.own and (place := questions.number.get(battle.instruction_id)) is not None:
            fought.add(battle, place)
    target = alias_of(services.target)
    studied = [name for name in fought.models if alias_of(name) == target]
    if not studied:
        return
    hard = _fitted(questions, fought, studied)
    leaves: dict[Leaf, list[float]] = defaultdict(list)
    page: list[Decision]
    async for page in paged(_undecided(services, questions, number), PAGE):
        told = [_told(decision, questions, hard) for decision in page]
        for d in told:
            leaves[d.skill, d.leaf, d.complexity].append(d.difficulty or 0.0)
        await services.records.rewrite(kinds.DECISION, number, told)
    found = RoundDifficulty(
        id=make_id("difficulty", number),
        round=number,
        leaves=tuple(
            LeafDifficulty(
                skill=skill,
                leaf=leaf,
                complexity=complexity,
                instructions=len(values),
                difficulty=round(fmean(values), 3),
            )
            for (skill, leaf, complexity), values in sorted(leaves.items())
        ),
        anchors=tuple(_anchors(questions, fought, studied, hard)),
    )
    await services.records.replace(kinds.DIFFICULTY, number, [found])


async def _undecided(
    services: Services, questions: _Questions, number: int
) -> AsyncIterator[Decision]:
    async for decision in services.records.stream(kinds.DECISION, number):
        if decision.outcome != "held_out" and decision.instruction_id in questions.number:
            yield decision


def _fitted(questions: _Questions, fought: _Fought, studied: list[str]) -> "Difficulty":
    """Return the difficulties, with 0 where the first round's instructions lie on average."""
    # numpy is not needed before the first battle
    from dataclasses import replace

    import numpy as np

    from ...tools.ratings.difficulty import question_difficulty
    from ...tools.ratings.table import BattleTable

    table = BattleTable(
        np.array(fought.a),
        np.array(fought.b),
        np.array(fought.score),
        np.array(fought.weight),
        np.array(fought.question),
        tuple(fought.models),
    )
    found = question_difficulty(table, studied, np.array(questions.group), len(questions.number))
    first = np.array(questions.first, dtype=bool)
    zero = found.question[first].mean() if first.any() else 0.0
    return replace(found, question=found.question - zero)


def _told(decision: Decision, questions: _Questions, hard: "Difficulty") -> Decision:
    place = questions.number[decision.instruction_id]
    # Rounded: the last digits differ from one processor to another.
    update = {
        "difficulty": round(float(hard.question[place]), 4),
        "spread": round(float(hard.spread[place]), 4),
    }
    return decision.model_copy(update=update)


def _anchors(
    questions: _Questions, fought: _Fought, studied: list[str], hard: "Difficulty"
) -> list[AnchorRecord]:
    """Return how each version of the target does on the held-out set."""
    mine = {fought.models[name]: name for name in studied}
    won: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row, question in enumerate(fought.question):
        if not questions.held_out[question]:
            continue
        score, foretold = fought.score[row], float(hard.expected[row])
        if (name := mine.get(fought.a[row])) is not None:
            won[name].append((score, foretold))
        if (name := mine.get(fought.b[row])) is not None:
            won[name].append((1 - score, 1 - foretold))
    return [
        AnchorRecord(
            model=name,
            battles=len(found),
            win_rate=round(fmean(rate for rate, _ in found), 3),
            expected=round(fmean(rate for _, rate in found), 3),
        )
        for name, found in sorted(won.items())
    ]
