"""The verdicts as matrices: a row an item (a question and two models), a column a juror.

The first of the two models of an item is the one that was shown first when the item was, and stays it: the
order shown is a matter of the matrix and not of the item. Where both orders were shown, no figure depends on
which was the first. Values are shares of the win for the first of
the two, minus a half: from -0.5 to 0.5, 0 for a tie, NaN where a juror did not judge.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..ratings.connection import Bools
from ..ratings.table import Floats, Ints
from .evidence import STYLE, Evidence, Label, Place


@dataclass(frozen=True, eq=False)
class Items:
    """All items, and what each juror said of them."""

    jurors: tuple[str, ...]
    models: tuple[str, ...]
    question: Ints
    low: Ints
    """The item's first model, by number."""
    high: Ints
    forth: Floats
    """What a juror said with the item's first model shown first, shape (items, jurors)."""
    back: Floats
    """The same with it shown second."""
    lead_forth: Floats
    """Points of the item's first model over the other, when it is shown first."""
    lead_back: Floats
    reward: Floats
    """Reward of the item's first model over the other's, over both orders; NaN where there is none."""
    failed: Bools
    """Where a juror was asked and gave no verdict at all, shape (items, jurors)."""
    people: Floats
    """People's votes by item, shape (items, 3): for the second, a tie, for the first."""
    played: Ints
    """Games of each juror."""
    ordered: bool
    """Whether it is known which answer was shown first."""
    longer: Floats
    """log2 of the length of the first answer over that of the second; NaN where unknown."""
    style: Floats
    """(first - second) / (first + second) of each count of STYLE, shape (items, styles)."""
    checked: Floats
    """What checkers say: 0.5, -0.5, or NaN where they tell no difference."""
    human: Floats
    """What people say, as a label; NaN where nobody did."""

    @property
    def value(self) -> Floats:
        """What a juror said over both orders, each order counting the same."""
        return _mean(self.forth, self.back)

    @property
    def turned(self) -> Bools:
        """Items shown in both orders, or in none that is known: which model is first is arbitrary."""
        forth, back = (~np.isnan(told).all(axis=1) for told in (self.forth, self.back))
        return np.asarray(forth & back | (not self.ordered))

    @property
    def both(self) -> Bools:
        """Where a juror judged both orders."""
        return np.asarray(~np.isnan(self.forth) & ~np.isnan(self.back))


Key = tuple[str, str, str]
"""A question and two models."""
CLIP = 3.0
"""Doublings of length beyond which more makes no difference."""


def items(evidence: Evidence) -> Items:
    """Put the evidence into matrices."""
    plays = evidence.plays
    jurors = tuple(sorted({play.juror for play in plays}))
    models = tuple(
        sorted(
            {name for play in plays for name in (play.first, play.second)}
            | {name for _, *pair, _ in evidence.failed for name in pair}
        )
    )
    places = [_key(play.question, play.first, play.second) for play in plays]
    found = {
        key: (p.question, p.first, p.second)
        for key, p in reversed([*zip(places, plays, strict=True)])
    }
    number = {key: at for at, key in enumerate(dict.fromkeys(places))}
    for question, one, two, _ in evidence.failed:
        place = _key(question, one, two)
        number.setdefault(place, len(number))
        found.setdefault(place, (question, one, two))
    keys = [found[key] for key in number]
    questions = {name: at for at, name in enumerate(dict.fromkeys(key[0] for key in keys))}
    model = {name: at for at, name in enumerate(models)}
    column = {name: at for at, name in enumerate(jurors)}
    row = np.array([number[key] for key in places], dtype=np.int64)
    seat = np.array([column[p.juror] for p in plays], dtype=np.int64)
    ahead = np.array([p.first == keys[at][1] for p, at in zip(plays, row, strict=True)], dtype=bool)
    cells = _Cells(row, seat, (len(keys), len(jurors)))
    votes = _votes(number, keys, evidence.labels)
    score = np.array([p.score - 0.5 for p in plays])
    lead = np.array([p.lead for p in plays])
    reward = np.array([p.reward for p in plays])
    return Items(
        jurors=jurors,
        models=models,
        question=np.array([questions[key[0]] for key in keys], dtype=np.int64),
        low=np.array([model[key[1]] for key in keys], dtype=np.int64),
        high=np.array([model[key[2]] for key in keys], dtype=np.int64),
        forth=cells.mean(score, ahead),
        back=-cells.mean(score, ~ahead),
        lead_forth=cells.mean(lead, ahead),
        lead_back=-cells.mean(lead, ~ahead),
        reward=_mean(cells.mean(reward, ahead), -cells.mean(reward, ~ahead)),
        ordered=evidence.ordered,
        played=np.bincount(seat, minlength=len(jurors)),
        longer=_each(keys, lambda a, b: _longer(evidence, a, b)),
        style=np.array([_style(evidence, (q, a), (q, b)) for q, a, b in keys]).reshape(
            -1, len(STYLE)
        ),
        checked=_each(keys, lambda a, b: _checked(evidence, a, b)),
        human=_plurality(votes),
        people=votes,
        failed=_failed(evidence, number, column),
    )


def _key(question: str, one: str, two: str) -> Key:
    return (question, one, two) if one <= two else (question, two, one)


def label(values: Floats) -> Floats:
    """Return -0.5, 0 or 0.5: whom a value favours; a hair's breadth favours nobody."""
    return np.asarray(0.5 * np.sign(np.round(values, 9)))


@dataclass(frozen=True, eq=False)
class _Cells:
    """Means by cell of a matrix."""

    row: Ints
    seat: Ints
    shape: tuple[int, int]

    def mean(self, values: Floats, rows: Bools) -> Floats:
        """Return the mean of the chosen rows' values in each cell, NaN where there are none."""
        rows = rows & ~np.isnan(values)
        cell = self.row[rows] * self.shape[1] + self.seat[rows]
        size = self.shape[0] * self.shape[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.bincount(cell, values[rows], size) / np.bincount(cell, minlength=size)
        return np.asarray(found.reshape(self.shape))


def _mean(one: Floats, two: Floats) -> Floats:
    return np.where(np.isnan(one), two, np.where(np.isnan(two), one, (one + two) / 2.0))


def _each(keys: Iterable[tuple[str, str, str]], tell: Callable[[Place, Place], float]) -> Floats:
    return np.array([tell((q, a), (q, b)) for q, a, b in keys], dtype=np.float64)


def _longer(evidence: Evidence, a: Place, b: Place) -> float:
    one, two = evidence.looks.get(a), evidence.looks.get(b)
    if one is None or two is None or min(one.length, two.length) <= 0:
        return np.nan
    return float(np.clip(np.log2(one.length / two.length), -CLIP, CLIP))


def _style(evidence: Evidence, a: Place, b: Place) -> list[float]:
    one, two = evidence.looks.get(a), evidence.looks.get(b)
    if one is None or two is None or not (one.styled and two.styled):
        return [np.nan] * len(STYLE)
    pairs = [(getattr(one, name), getattr(two, name)) for name in STYLE]
    return [(x - y) / (x + y) if x + y else 0.0 for x, y in pairs]


def _checked(evidence: Evidence, a: Place, b: Place) -> float:
    one, two = evidence.passed.get(a), evidence.passed.get(b)
    if one is None or two is None or one == two:
        return np.nan
    return 0.5 if one else -0.5


def _votes(number: dict[Key, int], keys: Sequence[Key], labels: Iterable[Label]) -> Floats:
    votes = np.zeros((len(number), 3))
    for said in labels:
        if (at := number.get(_key(said.question, said.model_a, said.model_b))) is not None:
            score = said.score if keys[at][1] == said.model_a else 1.0 - said.score
            votes[at, int(np.sign(round(score - 0.5, 9))) + 1] += 1
    return votes


def _plurality(votes: Floats) -> Floats:
    """Return what most say of each item; where two labels lead, a tie. NaN where nobody says anything."""
    most = votes == votes.max(axis=1, keepdims=True)
    found = np.where(most.sum(axis=1) == 1, 0.5 * (votes.argmax(axis=1) - 1.0), 0.0)
    return np.where(votes.any(axis=1), found, np.nan)


def _failed(evidence: Evidence, number: dict[Key, int], column: dict[str, int]) -> Bools:
    found = np.zeros((len(number), len(column)), dtype=np.bool_)
    for question, one, two, juror in evidence.failed:
        at = number.get(_key(question, one, two))
        if at is not None and juror in column:
            found[at, column[juror]] = True
    return found
