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
from arenainstruct.graphs.supervisor.levels import Taught, spread, taught_by_band, weighed
from arenainstruct.graphs.supervisor.plan import Stand, carried_out, differences
from arenainstruct.taxonomy.policy import Policy
from arenainstruct.taxonomy.skill import Skill
from arenainstruct.taxonomy.version import Taxonomy
from tests.leaves import skill
from tests.rounds import supervised
from tests.stage import READING, SEED, juror, staged

SETTINGS = FeedbackSettings()
KEY = ("reading", "literal")
NATURAL = (0.4, 0.28, 0.17, 0.1, 0.05)
SCATTERED: Skill = skill().model_copy(update={"levels": NATURAL})
MUCH = LeafRecord(won=3, lost=40)
Told = dict[str, tuple[float, float]]
"""(taught, tried) by band."""


def after(told: Told, asked: Skill = SCATTERED, record: LeafRecord = MUCH) -> Policy:
    """Return the policy that follows from what the bands of one leaf taught."""
    before = Policy.start([asked])
    found: Taught = {
        (*KEY, band): Evidence(tried, taught) for band, (taught, tried) in told.items()
    }
    records: Records = {KEY: record}
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
    assert (change.field, change.old, change.new, change.lost) == ("complexity", 2.12, 3, 18)
    assert change.reason == (
        "the target won 2, tied 0, lost 18 of 20 battles: taught 18 of 20 plain, 18 of 20 middle, "
        "18 of 20 hard; levels 0.40 0.28 0.17 0.10 0.05 → 0.20 0.20 0.20 0.20 0.20; complexity 2.12 → 3"
    )
    assert (
        spread(
            changed(Policy(), [change]), records, taught, [SCATTERED], round=4, settings=SETTINGS
        )
        == []
    )


def test_without_battles_or_without_scatter_nothing_moves() -> None:
    few = LeafRecord(lost=2)
    assert after({"plain": (20, 20), "hard": (0, 20)}, record=few) == Policy.start([SCATTERED])
    assert after({"plain": (20, 20), "hard": (0, 20)}, asked=skill()) == Policy.start([skill()])


def test_a_level_that_the_file_gives_no_share_is_never_asked() -> None:
    lost: Told = {"plain": (18, 20), "hard": (2, 2)}
    plain = SCATTERED.model_copy(update={"levels": (0.7, 0.3)})
    assert after(lost, asked=plain) == Policy.start([plain])
    ends = SCATTERED.model_copy(update={"levels": (0.8, 0.0, 0.0, 0.2)})
    assert after(lost, asked=ends).levels(ends, "literal") == (0.5, 0.0, 0.0, 0.5, 0.0)
    hard = SCATTERED.model_copy(update={"levels": (0.0, 0.0, 0.0, 1.0, 1.0)})
    assert Policy.start([hard]).of(*KEY).level == 4.5


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
        return carried_out([order], stand, {1: Policy.start([SCATTERED])}, {}, 1)

    at_four = ordered("pin", 4)
    assert at_four.policy.levels(SCATTERED, "literal") == (0, 0, 0, 1, 0)
    assert [(c.old, c.new) for c in at_four.changes] == [(3, 4)]
    as_it_is = ordered("pin").policy
    assert as_it_is.of(*KEY).pinned == ("complexity",) and as_it_is.of(*KEY).level == 3
    assert ordered("rollback", policy=1).policy.levels(SCATTERED, "literal") == pytest.approx(
        NATURAL
    )
    told = [("reading/literal", "complexity", 2.12, 3)]
    assert differences(Policy.start([SCATTERED]), spread_out) == told


evidence = st.builds(
    lambda tried, share: Evidence(tried, tried * share), st.integers(0, 200), st.floats(0, 1)
)


@given(st.tuples(evidence, evidence, evidence))
def test_shares_are_shares_and_no_level_starves(found: tuple[Evidence, Evidence, Evidence]) -> None:
    shares = weighed(found, NATURAL, SETTINGS)
    assert fsum(shares) == pytest.approx(1, abs=1e-3)
    assert min(shares) > SETTINGS.coverage_floor / 8
    assert Policy().levels(SCATTERED, "literal") == pytest.approx(NATURAL)
    assert Policy().levels(skill(), "literal") == (0, 1, 0, 0, 0)


async def test_what_a_model_writes_scatters_too_and_moves_with_its_battles(tmp_path: Path) -> None:
    scattered = READING.model_copy(update={"leaves": READING.leaves[:1], "levels": NATURAL})
    tuned: dict[str, Any] = {
        "rounds": 2,
        "per_seed": {"passages": 2, "instructions": 4, "per_leaf": 1, "refinements": 1},
        "feedback": {"structure": False},
    }
    lost = {"juror": lambda line: juror(line, {"small": 2.0, "other": 9.0})}
    async with staged(tmp_path, lost, skill=scattered, **tuned) as stage:
        await supervised(stage, *(SEED.model_copy(update={"id": f"s-{n}"}) for n in range(40)))
        versions = await stage.records(kinds.POLICY)
        drafts = [draft for draft in await stage.records(kinds.DRAFT) if not draft.depth]
    asked = [sorted(d.complexity for d in drafts if d.round == number) for number in (1, 2)]
    assert len(set(asked[0])) > 2 and sum(n < 3 for n in asked[0]) > len(asked[0]) / 2
    (version,) = [v for v in versions if v.round == 1]
    (change,) = [c for c in version.changes if c.field == "complexity"]
    assert version.policy.of(*KEY).levels == change.levels
    assert version.policy.refinement.aims == {}, "what is lost is not made plainer"
    assert sum(asked[1]) / len(asked[1]) > sum(asked[0]) / len(asked[0])
