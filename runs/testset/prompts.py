"""Files of instructions as prompts, and training rows, which a test set must not repeat, as texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from ...graphs.testset.prompt import Prompt, TrainingText
from ...tools.tables import Reject, TableError, kind_of, read_rows, told_columns
from .conversation import COLUMNS, LATER, TURNS, find_column, find_passage, prompt_turns, read_turns

Row = Mapping[str, Any]
NAMED = 20
"""Row numbers that are told."""
IDS = ("id", "question_id", "prompt_id", "uid")


def read_prompts(
    path: Path, *, prompt_column: str | None = None, category_column: str = "category"
) -> tuple[list[Prompt], tuple[int, ...]]:
    """Return the prompts of a file, and the numbers of the rows without one.

    Raises:
        UserError: the file cannot be read, or has no prompts where they are looked for.
    """
    prompts: list[Prompt] = []
    empty: list[int] = []
    seen: set[str] = set()
    categories = False
    for number, row in sound_rows(path):
        categories = categories or category_column in row
        prompt = _prompt(row, f"{path}: row {number}", prompt_column, category_column)
        if prompt is None:
            empty.append(number)
            continue
        id = _new_id(row, number, seen)
        seen.add(id)
        prompts.append(replace(prompt, id=id))
    if not prompts:
        raise UserError(f"{path}: holds no prompts ({len(empty)} rows without one)")
    if category_column != "category" and not categories:
        raise UserError(f"{path}: no row has --category-column {category_column!r}")
    return prompts, tuple(empty)


def sound_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a file with their numbers; a broken one is refused, never left out.

    Raises:
        UserError: the file is no table, or a row of it is broken.
    """
    try:
        for row in read_rows(path):
            if isinstance(row, Reject):
                raise UserError(f"{path}: row {row.number}: {row.reason}")
            yield row.number, row.values
    except TableError as error:
        raise UserError(str(error)) from error


def told_empty(rows: Sequence[int]) -> str:
    """Return which rows have no prompt, in words."""
    if not rows:
        return ""
    named = ", ".join(map(str, rows[:NAMED])) + (", …" if len(rows) > NAMED else "")
    return f"Rows without a prompt, left out: {len(rows)} (row {named})"


def _prompt(row: Row, where: str, column: str | None, category_column: str) -> Prompt | None:
    """Return a row's prompt without its id; None where it is blank."""
    name = column or find_column(row)
    if name is None or name not in row:
        if column is None and any(known in row for known in COLUMNS):
            return None
        wanted = f"no column {column!r}" if column else f"none of {', '.join(COLUMNS)}"
        raise UserError(f"{where}: {wanted} among {told_columns(row)}; set --prompt-column")
    try:
        turns = prompt_turns(read_turns(row, name)) if row[name] else ()
    except ValueError as error:
        raise UserError(f"{where}: {name}: {error}") from error
    if not turns:
        return None
    used = {name, category_column, *IDS, *LATER, TURNS}
    category = _text(row.get(category_column))
    passage, task = find_passage(row, turns)
    return Prompt("", turns, category, _rest(row, used), passage, task)


def _new_id(row: Row, number: int, seen: set[str]) -> str:
    """Return the row's own id, or its number; a repeated id gets the number too."""
    id = next((_text(row[name]) for name in IDS if _text(row.get(name))), f"row-{number}")
    return f"{id}#{number}" if id in seen else id


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _rest(row: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in used and value is not None}


TRAINED = ("sft", "preference")
"""What of a run's dataset trains a model."""


def read_training(paths: Sequence[Path], told: str = "--against") -> list[TrainingText]:
    """Return every turn of the rows of files or folders, each text once; `told` is what named them.

    Raises:
        UserError: a file cannot be read or has no text, or a folder holds no files of rows.
    """
    texts: dict[str, TrainingText] = {}
    for path in paths:
        for file in _files(path, told):
            for found in _texts(file, told):
                texts.setdefault(found.text, found)
    return list(texts.values())


def _files(path: Path, told: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    root = path / "dataset" if (path / "dataset").is_dir() else path
    ours = [folder for name in TRAINED if (folder := root / name).is_dir()]
    files = [f for folder in ours or [root] for f in sorted(folder.rglob("*")) if kind_of(f)]
    if not files:
        raise UserError(f"{told} {path}: no JSONL, JSON, CSV or Parquet file in this folder")
    return files


def _texts(path: Path, told: str) -> Iterator[TrainingText]:
    for number, row in sound_rows(path):
        column = find_column(row)
        if column is None:
            if any(name in row for name in COLUMNS):
                continue  # the row is blank
            raise UserError(
                f"{told} {path}: row {number}: none of {', '.join(COLUMNS)} among {told_columns(row)}"
            )
        try:
            turns = read_turns(row, column)
        except ValueError as error:
            raise UserError(f"{told} {path}: row {number}: {column}: {error}") from error
        for turn in turns:
            if turn.role != "system":
                yield TrainingText(turn.content, f"{path.name}#row-{number}")
