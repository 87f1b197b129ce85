"""Rows: the population of a run, filtered, sorted and paged by the database, never loaded whole."""

import re
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

import orjson

from .source import Source, apart

KINDS = (
    "draft",
    "battle",
    "reject",
    "sft",
    "preference",
    "rlvr",
    "passage",
    "seed",
    "answer",
    "decision",
)
"""The kinds that can be listed; a draft that passed the gate is an instruction."""
NAMES = {
    "draft": "Instructions",
    "battle": "Battles",
    "reject": "Rejects",
    "sft": "SFT rows",
    "preference": "Preference rows",
    "rlvr": "RLVR rows",
    "passage": "Passages",
    "seed": "Seeds",
    "answer": "Answers",
    "decision": "Decisions",
    "suggestion": "Suggestions",
    "question": "Questions",
}
ONE = {
    **{kind: name.removesuffix("s") for kind, name in NAMES.items()},
    "rlvr": "RLVR row",
    "preference": "Preference pair",
}
"""One row of a kind, by name."""
SORTS = ("seq", "round", "usd", "agreement")
"""What rows can be sorted by; `seq` is the order in which they were written."""
PAGE = 50
COUNTED = 10_000
"""Matches are counted up to here: more are `more than`."""
LOOKED_UP = 20_000
"""So many texts with the words are looked at, the first ones."""
_SHOWN = 240
_ID = re.compile(r"[a-z]+-[0-9a-f]{20}.*")


@dataclass(frozen=True)
class Wanted:
    """Which rows are asked for."""

    kind: str = "draft"
    skill: str = ""
    leaf: str = ""
    outcome: str = ""
    round: int = 0
    """0: of all rounds."""
    disputed: bool = False
    """Those the jury could not settle, or where jurors disagreed, only."""
    juror: str = ""
    """Battles only in which this juror's word was not the verdict."""
    text: str = ""
    """Words that are all in it; the last one may be a beginning."""
    sort: str = "seq"
    descending: bool = False
    after: tuple[float, int] | None = None
    """The sorted value and number of the row before the page."""


@dataclass(frozen=True)
class Row:
    """One row at a glance."""

    seq: int
    kind: str
    id: str
    round: int
    skill: str
    leaf: str
    outcome: str
    model: str
    disputed: bool
    agreement: float
    usd: float
    tokens: int
    calls: int
    text: str


@dataclass(frozen=True)
class Page:
    """A page of rows."""

    rows: tuple[Row, ...]
    matches: int
    """How many there are in all, up to `COUNTED` + 1."""
    after: tuple[float, int] | None
    """Where the next page begins; None on the last one."""


@dataclass(frozen=True)
class Facets:
    """What the rows of a kind can be filtered by."""

    leaves: dict[str, dict[str, int]]
    """Counts by skill and leaf."""
    outcomes: dict[str, int]
    rounds: tuple[int, ...]
    jurors: tuple[str, ...]
    """Those whose word can be looked for; empty where the rows are no battles."""


def rows(source: Source, wanted: Wanted) -> Page:
    """Return one page of rows."""
    if wanted.sort not in SORTS or wanted.kind not in KINDS:
        raise ValueError(f"rows: {wanted.kind!r} by {wanted.sort!r} is nothing that can be listed")
    with source.opened() as connection:
        where, values = _where(connection, wanted)
        matches = _count(connection, where, values)
        found = _page(connection, wanted, where, values)
        texts = _texts(connection, found)
        shown = tuple(_row(row, texts) for row in found[:PAGE])
    more = len(found) > PAGE
    last = found[PAGE - 1] if more else None
    after = (float(last[wanted.sort]), last["seq"]) if last else None
    return Page(shown, matches, after)


_FACETS: dict[tuple[str, str], tuple[int | None, Facets]] = {}
"""Of each run and kind, as of its last row: counting a million rows again for each page would be felt."""


def facets(source: Source, kind: str) -> Facets:
    """Return what there is to filter by."""
    leaves: dict[str, dict[str, int]] = {}
    with source.opened() as connection:
        (last,) = connection.execute("SELECT max(seq) FROM rows").fetchone()
        name = (str(source.index), kind)
        if (known := _FACETS.get(name)) and known[0] == last:
            return known[1]
        query = "SELECT skill, leaf, outcome, count(*) FROM rows WHERE kind = ? GROUP BY 1, 2, 3"
        outcomes: dict[str, int] = {}
        for skill, leaf, outcome, n in connection.execute(query, (kind,)):
            of = leaves.setdefault(skill, {})
            of[leaf] = of.get(leaf, 0) + n
            outcomes[outcome] = outcomes.get(outcome, 0) + n
        rounds = _rounds(connection, kind)
        asked = connection.execute("SELECT alias FROM asked WHERE role = 'juror' ORDER BY alias")
        jurors = tuple(alias for (alias,) in asked) if kind == "battle" else ()
    found = Facets(leaves, outcomes, rounds, jurors)
    _FACETS[name] = (last, found)
    return found


def totals(source: Source) -> dict[str, int]:
    """Return how many records there are of each kind."""
    with source.opened() as connection:
        return dict(
            tuple(row) for row in connection.execute("SELECT kind, count(*) FROM rows GROUP BY 1")
        )


def _rounds(connection: sqlite3.Connection, kind: str) -> tuple[int, ...]:
    """Return the rounds there are rows of, by leaps over the index."""
    found: list[int] = []
    query = "SELECT min(round) FROM rows WHERE kind = ? AND round > ?"
    after: int | None = -1
    while after is not None:
        (after,) = connection.execute(query, (kind, after)).fetchone()
        found += [] if after is None else [after]
    return tuple(found)


def _where(connection: sqlite3.Connection, wanted: Wanted) -> tuple[str, list[Any]]:
    """Return the condition and its values."""
    parts, values = ["kind = ?"], list[Any]([wanted.kind])
    for name in ("skill", "leaf", "outcome", "round"):
        if value := getattr(wanted, name):
            parts.append(f"{name} = ?")
            values.append(value)
    if wanted.disputed:
        parts.append("agreement < 1")
    if wanted.juror:
        parts.append("agreement < 1 AND instr(against, ?)")
        values.append(f"|{wanted.juror}|")
    if asked := _words(connection, wanted.text):
        # The first of them only: words that are in most texts would be gathered from all of a run.
        parts.append("seq IN (SELECT rowid FROM texts WHERE texts MATCH ? LIMIT ?)")
        values += [asked, LOOKED_UP]
    return " AND ".join(parts), values


def _words(connection: sqlite3.Connection, text: str) -> str:
    """Return what asks for texts with all of the words, the last of which may be a beginning."""
    words = " ".join(f'"{word}"' for word in re.findall(r"\w+", apart(text)))
    if not words:
        return ""
    query = "SELECT count(*) FROM (SELECT 1 FROM texts WHERE texts MATCH ? LIMIT ?)"
    (found,) = connection.execute(query, (words, LOOKED_UP)).fetchone()
    return words if found == LOOKED_UP else f"{words}*"


def _count(connection: sqlite3.Connection, where: str, values: list[Any]) -> int:
    query = f"SELECT count(*) FROM (SELECT 1 FROM rows WHERE {where} LIMIT {COUNTED + 1})"
    (count,) = connection.execute(query, values).fetchone()
    return int(count)


def _page(
    connection: sqlite3.Connection, wanted: Wanted, where: str, values: list[Any]
) -> list[sqlite3.Row]:
    way, than = ("DESC", "<") if wanted.descending else ("ASC", ">")
    order = f"seq {way}" if wanted.sort == "seq" else f"{wanted.sort} {way}, seq {way}"
    values = list(values)
    if wanted.after is not None:
        place = "seq" if wanted.sort == "seq" else f"({wanted.sort}, seq)"
        where += f" AND {place} {than} " + ("?" if wanted.sort == "seq" else "(?, ?)")
        values += [wanted.after[1]] if wanted.sort == "seq" else wanted.after
    query = (
        f"SELECT p.*, s.body FROM (SELECT * FROM rows WHERE {where} ORDER BY {order} "
        f"LIMIT {PAGE + 1}) p JOIN store.records s ON s.seq = p.seq AND s.id = p.id ORDER BY "
        + order.replace("seq", "p.seq").replace(
            wanted.sort, f"p.{wanted.sort}", wanted.sort != "seq"
        )
    )
    return connection.execute(query, values).fetchall()


def _texts(connection: sqlite3.Connection, found: list[sqlite3.Row]) -> dict[str, str]:
    """Return the tasks of the instructions that rows are about."""
    ids = {_about(orjson.loads(row["body"])) for row in found} - {""}
    marks = ", ".join("?" * len(ids))
    query = (
        "SELECT s.id, s.body->>'$.task' FROM rows r JOIN store.records s ON s.seq = r.seq "
        f"WHERE r.id IN ({marks}) AND r.kind IN ('draft', 'question')"
    )
    return {id: text for id, text in connection.execute(query, sorted(ids))}


def _about(body: dict[str, Any]) -> str:
    """Return the id of the instruction that a row is about; of a reject, of whatever was dropped."""
    return str(body.get("instruction_id") or body.get("subject") or "")


def _row(row: sqlite3.Row, texts: dict[str, str]) -> Row:
    body = orjson.loads(row["body"])
    about = texts.get(_about(body), "")
    text = _said(row["kind"], body, about) or about
    made = {
        name: row[name] for name in Row.__dataclass_fields__ if name not in ("text", "disputed")
    }
    return Row(**made, disputed=bool(row["disputed"]), text=" ".join(text.split())[:_SHOWN])


def _said(kind: str, body: dict[str, Any], about: str) -> str:
    if kind == "answer":
        return str(body["turns"][-1]["content"] or body["turns"][-1]["tool_calls"])
    if kind == "reject":
        dropped = about or ("" if _ID.fullmatch(body["subject"]) else body["subject"])
        return f"{body['detail'] or body['reason']}{f' ({dropped})' if dropped else ''}"
    if kind == "seed":
        return f"{body['name']}: {body['text'][: 2 * _SHOWN]}"
    name = {"draft": "task", "passage": "text", "decision": "reason"}.get(kind, "")
    return str(body.get(name, ""))[: 2 * _SHOWN]


def following(wanted: Wanted, page: Page) -> Wanted:
    """Return what asks for the next page."""
    return replace(wanted, after=page.after)
