"""The refinement half of the policy: which way each leaf's difficulty is to move, and which operators do it.

An operator is one of a skill's goals. What became of its products is counted over all rounds: how many
passed the gates, and how many of those were as much harder, or easier, than what they were made of as
was asked.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .skill import Goal, Skill


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OperatorRecord(_Frozen):
    """What became of an operator's products so far."""

    made: int = 0
    """Instructions that it edited."""
    passed: int = 0
    """Those among them that passed the gates and were not found broken in battle."""
    compared: int = 0
    """Those among these whose difficulty and whose parent's are both estimated."""
    moved: float = 0.0
    """Those among these that moved the asked way: each counts as the probability that it did."""

    @property
    def worth(self) -> float:
        """The chance that a product passes and moves the asked way; a new operator has a fair one."""
        return (self.passed + 1) / (self.made + 2) * (self.moved + 1) / (self.compared + 2)

    def __add__(self, other: "OperatorRecord") -> "OperatorRecord":
        """Return both together."""
        return OperatorRecord(
            made=self.made + other.made,
            passed=self.passed + other.passed,
            compared=self.compared + other.compared,
            moved=round(self.moved + other.moved, 6),
        )

    def __str__(self) -> str:
        """Say the record in words."""
        return (
            f"{self.passed} of {self.made} passed, {self.moved:.1f} of {self.compared} compared moved "
            f"the asked way: worth {self.worth:.2f}"
        )


class Aim(_Frozen):
    """Which way a leaf is to move, and what its battles told."""

    way: Literal["harder", "plainer"]
    complexity: int
    """The level that the battles were about."""
    battles: int
    win_rate: float
    """The target's, a tie counting half."""
    difficulty: float
    """Of the leaf's instructions, in log-odds for the target; 0 is the mean of the first round."""
    constraint: str = ""
    """The one constraint whose lack let the loser of the clearest battle off; empty where none was found."""

    def __str__(self) -> str:
        """Say the aim in words."""
        return (
            f"{self.way}: the target wins {self.win_rate:.2f} of {self.battles} battles at complexity "
            f"{self.complexity}, difficulty {self.difficulty:+.2f}"
            + (f"; missing constraint: {self.constraint}" if self.constraint else "")
        )


class Refinement(_Frozen):
    """Aims by `skill/leaf`, and operators' records by `skill/operator`."""

    aims: dict[str, Aim] = {}
    operators: dict[str, OperatorRecord] = {}

    def aim(self, skill: str, leaf: str) -> Aim | None:
        """Return which way a leaf is to move; None where it is in its band, or nothing is known."""
        return self.aims.get(f"{skill}/{leaf}")

    def record(self, skill: str, operator: str) -> OperatorRecord:
        """Return what became of an operator's products."""
        return self.operators.get(f"{skill}/{operator}", OperatorRecord())

    def offered(self, skill: Skill, leaf: str, random: Random) -> tuple[Goal, ...]:
        """Return the operators that a suggester may use on an instruction, in the order to try them.

        Until one of them has been tried all are offered as they stand in the skill's file; then each is
        as likely to be offered, and to come first, as it is worth beside the best one.
        """
        aim = self.aim(skill.name, leaf)
        eases = aim is not None and aim.way == "plainer"
        fitting = [goal for goal in skill.operators if goal.eases == eases] or skill.operators
        if not any(self.record(skill.name, goal.name).made for goal in fitting):
            return tuple(fitting)
        worth = [self.record(skill.name, goal.name).worth for goal in fitting]
        # The order of a weighted draw without replacement (Efraimidis and Spirakis 2006).
        keys = [random.random() ** (1 / value) for value in worth]
        kept = [random.random() * max(worth) <= value for value in worth]
        ranked = sorted(range(len(fitting)), key=lambda n: -keys[n])
        return tuple(fitting[n] for n in ranked if kept[n])

    def worked(self, skill: Skill, among: Sequence[Goal]) -> tuple[tuple[str, OperatorRecord], ...]:
        """Return the operators among these that were tried, the best first."""
        tried = [(g.name, r) for g in among if (r := self.record(skill.name, g.name)).compared]
        return tuple(sorted(tried, key=lambda found: (-found[1].worth, found[0])))
