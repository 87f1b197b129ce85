"""The policy: drawn by weight, it follows the losses, keeps every leaf covered, and gives true reasons."""

import re
from collections import Counter
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.graphs.supervisor.feedback import (
    CAP,
    LeafRecord,
    changed,
    coverage_floor,
    in_order,
    weigh,
)
from arenainstruct.graphs.supervisor.grading import grade
from arenainstruct.taxonomy.policy import (
    LeafPolicy,
    Policy,
    PolicyChange,
    draw_leaves,
    draw_transformations,
)
from arenainstruct.taxonomy.skill import Goal, Leaf, Skill, SkillPrompts, Transformation, load_skill

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


SETTINGS = FeedbackSettings()
NAMES = ("literal", "inference", "summary", "tone")
Records = dict[tuple[str, str], LeafRecord]


def skill(name: str = "reading") -> Skill:
    return Skill(
        name=name,
        title=name,
        description="",
        seed_kinds=("text",),
        prompts=SkillPrompts.model_validate(dict.fromkeys(SkillPrompts.model_fields, "t")),
        transformations=(Transformation(name="plain", brief=""),),
        leaves=tuple(
            Leaf(name=n, title=n, definition="", answer_form="", rubric="") for n in NAMES
        ),
        goals=(Goal(name="harder", brief=""),),
    )


def update(
    policy: Policy,
    records: Records,
    skills: list[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
) -> tuple[Policy, list[PolicyChange]]:
    """Return the next policy with its changes: what both controllers say, as the graph joins them."""
    said = [
        change
        for controller in (weigh, grade)
        for change in controller(policy, records, skills, round=round, settings=settings)
    ]
    changes = in_order(said, skills)
    return changed(policy, changes), changes


def policy(**weights: float) -> Policy:
    return Policy(leaves={f"reading/{n}": LeafPolicy(weight=w) for n, w in weights.items()})


def one(name: str = "literal", **counts: int) -> Records:
    return {("reading", name): LeafRecord(**counts)}


records = st.builds(LeafRecord, *[st.integers(0, 6)] * 3)
rounds = st.lists(
    st.fixed_dictionaries({("reading", name): records for name in NAMES}), min_size=1, max_size=12
)
tuned = st.builds(
    FeedbackSettings,
    coverage_floor=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    step=st.sampled_from([0.0, 1.0, 3.0]),
    least_battles=st.integers(1, 4),
    prior_battles=st.sampled_from([0.0, 0.5, 5.0]),
)


@given(rounds, tuned)
def test_floor_and_levels_hold_after_any_number_of_updates(
    played: list[Records], settings: FeedbackSettings
) -> None:
    now = Policy()
    for number, found in enumerate(played, 1):
        now, changes = update(now, found, [skill()], round=number, settings=settings)
        leaves = [now.of("reading", name) for name in NAMES]
        weights = [leaf.weight for leaf in leaves]
        assert all(1 <= leaf.complexity <= 5 for leaf in leaves)
        # Before any change weights are even, and so is the floor; rounding costs a thousandth.
        assert min(weights) >= settings.coverage_floor * mean(weights) - 0.002
        assert max(weights) <= CAP + 0.002
        assert now.version <= number + 1
        assert {c.round for c in changes} <= {number}


@given(rounds, tuned)
def test_every_reason_is_true_in_numbers(played: list[Records], settings: FeedbackSettings) -> None:
    before = Policy()
    for number, found in enumerate(played, 1):
        after, changes = update(before, found, [skill()], round=number, settings=settings)
        whole = sum(found.values(), LeafRecord())
        for change in changes:
            record = found["reading", change.leaf]
            assert (change.won, change.tied, change.lost) == (record.won, record.tied, record.lost)
            assert change.old == getattr(before.of("reading", change.leaf), change.field)
            assert change.new == getattr(after.of("reading", change.leaf), change.field)
            assert change.reason.startswith(f"the target {record} battles: ")
            assert change.reason.endswith(f"; {change.field} {change.old:g} → {change.new:g}")
            assert f"{change.old:g}" != f"{change.new:g}"
            if rate := re.search(r"loss rate (\S+) against (\S+) in", change.reason):
                assert rate[1] == f"{(record.lost + record.tied / 2) / record.battles:.2f}"
                usual = (whole.lost + whole.tied / 2) / whole.battles
                assert rate[2] == f"{usual:.2f}"
                prior = settings.prior_battles
                lost = record.lost + record.tied / 2 + prior * usual
                shrunk = f"{lost / (record.battles + prior):.2f}"
                assert f", {shrunk} with {prior:g} battles of" in change.reason or not prior
                assert shrunk != rate[2], "the reader sees why the weight moves"
            if rate := re.search(r"win rate (\S+)", change.reason):
                assert rate[1] == f"{(record.won + record.tied / 2) / record.battles:.2f}"
        before = after


@given(rounds)
def test_complexity_moves_one_level_towards_the_band(played: list[Records]) -> None:
    before, (low, high) = Policy(), SETTINGS.win_rate_band
    for found in played:
        after, _ = update(before, found, [skill()], round=1, settings=SETTINGS)
        for name in NAMES:
            record = found["reading", name]
            step = after.of("reading", name).complexity - before.of("reading", name).complexity
            if record.battles < SETTINGS.least_battles:
                assert step == 0
            else:
                assert step in (0, (record.win_rate > high) - (record.win_rate < low))
        before = after


def test_weight_follows_the_losses_within_the_skill() -> None:
    found = one(lost=6) | one("tone", won=6)
    after, changes = update(Policy(), found, [skill()], round=1, settings=SETTINGS)
    weights = {name: after.of("reading", name).weight for name in NAMES}
    assert weights["literal"] == 1.314  # exp((6 + 5 x 0.5) / (6 + 5) - 0.5)
    assert weights["tone"] == 0.761
    assert weights["inference"] == weights["summary"] == 1.0
    assert [c.field for c in changes] == ["weight", "complexity"] * 2
    assert changes[0].reason == (
        "the target won 0, tied 0, lost 6 of 6 battles: "
        "loss rate 1.00 against 0.50 in the whole skill, "
        "0.77 with 5 battles of the skill's rate; weight 1 → 1.314"
    )


def test_few_battles_move_a_weight_less_than_many() -> None:
    def moved(battles: int, prior: float = 5.0) -> float:
        found = one(lost=battles) | one("tone", won=battles)
        settings = FeedbackSettings(prior_battles=prior)
        after, _ = update(Policy(), found, [skill()], round=1, settings=settings)
        return after.of("reading", "literal").weight

    few = [moved(battles) for battles in (3, 6, 12, 100)]
    assert few == sorted(set(few)) and few[0] == 1.206
    assert moved(100) == pytest.approx(1.649, abs=0.04)  # what it is without a prior
    assert moved(3, prior=0) == moved(100, prior=0) == 1.649


def test_a_leaf_like_its_skill_stays_as_it_is() -> None:
    """Two hundredths of a battle are no reason that a reader could see."""
    found = one(won=50, lost=50) | one("tone", won=150, lost=151)
    _, changes = update(Policy(), found, [skill()], round=1, settings=SETTINGS)
    assert changes == []


def test_a_skill_is_compared_with_itself_only() -> None:
    found = one(lost=6) | {("tools", "literal"): LeafRecord(won=6)}
    after, changes = update(Policy(), found, [skill(), skill("tools")], round=1, settings=SETTINGS)
    assert {c.field for c in changes} == {"complexity"}
    assert (after.of("reading", "literal").complexity, after.of("tools", "literal").complexity) == (
        1,
        3,
    )


def test_too_few_battles_conclude_nothing() -> None:
    before = Policy()
    after, changes = update(before, one(lost=2), [skill()], round=1, settings=SETTINGS)
    assert after is before and changes == []
    assert update(before, {}, [skill()], round=1, settings=SETTINGS) == (before, [])


def test_the_floor_lifts_a_leaf_that_had_no_battles() -> None:
    """Its neighbours grew; it would be forgotten without ever having been asked."""
    before = policy(literal=8.0, summary=8.0, tone=8.0)
    after, changes = update(before, one(lost=3, won=3), [skill()], round=2, settings=SETTINGS)
    (lifted,) = changes
    assert (lifted.leaf, lifted.old, lifted.new) == ("inference", 1.0, 1.6)
    assert "the coverage floor is 0.25 of the skill's mean weight" in lifted.reason
    assert "of 0 battles" in lifted.reason
    assert after.of("reading", "inference").weight == 1.6


def test_what_is_won_at_the_highest_level_retires_to_the_floor() -> None:
    top = {f"reading/{n}": LeafPolicy(complexity=5) for n in NAMES}
    found = {("reading", n): LeafRecord(won=6) for n in ("literal", "tone")}
    after, changes = update(Policy(leaves=top), found, [skill()], round=3, settings=SETTINGS)
    assert [c.field for c in changes] == ["weight", "weight"]
    assert "win rate 1.00 at the highest complexity, so it is retired" in changes[0].reason
    assert after.of("reading", "literal").weight == pytest.approx(0.25, abs=0.002)
    # Even where everything retires, everything stays possible.
    everything = {("reading", n): LeafRecord(won=6) for n in NAMES}
    for number in range(4, 8):
        after, _ = update(after, everything, [skill()], round=number, settings=SETTINGS)
    assert all(after.of("reading", n).weight > 0 for n in NAMES)


@given(st.lists(st.floats(0, 8), min_size=1, max_size=50), st.floats(0, 1))
def test_the_floor_is_a_share_of_the_mean_it_leads_to(weights: list[float], share: float) -> None:
    floor = coverage_floor(weights, share)
    raised = [max(weight, floor) for weight in weights]
    assert min(raised) >= share * mean(raised) - 1e-3
    assert floor <= share * mean(raised) + 2e-3


def test_an_empty_policy_version_is_no_version() -> None:
    even = one(won=2, lost=3)
    after, changes = update(Policy(), even, [skill()], round=1, settings=SETTINGS)
    assert (after.version, changes) == (1, [])
