"""Finds near duplicates by MinHash signatures of word shingles, kept on disk: memory stays flat.

Two texts are near duplicates when the Jaccard similarity of their word n-grams, as estimated from
their signatures, reaches a threshold. Signatures are stable across machines and Python versions.
"""

import re
import sqlite3
from collections.abc import Container, Sequence
from contextlib import AbstractContextManager
from functools import cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

Signature = npt.NDArray[np.uint32]

_ASCII_WORD = re.compile(rb"\w+")
# Scripts without spaces: each character is a word of its own, or a sentence would be one word.
_RANGES = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
UNSPACED = re.compile(f"[{_RANGES}]")
_WORD = re.compile(rf"[{_RANGES}]|[^\W{_RANGES}]+")
_CANDIDATES = 32

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (row INTEGER PRIMARY KEY, item TEXT UNIQUE, signature BLOB);
CREATE TABLE IF NOT EXISTS bands (band INTEGER, row INTEGER, PRIMARY KEY (band, row)) WITHOUT ROWID;
"""


def _words(text: str) -> list[int]:
    """Return one stable 32-bit hash per word, case folded, punctuation left out."""
    if text.isascii():
        return list(map(crc32, _ASCII_WORD.findall(text.lower().encode())))
    words = _WORD.findall(text.lower())
    return [crc32(word.encode("utf-8", "surrogatepass")) for word in words]


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over the whole word (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _permutations(count: int) -> tuple[Signature, Signature]:
    """Return odd multipliers and offsets, shape (count, 1); always the same ones."""
    seeds = _mix(np.arange(1, 2 * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    factors, offsets = (seeds >> np.uint64(32)).astype(np.uint32).reshape(2, count, 1)
    return factors | np.uint32(1), offsets


def _shingles(text: str, size: int) -> Signature:
    """Return the hashes of all word n-grams; a text shorter than one n-gram is one shingle."""
    words = np.array(_words(text) or [0], dtype=np.uint64)
    size = min(size, len(words))
    length = len(words) - size + 1
    hashes = np.zeros(length, dtype=np.uint64)
    for offset in range(size):
        hashes = hashes * np.uint64(0x100000001B3) + words[offset : offset + length]
    return (_mix(hashes) >> np.uint64(32)).astype(np.uint32)


def signature(text: str, permutations: int = 64, *, shingle: int = 5) -> Signature:
    """Return the MinHash signature of a text, shape (permutations,), 32 bits each."""
    factors, offsets = _permutations(permutations)
    hashes = _shingles(text, shingle)
    smallest = np.full(permutations, np.iinfo(np.uint32).max, dtype=np.uint32)
    # In slices that fit the processor's cache, so that a book needs no more memory than a page.
    for start in range(0, len(hashes), 1024):
        permuted = hashes[start : start + 1024] * factors + offsets
        np.minimum(smallest, permuted.min(axis=1), out=smallest)
    return smallest


def bands(signature: Signature, bands: int = 16) -> tuple[int, ...]:
    """Return one signed 64-bit key per band: texts that share a key are candidates."""
    rows = signature.astype(np.uint64).reshape(bands, -1)
    keys = np.arange(1, bands + 1, dtype=np.uint64)
    for column in rows.T:
        keys = _mix(keys * np.uint64(0x9E3779B97F4A7C15) + column)
    return tuple(keys.view(np.int64).tolist())


def similarity(a: Signature, b: Signature) -> float:
    """Return the estimated Jaccard similarity of two texts, 0 to 1."""
    return float(np.mean(a == b))


class NearDuplicates(AbstractContextManager["NearDuplicates"]):
    """An index of texts on disk that tells whether a similar one was registered before.

    It lives in a temporary file that disappears with the object. Memory is bounded by the page cache
    whatever the number of texts.
    """

    def __init__(self, *, threshold: float = 0.85, shingle: int = 5) -> None:
        self.threshold = threshold
        self.shingle = shingle
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF").fetchone()
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("PRAGMA cache_size=-8192")
        self._database.executescript(_SCHEMA)

    def __contains__(self, item: str) -> bool:
        """Whether this very item is registered."""
        query = "SELECT 1 FROM items WHERE item = ?"
        return self._database.execute(query, (item,)).fetchone() is not None

    def __exit__(self, *_: object) -> None:
        """Close the index."""
        self.close()

    def close(self) -> None:
        """Close the index; it is gone."""
        self._database.close()

    def seen(self, item: str, text: str, besides: Container[str] = ()) -> str | None:
        """Return the id of an earlier near duplicate, or register this one and return None.

        One that is only like `besides` is registered too. Asking again about a registered item
        returns None, so that a resumed run decides the same.
        """
        if item in self:
            return None
        own = signature(text, shingle=self.shingle)
        keys = bands(own)
        earlier = self._earlier(own, keys)
        if earlier is not None and earlier not in besides:
            return earlier
        self._register(item, own, keys)
        return None

    def find(self, text: str) -> str | None:
        """Return the id of an earlier near duplicate, or None; nothing is registered."""
        own = signature(text, shingle=self.shingle)
        return self._earlier(own, bands(own))

    def _earlier(self, own: Signature, keys: Sequence[int]) -> str | None:
        """Return the first item that is similar enough, among those that share most bands."""
        marks = ",".join("?" * len(keys))
        query = (
            "SELECT item, signature FROM items JOIN (SELECT row, count(*) AS shared FROM bands"
            f" WHERE band IN ({marks}) GROUP BY row ORDER BY shared DESC, row LIMIT {_CANDIDATES})"
            " USING (row) ORDER BY row"
        )
        for item, stored in self._database.execute(query, keys):
            if similarity(own, np.frombuffer(stored, dtype=np.uint32)) >= self.threshold:
                return str(item)
        return None

    def _register(self, item: str, own: Signature, keys: Sequence[int]) -> None:
        """Store the signature and its bands in one transaction."""
        self._database.execute("BEGIN")
        statement = "INSERT INTO items (item, signature) VALUES (?, ?)"
        row = self._database.execute(statement, (item, own.tobytes())).lastrowid
        pairs = [(key, row) for key in keys]
        self._database.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", pairs)
        self._database.execute("COMMIT")
