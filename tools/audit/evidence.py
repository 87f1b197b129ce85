"""What an audit is made from: judged games, the looks of answers, checkers' and people's verdicts.

How an answer looks: its length, and the markdown in it. Plain counts, never a judgement.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import NamedTuple

from ..ratings.table import BattleTable

_FENCE = re.compile(r"^[^\S\n]*+(?:```|~~~)", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6} ", re.MULTILINE)
_ITEM = re.compile(r"^[^\S\n]*+(?:[-*+•]|\d{1,3}[.)]) ", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


class Looks(NamedTuple):
    """Counts of one answer."""

    length: float
    """Characters."""
    headings: float = 0.0
    items: float = 0.0
    """List items."""
    bold: float = 0.0
    code: float = 0.0
    """Fenced code blocks."""
    styled: bool = False
    """False where only the length is known."""


STYLE = ("headings", "items", "bold", "code")


def looks(text: str) -> Looks:
    """Count what an answer looks like; inside code blocks nothing is markdown."""
    parts = _FENCE.split(text)
    prose = "\n".join(parts[::2])
    return Looks(
        length=float(len(text)),
        headings=float(len(_HEADING.findall(prose))),
        items=float(len(_ITEM.findall(prose))),
        bold=float(len(_BOLD.findall(prose))),
        code=float(len(parts) // 2),
        styled=True,
    )


Place = tuple[str, str]
"""(question id, model): where an answer stands."""


Failure = tuple[str, str, str, str]
"""Question, two models and the juror who gave no verdict on them."""


@dataclass(frozen=True, slots=True)
class Play:
    """One game: what one juror, by itself, said of two answers in the order shown."""

    question: str
    first: str
    second: str
    juror: str
    score: float
    """Share of the win for the answer shown first: 1, 0.5 for a tie, 0, or graded."""
    lead: float = nan
    """Points of the first minus points of the second; NaN where the juror gave none."""
    reward: float = nan
    """Reward of the first minus reward of the second; NaN where the juror is no reward model."""


def table_of(plays: Iterable[Play]) -> BattleTable:
    """Return games as battles, each as one.

    Raises:
        ValueError: there are none.
    """
    return BattleTable.from_rows((p.question, p.first, p.second, p.score, 1.0) for p in plays)


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of two answers."""

    question: str
    model_a: str
    model_b: str
    score: float
    """Share of the win for model_a."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of some jurors."""

    plays: Sequence[Play]
    looks: Mapping[Place, Looks] = field(default_factory=dict)
    passed: Mapping[Place, bool] = field(default_factory=dict)
    """What a checker said of an answer."""
    labels: Sequence[Label] = ()
    failed: Sequence[Failure] = ()
    """What jurors were asked and did not answer."""
    families: Mapping[str, str] = field(default_factory=dict)
    """Who made a contender or a juror."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """The scale in use of every reward model among the jurors, as far as it is known."""
    ordered: bool = True
    """Whether it is known which answer of a game was shown first."""
    swayed: int = 0
    """Answers that seem to speak to the juror."""
    conferred: int = 0
    """Games that jurors looked at again together; what is here is their vote before."""
    cascade: Mapping[str, int] = field(default_factory=dict)
    """How many battles went each way through a cascade: `sure`, `unsure` or `audited`."""
