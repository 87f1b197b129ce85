"""Two runs side by side, record by record: a fork and its parent, or any two of one config."""

import sqlite3
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
    pieces: tuple[Piece, ...]
    """Its text, word by word; empty where it is not its text that differs."""


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
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    shown = ({name: body.get(name) for name in names} for body in (before, after))
    was, now = (orjson.dumps(values).decode()[:300] for values in shown)
    return Change(kind, id, was, now, ())


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
