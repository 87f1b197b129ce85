"""Which columns of a file of battles are read, and as what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ...agents.errors import UserError
from ...tools.tables import Batch, Table, kind_of
from ..options import Control
from .arrays import compute
from .files import ANSWERS, OPTIONAL, REQUIRED, no_column

GAMES = tuple(
    f"games/{name}"
    for name in ("juror", "shown_first", "score_a", "score_b", "before_a", "before_b")
)
"""The jurors' single games in the battles of a run."""
LENGTHS = {"len_a": "answer_a", "len_b": "answer_b"}
"""What each length is measured on where it is not there."""
OUTCOMES = frozenset(
    {"model", "answer", "score", "before", "rating", "preference", "win", "reward"}
)
"""Pairs that tell who won or who played, never style."""


@dataclass(frozen=True)
class Fields:
    """What to read of every file, decided on the first one."""

    by: str | None
    style: tuple[str, ...]
    """Names of the pairs to hold equal: `len` stands for the columns len_a and len_b."""
    where: tuple[str, ...]
    """Columns in which values are asked for."""
    joined: bool = False
    """Whether the style comes from a file of answers."""

    def names(self, table: Table) -> list[str]:
        """Return the columns to read of one file, each once.

        Raises:
            UserError: A column is missing; names what the file has.
        """
        known = set(table.head)
        pairs = [f"{name}_{side}" for name in self.style for side in "ab" if not self.joined]
        if measurable(known):
            pairs = [LENGTHS.get(name, name) for name in pairs]
        needed = [*REQUIRED, *pairs, *([self.by] if self.by else []), *self.where]
        if not {"winner", "preference"} & known:
            needed.append("winner")
        if missing := [name for name in needed if name not in known]:
            raise no_column(table, missing[0])
        games = GAMES if "games" in known and kind_of(table.path) == "parquet" else ()
        more = [name for name in OPTIONAL if name in known or not table.complete]
        texts = [name for name in ANSWERS if name in known]
        return list(dict.fromkeys([*needed, *more, *texts, *games]))


def fields(
    table: Table,
    by: str | None = None,
    control: Control | None = None,
    where: Iterable[str] = (),
    joined: tuple[str, ...] = (),
) -> Fields:
    """Decide what to read from the first row of the first file; `joined` is the style of other files.

    Raises:
        UserError: Control for style was asked for and there are no style columns.
    """
    return Fields(by, joined or _style(table, control), tuple(where), bool(joined))


def _style(table: Table, control: Control | None) -> tuple[str, ...]:
    if control == "length":
        return ("len",)
    if control is None:
        return ()
    row = table.head
    found = style_pairs(row) or (("len",) if measurable(row) else ())
    if not found:
        raise UserError(
            f"{table.path}: --control style needs columns such as len_a and len_b, with a number "
            "for each answer, and there are none; or name the answers themselves with --answers"
        )
    return found


def style_pairs(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the numeric pairs `<name>_a`, `<name>_b` of a row that tell of style."""
    names = (column.removesuffix("_a") for column in row if column.endswith("_a"))
    return tuple(
        name
        for name in names
        if name not in OUTCOMES
        and _is_number(row[f"{name}_a"])
        and _is_number(row.get(f"{name}_b"))
    )


def _is_number(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def measurable(known: Collection[str]) -> bool:
    """Tell whether lengths can be had by measuring the answers."""
    return set(ANSWERS) <= set(known) and not set(LENGTHS) <= set(known)


def with_lengths(batch: Batch, style: Sequence[str]) -> Batch:
    """Return the batch with the characters of its answers, where lengths are asked for and lack."""
    if "len" not in style or not measurable(batch.columns):
        return batch
    lengths = {name: _characters(batch.columns[answer]) for name, answer in LENGTHS.items()}
    return Batch(batch.columns | lengths, batch.numbers, batch.broken)


def _characters(texts: pa.Array) -> pa.Array:
    """Count characters; what is no text has no length."""
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return pa.nulls(len(texts), pa.int32())
    return compute.utf8_length(texts)
