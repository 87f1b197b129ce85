"""Retrieval over documents: their paragraphs in a SQLite full-text index of its own, ranked by BM25."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from .full_text import clean, match
from .search_files import paragraphs

_SHORT, _LONG = 80, 1_500
"""Characters of a paragraph that is worth finding, and at which a longer one is cut."""
_FIND = """
SELECT seed_id, title, text FROM parts WHERE parts MATCH ? AND seed_id != ?
ORDER BY bm25(parts, 2.0, 1.0), rowid LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Extract:
    """A paragraph that was found."""

    seed_id: str
    title: str
    text: str


class DocumentIndex:
    """Paragraphs by document; the private file vanishes when it is closed, or with the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.execute(
            "CREATE VIRTUAL TABLE parts USING fts5"
            "(title, text, seed_id UNINDEXED, tokenize = 'porter unicode61')"
        )

    def add(self, documents: Iterable[tuple[str, str, str]]) -> None:
        """Add documents as (id, title, text); ranks depend on all that is in, so fill it before asking."""
        rows = (
            (clean(title), clean(text[:_LONG]), seed_id)
            for seed_id, title, whole in documents
            for _, text in paragraphs(whole)
            if len(text) >= _SHORT
        )
        with self._lock, self._base:
            self._base.executemany(
                "INSERT INTO parts (title, text, seed_id) VALUES (?, ?, ?)", rows
            )

    def search(self, query: str, limit: int, *, exclude_seed: str = "") -> list[Extract]:
        """Return the best paragraphs of other documents, best first."""
        if not (wanted := match(query)):
            return []
        with self._lock:
            rows = self._base.execute(_FIND, (wanted, exclude_seed, limit)).fetchall()
        return [Extract(*row) for row in rows]
