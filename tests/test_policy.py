"""The policy: what it says of a leaf, and how the level asked for follows the target's battles."""

from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.graphs.supervisor.feedback import LeafRecord, changed, in_order
from arenainstruct.graphs.supervisor.grading import grade
from arenainstruct.taxonomy.policy import LeafPolicy, Policy, PolicyChange
from arenainstruct.taxonomy.skill import Skill
from tests.leaves import NAMES, skill


def test_a_leaf_that_is_not_listed_is_at_its_start() -> None:
    assert Policy().of("reading_comprehension", "main_idea") == LeafPolicy(weight=1, complexity=2)


SETTINGS = FeedbackSettings()
Records = dict[tuple[str, str], LeafRecord]


def update(
    policy: Policy, records: Records, skills: list[Skill], *, round: int, settings: FeedbackSettings
) -> tuple[Policy, list[PolicyChange]]:
    """Return the next policy with its changes."""
    changes = in_order(grade(policy, records, skills, round=round, settings=settings), skills)
    return changed(policy, changes), changes


def one(name: str = "literal", **counts: int) -> Records:
    return {("reading", name): LeafRecord(**counts)}


records = st.builds(LeafRecord, *[st.integers(0, 6)] * 3)
rounds = st.lists(
    st.fixed_dictionaries({("reading", name): records for name in NAMES}), min_size=1, max_size=12
)


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


def test_too_few_battles_conclude_nothing() -> None:
    before = Policy()
    after, changes = update(before, one(lost=2), [skill()], round=1, settings=SETTINGS)
    assert after is before and changes == []
    assert update(before, {}, [skill()], round=1, settings=SETTINGS) == (before, [])


def test_an_empty_policy_version_is_no_version() -> None:
    even = one(won=2, lost=3)
    after, changes = update(Policy(), even, [skill()], round=1, settings=SETTINGS)
    assert (after.version, changes) == (1, [])
