"""Licence, source and what is private of a document: from its MANIFEST.csv or its front matter."""

import csv
import io
import re
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import Any

from ...agents.errors import UserError
from .api import joined_escapes
from .document import Origin, Unusable
from .opening import decode, read_bytes
from .source import Source

PRIVATE = ("email", "phone")
"""Classes of what may be private; a pattern finds them."""
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def from_mapping(values: dict[str, Any]) -> Origin:
    """Read an origin from a row or front matter; both spellings of licence are understood."""
    return Origin(
        _text(values, "licence", "license"),
        _source(values),
        _text(values, "title"),
        _private(values.get("private")),
    )


def front_matter(text: str) -> tuple[Origin, str]:
    """Split YAML front matter from a markdown text; text without it comes back as it is."""
    import yaml

    from ...tools.safe_yaml import load_yaml

    found = _FRONT_MATTER.match(text)
    if not found:
        return Origin(), text
    try:
        values = load_yaml(joined_escapes(found[1]))
    except (yaml.YAMLError, ValueError):
        return Origin(), text
    if not isinstance(values, dict):
        return Origin(), text
    return from_mapping(values), text[found.end() :]


def from_manifest(source: Source) -> Origin:
    """Return what the nearest MANIFEST.csv says that lists this file.

    Looked for beside the file and in every folder up to the one above what the user gave.
    """
    path = source.path.absolute()
    top = source.root.absolute().parent
    for folder in path.parents:
        entry = _manifest(folder).get(path.relative_to(folder).as_posix())
        if entry or folder == top:
            return entry or Origin()
    return Origin()


@lru_cache(maxsize=1024)
def _manifest(folder: Path) -> dict[str, Origin]:
    """Load the manifest of a folder: file name to origin; empty where there is none."""
    path = folder / "MANIFEST.csv"
    if not path.is_file():
        return {}
    try:
        rows = csv.DictReader(io.StringIO(decode(read_bytes(path))))
        columns = [column.strip().lower() for column in rows.fieldnames or ()]
    except (OSError, csv.Error, Unusable) as error:
        raise UserError(f"seeds: {path} cannot be read: {error}; mend it or rename it") from error
    if "file" not in columns or not {"licence", "license"} & set(columns):
        raise UserError(
            f"seeds: {path} has the columns {', '.join(columns) or 'none'}; it needs 'file' and "
            "'licence' (and may have 'source'); add them, or rename the file"
        )
    rows.fieldnames = columns
    return {row["file"].strip(): from_mapping(row) for row in rows if row["file"]}


def _text(values: dict[str, Any], *keys: str) -> str:
    """Return the first value that is there; texts that many rows share are kept once."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str | int | float) and str(value).strip():
            return intern(str(value).strip())
    return ""


def _private(value: Any) -> str:
    """Return what is marked, one a line: a list, texts set apart by semicolons, or `true` for all classes."""
    if value is True or (isinstance(value, str) and value.strip().lower() == "true"):
        return "\n".join(PRIVATE)
    told = value.split(";") if isinstance(value, str) else value if isinstance(value, list) else ()
    return "\n".join(text for one in told if (text := " ".join(str(one).split())))


def _source(values: dict[str, Any]) -> str:
    """Return the source as written, or joined from repository, path and commit."""
    plain = _text(values, "source", "url")
    if plain:
        return plain
    repository, path = _text(values, "source_repo"), _text(values, "source_path")
    commit = _text(values, "commit")
    return "/".join(part for part in (repository, path) if part) + (f"@{commit}" if commit else "")
