"""The training rows that a test set must not repeat, as texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...agents.errors import UserError
from ...graphs.kinds import PREFERENCE, SFT
from ...graphs.testset.prompt import TrainingText
from .conversation import COLUMNS, find_column, read_turns
from .table import is_table, read_rows

TRAINED = (SFT.table, PREFERENCE.table)
"""What of a run's dataset trains a model."""


def read_training(paths: Sequence[Path]) -> list[TrainingText]:
    """Return every turn of the rows of files or folders, each text once.

    Raises:
        UserError: a file cannot be read or has no text, or a folder holds no files of rows.
    """
    texts: dict[str, TrainingText] = {}
    for path in paths:
        for file in _files(path):
            for found in _texts(file):
                texts.setdefault(found.text, found)
    return list(texts.values())


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    root = path / "dataset" if (path / "dataset").is_dir() else path
    ours = [folder for name in TRAINED if (folder := root / name).is_dir()]
    files = [f for folder in ours or [root] for f in sorted(folder.rglob("*")) if is_table(f)]
    if not files:
        raise UserError(f"--against {path}: no JSONL, JSON, CSV or Parquet file in this folder")
    return files


def _texts(path: Path) -> Iterator[TrainingText]:
    for number, row in read_rows(path):
        column = find_column(row)
        if column is None:
            if any(name in row for name in COLUMNS):
                continue  # the row is blank
            raise UserError(
                f"--against {path}: row {number}: none of {', '.join(COLUMNS)} among {', '.join(row)}"
            )
        try:
            turns = read_turns(row, column)
        except ValueError as error:
            raise UserError(f"--against {path}: row {number}: {column}: {error}") from error
        for turn in turns:
            if turn.role != "system":
                yield TrainingText(turn.content, f"{path.name}#row-{number}")
