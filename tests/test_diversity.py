"""Diversity: weights follow what asking a leaf taught, noise moves none, and quotas make them true."""

import re
from collections import Counter
from collections.abc import Mapping
from random import Random
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.graphs.supervisor.feedback import Found, LeafRecord, changed, weigh
from arenainstruct.graphs.supervisor.learning_value import Evidence, levelled, scatters, weights
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.taxonomy.policy import LeafPolicy, Policy, PolicyChange
from arenainstruct.taxonomy.quota import Quota, Seat, reseated
from arenainstruct.taxonomy.skill import Skill, Transformation
from tests.leaves import NAMES, skill

READING = load_skill("reading_comprehension")
TOOLS = load_skill("tool_use")
EVEN = Policy()
BANDITS = ("thompson", "ucb", "proportional")


def moved(
    found: Mapping[str, tuple[float, float]], before: Policy = EVEN, **settings: Any
) -> tuple[dict[str, float], list[PolicyChange]]:
    """Return the weights after one round; `found` tells (tried, taught) by leaf."""
    evidence: Found = {("reading", n): Evidence(*numbers) for n, numbers in found.items()}
    changes = weigh(before, {}, evidence, [skill()], round=1, settings=FeedbackSettings(**settings))
    after = changed(before, changes)
    return {name: after.of("reading", name).weight for name in NAMES}, changes


LOST_ONE = {"literal": (12, 12.0), "inference": (12, 4.0), "summary": (12, 3.0), "tone": (12, 4.0)}
tries = st.integers(0, 30).flatmap(
    lambda n: st.tuples(st.just(float(n)), st.floats(0, n).map(lambda x: round(x, 2)))
)

rounds = st.fixed_dictionaries({name: tries for name in NAMES})


@pytest.mark.parametrize("bandit", BANDITS)
def test_a_leaf_that_is_lost_to_others_is_asked_more(bandit: str) -> None:
    after, changes = moved(LOST_ONE, diversity=bandit)
    assert after["literal"] > 1.5 > 1 > max(after[n] for n in NAMES[1:])
    first = changes[0]
    assert (first.leaf, first.field, first.old, first.new) == (
        *("literal", "weight", 1.0),
        after["literal"],
    )
    assert "12 of 12 instructions taught, share 1.00, interval 0.76 to 1.00" in first.reason
    assert f"against 0.48 in the whole skill; {bandit}" in first.reason
    assert first.reason.endswith(f"; weight 1 → {first.new:g}")


def test_off_moves_nothing() -> None:
    assert moved(LOST_ONE, diversity="off")[1] == []


@pytest.mark.parametrize("bandit", BANDITS)
def test_what_is_always_won_or_lost_by_everybody_sinks(bandit: str) -> None:
    """Both are tries that taught nobody."""
    after, _ = moved(LOST_ONE | {"tone": (12, 0.0)}, diversity=bandit)
    assert after["tone"] == min(after.values())


@given(rounds, st.sampled_from(BANDITS), st.sampled_from([0.0, 0.25, 0.9]), st.floats(1, 8))
def test_floor_cap_and_mean_hold(
    found: dict[str, tuple[float, float]], bandit: str, floor: float, cap: float
) -> None:
    after, changes = moved(found, diversity=bandit, coverage_floor=floor, weight_cap=cap)
    assert mean(after.values()) == pytest.approx(1, abs=0.002)
    assert min(after.values()) >= floor - 0.001 and max(after.values()) <= cap + 0.001
    for change in changes:
        assert f"{change.old:g}" != f"{change.new:g}"
        assert change.new == after[change.leaf]


@given(rounds, st.sampled_from(BANDITS), st.permutations(NAMES))
def test_the_order_of_the_leaves_does_not_matter(
    found: dict[str, tuple[float, float]], bandit: Any, order: list[str]
) -> None:
    def of(names: Any) -> dict[str, float]:
        evidence = [Evidence(*found[name]) for name in names]
        told = weights(evidence, bandit=bandit, prior=5, cap=4) or [1.0] * len(names)
        return dict(zip(names, told, strict=True))

    assert of(order) == pytest.approx(of(NAMES))


@given(st.lists(st.floats(0, 9), min_size=1, max_size=40), st.floats(0, 1), st.floats(1, 6))
def test_levelled_weights_keep_their_order(wanted: list[float], floor: float, cap: float) -> None:
    got = levelled(wanted, floor=floor, cap=cap)
    assert all(floor <= weight <= cap for weight in got)
    assert [got[i] for i in sorted(range(len(got)), key=lambda i: wanted[i])] == sorted(got)


def test_noise_moves_nothing() -> None:
    """Leaves of one true share scatter by chance; weights move in about one round of twenty."""
    random = Random(5)

    def alike(leaves: int, tried: int, share: float) -> list[Evidence]:
        return [
            Evidence(tried, sum(random.random() < share for _ in range(tried)))
            for _ in range(leaves)
        ]

    worlds = [(43, 3, 0.5), (20, 10, 0.3), (7, 30, 0.8)]
    false = {world: sum(scatters(alike(*world)) for _ in range(200)) / 200 for world in worlds}
    assert max(false.values()) < 0.1
    # And what differs is found: one leaf of twenty is always lost.
    true = [scatters([*alike(19, 10, 0.4), Evidence(10, 10)]) for _ in range(50)]
    assert mean(true) > 0.9


def test_few_tries_move_a_weight_less_than_many() -> None:
    def of(times: int) -> float:
        found = [
            Evidence(4 * times, 4 * times),
            Evidence(40, 8),
            Evidence(40, 22),
            Evidence(40, 10),
        ]
        told = weights(found, bandit="proportional", prior=5, cap=4)
        assert told is not None
        return told[0] / mean(told)

    assert of(1) < of(2) < of(5) < of(20)


def test_a_pinned_leaf_stays_and_the_others_share_what_it_leaves() -> None:
    pinned = Policy(leaves={"reading/literal": LeafPolicy(weight=2.5, pinned=("weight",))})
    after, changes = moved(LOST_ONE, pinned)
    assert after["literal"] == 2.5 and "literal" not in {c.leaf for c in changes}
    assert sum(after.values()) == pytest.approx(4, abs=0.002)


def test_a_leaf_on_trial_moves_nobody() -> None:
    found: Found = {("reading", name): Evidence(9, 4) for name in NAMES[1:]}
    trial = Policy(leaves={f"reading/{NAMES[0]}": LeafPolicy(weight=0.25)})
    held = {("reading", NAMES[0])}
    settings = FeedbackSettings()
    assert weigh(trial, {}, found, [skill()], round=1, settings=settings, held=held) == []
    moved = weigh(trial, {}, found, [skill()], round=1, settings=settings)
    assert {change.leaf for change in moved} == set(NAMES[:1]), "its trial is over"


def test_a_skill_is_compared_with_itself_only() -> None:
    found: Found = {("reading", "literal"): Evidence(30, 30), ("tools", "literal"): Evidence(30, 0)}
    both = [skill(), skill("tools")]
    assert weigh(Policy(), {}, found, both, round=1, settings=FeedbackSettings()) == []


def test_weights_go_back_once_nothing_tells_the_leaves_apart() -> None:
    before = Policy(leaves={"reading/literal": LeafPolicy(weight=3.0)})
    after, (change,) = moved(dict.fromkeys(NAMES, (20.0, 8.0)), before)
    assert set(after.values()) == {1.0}
    assert "no longer differ more than by chance (share taught 0.40)" in change.reason


def test_a_reason_begins_with_the_target_s_battles() -> None:
    evidence: Found = {("reading", n): Evidence(*numbers) for n, numbers in LOST_ONE.items()}
    records = {("reading", "literal"): LeafRecord(won=0, tied=1, lost=23)}
    changes = weigh(Policy(), records, evidence, [skill()], round=3, settings=FeedbackSettings())
    assert re.match("the target won 0, tied 1, lost 23 of 24 battles: ", changes[0].reason)
    assert (changes[0].won, changes[0].tied, changes[0].lost, changes[0].round) == (0, 1, 23, 3)


# Quotas: what the policy says is what a round asks.


def weighted(skill: Skill, random: Random) -> Policy:
    return Policy(
        leaves={
            f"{skill.name}/{leaf.name}": LeafPolicy(weight=random.choice([0.25, 0.5, 1.0, 4.0]))
            for leaf in skill.leaves
        }
    )


def asked(quota: Quota, seeds: int, passages: int, calls: int) -> list[tuple[Seat, ...]]:
    return [quota.of_seed(passages, calls, 1) for _ in range(seeds)]


@pytest.mark.parametrize("pack", [READING, TOOLS], ids=lambda s: s.name)
@pytest.mark.parametrize("calls", [1, 2, 5])
def test_a_round_asks_the_shares_of_its_policy(pack: Skill, calls: int) -> None:
    policy = weighted(pack, Random(3))
    counts = Counter(
        leaf
        for seats in asked(Quota(policy, pack, "7", 1), 300, 2, calls)
        for seat in seats
        for leaf in seat.leaves
    )
    total = counts.total()
    assert total == 300 * calls
    for leaf, share in policy.shares(pack).items():
        assert counts[leaf] == pytest.approx(total * share, abs=2)


def test_who_found_no_seat_in_a_small_round_comes_first_in_the_next() -> None:
    def names(round: int) -> set[str]:
        seats = asked(Quota(EVEN, READING, "7", round), 11, 2, 2)
        return {leaf for of_seed in seats for seat in of_seed for leaf in seat.leaves}

    first, second = names(1), names(2)
    assert len(first) > 18  # of 22 seats, over 43 leaves
    assert len(first | second) > 0.75 * len(READING.leaves)


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 9))
def test_seats_are_admitted_distinct_and_the_same_again(
    seed: int, passages: int, calls: int
) -> None:
    policy = weighted(READING, Random(seed))
    first, again = (asked(Quota(policy, READING, str(seed), 1), 8, passages, calls) for _ in "ab")
    assert first == again
    ways = {way.name: way for way in READING.transformations}
    for seats in first:
        assert len({seat.transformation for seat in seats}) == min(passages, len(ways))
        assert sum(len(seat.leaves) for seat in seats) == calls
        for seat in seats:
            admitted = [x.name for x in READING.admissible(ways[seat.transformation])]
            assert set(seat.leaves) <= set(admitted)
            assert len(set(seat.leaves)) == min(len(seat.leaves), len(admitted))


def test_a_weightless_leaf_is_not_asked_and_all_weightless_are_even() -> None:
    policy = Policy(leaves={"reading/tone": LeafPolicy(weight=0)})
    names = [n for (seat,) in asked(Quota(policy, skill(), "1", 1), 50, 1, 1) for n in seat.leaves]
    assert set(names) == set(NAMES) - {"tone"}
    none = Policy(leaves={f"reading/{name}": LeafPolicy(weight=0) for name in NAMES})
    assert set(none.shares(skill()).values()) == {0.25}


def test_what_a_failed_passage_was_to_be_asked_goes_to_the_others() -> None:
    two = skill().model_copy(
        update={
            "transformations": (
                Transformation(name="plain", brief=""),
                Transformation(name="verse", brief="", leaves=("tone", "summary")),
            )
        }
    )
    seats = (Seat("plain", ("literal", "tone")), Seat("verse", ("summary", "tone")))
    assert reseated(seats, two, ["plain", "verse"]) == {
        "plain": ["literal", "tone"],
        "verse": ["summary", "tone"],
    }
    assert reseated(seats, two, ["plain"]) == {"plain": ["literal", "tone", "summary"]}
    assert reseated(seats, two, ["verse"]) == {"verse": ["summary", "tone"]}
