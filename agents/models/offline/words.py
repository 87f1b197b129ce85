"""The engine's words, read once from `words.yaml`: tables of phrasings, patterns and exchanges."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_WORD = re.compile(r"[A-Za-zé]+")


@cache
def _all() -> dict[str, Any]:
    path = Path(__file__).with_name("words.yaml")
    found: dict[str, Any] = yaml.load(
        path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return found


def words(name: str) -> Any:
    """Return one table."""
    return _all()[name]


@cache
def exchanges(name: str) -> dict[str, str]:
    """Return a table of `old=new` pairs."""
    return dict(pair.split("=") for pair in words(name).split())


def exchanged(name: str, text: str) -> str:
    """Return a text with every word that stands in a table exchanged; capitals are kept."""
    table = exchanges(name)

    def swap(match: re.Match[str]) -> str:
        new = table.get(match[0].lower())
        if new is None:
            return match[0]
        return new.capitalize() if match[0][0].isupper() else new

    return _WORD.sub(swap, text)
