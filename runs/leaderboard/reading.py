"""From files to battles: batch by batch, so that memory holds numbers, never the files' text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...agents.contender_name import whose
from ...agents.errors import UserError
from ...agents.flags import addresses_jury
from ...tools.audit.canned import Canned, Sayings, canned
from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Floats
from ...tools.ratings.verdict import STRENGTH, STRONG, folded
from ...tools.tables import Batch, Table
from ..options import Control
from .answers import Answers, read_answers
from .arrays import CODED, coded, codes, mapped, numbers, trimmed
from .asked import ALL, Asked, Met
from .battles import Battles, Columns, together
from .checks import Gate, both_bad, faults, graded, is_empty, read_otherwise, scores
from .fields import Fields, fields, measurable, with_lengths
from .files import ANSWERS, REQUIRED, batches, battle_files, once, opened, some
from .games import ARENA_GAMES, arena_judging, cascaded, games_of, has_games
from .published import Published
from .values import Context

BROKEN = {"broken": 1.0}
"""The outcome of an instruction that nobody could answer: it tells nothing of the models."""


@dataclass(kw_only=True)
class Account:
    """What became of the rows, counted while they are read."""

    cascade: Counter[str] = field(default_factory=Counter)
    """How many of a run's battles went each way through a cascade; empty without one."""
    broken: int = 0
    """Rows left out because their instruction is broken, as a run found."""
    both_bad: int = 0
    """Rows whose judge called both answers bad, among the ties."""
    measured: list[str] = field(default_factory=list)
    """Files whose answers were measured, since they have no columns of lengths."""
    graded: list[str] = field(default_factory=list)
    """Files whose graded preference was found in the column `verdict`."""
    reread: Counter[str] = field(default_factory=Counter)
    """Rows that were read by another rule than the others of their column, by what was done."""
    published: Counter[str] = field(default_factory=Counter)
    """Files of published formats, by format."""
    unjudged: int = 0
    """Rows and single games of published formats in which the judge gave no verdict."""
    strong: int = 0
    """Verdicts that call an answer much better."""
    ordered: bool = True
    """Whether the files tell which answer was shown first."""
    passed_over: int = 0
    """Rows of other judges, or with other values, than were asked for."""


@dataclass(kw_only=True, eq=False)
class Loaded(Account):
    """All that was read."""

    battles: Battles
    """One row a battle; for a run's battles one row a juror's game."""
    files: tuple[str, ...]
    dropped: dict[str, int]
    """Rows left out as faulty, by what was wrong."""
    assumed: tuple[str, ...]
    """Baselines that the files do not name."""
    unnamed: bool
    """Whether some files do not tell whose answers they hold."""
    twice: dict[str, str]
    """Files that hold the same bytes as one before, which is read once."""
    repeated: tuple[int, int]
    """Rows told before in an earlier file, and in their own: see `Battles.repeated`."""
    canned: tuple[Canned, ...]
    """What the answers of each model look like, where they are known."""


@dataclass(frozen=True)
class Wanted:
    """What to read of the files, and how."""

    by: str | None = None
    control: Control | None = None
    drop: bool = False
    strength: float = STRENGTH
    """What a strong verdict counts."""
    baseline: str | None = None
    """Of Arena-Hard's judgments that do not name it."""
    answers: tuple[str, ...] = ()
    """Files of the answers, with what is to be held equal."""
    asked: Asked = ALL
    met: Met | None = None
    """Where to note what there is of that, for who checks it over several boards; else it is checked."""


def load(paths: Sequence[str], wanted: Wanted = Wanted()) -> Loaded:
    """Read battles from files, folders and runs.

    Raises:
        UserError: A file cannot be read, lacks a column, or has a faulty row that is not to be dropped.
    """
    found, twice = once(battle_files(paths, ("games", "battles")))
    context, said = Context(wanted.baseline), Sayings(addresses_jury)
    answers = read_answers(wanted.answers, wanted.control, said) if wanted.answers else None
    reader: Reader | None = None
    for path in found:
        with opened(path, context) as table:
            if reader is None:
                style = answers.style if answers else ()
                known = fields(table, wanted.by, wanted.control, wanted.asked.where, style)
                reader = Reader(wanted, known, said, answers)
            reader.read(table)
    if reader is None:
        raise UserError("no battles: name a file or a run")
    return reader.loaded(tuple(map(str, found)), twice, context)


@dataclass
class Reader:
    """Piles up what the files hold."""

    wanted: Wanted
    fields: Fields
    said: Sayings
    answers: Answers | None
    gate: Gate = field(init=False)
    parts: list[Columns] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """How many rows each file gave."""
    told: Account = field(default_factory=Account)
    met: Met = field(init=False)

    def __post_init__(self) -> None:
        """Open the gate."""
        self.gate = Gate(self.wanted.drop)
        self.met = self.wanted.met or Met(self.wanted.asked)

    def read(self, table: Table) -> None:
        """Read one file."""
        names = self.fields.names(table)
        parts: list[tuple[Columns, Floats]] = []
        preferred = False
        for read in batches(table, names):
            batch = self.answers.joined(read) if self.answers else read
            batch = batch if self.fields.joined else with_lengths(batch, self.fields.style)
            preferred |= "preference" in batch.columns
            parts.extend(self._checked(table, batch))
        measured = "len" in self.fields.style and not self.fields.joined
        if measured and measurable(names):
            self.told.measured.append(str(table.path))
        columns = [part for part, _ in parts]
        if parts and not preferred and all(len(told) for _, told in parts):
            columns = self._graded(table.path, columns, np.concatenate([told for _, told in parts]))
        if isinstance(table, Published):
            self.told.published[table.kind.name] += 1
            self.told.unjudged += table.unjudged
            self.told.ordered &= table.ordered
        self.parts.extend(columns)
        self.rows.append(sum(len(part.score) for part in columns))

    def _graded(self, path: Path, parts: list[Columns], verdict: Floats) -> list[Columns]:
        """Return the rows with what `verdict` grades, where that is what it does."""
        found = graded(np.concatenate([part.score for part in parts]), verdict)
        if found is None:
            return parts
        self.told.graded.append(str(path))
        self.told.reread.update(found.reread)
        ends = np.cumsum([len(part.score) for part in parts])[:-1]
        scores = np.split(found.score, ends)
        return [replace(part, score=score) for part, score in zip(parts, scores, strict=True)]

    def _checked(self, table: Table, batch: Batch) -> Iterator[tuple[Columns, Floats]]:
        """Yield the good rows of a batch as columns, with their `verdict` numbers."""
        if batch.columns:
            named = (*REQUIRED, "winner", "judge", self.fields.by, *self.fields.where)
            batch = _coded(batch, named)
            batch = self._asked_for(some(batch, ~is_empty(batch)))
        style = [f"{name}_{side}" for name in self.fields.style for side in "ab"]
        score = scores(batch) if batch.columns else np.zeros(0)
        answers = self.answers.path if self.answers and self.fields.joined else ""
        wrong = faults(batch, score, style, self.fields.by, answers) if batch.columns else []
        keep = self.gate.kept(table, batch, wrong)
        keep = self._counting(batch, keep)
        if not keep.any():
            return
        rest = some(batch, keep)
        self._listen(rest)
        self.told.both_bad += both_bad(rest)
        self.told.reread.update(read_otherwise(rest, score[keep]))
        verdict = numbers(rest.columns["verdict"]) if "verdict" in rest.columns else np.zeros(0)
        rows = _judged(table, rest, self._columns(rest, score[keep]), self.wanted.strength)
        self.told.cascade.update(cascaded(rest, rows))
        if self.wanted.asked.judges:
            kept = self._by_judge(rows)
            rows, verdict = (
                rows.where(kept),
                verdict[kept] if len(verdict) == len(kept) else verdict,
            )
        if len(rows.score):
            yield rows, verdict

    def _listen(self, batch: Batch) -> None:
        """Note what the answers say, where the rows hold them."""
        for name, side in zip(ANSWERS, ("model_a", "model_b"), strict=True):
            if (texts := batch.columns.get(name)) is not None:
                questions = coded(batch.columns["question_id"]).to_pylist()
                models = coded(batch.columns[side]).to_pylist()
                for question, model, text in zip(questions, models, texts.to_pylist(), strict=True):
                    if isinstance(text, str):
                        self.said.add(question, model, text, question if " " in question else "")

    def _asked_for(self, batch: Batch) -> Batch:
        """Return the rows that have the values asked for, in any one of several of a column."""
        keep = self.met.rows(batch)
        self.told.passed_over += int((~keep).sum())
        return some(batch, keep)

    def _by_judge(self, rows: Columns) -> Bools:
        """Tell which rows are of the judges asked for."""
        names = rows.judge.dictionary.to_pylist()
        code = codes(rows.judge)
        counts = np.bincount(code[code >= 0], minlength=len(names)).tolist()
        told = zip(map(str, names), counts, strict=True)
        asked = [count > 0 and self.met.judge(name, count) for name, count in told]
        keep = np.array([*asked, False], dtype=np.bool_)[code]
        self.told.passed_over += int((~keep).sum())
        return keep

    def _counting(self, batch: Batch, keep: Bools) -> Bools:
        """Return the rows that rate models, as a run's own ratings take them."""
        if not {"disputed", "outcome"} <= batch.columns.keys():
            return keep
        sound = keep & (mapped(coded(batch.columns["outcome"]), BROKEN) != 1.0)
        self.told.broken += int((keep & ~sound).sum())
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
            weight=self._strengthened(batch, weight),
            judge=coded(held["judge"]) if "judge" in held else nobody,
            group=trimmed(coded(held[by])) if by else None,
            style_a=self._style(batch, "a"),
            style_b=self._style(batch, "b"),
        )

    def _strengthened(self, batch: Batch, weight: Floats) -> Floats:
        """Return the weights with those of strong verdicts multiplied."""
        if "winner" not in batch.columns:
            return weight
        winner = coded(batch.columns["winner"])
        if any(folded(word or "") in STRONG for word in winner.dictionary.to_pylist()):
            strong = mapped(winner, dict.fromkeys(STRONG, 1.0)) == 1.0
            self.told.strong += int(strong.sum())
            weight = weight * np.where(strong, self.wanted.strength, 1.0)
        return weight

    def _style(self, batch: Batch, side: str) -> Floats:
        found = [numbers(batch.columns[f"{name}_{side}"]) for name in self.fields.style]
        return np.stack(found, axis=1) if found else np.zeros((len(batch), 0))

    def loaded(self, files: tuple[str, ...], twice: dict[str, str], context: Context) -> Loaded:
        """Return all that was read.

        Raises:
            UserError: Nothing is left.
        """
        dropped = self.gate.counts()
        if not self.parts:
            raise UserError(f"{', '.join(files)}: no battles to rate; {self._why_nothing(dropped)}")
        if self.wanted.met is None:
            self.met.check(", ".join(files))
        battles = together(self.parts, self.fields.style)
        told = {"cascade": self.told.cascade, "reread": +(self.told.reread + context.reread)}
        ordered = {name: Counter(dict(sorted(counts.items()))) for name, counts in told.items()}
        return Loaded(
            **{**vars(self.told), **ordered},
            battles=battles,
            files=files,
            dropped=dropped,
            assumed=tuple(sorted(context.assumed)),
            unnamed=context.unnamed,
            twice=twice,
            repeated=battles.repeated(self.rows),
            canned=() if context.unnamed else canned(self.said),
        )

    def _why_nothing(self, dropped: dict[str, int]) -> str:
        if self.told.passed_over:
            return f"{self.told.passed_over} rows are not of {' and '.join(self.met.told())}"
        left_out = {
            **dropped,
            "broken instructions": self.told.broken,
            "rows without a verdict": self.told.unjudged,
        }
        told = ", ".join(f"{n} {kind}" for kind, n in left_out.items() if n)
        return told or "holds nothing below the header"


def _own(batch: Batch) -> Bools:
    """Return the rows in which a contender met itself: two of its samples tell of no strength."""
    a, b = (batch.columns[name].to_pylist() for name in ("model_a", "model_b"))
    return np.array([whose(x) == whose(y) for x, y in zip(a, b, strict=True)], dtype=np.bool_)


def _judged(table: Table, batch: Batch, rows: Columns, strength: float) -> Columns:
    """Return the rows of a run as its jurors' games; those of any other file as they are."""
    if has_games(batch):
        return games_of(batch, rows, strength)
    return arena_judging(batch, rows) if table.format == ARENA_GAMES else rows


def _coded(batch: Batch, names: Sequence[str | None]) -> Batch:
    """Encode the columns of names once."""
    texts = {name: coded(batch.columns[name]) for name in names if name and name in batch.columns}
    return Batch(batch.columns | texts, batch.numbers, batch.broken)
