"""Where battles come from: a file, the battles or games of a dataset, or the folder of a run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.tables import Batch, Table, TableError, kind_of, open_table, told_columns
from .arrays import chosen, coded, numbers, trimmed
from .formats import format_of
from .published import Published
from .values import Context

RUNS = Path("runs")
KINDS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", "each also .gz or .zst")
REQUIRED = ("question_id", "model_a", "model_b")
NAMES = ("model_a", "model_b", "judge")
OF_RUN = ("disputed", "outcome", "cascade", "propensity", "before_a", "before_b")
"""What only the battles of a run, or the games of an arena, tell."""
OPTIONAL = ("winner", "preference", "weight", "judge", "verdict", *OF_RUN)
MAY_LACK = frozenset(OPTIONAL) - {"winner"}
IF_ABSENT = {"weight": 1.0}
"""What a JSON object means that does not have the key."""
ANSWERS = ("answer_a", "answer_b")
FOLDERS = 8
"""Names listed of the folders in a folder."""


def battle_files(
    paths: Sequence[str], parts: Sequence[str] = ("battles",), option: str = ""
) -> list[Path]:
    """Return every file that the paths name.

    Args:
        paths: Files and folders.
        parts: Which parts of a run's dataset are meant, the first one that it has.
        option: The option that names them; none for battles.

    Raises:
        UserError: There is no such file, or its kind is not known.
    """
    found = [file for path in paths for file in _files(path, parts, option)]
    if unknown := [path for path in found if kind_of(path) is None]:
        raise UserError(
            f"{unknown[0]}: its kind is not known by its name; known are {', '.join(KINDS)}"
        )
    return found


def once(files: Sequence[Path]) -> tuple[list[Path], dict[str, str]]:
    """Return the files without those that hold the same bytes as one before; and these, each with it."""
    kept: list[Path] = []
    twice: dict[str, str] = {}
    sizes: dict[int, list[Path]] = {}
    for path in files:
        alike = sizes.setdefault(path.stat().st_size, [])
        same = next(
            (one for one in alike if one.resolve() == path.resolve() or cmp(one, path, False)), None
        )
        if same is not None:
            twice[str(path)] = str(same)
            continue
        alike.append(path)
        kept.append(path)
    return kept, twice


def _files(given: str, parts: Sequence[str], option: str) -> list[Path]:
    from ..folder import RunFolder

    path = Path(given)
    if not path.exists() and (RUNS / given).is_dir():
        path = RUNS / given
    if path.is_file():
        return [path]
    if path.exists() and not path.is_dir():
        raise UserError(f"{given}: is a pipe, which has no name that tells its kind: write a file")
    if not path.is_dir():
        what = f"{option}: nothing" if option else "no battles"
        raise UserError(f"{what} at {given!r}: name a file ({', '.join(KINDS)}) or a run")
    inside = [where / part for part in parts for where in (path / "dataset", path)]
    for folder in (*inside, path):
        if found := sorted(folder.glob("*.parquet")):
            return found
    # What a run notes about itself (`manifest.json`) is no battle.
    loose = () if RunFolder(path).has_store else path.glob("*")
    if found := sorted(file for file in loose if file.is_file() and kind_of(file)):
        return found
    below = sorted({file.parent.name for file in path.glob("*/*") if kind_of(file)} - {"dataset"})
    if below:
        raise UserError(
            f"{given}: holds no files itself; name folders in it: {', '.join(below[:FOLDERS])}"
            + (", …" if len(below) > FOLDERS else "")
        )
    raise UserError(
        f"{given}: no Parquet files in dataset/battles/ below it or in itself; a run writes its "
        "dataset when it ends: `arenainstruct resume` takes an unfinished one up"
    )


@contextmanager
def opened(path: Path, context: Context | None = None) -> Iterator[Table]:
    """Open a file of rows; with a context, one of a published format as battles.

    Raises:
        UserError: It is no table, or holds no column.
    """
    try:
        with open_table(path) as table:
            kind = format_of(table.head) if context else None
            if context:
                context.at(path)
            yield Published(table, kind, context) if kind and context else table
    except TableError as error:
        raise UserError(str(error)) from error


def batches(table: Table, names: Sequence[str]) -> Iterator[Batch]:
    """Yield the rows, those columns of `names` only that the file has.

    Raises:
        UserError: An id has so many digits that JSON readers round it: several would become one.
    """
    for batch in table.batches(names, optional=MAY_LACK, absent=IF_ABSENT, long=ANSWERS):
        for name in REQUIRED:
            column = batch.columns.get(name)
            if column is not None and pa.types.is_floating(column.type):
                rounded = np.abs(numbers(column)) >= 2.0**53
                if rounded.any():
                    at = int(np.argmax(rounded))
                    raise UserError(
                        f"{place(table, batch.numbers[at])}{name} is about {column[at].as_py():g}: "
                        "write a number of so many digits as text"
                    )
        yield _trimmed(batch)


def _trimmed(batch: Batch) -> Batch:
    """Return a batch with its models and judges named without the spaces around them."""
    texts = {
        name: trimmed(coded(column))
        for name in NAMES
        if (column := batch.columns.get(name)) is not None
        and (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type))
    }
    return Batch(batch.columns | texts, batch.numbers, batch.broken)


def some(batch: Batch, rows: Bools) -> Batch:
    """Return some rows of a batch."""
    if rows.all():
        return batch
    kept = chosen(rows)
    columns = {name: column.take(kept) for name, column in batch.columns.items()}
    return Batch(columns, batch.numbers[rows], batch.broken)


def place(table: Table, number: int) -> str:
    """Return the words that name a row."""
    return f"{table.path}: row {number} ({table.counted}): "


def no_column(table: Table, missing: str) -> UserError:
    """Return what to say where a column is missing."""
    if not any(table.head):
        return UserError(
            f"{table.path}: holds nothing: it needs rows with question_id, model_a, model_b and winner"
        )
    if {"chosen", "rejected"} <= table.head.keys():
        return UserError(
            f"{table.path}: pairs of chosen and rejected answers rank nobody unless they tell whose they "
            "are: add the columns chosen_model and rejected_model"
        )
    alike = [name for name in table.head if name.strip().lower() == missing.lower()]
    move = f"; rename {alike[0]!r}" if alike else ""
    needs = (
        ""
        if move or missing not in REQUIRED
        else f"; battles have {', '.join(REQUIRED)} and winner"
    )
    return UserError(
        f"{table.path}: no column {missing!r}; its columns are: {told_columns(table.head)}{move}{needs}"
    )
