"""The library: all seeds of a run as one index, for flows whose passages are what a search finds."""

import asyncio
import re
from dataclasses import dataclass, field

from ..agents.records import Seed
from ..tools.documents import DocumentIndex, Extract
from . import kinds
from .records import Records
from .stream import paged

OTHERS = 6
"""Paragraphs of other seeds that are near a passage."""


@dataclass
class Library:
    """All seeds of the run as one index, filled when it is first asked."""

    _index: DocumentIndex | None = None
    _filling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def near(self, records: Records, seed: Seed, texts: list[str]) -> list[Extract]:
        """Return paragraphs of other seeds that are near some texts of a seed, the nearest first."""
        async with self._filling:
            if self._index is None:
                self._index = await _filled(records)
        found: dict[str, Extract] = {}
        for text in texts:
            near = await asyncio.to_thread(
                self._index.search, _telling(text), OTHERS, exclude_seed=seed.id
            )
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
