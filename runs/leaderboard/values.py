"""What the readers of published formats share: what a row does not say, and its values in plain kinds."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Values = Mapping[str, Any]
Found = dict[str, Any]


class NoVerdict(Exception):
    """The judge of a row gave none."""

    def __init__(self, *games: Found) -> None:
        super().__init__()
        self.games = games
        """The battles that it was asked about, as far as they are told."""


@dataclass
class Context:
    """What a row does not say by itself."""

    baseline: str | None = None
    """Of Arena-Hard's rows that do not name it."""
    failures: bool = False
    """Whether rows without a verdict are wanted, as battles without a winner."""
    labels: bool = False
    """Whether people's labels are wanted, not a judge's verdicts on the same pairs."""
    assumed: set[str] = field(default_factory=set)
    """Baselines that were taken for granted."""
    lost: list[Found] = field(default_factory=list)
    """Games of the row at hand in which the judge gave no verdict, beside others of the row with one."""
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)
    """How often an instruction came for the same generators and annotator, within the file at hand."""
    file: Path = Path()
    """The one at hand."""
    reread: Counter[str] = field(default_factory=Counter)
    """Rows that were read by another rule than the others, by what was done."""
    unnamed: bool = False
    """Whether some pair does not tell whose answers it holds: its sides are called by their places."""

    def at(self, file: Path) -> None:
        """Turn to the next file."""
        self.file = file
        self.seen.clear()


def judged(games: list[Found], context: Context, *, whole: bool = False) -> list[Found]:
    """Return the games of a row that have a winner; the others are noted as lost.

    Raises:
        NoVerdict: None has; or, where a row counts as a whole, some have not.
    """
    found = [game for game in games if game["winner"] is not None]
    if not found or (whole and len(found) < len(games)):
        raise NoVerdict(*games)
    context.lost.extend(game for game in games if game["winner"] is None)
    return found


ZERO = "a verdict of 0 as a tie"


def one_two(row: Values, told: Found, context: Context) -> Found:
    """Return a preference from 1 to 2 as the share of the win for the second; a draw was 0 before it was 1.5.

    Raises:
        NoVerdict: There is none.
    """
    preference = number_of(row.get("preference"))
    if preference is None:
        raise NoVerdict(told)
    context.reread[ZERO] += not preference
    return {"preference": preference - 1.0 if preference else 0.5}


def judge_name(judge: Any) -> str:
    """Return a judge's name; MT-Bench writes the model and its prompt as a list."""
    return " ".join(map(str, judge)) if isinstance(judge, list | tuple) else str(judge or "")


def said_in(turns: Any) -> str:
    """Return what the model says in a conversation."""
    if not isinstance(turns, list):
        return text_of(turns)
    said = [t for t in turns if isinstance(t, Mapping) and t.get("role") == "assistant"]
    return "\n\n".join(text_of(turn.get("content")) for turn in said)


def text_of(content: Any) -> str:
    """Return a text; one in parts is joined, and so are the turns of an answer."""
    if isinstance(content, Mapping):
        return text_of(content.get("answer", content.get("text", content.get("content"))))
    if isinstance(content, list):
        return "\n\n".join(filter(None, map(text_of, content)))
    return "" if content is None else str(content)


def count(value: Any) -> float | None:
    """Return a number, or the sum of numbers by kind."""
    if isinstance(value, Mapping):
        return float(sum(v for v in value.values() if isinstance(v, int | float)))
    return number_of(value)


def flat(name: str, value: Any) -> Found:
    """Return the values inside a value, each under its path; nothing for one that holds none."""
    if not isinstance(value, Mapping):
        return {}
    found: Found = {}
    for key, inner in value.items():
        path = f"{name}.{key}"
        found |= flat(path, inner) if isinstance(inner, Mapping) else {path: inner}
    return found


def number_of(value: Any) -> float | None:
    """Return a number, also one written as text; None for anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def rest_of(row: Values, used: frozenset[str]) -> Found:
    """Return the other short values of a row, to filter and to group by."""
    return {
        k: v
        for k, v in row.items()
        if k not in used and (isinstance(v, int | float) or (isinstance(v, str) and len(v) < 200))
    }


def sided(sides: list[Found]) -> Found:
    """Return what two sides have, each under its name with _a or _b."""
    return {
        f"{name}_{letter}": value
        for letter, side in zip("ab", sides, strict=True)
        for name, value in side.items()
    }
