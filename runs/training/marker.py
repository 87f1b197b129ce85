"""What is whole: a folder with a marker that holds the hash of each of its files.

The marker is written last, so a folder that a killed process left half written has none, or one that
its files do not match; it is never taken.
"""

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

NAME = "training.json"


def mark(folder: Path, facts: dict[str, Any]) -> None:
    """Say of a folder that it is whole, with what is to be known of it."""
    told = {"facts": facts, "files": _hashes(folder)}
    part = folder / f".{NAME}.part"
    with part.open("wb") as file:
        file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder / NAME)


def marked(folder: Path) -> dict[str, Any] | None:
    """Return what is known of a folder that is whole; None of any other."""
    try:
        told = orjson.loads((folder / NAME).read_bytes())
        whole = told["files"] == _hashes(folder)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return dict(told["facts"]) if whole else None


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and NAME not in p.name)
    return {str(path.relative_to(folder)): _hash(path) for path in files}


def _hash(path: Path) -> str:
    hashed = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()
