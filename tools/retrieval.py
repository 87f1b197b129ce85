"""Retrieval over the APIs of all seeds: a SQLite full-text index, ranked by BM25.

Memory stays flat: the rows live in a file (or in a private temporary one). Ranks depend on what is
in the index, so a run that must repeat exactly fills it before it asks.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock
from types import TracebackType
from typing import Self

from .api_spec import ApiLike, ApiSpec, dump_apis, load_apis, render_apis, spoken
from .full_text import SEEN, clean, match

_TABLES = """
CREATE TABLE IF NOT EXISTS seeds (
    seed_id TEXT PRIMARY KEY, digest TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seeds_last ON seeds (last);
CREATE VIRTUAL TABLE IF NOT EXISTS apis USING fts5(
    name, words, seed_id UNINDEXED, spec UNINDEXED, tokenize = 'porter unicode61'
);
"""
# The inner query ranks by the index alone: reading the row of every match would double the time.
_FIND = """
SELECT spec, seed_id FROM (
    SELECT rowid AS place, bm25(apis, 3.0, 1.0) AS score FROM apis
    WHERE apis MATCH ? AND rowid NOT BETWEEN ? AND ? ORDER BY score, place LIMIT ?
) JOIN apis ON apis.rowid = place ORDER BY score, place
"""


class ApiIndex:
    """APIs by seed, searchable; one connection that several threads may share."""

    def __init__(self) -> None:
        """Open an index that vanishes when closed: it is built again from the seeds.

        `lends(owner, to)` tells whether what one seed holds may stand in what is made of another.
        """
        self._lock = Lock()
        self.lends: Callable[[str, str], bool] = _all
        # SQLite takes the empty name as a private file on disk that it removes itself.
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.executescript(_TABLES)

    def add(self, seed_id: str, apis: Sequence[ApiLike]) -> None:
        """Index the APIs of a seed, in place of what it had before; idempotent."""
        rows = [(api.name, _words(api), seed_id, dump_apis([api])) for api in apis]
        text = json.dumps(rows).encode()
        digest = blake2b(text, digest_size=16).hexdigest()
        with self._lock, self._base:
            old = self._base.execute(
                "SELECT digest, first, last FROM seeds WHERE seed_id = ?", (seed_id,)
            ).fetchone()
            if old is not None and old[0] == digest:
                return
            if old is not None:
                self._base.execute("DELETE FROM apis WHERE rowid BETWEEN ? AND ?", old[1:])
            self._insert(seed_id, digest, rows)

    def _insert(self, seed_id: str, digest: str, rows: list[tuple[str, str, str, str]]) -> None:
        (first,) = self._base.execute("SELECT coalesce(max(last), 0) + 1 FROM seeds").fetchone()
        self._base.executemany(
            "INSERT INTO apis (rowid, name, words, seed_id, spec) VALUES (?, ?, ?, ?, ?)",
            (
                (first + i, clean(spoken(row[0])), *map(clean, row[1:]))
                for i, row in enumerate(rows)
            ),
        )
        self._base.execute(
            "INSERT OR REPLACE INTO seeds VALUES (?, ?, ?, ?)",
            (seed_id, digest, first, first + len(rows) - 1),
        )

    def search(
        self, query: str, limit: int = 8, *, exclude_seed: str = ""
    ) -> list[tuple[ApiSpec, str]]:
        """Return the best APIs that other seeds lend, with these seeds' ids, best first.

        Ties come in the order of adding.
        """
        wanted = match(query)
        if not wanted or limit < 1:
            return []
        with self._lock:
            own = self._base.execute(
                "SELECT first, last FROM seeds WHERE seed_id = ?", (exclude_seed,)
            ).fetchone()
            rows = self._base.execute(_FIND, (wanted, *(own or (0, 0)), limit * SEEN)).fetchall()
        lent = [(spec, owner) for spec, owner in rows if self.lends(owner, exclude_seed)]
        return [(load_apis(spec)[0], owner) for spec, owner in lent[:limit]]

    def __len__(self) -> int:
        """Return the number of APIs."""
        with self._lock:
            (count,) = self._base.execute(
                "SELECT coalesce(sum(last - first + 1), 0) FROM seeds"
            ).fetchone()
        return int(count)

    def close(self) -> None:
        """Close the index; its file is removed."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def _all(owner: str, to: str) -> bool:
    """Let every seed lend to every other."""
    return True


def _words(api: ApiLike) -> str:
    parameters = " ".join(f"{spoken(p.name)} {p.description}" for p in api.parameters)
    return f"{api.description} {parameters}"


def search_text(
    index: ApiIndex, query: str, limit: int = 8, *, exclude_seed: str = ""
) -> tuple[str, list[ApiSpec]]:
    """Return what an agent reads as the result of a search, and the APIs in it."""
    found = [api for api, _ in index.search(query, limit, exclude_seed=exclude_seed)]
    if not found:
        return f"No API matches {query!r}. Try other or fewer words.", []
    return render_apis(found), found
