"""Drawing under the policy: by weight, without repeats, the same for the same seed."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.taxonomy.policy import (
    LeafPolicy,
    Policy,
    draw_leaves,
    draw_transformations,
)
from arenainstruct.taxonomy.skill import Skill, load_skill

READING = load_skill("reading_comprehension")
TOOLS = load_skill("tool_use")


def weighted(skill: Skill, weights: dict[str, float], rest: float = 1.0) -> Policy:
    return Policy(
        leaves={
            f"{skill.name}/{leaf.name}": LeafPolicy(weight=weights.get(leaf.name, rest))
            for leaf in skill.leaves
        }
    )


def test_leaves_are_drawn_by_weight() -> None:
    policy, random = weighted(TOOLS, {"single_api_complete": 6.0}), Random(1)
    drawn = Counter(
        leaf.name
        for _ in range(6000)
        for leaf in draw_leaves(policy, TOOLS, TOOLS.leaves, count=1, random=random)
    )
    # Six others weigh 1 each: half of the draws, and a twelfth for each of the others.
    assert drawn["single_api_complete"] / 6000 == pytest.approx(1 / 2, abs=0.03)
    for name in drawn.keys() - {"single_api_complete"}:
        assert drawn[name] / 6000 == pytest.approx(1 / 12, abs=0.02)
    assert len(drawn) == 7


def test_transformations_are_drawn_by_the_leaves_they_admit() -> None:
    point = [t for t in READING.transformations if "point_at_issue" in t.leaves]
    policy = weighted(READING, {leaf: 8.0 for t in point for leaf in t.leaves}, rest=0.1)
    random, drawn = Random(2), Counter[str]()
    for _ in range(1000):
        drawn[draw_transformations(policy, READING, 1, random)[0].name] += 1
    assert min(drawn[t.name] for t in point) > 100
    assert drawn["poem"] < min(drawn[t.name] for t in point)


@given(st.integers(0, 60), st.integers())
def test_no_leaf_comes_twice_while_others_are_left(count: int, seed: int) -> None:
    leaves = READING.leaves[:9]
    drawn = draw_leaves(Policy(), READING, leaves, count=count, random=Random(seed))
    assert len(drawn) == count
    for start in range(0, count, 9):
        lap = [leaf.name for leaf in drawn[start : start + 9]]
        assert len(set(lap)) == len(lap)
    assert drawn == draw_leaves(Policy(), READING, leaves, count=count, random=Random(seed))


def test_transformations_are_distinct_and_no_more_than_there_are() -> None:
    drawn = draw_transformations(Policy(), READING, 99, Random(3))
    assert sorted(t.name for t in drawn) == sorted(t.name for t in READING.transformations)


def test_weightless_leaves_come_last_and_do_not_break_the_draw() -> None:
    policy = weighted(TOOLS, {"needed_api_absent": 1.0}, rest=0.0)
    drawn = draw_leaves(policy, TOOLS, TOOLS.leaves, count=3, random=Random(4))
    assert drawn[0].name == "needed_api_absent"
    assert len(draw_transformations(weighted(TOOLS, {}, rest=0.0), TOOLS, 2, Random(5))) == 2


def test_a_leaf_that_is_not_listed_is_at_its_start() -> None:
    assert Policy().of("reading_comprehension", "main_idea") == LeafPolicy(weight=1, complexity=2)
