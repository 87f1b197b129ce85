"""What is wrong with a store's rows: looked for where reading them went wrong, and told by table and id."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Column, LargeBinary, Table

from ...agents.records import ToolCall, Turn
from ...graphs.kinds import KINDS
from ...tools.api_spec import load_apis
from .requests import unpack
from .schema import APIS, EVENTS, LEDGER, META, METADATA, PARTS, RECORDS, REQUESTS

_TYPES = {kind.stored: kind.type for kind in KINDS if not kind.state_of}
_NAMED: dict[str, tuple[str, ...]] = {
    "ledger": ("key",),
    "requests": ("key",),
    "attempts": ("key", "number"),
    "records": ("kind", "id"),
    "events": ("id",),
    "apis": ("seed_id",),
}
"""What a row is called by, where that is not the primary key."""
Row = Mapping[str, Any]
MISREAD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What comes of reading as one thing what is another."""


def damage(store: Path) -> str:
    """Return the first row of a file that is not as a store writes it; empty where all are.

    Every row is looked at: this is asked once something went wrong.
    """
    with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as base:
        # Bytes that are no UTF-8 are to be found here, not to end the search.
        base.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        base.row_factory = sqlite3.Row
        there = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
        found = (_first(base, table) for name, table in METADATA.tables.items() if name in there)
        return next(filter(None, found), "")


def _first(base: sqlite3.Connection, table: Table) -> str:
    """Return the first row of a table that is none of ours, and why."""
    have = {row["name"] for row in base.execute(f"PRAGMA table_info({table.name})")}
    if lost := [column.name for column in table.columns if column.name not in have]:
        return f"{table.name} has no column {', '.join(lost)}"
    for row in base.execute(f"SELECT * FROM {table.name}"):
        for why in _wrong(table, dict(row)):
            return f"{_name(table, row)}: {why}"
    return ""


def _name(table: Table, row: Any) -> str:
    """Return what a row is called, short enough to be told."""
    columns = _NAMED.get(table.name) or tuple(column.name for column in table.primary_key)
    told = " ".join(str(row[name]).encode("utf-8", "backslashreplace").decode() for name in columns)
    return f"{table.name}, {told[:100]}"


def _wrong(table: Table, row: Row) -> Iterator[str]:
    for column in table.columns:
        if why := _odd(column, row[column.name]):
            yield f"{column.name} {why}"
            return
    if look := _LOOKS.get(table.name):
        try:
            look(row)
        except MISREAD as error:
            yield str(error).partition("\n    For further")[0].replace("\n", " ")[:200]


def _odd(column: "Column[Any]", value: Any) -> str:
    """Return what a column holds instead of what it is for; empty where it is all right."""
    if value is None:
        return "" if column.nullable else "holds nothing"
    wanted = bytes if isinstance(column.type, LargeBinary) else column.type.python_type
    if not isinstance(value, (int, float) if wanted is float else wanted):
        return f"holds {_KIND.get(type(value), 'another kind')} where {_KIND[wanted]} stood"
    torn = isinstance(value, str) and not value.isascii() and _torn(value)
    return "holds a text that is no UTF-8" if torn else ""


def _torn(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


_KIND: dict[type, str] = {
    bytes: "bytes",
    str: "a text",
    int: "a whole number",
    float: "a number",
}


def _record(row: Row) -> None:
    if (kind := _TYPES.get(row["kind"])) is None:
        raise ValueError("is of a kind that no run writes")
    if kind.model_validate_json(row["body"]).id != row["id"]:
        raise ValueError("its body is another record's")


def _reply(row: Row) -> None:
    for call in orjson.loads(row["tool_calls"] or "[]"):
        ToolCall(**call)


def _request(row: Row) -> None:
    _listed(row["about"])
    for turn in orjson.loads(unpack(row["turns"])):
        Turn.model_validate(turn)


def _event(row: Row) -> None:
    _listed(row["records"])
    _listed(row["keys"])
    if not isinstance(orjson.loads(row["data"] or "{}"), dict):
        raise ValueError("its data are no object")


def _listed(text: str) -> None:
    if not isinstance(orjson.loads(text or "[]"), list):
        raise ValueError(f"{text[:60]} is no list")


_LOOKS: dict[str, Callable[[Row], object]] = {
    RECORDS.name: _record,
    LEDGER.name: _reply,
    REQUESTS.name: _request,
    PARTS.name: lambda row: unpack(row["body"]).decode(),
    EVENTS.name: _event,
    APIS.name: lambda row: load_apis(row["specs"]),
    META.name: lambda row: orjson.loads(row["value"]),
}
"""What must go well with a row besides the types of its columns."""
