"""The tables of a run, the same for SQLite and PostgreSQL, and the inserts they take.

`seq` counts up as rows are written. Workers may commit in another order than they count: so nothing that
a dataset is made of is ordered by it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite

FORMAT = 5
"""Version of these tables: a store of another one is not read."""

METADATA = MetaData()
# SQLite only counts up a key that is declared INTEGER; PostgreSQL needs 64 bits.
_SEQ = BigInteger().with_variant(Integer, "sqlite")
# Ids are in the order of their bytes everywhere, whatever language a server sorts by.
_ID = String().with_variant(String(collation="C"), "postgresql")

# Small columns first: SQLite then sums them up without touching the pages that hold long texts.
LEDGER = Table(
    "ledger",
    METADATA,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("key", _ID, nullable=False, unique=True),
    Column("alias", String, nullable=False),
    Column("role", String, nullable=False),
    Column("model", String, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("usd", Double, nullable=False),
    Column("finish", String, nullable=False),
    Column("cap", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("thoughts", Text, nullable=False),
    Column("tool_calls", Text, nullable=False),
)
REQUESTS = Table(
    "requests",
    METADATA,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("key", _ID, nullable=False, unique=True),
    Column("model", String, nullable=False),
    Column("version", String, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("alias", String, nullable=False),
    Column("role", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("message", String, nullable=False),
    Column("about", Text, nullable=False),
    Column("schema", String, nullable=False),
    Column("tools", String, nullable=False),
    Column("params", String, nullable=False),
    Column("turns", LargeBinary, nullable=False),
)
PARTS = Table(
    "parts",
    METADATA,
    Column("hash", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("key", _ID, nullable=False, index=True),
    Column("alias", String, nullable=False),
    Column("role", String, nullable=False),
    Column("model", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("outcome", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("usd", Double),
)
CALLS = (PARTS, REQUESTS, LEDGER, ATTEMPTS)
"""What was asked, what was paid, what failed: all that another run needs to be served from it."""
RECORDS = Table(
    "records",
    METADATA,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("id", _ID, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("kind", "id"),
    Index("records_by_round", "kind", "round", "id"),
)
EVENTS = Table(
    "events",
    METADATA,
    Column("seq", _SEQ, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False),
    Column("parent", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", String, nullable=False),
    Column("run", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("graph", String, nullable=False),
    Column("node", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("message", String, nullable=False),
    Column("records", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("outcome", String, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("data", Text, nullable=False),
)
TASKS = Table(
    "tasks",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", _ID, nullable=False),
    Column("round", Integer, nullable=False, index=True),
    Column("scope", BigInteger, nullable=False, index=True),
    Column("signature", LargeBinary, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)
"""What was asked for already, as near duplicates are looked for: its number is a hash of its id, its scope
one of the context that it is about; the vector is empty where none was asked for."""
BANDS = Table(
    "bands",
    METADATA,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("round", Integer, nullable=False),
    Index("bands_by_round", "round"),
    sqlite_with_rowid=False,
)
"""Which tasks share a part of their signatures."""
APIS = Table(
    "apis",
    METADATA,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("seed_id", _ID, nullable=False),
    Column("specs", Text, nullable=False),
)
"""The APIs of each seed that has some, in the order in which the seeds were read."""
WORKERS = Table(
    "workers",
    METADATA,
    Column("owner", _ID, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("until", Double, nullable=False),
    Column("held", BigInteger, nullable=False),
)
"""Processes at work on a shared store: until when each counts as alive, and what it holds back."""
CLAIMS = Table(
    "claims",
    METADATA,
    Column("key", _ID, primary_key=True),
    Column("owner", _ID, nullable=False),
    Column("token", BigInteger, nullable=False),
)
"""Calls that a worker is paying for."""
PURSE = Table(
    "purse",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("spent", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
)
"""One row: what all workers spent and hold back, in pico-dollars."""
META = Table(
    "meta",
    METADATA,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)


def columns(table: Table) -> list[str]:
    """Return the names of the columns a writer fills, in order."""
    return [column.name for column in table.columns if column.name != "seq"]


def insert(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's own insert, which knows what to do on a conflict."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_first(table: Table, dialect: str, rows: int) -> Any:
    """Return an insert of several rows that leaves rows already there as they are."""
    return (
        insert(table, dialect)
        .inline()
        .values([dict.fromkeys(columns(table)) for _ in range(rows)])
        .on_conflict_do_nothing()
    )


def insert_last(table: Table, dialect: str) -> Any:
    """Return an insert of one row that takes the place of the row with the same key."""
    statement = insert(table, dialect).values(dict.fromkeys(columns(table)))
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={"value": statement.excluded.value}
    )
