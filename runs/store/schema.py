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
from sqlalchemy.types import TypeEngine

FORMAT = 5
"""Version of these tables: a store of another one is not read."""

METADATA = MetaData()
# SQLite only counts up a key that is declared INTEGER; PostgreSQL needs 64 bits.
_SEQ = BigInteger().with_variant(Integer, "sqlite")
# Ids are in the order of their bytes everywhere, whatever language a server sorts by.
_ID = String().with_variant(String(collation="C"), "postgresql")


def _seq() -> Column[int]:
    return Column("seq", _SEQ, primary_key=True, autoincrement=True)


def _filled(kind: type[TypeEngine[Any]] | TypeEngine[Any], *names: str) -> list[Column[Any]]:
    """Return columns of one kind that no row leaves empty."""
    return [Column(name, kind, nullable=False) for name in names]


def _number(name: str, kind: type[Integer] = BigInteger) -> Column[int]:
    """Return a part of a primary key that the writer gives."""
    return Column(name, kind, primary_key=True, autoincrement=False)


# Small columns first: SQLite then sums them up without touching the pages that hold long texts.
LEDGER = Table(
    "ledger",
    METADATA,
    _seq(),
    Column("key", _ID, nullable=False, unique=True),
    *_filled(String, "alias", "role", "model"),
    *_filled(Integer, "tokens_in", "tokens_out"),
    *_filled(Double, "usd"),
    *_filled(String, "finish"),
    *_filled(Integer, "cap"),
    *_filled(Double, "seconds", "started_at"),
    *_filled(Text, "text", "thoughts", "tool_calls"),
)
REQUESTS = Table(
    "requests",
    METADATA,
    _seq(),
    Column("key", _ID, nullable=False, unique=True),
    *_filled(String, "model", "version"),
    *_filled(Integer, "sample"),
    *_filled(String, "alias", "role", "subject", "prompt", "message"),
    *_filled(Text, "about"),
    *_filled(String, "schema", "tools", "params"),
    *_filled(LargeBinary, "turns"),
)
PARTS = Table(
    "parts", METADATA, Column("hash", String, primary_key=True), *_filled(LargeBinary, "body")
)
ATTEMPTS = Table(
    "attempts",
    METADATA,
    _seq(),
    Column("key", _ID, nullable=False, index=True),
    *_filled(String, "alias", "role", "model"),
    *_filled(Integer, "number"),
    *_filled(Double, "started_at", "seconds"),
    *_filled(String, "outcome"),
    *_filled(Integer, "status"),
    *_filled(Text, "error"),
    Column("tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("usd", Double),
)
CALLS = (PARTS, REQUESTS, LEDGER, ATTEMPTS)
"""What was asked, what was paid, what failed: all that another run needs to be served from it."""
RECORDS = Table(
    "records",
    METADATA,
    _seq(),
    *_filled(String, "kind"),
    *_filled(_ID, "id"),
    *_filled(Integer, "round"),
    *_filled(String, "state"),
    *_filled(Text, "body"),
    UniqueConstraint("kind", "id"),
    Index("records_by_round", "kind", "round", "id"),
)
EVENTS = Table(
    "events",
    METADATA,
    _seq(),
    *_filled(String, "id", "parent"),
    *_filled(Double, "at"),
    *_filled(String, "kind", "run"),
    *_filled(Integer, "round"),
    *_filled(String, "graph", "node", "actor", "message"),
    *_filled(Text, "records", "keys"),
    *_filled(String, "outcome"),
    *_filled(Double, "seconds"),
    *_filled(Text, "data"),
)
TASKS = Table(
    "tasks",
    METADATA,
    _number("number"),
    *_filled(_ID, "id"),
    Column("round", Integer, nullable=False, index=True),
    Column("scope", BigInteger, nullable=False, index=True),
    *_filled(LargeBinary, "signature", "vector"),
)
"""What was asked for already, as near duplicates are looked for: its number is a hash of its id, its scope
one of the context that it is about; the vector is empty where none was asked for."""
BANDS = Table(
    "bands",
    METADATA,
    _number("band"),
    _number("number"),
    *_filled(Integer, "round"),
    Index("bands_by_round", "round"),
    sqlite_with_rowid=False,
)
"""Which tasks share a part of their signatures."""
APIS = Table("apis", METADATA, _number("place"), *_filled(_ID, "seed_id"), *_filled(Text, "specs"))
"""The APIs of each seed that has some, in the order in which the seeds were read."""
WORKERS = Table(
    "workers",
    METADATA,
    Column("owner", _ID, primary_key=True),
    *_filled(BigInteger, "number"),
    *_filled(Double, "until"),
    *_filled(BigInteger, "held"),
)
"""Processes at work on a shared store: until when each counts as alive, and what it holds back."""
CLAIMS = Table(
    "claims",
    METADATA,
    Column("key", _ID, primary_key=True),
    *_filled(_ID, "owner"),
    *_filled(BigInteger, "token"),
)
"""Calls that a worker is paying for."""
PURSE = Table("purse", METADATA, _number("one", Integer), *_filled(BigInteger, "spent", "held"))
"""One row: what all workers spent and hold back, in pico-dollars."""
META = Table("meta", METADATA, Column("key", String, primary_key=True), *_filled(Text, "value"))


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
