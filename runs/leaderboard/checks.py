"""What a row of battles must be, and what its outcome columns say.

A fault says which rows have it, what was found, what is allowed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Floats
from ...tools.ratings.verdict import BOTH_BAD, SCORES
from ...tools.tables import Batch, Table
from .arrays import blank, coded, compute, joined, mapped, numbers, unprintable, valid
from .files import REQUIRED, place
from .games import has_games
from .values import ZERO

ADVICE = "correct the row, or leave such rows out with --on-error drop"


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with rows."""

    kind: str
    """What is counted: `unknown winner`."""
    rows: Bools
    columns: tuple[str, ...]
    """Whose values are shown."""
    allowed: str
    advice: str = ADVICE


@dataclass
class Gate:
    """Stops at the first faulty row, or drops such rows and counts them by kind."""

    drop: bool
    dropped: Counter[str] = field(default_factory=Counter)

    def kept(self, table: Table, batch: Batch, faults: list[Fault]) -> Bools:
        """Return the rows to keep.

        Raises:
            UserError: A row is faulty and such rows are not to be dropped.
        """
        keep = np.ones(len(batch), dtype=np.bool_)
        for fault in faults:
            self.dropped[fault.kind] += int((keep & fault.rows).sum())
            keep &= ~fault.rows
        if not self.drop:
            self._refuse(table, batch, faults, keep)
        self.dropped["broken row"] += len(batch.broken)
        return keep

    def _refuse(self, table: Table, batch: Batch, faults: list[Fault], keep: Bools) -> None:
        if not keep.all():
            at = int(np.argmin(keep))
            fault = next(fault for fault in faults if fault.rows[at])
            found = " and ".join(
                f"{name} is {_shown(batch.columns[name][at])}" for name in fault.columns
            )
            raise UserError(
                place(table, int(batch.numbers[at])) + f"{found}; {fault.allowed}; {fault.advice}"
            )
        for number, what in batch.broken:
            raise UserError(place(table, number) + f"{what}; {ADVICE}")

    def counts(self) -> dict[str, int]:
        """Return how many rows were dropped by kind; kinds that did not occur are left out."""
        return {kind: count for kind, count in sorted(self.dropped.items()) if count}


def _shown(value: pa.Scalar) -> str:
    held = value.as_py()
    return "missing" if held is None else "empty" if held == "" else repr(held)


def is_empty(batch: Batch) -> Bools:
    """Tell which rows are blank lines."""
    empty = np.ones(len(batch), dtype=np.bool_)
    for name in (*REQUIRED, "winner"):
        if name in batch.columns:
            empty &= blank(coded(batch.columns[name]))
    return empty


def faults(
    batch: Batch, score: Floats, style: list[str], by: str | None = None, answers: str = ""
) -> list[Fault]:
    """Return what can be wrong with the rows, the most basic first.

    `by` is a column of labels, `answers` the files that style was joined from.
    """
    named = [*_names(batch), *_unprintable(batch, by), *_same(batch)]
    return [*named, *_outcome(batch, score), *_numbers(batch, style, answers)]


def _names(batch: Batch) -> Iterator[Fault]:
    for name in REQUIRED:
        rows = blank(coded(batch.columns[name]))
        yield Fault(f"no {name}", rows, (name,), "it must be filled")


def _unprintable(batch: Batch, by: str | None) -> Iterator[Fault]:
    told = "a name holds no control characters: they would reach terminals and pages"
    for name in dict.fromkeys(("model_a", "model_b", "judge", by)):
        if name and name in batch.columns:
            rows = unprintable(coded(batch.columns[name]))
            yield Fault(f"unprintable {name}", rows, (name,), told)
    if has_games(batch):
        lists = batch.columns["games"]
        rows = np.zeros(len(batch), dtype=np.bool_)
        jurors = unprintable(coded(lists.flatten().field("juror")))
        rows[numbers(compute.list_parent_indices(lists)).astype(np.int64)[jurors]] = True
        yield Fault("unprintable juror", rows, ("games",), told)


def _same(batch: Batch) -> Iterator[Fault]:
    sides = [coded(batch.columns[name]) for name in ("model_a", "model_b")]
    same = np.zeros(0, dtype=np.bool_)
    if len(batch):
        _, both = joined(sides)
        same = both[: len(batch)] == both[len(batch) :]
    told = "a model that battles itself tells nothing about ratings"
    yield Fault("self-battle", same, ("model_a", "model_b"), told)


def _outcome(batch: Batch, score: Floats) -> Iterator[Fault]:
    if "preference" in batch.columns:
        given = batch.columns["preference"]
        value = numbers(given)
        bad = ~empty_value(given) & ~((value >= 0) & (value <= 1))
        allowed = "it must be a number from 0 to 1, the share of the win for model_b"
        yield Fault("bad preference", bad, ("preference",), allowed)
    if "winner" not in batch.columns:
        yield Fault("no preference", np.isnan(score), ("preference",), "there is no winner either")
        return
    told = coded(batch.columns["winner"])
    side = mapped(told, SCORES)
    unknown = np.where(blank(told), np.isnan(score), np.isnan(side))
    allowed = "it must be model_a, model_b or tie"
    yield Fault("unknown winner", unknown.astype(np.bool_), ("winner",), allowed)
    if "preference" in batch.columns:
        with np.errstate(invalid="ignore"):
            against = (side - 0.5) * (score - 0.5) < 0
        named = "they contradict each other: preference is the share of the win for model_b"
        yield Fault("contradiction", against, ("winner", "preference"), named)


def _numbers(batch: Batch, style: list[str], answers: str) -> Iterator[Fault]:
    for name in (["weight"] if "weight" in batch.columns else []) + style:
        value = numbers(batch.columns[name])
        with np.errstate(invalid="ignore"):
            bad = ~(np.isfinite(value) & (value >= 0))
        if answers and name in style:
            yield _unanswered(name, bad, answers)
        else:
            yield Fault(f"bad {name}", bad, (name,), "it must be a number of 0 or more")


def _unanswered(name: str, rows: Bools, answers: str) -> Fault:
    """Return what to say where files of answers lack what is to be held equal."""
    style, side = name.rsplit("_", 1)
    told = f"--answers {answers} has no answer of that model to that question with its {style!r}"
    return Fault(
        f"no answer of model_{side}",
        rows,
        ("question_id", f"model_{side}"),
        told,
        "add it, or leave such rows out with --on-error drop",
    )


def both_bad(batch: Batch) -> int:
    """Count the ties of which the judge said that both answers are bad."""
    if "winner" not in batch.columns:
        return 0
    return int(np.nansum(mapped(coded(batch.columns["winner"]), dict.fromkeys(BOTH_BAD, 1.0))))


def read_otherwise(batch: Batch, score: Floats) -> Counter[str]:
    """Count rows of one of the columns winner and preference, and those where the two differ.

    Rows in which they are opposite are refused.
    """
    found = Counter[str]()
    if {"winner", "preference"} <= batch.columns.keys():
        left_out = empty_value(batch.columns["preference"])
        if not left_out.all():
            found["without a preference, by the winner"] = int(left_out.sum())
        side = mapped(coded(batch.columns["winner"]), SCORES)
        told = ~left_out & ~np.isnan(side)
        found[APART] = int((np.sign(side[told] - 0.5) != np.sign(score[told] - 0.5)).sum())
    return +found


APART = "by the preference, which is even where the winner is not, or the other way round"


def scores(batch: Batch) -> Floats:
    """Return model_a's share of the win: from `preference` where it is filled, else the winner's."""
    if "winner" in batch.columns:
        score = mapped(coded(batch.columns["winner"]), SCORES)
    else:
        score = np.full(len(batch), np.nan)
    if "preference" not in batch.columns:
        return score
    given = batch.columns["preference"]
    return np.asarray(np.where(empty_value(given), score, 1.0 - numbers(given)))


def empty_value(values: pa.Array) -> Bools:
    """Tell which values are left out: null, or empty text."""
    if pa.types.is_string(values.type) or pa.types.is_dictionary(values.type):
        return blank(coded(values))
    return ~valid(values)


NEARLY = 0.95
"""Share of the filled rows that make a column graded."""
WHOLE = (1.0, 1.5, 2.0)


@dataclass(frozen=True, eq=False)
class Graded:
    """What the column of one file holds."""

    score: Floats
    """model_a's share of the win."""
    reread: Counter[str]
    """Rows that were read by another rule than the others, by what was done."""


def graded(won: Floats, verdict: Floats) -> Graded | None:
    """Read a file's column `verdict` beside its winners; None where it grades nothing.

    AlpacaEval's judges grade from 1 for model_a to 2 for model_b. The kind of a column is decided by rule,
    never by single rows: it is graded where some value lies strictly between the whole ones, and nearly
    all lie from 1 to 2 on the winner's side. Rows of another kind in such a column are read by these rules,
    each counted: 0 is a tie, as AlpacaEval once wrote it; a row without a grade, or with one on the other
    side than its winner, goes by its winner.
    """
    filled = ~np.isnan(verdict)
    in_range = filled & (verdict >= 1.0) & (verdict <= 2.0)
    with np.errstate(invalid="ignore"):
        against = in_range & ((1.5 - verdict) * (won - 0.5) < 0)
    between = in_range & ~np.isin(verdict, WHOLE)
    sound = in_range & ~against
    if not between.any() or (sound | (verdict == 0)).sum() < NEARLY * filled.sum():
        return None
    if in_range.sum() < NEARLY * len(verdict):
        return None
    tie = filled & (verdict == 0)
    score = np.where(tie, 0.5, np.where(sound, 2.0 - verdict, won))
    reread = {
        ZERO: tie,
        "without a grade, by the winner": ~filled,
        "graded against the winner, by the winner": against,
        "graded out of 1 to 2, by the winner": filled & ~in_range & ~tie,
    }
    return Graded(
        score, Counter({what: int(rows.sum()) for what, rows in reread.items() if rows.any()})
    )
