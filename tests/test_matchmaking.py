"""Matchmaking: the target battles first, sides are fair, and the same random gives the same pairs."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.graphs.arena.matchmaking import pairs

NAMES = ("target", "a", "b", "c", "d")


@given(st.integers(2, 5), st.integers(1, 15), st.integers())
def test_pairs_are_distinct_and_the_target_comes_first(many: int, battles: int, seed: int) -> None:
    contenders = NAMES[:many]
    found = pairs(contenders, "target", battles=battles, random=Random(seed))
    assert len(found) == min(battles, many * (many - 1) // 2)
    assert len({frozenset(pair) for pair in found}) == len(found)
    assert all(set(pair) <= set(contenders) and pair[0] != pair[1] for pair in found)
    own = ["target" in pair for pair in found]
    assert own == sorted(own, reverse=True)
    assert sum(own) == min(battles, many - 1)
    assert found == pairs(contenders, "target", battles=battles, random=Random(seed))


def test_nobody_sits_on_one_side_and_every_opponent_has_its_turn() -> None:
    random = Random(7)
    drawn = [pairs(NAMES, "target", battles=1, random=random)[0] for _ in range(2000)]
    assert 900 < sum(pair[0] == "target" for pair in drawn) < 1100
    opponents = Counter(name for pair in drawn for name in pair if name != "target")
    assert min(opponents.values()) > 400 and len(opponents) == 4


def test_where_the_target_stands_in_the_list_does_not_matter() -> None:
    one = pairs(NAMES, "target", battles=9, random=Random(1))
    other = pairs((*NAMES[1:], "target"), "target", battles=9, random=Random(1))
    assert one == other
