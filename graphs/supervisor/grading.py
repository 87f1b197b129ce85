"""Grading: what was won at ease is asked harder, what was lost all over plainer. Pure.

The target's win rate in each leaf is kept in a band and, within it, the strongest contender apart from
the weakest: where all do alike, instructions tell nobody from anybody. Every change carries its numbers.
Skills whose levels scatter are left to `levels.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...taxonomy.policy import Policy, PolicyChange
from ...taxonomy.skill import Skill
from ..settings import FeedbackSettings
from .feedback import HIGHEST, LeafRecord, Moves, Records, change_of, of_skill

LOWEST = 1
GOOD = 5.5
"""Score from which an answer is called good: the middle of the jurors' scale."""


@dataclass(slots=True)
class Contest:
    """How the contenders did in one leaf in one round, over its undisputed battles."""

    won: dict[str, float] = field(default_factory=dict)
    """By contender, a tie counting half."""
    fought: dict[str, int] = field(default_factory=dict)
    good: float = 0.0
    """Answers that passed their checker or got a good score, over all games."""
    judged: int = 0

    def add(self, model: str, share: float) -> None:
        """Count one side of a battle."""
        self.won[model] = self.won.get(model, 0.0) + share
        self.fought[model] = self.fought.get(model, 0) + 1

    def judge(self, *good: bool) -> None:
        """Count answers that somebody could tell to be good or not."""
        self.good += sum(good)
        self.judged += len(good)

    def gap(self, least: int) -> float | None:
        """Return how far the best win rate is above the worst; None where too few battles tell."""
        rates = [self.won[m] / n for m, n in self.fought.items() if n >= least]
        return max(rates) - min(rates) if len(rates) > 1 else None

    @property
    def good_share(self) -> float | None:
        """Share of the answers that are good; None where nobody could tell."""
        return self.good / self.judged if self.judged else None


Contests = Mapping[tuple[str, str], Contest]
"""By (skill, leaf)."""


def grade(
    policy: Policy,
    records: Records,
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
    contests: Contests | None = None,
) -> list[PolicyChange]:
    """Return how the leaves' complexity changes: one level towards the band of win rates, or none."""
    return [
        change_of(policy, round, skill.name, "complexity", move, mine)
        for skill in skills
        if not skill.levels
        for mine in [of_skill(records, skill)]
        for move in _levels(policy, skill.name, mine, settings, contests or {})
    ]


def _levels(
    policy: Policy,
    skill: str,
    records: Mapping[str, LeafRecord],
    settings: FeedbackSettings,
    contests: Contests,
) -> Moves:
    for leaf, record in records.items():
        old = policy.of(skill, leaf)
        way, why = wanted(record, contests.get((skill, leaf)), settings)
        level = min(HIGHEST, max(LOWEST, old.complexity + way))
        if level != old.complexity:
            yield leaf, level, why


def wanted(
    record: LeafRecord, contest: Contest | None, settings: FeedbackSettings
) -> tuple[int, str]:
    """Return whether a leaf is to be harder (1), plainer (-1) or as it is (0), and why."""
    if record.battles < settings.least_battles:
        return 0, ""
    low, high = settings.win_rate_band
    if record.win_rate > high:
        return 1, f"win rate {record.win_rate:.2f} is above the band's {high:g}"
    if record.win_rate < low:
        return -1, f"win rate {record.win_rate:.2f} is below the band's {low:g}"
    gap = contest.gap(settings.least_battles) if contest else None
    good = contest.good_share if contest else None
    if gap is None or good is None or gap >= settings.strength_gap:
        return 0, ""
    said = (
        f"win rate {record.win_rate:.2f} is in the band, but the strongest and the weakest contender are "
        f"only {gap:.2f} apart and {good:.0%} of the answers are good"
    )
    return (1 if good >= 0.5 else -1), said
