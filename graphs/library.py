"""The library: what seeds lend each other, for flows that search all of them.

A seed lends to seeds of the same licence only, which is then true of what is made of both; and one with
private texts lends nothing. Paragraphs are lent only where both seeds evaluate or both train, so that no
text that evaluates is trained on; what an API is called with may stand on both sides.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..agents.records import Seed
from ..tools.documents import DocumentIndex, Extract
from ..tools.full_text import SEEN
from ..tools.retrieval import ApiIndex
from . import kinds
from .records import Records
from .stream import paged

OTHERS = 6
"""Paragraphs of other seeds that are near a passage."""


class Shelf(NamedTuple):
    """Where a seed stands."""

    evaluates: bool = False
    licence: str = ""
    private: bool = False
    """Whether it marks some of its text as private."""


_NOWHERE = Shelf()


@dataclass
class Library:
    """All seeds of the run as one index, filled when it is first asked."""

    apis: ApiIndex | None = None
    """The APIs of all seeds, for tools that search them."""
    _shelves: dict[str, Shelf] = field(default_factory=dict)
    _index: DocumentIndex | None = None
    _filling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def shelve(self, records: Records, evaluates: Callable[[str], bool]) -> None:
        """Note where each seed stands, before anything is lent; it stays there in all rounds."""
        if self._shelves:
            return
        async for seed in records.stream(kinds.SEED):
            self._shelves[seed.id] = Shelf(evaluates(seed.id), seed.licence, bool(seed.private))
        if self.apis is not None:
            self.apis.lends = self._lends_apis

    def _lends_apis(self, owner: str, to: str) -> bool:
        """Tell whether a seed's APIs may stand in what is made of another; seeds by their ids."""
        here, there = self._at(owner), self._at(to)
        return not here.private and here.licence == there.licence

    def _lends(self, owner: str, to: str) -> bool:
        """Tell the same of its paragraphs."""
        alike = self._at(owner).evaluates == self._at(to).evaluates
        return alike and self._lends_apis(owner, to)

    def _at(self, seed_id: str) -> Shelf:
        return self._shelves.get(seed_id, _NOWHERE)

    async def near(self, records: Records, seed: Seed, texts: list[str]) -> list[Extract]:
        """Return paragraphs that other seeds lend and that are near some texts of a seed, nearest first."""
        async with self._filling:
            if self._index is None:
                self._index = await _filled(records)
        found: dict[str, Extract] = {}
        for text in texts:
            near = await asyncio.to_thread(
                self._index.search, _telling(text), OTHERS * SEEN, exclude_seed=seed.id
            )
            near = [extract for extract in near if self._lends(extract.seed_id, seed.id)]
            for extract in near[: OTHERS // len(texts) + 1]:
                found.setdefault(extract.text, extract)
        return list(found.values())[:OTHERS]


async def _filled(records: Records) -> DocumentIndex:
    index = DocumentIndex()
    async for page in paged(records.stream(kinds.SEED), 100):
        documents = [(seed.id, seed.title or seed.name, seed.text) for seed in page]
        await asyncio.to_thread(index.add, documents)
    return index


def _telling(text: str) -> str:
    """Return the longer words of a text, which tell more of its subject than the others."""
    words = dict.fromkeys(re.findall(r"[^\W\d_]{5,}", text.lower()))
    return " ".join(sorted(words, key=len, reverse=True)[:12])
