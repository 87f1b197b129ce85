"""Difficulty of questions: found again where it is known, comparable across versions, never infinite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.tools.ratings.difficulty import Difficulty, question_difficulty
from arenainstruct.tools.ratings.table import BattleTable, Row

STRENGTHS = {"small@1": -0.5, "small@2": 0.7, "teacher": 1.0, "other": 0.2}
STUDIED = ("small@1", "small@2")
GROUPS = 8


class World:
    """Battles of known truth: one version met the first half, the next one the second and the anchors."""

    def __init__(self, questions: int, battles: int, anchors: int = 80) -> None:
        self.random = np.random.default_rng(7)
        self.group = self.random.integers(0, GROUPS, questions)
        means = self.random.normal(0, 1, GROUPS)
        self.truth = means[self.group] + self.random.normal(0, 0.7, questions)
        half = questions // 2
        self.truth[half:] += 0.8  # what is asked later is harder
        self.group[half:] += GROUPS
        rows: list[Row] = []
        for question in range(questions):
            mine = STUDIED[question >= half]
            for n in range(battles):
                rows.append(self.battle(question, mine, ("teacher", "other")[n % 2]))
            rows.append(self.battle(question, "teacher", "other"))
            if question < anchors:
                rows += [self.battle(question, "small@2", o) for o in ("teacher", "other")]
        self.table = BattleTable.from_rows(rows)

    def battle(self, question: int, a: str, b: str) -> Row:
        lead = STRENGTHS[a] - STRENGTHS[b] - (a in STUDIED) * self.truth[question]
        won = self.random.random() < 1 / (1 + np.exp(-lead))
        return f"q{question}", a, b, "model_a" if won else "model_b", 1.0

    def fitted(self) -> Difficulty:
        return question_difficulty(self.table, STUDIED, self.group, len(self.truth))


def test_known_difficulties_are_found_again() -> None:
    world = World(600, battles=6)
    found = world.fitted()
    assert np.corrcoef(found.question, world.truth)[0, 1] > 0.8
    few = World(600, battles=2)
    assert 0.6 < np.corrcoef(few.fitted().question, few.truth)[0, 1] < 0.9
    off = found.question - world.truth
    off -= off.mean()
    inside = np.abs(off) < 1.96 * found.spread
    assert 0.92 < inside.mean() <= 1.0


def test_anchors_make_difficulties_of_two_versions_comparable() -> None:
    def off(anchors: int) -> float:
        world = World(1200, battles=4, anchors=anchors)
        error = world.fitted().question - world.truth
        return float(error[:600].mean() - error[600:].mean())

    # Without a question that both answered, what is asked later cannot be told from who answers it.
    assert abs(off(120)) < 0.2 < off(0)


def test_few_battles_say_little() -> None:
    """One loss moves a question less than five, and towards its group where there is one."""
    rows: list[Row] = [("0", "teacher", "small@1", "model_a", 1.0)]
    rows += [("1", "teacher", "small@1", "model_a", 1.0)] * 5
    rows += [
        (str(n), "teacher", "small@1", ("model_a", "model_b")[n % 2], 1.0) for n in range(2, 12)
    ]
    alone = np.arange(13)
    found = question_difficulty(BattleTable.from_rows(rows), STUDIED, alone, 13)
    assert 0 < found.question[0] < found.question[1]
    assert found.spread[1] < found.spread[0] < found.spread[12]
    assert found.question[12] == 0, "nobody was asked it"
    together = np.where(alone == 12, 1, alone)
    found = question_difficulty(BattleTable.from_rows(rows), STUDIED, together, 13)
    assert found.question[12] == pytest.approx(found.group[1])
    assert found.question[12] > 0.3, "as hard as its group"


rows_of_any_world = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(tuple(STRENGTHS)),
        st.sampled_from(tuple(STRENGTHS)),
        st.sampled_from(("model_a", "model_b", "tie")),
        st.sampled_from((0.25, 1.0, 2.0)),
    ),
    min_size=1,
    max_size=40,
)


@given(rows_of_any_world)
def test_sides_do_not_matter_and_nothing_is_infinite(rows: list[Row]) -> None:
    turned = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}
    other: list[Row] = [(q, b, a, turned[str(won)], weight) for q, a, b, won, weight in rows]

    def hard(given_: list[Row]) -> dict[str, float]:
        table, names = BattleTable.from_rows(given_), list(dict.fromkeys(r[0] for r in given_))
        found = question_difficulty(table, STUDIED, np.zeros(len(names), np.int64), len(names))
        assert (found.spread > 0).all() and (found.spread < 1.5).all()
        return dict(zip(names, found.question.tolist(), strict=True))

    first, second = hard(rows), hard(other)
    assert all(abs(value) < 20 for value in first.values())
    assert second == pytest.approx(first, abs=1e-4)
