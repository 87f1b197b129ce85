"""An endpoint's embeddings as an `Embedder`: batches through the door, each paid once."""

import asyncio
from collections.abc import Sequence

import numpy as np

from ..tools.embedding.embedder import Vectors, unit_rows
from .models.call import Call
from .models.door import Door
from .models.embedding import unpack
from .records import Turn


class EndpointEmbedder:
    """Embeds with a model of the door that serves embeddings (`EmbeddingProvider`)."""

    def __init__(self, door: Door, alias: str, batch: int) -> None:
        self._door = door
        self._alias = alias
        self._batch = batch

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of the texts; equal texts are sent once.

        Raises:
            ModelError: a batch failed for good.
            StopRun: the budget is spent or the endpoint is down.
        """
        distinct = sorted(set(texts))
        if not distinct:
            return np.zeros((0, 1), dtype=np.float32)
        starts = range(0, len(distinct), self._batch)
        parts = await asyncio.gather(*(self._ask(distinct[s : s + self._batch]) for s in starts))
        places = {text: place for place, text in enumerate(distinct)}
        return unit_rows(np.concatenate(parts)[[places[text] for text in texts]])

    async def _ask(self, texts: list[str]) -> Vectors:
        turns = tuple(Turn(role="user", content=text) for text in texts)
        reply = await self._door.complete(Call(self._alias, turns, role="embedder"))
        return unpack(reply.text)
