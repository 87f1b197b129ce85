"""Two runs side by side, record by record: a fork and its parent, or any two of one config."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson

from ..disk import legible
from ..replay.forked import FORK
from .diff import Piece, diff
from .lineage import glance, won
from .source import Source, alone, to_read

SHOWN = 50
"""Changed records that are shown of each kind."""
_TEXTS = {"draft": "task", "passage": "text", "suggestion": "direction"}


@dataclass(frozen=True)
class Sum:
    """How one kind of record differs."""

    kind: str
    same: int
    changed: int
    """In both, with another body."""
    gone: int
    """In the first only."""
    new: int
    """In the second only."""


@dataclass(frozen=True)
class Change:
    """One record that is in both and differs."""

    kind: str
    id: str
    before: str
    after: str
    """At a glance; empty where single fields tell."""
    pieces: tuple[Piece, ...]
    """Its text, word by word; empty where it is not its text that differs."""
    fields: tuple[tuple[str, str, str], ...] = ()
    """(name, value before, value after) of other fields, where the text is the same."""


@dataclass(frozen=True)
class Cost:
    """What a run paid by itself."""

    calls: int
    usd: float
    inherited: int
    """Calls that its parent had paid."""


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    one: str
    other: str
    sums: tuple[Sum, ...]
    changes: tuple[Change, ...]
    verdicts: int
    """Battles in both whose winner is another."""
    ratings: tuple[tuple[int, str, str, float | None, float | None], ...]
    """(round, purpose, model, rating in the first, rating in the second)."""
    costs: tuple[Cost, Cost]


def compare(one: Source, other: Source) -> Comparison:
    """Return what differs between two runs."""
    with legible(one.store, other.store), closing(alone(one.store)) as connection:
        connection.execute("ATTACH ? AS other", (to_read(other.store),))
        both = "main.records a JOIN other.records b ON b.kind = a.kind AND b.id = a.id"
        changes = [
            _change(kind, id, orjson.loads(before), orjson.loads(after))
            for kind in _kinds(connection)
            for id, before, after in connection.execute(
                f"SELECT a.id, a.body, b.body FROM {both} WHERE a.kind = ? AND a.body != b.body "
                "ORDER BY a.id LIMIT ?",
                (kind, SHOWN),
            )
        ]
        (verdicts,) = connection.execute(
            f"SELECT count(*) FROM {both} WHERE a.kind = 'battle' "
            "AND a.body->>'$.winner' != b.body->>'$.winner'"
        ).fetchone()
        return Comparison(
            one.folder.run_id,
            other.folder.run_id,
            _sums(connection, both),
            tuple(changes),
            verdicts,
            _ratings(connection),
            (_cost(connection, "main"), _cost(connection, "other")),
        )


def _kinds(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT DISTINCT kind FROM main.records ORDER BY kind"
    return [kind for (kind,) in connection.execute(query) if kind not in ("taxonomy", "held_out")]


def _sums(connection: sqlite3.Connection, both: str) -> tuple[Sum, ...]:
    def counts(query: str) -> dict[str, int]:
        return {kind: n for kind, n in connection.execute(query)}

    ours = counts("SELECT kind, count(*) FROM main.records GROUP BY 1")
    theirs = counts("SELECT kind, count(*) FROM other.records GROUP BY 1")
    shared = counts(f"SELECT a.kind, count(*) FROM {both} GROUP BY 1")
    changed = counts(f"SELECT a.kind, count(*) FROM {both} WHERE a.body != b.body GROUP BY 1")
    found = []
    for kind in sorted(ours.keys() | theirs.keys()):
        in_both, other = shared.get(kind, 0), changed.get(kind, 0)
        gone, new = ours.get(kind, 0) - in_both, theirs.get(kind, 0) - in_both
        found.append(Sum(kind, in_both - other, other, gone, new))
    return tuple(found)


def _change(kind: str, id: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    old, new = (_text(kind, body) for body in (before, after))
    pieces = diff(old, new) if old != new else ()
    if kind == "battle":
        return Change(kind, id, won(before), won(after), pieces)
    if pieces:
        return Change(kind, id, glance(kind, before), glance(kind, after), pieces)
    return Change(kind, id, "", "", (), tuple(_fields("", before, after)))


def _fields(name: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the single values that differ, however deep they stand, each with its name."""
    if before == after:
        return
    parts: dict[str, tuple[Any, Any]] = {}
    if isinstance(before, dict) and isinstance(after, dict):
        parts = {key: (before.get(key), after.get(key)) for key in {**before, **after}}
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        parts = {
            _numbered(n, *pair): pair for n, pair in enumerate(zip(before, after, strict=True), 1)
        }
    for key, pair in parts.items():
        yield from _fields(f"{name} {key}".strip(), *pair)
    if not parts:
        yield name.replace("_", " "), _readable(before), _readable(after)


def _numbered(number: int, *pair: Any) -> str:
    """Return what tells one entry of a list from the others: whose it is, or its place."""
    one = pair[0] if isinstance(pair[0], dict) else {}
    return next(
        (f"{one[key]}" for key in ("leaf", "model", "juror", "name") if one.get(key)), f"{number}"
    )


def _readable(value: Any) -> str:
    """Return a value in a line of words and numbers."""
    match value:
        case None | "" | [] | {}:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case list():
            return ", ".join(map(_readable, value))
        case dict():
            return "; ".join(
                f"{key.replace('_', ' ')} {_readable(one)}" for key, one in value.items()
            )
    return str(value)


def _text(kind: str, body: dict[str, Any]) -> str:
    if kind == "answer":
        return str(body["turns"][-1]["content"])
    if kind == "battle":
        return "\n".join(f"{g['juror']}: {g['reason']}" for g in body["games"])
    return str(body.get(_TEXTS.get(kind, ""), ""))


def _ratings(
    connection: sqlite3.Connection,
) -> tuple[tuple[int, str, str, float | None, float | None], ...]:
    found: dict[tuple[int, str, str], list[float | None]] = {}
    for place, schema in enumerate(("main", "other")):
        for (body,) in connection.execute(
            f"SELECT body FROM {schema}.records WHERE kind = 'rating'"
        ):
            read = orjson.loads(body)
            for model in read["models"]:
                key = (read["round"], read["purpose"], model["model"])
                found.setdefault(key, [None, None])[place] = model["rating"]
    return tuple((*key, *pair) for key, pair in sorted(found.items()))  # type: ignore[misc]


def _cost(connection: sqlite3.Connection, schema: str) -> Cost:
    calls, usd = connection.execute(
        f"SELECT count(*), coalesce(sum(usd), 0) FROM {schema}.ledger WHERE key NOT LIKE '%/%'"
    ).fetchone()
    row = connection.execute(f"SELECT value FROM {schema}.meta WHERE key = ?", (FORK,)).fetchone()
    forked: dict[str, Any] = orjson.loads(row[0]) if row else {"calls": 0, "usd": 0.0}
    return Cost(calls - forked["calls"], usd - forked["usd"], forked["calls"])
