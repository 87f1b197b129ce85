"""Levels: where they scatter, each is asked as often as asking it teaches."""

from math import fsum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.records import make_id
from arenainstruct.graphs import kinds
from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.graphs.supervisor.cells import BANDS, Cell, Place
from arenainstruct.graphs.supervisor.decisions import Order
from arenainstruct.graphs.supervisor.feedback import LeafRecord, Records, changed
from arenainstruct.graphs.supervisor.learning_value import Evidence
from arenainstruct.graphs.supervisor.levels import Taught, shares_of, spread, taught_by_band
from arenainstruct.graphs.supervisor.plan import Stand, carried_out, differences
from arenainstruct.taxonomy.policy import LeafPolicy, Policy
from arenainstruct.taxonomy.skill import Skill
from arenainstruct.taxonomy.version import Taxonomy
from tests.leaves import skill
from tests.rounds import supervised
from tests.stage import READING, SEED, juror, staged

SETTINGS = FeedbackSettings()
KEY = ("reading", "literal")
NATURAL = (0.4, 0.28, 0.17, 0.1, 0.05)
SCATTERED: Skill = skill().model_copy(update={"levels": NATURAL})
Told = dict[str, tuple[float, float]]
"""(taught, tried) by band."""


def after(told: Told, policy: Policy | None = None, asked: Skill = SCATTERED) -> Policy:
    """Return the policy that follows from what the bands of one leaf taught."""
    before = policy or Policy()
    found: Taught = {
        (*KEY, band): Evidence(tried, taught) for band, (taught, tried) in told.items()
    }
    records: Records = {KEY: LeafRecord(won=3, lost=40)}
    changes = spread(before, records, found, [asked], round=1, settings=SETTINGS)
    return changed(before, changes)


def test_what_is_lost_all_over_is_asked_at_every_level_alike() -> None:
    policy = after({"plain": (18, 20), "middle": (4, 5), "hard": (4, 4)})
    assert policy.levels(SCATTERED, "literal") == (0.2,) * 5
    assert policy.of(*KEY).level == 3
    # Other leaves, of which nothing is known, are asked as their file says.
    assert policy.levels(SCATTERED, "choice") == pytest.approx(NATURAL)


def test_what_is_won_where_it_is_plain_is_asked_harder() -> None:
    found = after({"plain": (2, 40), "middle": (12, 20), "hard": (19, 20)})
    shares = found.levels(SCATTERED, "literal")
    assert shares[0] == shares[1] < shares[2] < shares[3] == shares[4]
    assert shares[0] > 0.04, "a level that is won is not forgotten"


def test_a_change_tells_its_rule_and_its_numbers() -> None:
    taught: Taught = {(*KEY, band): Evidence(20, 18) for band in BANDS}
    records: Records = {KEY: LeafRecord(won=2, lost=18)}
    (change,) = spread(Policy(), records, taught, [SCATTERED], round=3, settings=SETTINGS)
    assert (change.field, change.old, change.new, change.lost) == ("complexity", 2, 3, 18)
    assert change.reason == (
        "the target won 2, tied 0, lost 18 of 20 battles: taught 18 of 20 plain, 18 of 20 middle, "
        "18 of 20 hard; levels 0.40 0.28 0.17 0.10 0.05 → 0.20 0.20 0.20 0.20 0.20; complexity 2 → 3"
    )
    assert (
        spread(
            changed(Policy(), [change]), records, taught, [SCATTERED], round=4, settings=SETTINGS
        )
        == []
    )


def test_without_battles_or_without_scatter_nothing_moves() -> None:
    assert after({"plain": (2, 2)}) == Policy()
    assert after({"plain": (20, 20)}, asked=skill()) == Policy()


def test_what_a_round_taught_counts_less_in_the_next() -> None:
    place = Place("reading", "literal", "retold", "hard")
    cell = Cell(asked=8, decided=8, taught=4)
    found = taught_by_band({2: {place: cell}, 1: {place: cell}}, 0.5)
    assert found == {(*KEY, "hard"): Evidence(12, 6)}


def test_a_user_pins_frees_and_takes_back_the_level_of_what_scatters() -> None:
    spread_out = after({band: (18, 20) for band in BANDS})
    stand = Stand(spread_out, Taxonomy(skills=(SCATTERED,)))

    def ordered(what: str, value: float | None = None, policy: int = 0) -> Stand:
        order = Order.model_validate(
            {
                "id": make_id("order", what),
                "number": 1,
                "what": what,
                "skill": KEY[0],
                "leaf": KEY[1],
            }
            | {"field": "complexity", "value": value, "policy": policy}
        )
        return carried_out([order], stand, {1: Policy()}, {}, 1)

    at_four = ordered("pin", 4)
    assert at_four.policy.levels(SCATTERED, "literal") == pytest.approx((0, 0, 0.4, 0.28, 0.32))
    assert [(c.old, c.new) for c in at_four.changes] == [(3, 4)]
    as_it_is = ordered("pin").policy
    assert as_it_is.of(*KEY).pinned == ("complexity",) and as_it_is.of(*KEY).level == 3
    assert ordered("rollback", policy=1).policy.levels(SCATTERED, "literal") == pytest.approx(
        NATURAL
    )
    assert differences(Policy(), spread_out) == [("reading/literal", "complexity", 2, 3)]


evidence = st.builds(
    lambda tried, share: Evidence(tried, tried * share), st.integers(0, 200), st.floats(0, 1)
)


@given(st.tuples(evidence, evidence, evidence), st.integers(1, 5))
def test_shares_are_shares_and_no_level_starves(
    found: tuple[Evidence, Evidence, Evidence], asked: int
) -> None:
    shares = shares_of(found, SETTINGS)
    assert fsum(shares) == pytest.approx(1, abs=1e-3)
    assert min(shares) > SETTINGS.coverage_floor / 8
    moved = Policy(leaves={"reading/literal": LeafPolicy(complexity=asked)})
    assert fsum(moved.levels(SCATTERED, "literal")) == pytest.approx(1)
    assert moved.levels(skill(), "literal") == tuple(float(n == asked) for n in range(1, 6))


async def test_what_a_model_writes_scatters_too_and_moves_with_its_battles(tmp_path: Path) -> None:
    scattered = READING.model_copy(update={"leaves": READING.leaves[:1], "levels": NATURAL})
    tuned: dict[str, Any] = {
        "rounds": 2,
        "per_seed": {"passages": 2, "instructions": 4, "per_leaf": 1, "refinements": 0},
        "feedback": {"least_battles": 1, "structure": False},
    }
    lost = {"juror": lambda line: juror(line, {"small": 2.0, "other": 9.0})}
    async with staged(tmp_path, lost, skill=scattered, **tuned) as stage:
        await supervised(stage, *(SEED.model_copy(update={"id": f"s-{n}"}) for n in range(40)))
        versions = await stage.records(kinds.POLICY)
        drafts = await stage.records(kinds.DRAFT)
    asked = [sorted(d.complexity for d in drafts if d.round == number) for number in (1, 2)]
    assert len(set(asked[0])) > 2 and sum(n < 3 for n in asked[0]) > len(asked[0]) / 2
    (version,) = [v for v in versions if v.round == 1]
    (change,) = [c for c in version.changes if c.field == "complexity"]
    assert version.policy.of(*KEY).levels == change.levels == (0.2,) * 5
    assert sum(asked[1]) / len(asked[1]) > sum(asked[0]) / len(asked[0])
