"""The verdict: from games to a winner, symmetric in its sides and never guessed."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.records import Game, Winner
from arenainstruct.graphs.arena.verdict import (
    CHECKED_MARGIN,
    JurorVerdict,
    checked_verdict,
    juror_verdicts,
    jury_verdict,
)
from arenainstruct.tools.ratings.share import FLIPPED_WEIGHT

MIRROR: dict[str, str] = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}
half_points = st.integers(2, 20).map(lambda n: n / 2)
scores = st.tuples(half_points, half_points)
Jury = Sequence[tuple[tuple[float, float], tuple[float, float]]]
"""For each juror: (score_a, score_b) with model_a shown first, then with model_b shown first."""
juries = st.lists(st.tuples(scores, scores), min_size=1, max_size=5)


def game(juror: str, first: str, score_a: float, score_b: float) -> Game:
    return Game(
        juror=juror,
        model=f"scripted/{juror}",
        shown_first="model_a" if first == "a" else "model_b",
        score_a=score_a,
        score_b=score_b,
        reason="",
    )


def played(jury: Jury) -> list[Game]:
    return [
        game(f"j{n}", first, *scored)
        for n, orders in enumerate(jury)
        for first, scored in zip("ab", orders, strict=True)
    ]


def mirrored(games: list[Game]) -> list[Game]:
    """Return the same games with the two models' sides swapped."""
    return [
        g.model_copy(
            update={
                "shown_first": MIRROR[g.shown_first],
                "score_a": g.score_b,
                "score_b": g.score_a,
            }
        )
        for g in games
    ]


def voters(*differences: float, flipped: tuple[int, ...] = ()) -> list[JurorVerdict]:
    return [JurorVerdict(f"j{n}", d, n not in flipped) for n, d in enumerate(differences)]


@given(juries)
def test_swapping_sides_mirrors_the_verdict(jury: Jury) -> None:
    games = played(jury)
    one, other = (jury_verdict(juror_verdicts(g)) for g in (games, mirrored(games)))
    assert other.winner == MIRROR[one.winner]
    assert other.margin == -one.margin
    assert (other.agreement, other.disputed) == (one.agreement, one.disputed)


@given(juries, st.randoms(use_true_random=False))
def test_the_order_in_which_games_arrive_does_not_matter(jury: Jury, random: Random) -> None:
    games = played(jury)
    shuffled = random.sample(games, len(games))
    assert jury_verdict(juror_verdicts(games)) == jury_verdict(juror_verdicts(shuffled))


@given(juries)
def test_an_undisputed_winner_has_more_than_half_of_the_weight(jury: Jury) -> None:
    verdicts = juror_verdicts(played(jury))
    verdict = jury_verdict(verdicts)
    for_it = sum(v.weight for v in verdicts if v.winner == verdict.winner)
    assert verdict.disputed or for_it * 2 > sum(v.weight for v in verdicts)
    assert -9 <= verdict.margin <= 9 and 0 <= verdict.agreement <= 1


def test_an_inconsistent_juror_keeps_half_a_vote() -> None:
    (juror,) = juror_verdicts([game("j", "a", 9, 3), game("j", "b", 5, 7)])
    assert (juror.consistent, juror.weight, juror.winner) == (False, FLIPPED_WEIGHT, "model_a")
    # Against one consistent juror its side loses; two of its kind only balance him.
    assert jury_verdict(voters(2, -1, flipped=(0,))).winner == "model_b"
    assert jury_verdict(voters(2, 2, -1, flipped=(0, 1))).disputed


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5))
def test_inconsistent_jurors_alone_never_decide_not_even_on_a_tie(
    swings: list[tuple[int, int]],
) -> None:
    """Each finds the answer shown first better, by so many points."""
    jury = [((1.0 + up, 1.0), (1.0, 1.0 + down)) for up, down in swings]
    verdicts = juror_verdicts(played(jury))
    assert not any(v.consistent for v in verdicts)
    assert jury_verdict(verdicts).disputed


def test_a_juror_who_only_follows_the_order_does_not_undo_the_others() -> None:
    swayed = ((5.0, 3.0), (3.0, 5.0))
    verdict = jury_verdict(juror_verdicts(played([swayed, ((8, 2), (7, 3))])))
    assert (verdict.winner, verdict.disputed) == ("model_a", False)


@pytest.mark.parametrize(
    ("differences", "winner", "disputed"),
    [
        ((3.0, 2.0, -1.0), "model_a", False),
        ((3.0, -1.0), "tie", True),
        ((3.0, 0.0), "tie", True),
        ((0.0, 0.0, 4.0), "tie", False),
        ((3.0, 1.0, -1.0, 0.0), "model_a", True),  # two of four are no majority
    ],
)
def test_majorities(differences: tuple[float, ...], winner: Winner, disputed: bool) -> None:
    verdict = jury_verdict(voters(*differences))
    assert (verdict.winner, verdict.disputed) == (winner, disputed)


def test_majority_and_median_may_disagree() -> None:
    """Two lukewarm votes outweigh one flipped one, which still moves the median."""
    verdict = jury_verdict(voters(-4, -3, 1, 1, flipped=(0, 1)))
    assert (verdict.winner, verdict.disputed) == ("model_a", False)
    assert verdict.margin == -1


def test_no_verdict_without_both_orders() -> None:
    assert juror_verdicts([game("j", "a", 9, 1)]) == []
    assert juror_verdicts([game("j", "a", 9, 1), game("j", "a", 9, 1)]) == []
    with pytest.raises(ValueError, match="no juror gave a verdict"):
        jury_verdict([])


@pytest.mark.parametrize(
    ("a", "b", "margin"), [(True, False, CHECKED_MARGIN), (False, True, -CHECKED_MARGIN)]
)
def test_a_checker_that_tells_two_answers_apart_decides(a: bool, b: bool, margin: float) -> None:
    verdict = checked_verdict(a, b)
    assert verdict is not None
    assert (verdict.winner, verdict.margin) == ("model_a" if a else "model_b", margin)
    assert not verdict.disputed


@pytest.mark.parametrize("same", [(True, True), (False, False), (None, True), (False, None)])
def test_a_checker_that_does_not_leaves_it_to_the_jury(
    same: tuple[bool | None, bool | None],
) -> None:
    assert checked_verdict(*same) is None


def test_who_is_of_two_minds_gives_no_vote_to_a_tie() -> None:
    torn = JurorVerdict("torn", 0.0, False)
    for one in (1.0, -1.0):
        found = jury_verdict([JurorVerdict("a", one, True), torn])
        assert found.winner == ("model_a" if one > 0 else "model_b")
