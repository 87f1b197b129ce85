"""From files to battles: batch by batch, so that memory holds numbers, never the files' text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from ...agents.contender_name import whose
from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Floats
from ...tools.tables import Batch, Table
from .arrays import CODED, chosen, coded, mapped, numbers
from .battles import Battles, Columns, together
from .checks import Gate, both_bad, faults, is_empty, scores
from .fields import Control, Fields, fields, with_lengths
from .files import ANSWERS, REQUIRED, batches, battle_files, opened
from .games import ARENA_GAMES, arena_judging, cascaded, games_of, has_games

BROKEN = {"broken": 1.0}
"""The outcome of an instruction that nobody could answer: it tells nothing of the models."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """All that was read."""

    battles: Battles
    """One row a battle; for a run's battles one row a juror's game."""
    files: tuple[str, ...]
    dropped: dict[str, int]
    """Rows left out as faulty, by what was wrong."""
    cascade: dict[str, int]
    """How many of a run's battles went each way through a cascade; empty without one."""
    broken: int
    """Rows left out because their instruction is broken, as a run found."""
    both_bad: int
    """Rows whose judge called both answers bad, among the ties."""
    measured: tuple[str, ...]
    """Files whose answers were measured, since they have no columns of lengths."""
    graded: tuple[str, ...]
    """Files whose graded preference was found in the column `verdict`."""


def load(
    paths: Sequence[str],
    *,
    by: str | None = None,
    control: Control | None = None,
    drop: bool = False,
) -> Loaded:
    """Read battles from files, folders and runs.

    Raises:
        UserError: A file cannot be read, lacks a column, or has a faulty row while `drop` is off.
    """
    found = battle_files(paths, ("games", "battles"))
    reader: Reader | None = None
    for path in found:
        with opened(path) as table:
            reader = reader or Reader(fields(table, by=by, control=control), Gate(drop))
            reader.read(table)
    if reader is None:
        raise UserError("no battles: name a file or a run")
    return reader.loaded(tuple(map(str, found)))


@dataclass
class Reader:
    """Piles up what the files hold."""

    fields: Fields
    gate: Gate
    parts: list[Columns] = field(default_factory=list)
    cascade: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    both_bad: int = 0
    measured: list[str] = field(default_factory=list)
    graded: list[str] = field(default_factory=list)

    def read(self, table: Table) -> None:
        """Read one file."""
        names = self.fields.names(table)
        parts: list[tuple[Columns, Floats]] = []
        graded = False
        for read in batches(table, names):
            batch = with_lengths(read, self.fields.style)
            graded |= "preference" in batch.columns
            parts.extend(self._checked(table, batch))
        if set(ANSWERS) & set(names):
            self.measured.append(str(table.path))
        verdict = [told for _, told in parts]
        columns = [part for part, _ in parts]
        if not graded and _is_graded([part.score for part in columns], verdict):
            columns = [replace(p, score=2.0 - v) for p, v in zip(columns, verdict, strict=True)]
            self.graded.append(str(table.path))
        self.parts.extend(columns)

    def _checked(self, table: Table, batch: Batch) -> Iterator[tuple[Columns, Floats]]:
        """Yield the good rows of a batch as columns, with their `verdict` numbers."""
        if batch.columns:
            batch = _coded(batch, (*REQUIRED, "winner", "judge", self.fields.by))
            batch = _some(batch, ~is_empty(batch))
        style = [f"{name}_{side}" for name in self.fields.style for side in "ab"]
        score = scores(batch) if batch.columns else np.zeros(0)
        wrong = faults(batch, score, style, self.fields.by) if batch.columns else []
        keep = self.gate.kept(table, batch, wrong)
        keep = self._counting(batch, keep)
        if keep.any():
            rest = _some(batch, keep)
            self.both_bad += both_bad(rest)
            verdict = numbers(rest.columns["verdict"]) if "verdict" in rest.columns else np.zeros(0)
            rows = _judged(table, rest, self._columns(rest, score[keep]))
            self.cascade.update(cascaded(rest, rows))
            yield rows, verdict

    def _counting(self, batch: Batch, keep: Bools) -> Bools:
        """Return the rows that rate models, as a run's own ratings take them."""
        if not {"disputed", "outcome"} <= batch.columns.keys():
            return keep
        sound = keep & (mapped(coded(batch.columns["outcome"]), BROKEN) != 1.0)
        self.broken += int((keep & ~sound).sum())
        return np.asarray(sound & ~_own(batch))

    def _columns(self, batch: Batch, score: Floats) -> Columns:
        held = batch.columns
        weight = numbers(held["weight"]) if "weight" in held else np.ones(len(batch))
        nobody = pa.nulls(len(batch), CODED)
        by = self.fields.by
        return Columns(
            question=coded(held["question_id"]),
            model_a=coded(held["model_a"]),
            model_b=coded(held["model_b"]),
            score=score,
            weight=weight,
            judge=coded(held["judge"]) if "judge" in held else nobody,
            group=coded(held[by]) if by else None,
            style_a=self._style(batch, "a"),
            style_b=self._style(batch, "b"),
        )

    def _style(self, batch: Batch, side: str) -> Floats:
        found = [numbers(batch.columns[f"{name}_{side}"]) for name in self.fields.style]
        return np.stack(found, axis=1) if found else np.zeros((len(batch), 0))

    def loaded(self, files: tuple[str, ...]) -> Loaded:
        """Return all that was read.

        Raises:
            UserError: Nothing is left.
        """
        dropped = self.gate.counts()
        if not self.parts:
            left_out = {**dropped, "broken instructions": self.broken}
            told = (
                ", ".join(f"{n} {kind}" for kind, n in left_out.items() if n)
                or "holds nothing below the header"
            )
            raise UserError(f"{', '.join(files)}: no battles to rate; {told}")
        return Loaded(
            battles=together(self.parts, self.fields.style),
            files=files,
            dropped=dropped,
            cascade=dict(sorted(self.cascade.items())),
            broken=self.broken,
            both_bad=self.both_bad,
            measured=tuple(self.measured),
            graded=tuple(self.graded),
        )


def _own(batch: Batch) -> Bools:
    """Return the rows in which a contender met itself: two of its samples tell of no strength."""
    a, b = (batch.columns[name].to_pylist() for name in ("model_a", "model_b"))
    return np.array([whose(x) == whose(y) for x, y in zip(a, b, strict=True)], dtype=np.bool_)


def _judged(table: Table, batch: Batch, rows: Columns) -> Columns:
    """Return the rows of a run as its jurors' games; those of any other file as they are."""
    if has_games(batch):
        return games_of(batch, rows)
    return arena_judging(batch, rows) if table.format == ARENA_GAMES else rows


def _coded(batch: Batch, names: Sequence[str | None]) -> Batch:
    """Encode the columns of names once."""
    texts = {name: coded(batch.columns[name]) for name in names if name and name in batch.columns}
    return Batch(batch.columns | texts, batch.numbers, batch.broken)


def _some(batch: Batch, rows: Bools) -> Batch:
    if rows.all():
        return batch
    kept = chosen(rows)
    columns = {name: column.take(kept) for name, column in batch.columns.items()}
    return Batch(columns, batch.numbers[rows], batch.broken)


def _is_graded(score: list[Floats], verdict: list[Floats]) -> bool:
    """Tell whether `verdict` grades preferences as AlpacaEval does: 1 for model_a to 2 for model_b.

    It must do so in every row, take the winner's side in every row, and not merely repeat it.
    """
    if not verdict or not all(len(told) for told in verdict):
        return False
    told, won = np.concatenate(verdict), np.concatenate(score)
    in_range = bool(((told >= 1.0) & (told <= 2.0)).all())
    return (
        in_range
        and bool((np.sign(1.5 - told) == np.sign(won - 0.5)).all())
        and bool((~np.isin(told, (1.0, 1.5, 2.0))).any())
    )
