"""A person's verdicts on battles, kept beside the run in the form that `audit --labels` reads."""

import os
from pathlib import Path
from typing import Any

import orjson

from .folder import RunFolder

LABELS = "labels.jsonl"


def labels_file(folder: RunFolder) -> Path:
    """Return where a run's labels are."""
    return folder.path / LABELS


def labels(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """Return the labels by battle; the last word on each counts."""
    path = labels_file(folder)
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return {row["battle"]: row for row in map(orjson.loads, lines)}


def label(folder: RunFolder, battle: dict[str, Any], winner: str) -> None:
    """Write down a person's verdict on a battle; an empty one takes it back.

    The file is written anew each time, so that it holds one line a battle.
    """
    kept = labels(folder)
    kept.pop(battle["id"], None)
    if winner:
        kept[battle["id"]] = {
            "question_id": battle["question_id"] or battle["instruction_id"],
            "model_a": battle["model_a"],
            "model_b": battle["model_b"],
            "winner": winner,
            "battle": battle["id"],
            "jury": battle["winner"],
        }
    path = labels_file(folder)
    part = path.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(orjson.dumps(row) + b"\n" for row in kept.values())
    os.replace(part, path)
