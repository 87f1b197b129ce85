"""Embeddings of an OpenAI-compatible endpoint as a provider: paid calls like any other.

A call's turns are the texts of one batch; the reply's text holds their vectors. So the ledger, the
budget, the limits and the retries of the door hold for embeddings too.
"""

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from ...tools.embedding import Vectors, unit_rows
from ..errors import UserError
from ..records import Turn
from .call import Call, Reply, Usage
from .concurrency import Pace
from .door import Door
from .failure import failure_behind, http_failure
from .provider import AttemptFailed
from .secrets import find_key
from .settings import EmbeddingSettings
from .transport import Answered, Transport, below
from .usage import believed, likely_in, most_in

Rows = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class EmbeddingProvider:
    """Serves one embedding model.

    Raises:
        UserError: the address or the key is missing; before anything is sent.
    """

    def __init__(self, alias: str, settings: EmbeddingSettings, key: str = "") -> None:
        """Take a key, or find the model's own."""
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {**settings.params, "embedding": True}
        self._settings = settings
        try:
            self._key = key or find_key(alias, settings)
        except UserError as error:
            raise UserError(str(error).replace(f"models.{alias}.", f"{alias}.")) from error
        self._where = f"{alias}: {self.model} at {self.endpoint}"
        self._pace = Pace()
        place = below(self.endpoint, "embeddings")
        self._transport = Transport(place, self._key, settings.timeout_s)

    async def complete(self, call: Call) -> Reply:
        """Make one attempt at a batch.

        Raises:
            AttemptFailed: it failed, or the response does not hold one vector a text.
        """
        started = time.perf_counter()
        # Endpoints refuse an empty text.
        texts = [turn.content or " " for turn in call.turns]
        body = {**self._settings.params, "model": self.model, "input": texts}
        data, read = orjson.dumps({"encoding_format": "float", **body}), likely_in(call)
        limit = self._pace.limit(self._settings.timeout_s, read, call.late)
        try:
            answered = await self._transport.post(data, limit)
        except AttemptFailed as failure:
            if isinstance(failure.__cause__, TimeoutError):  # it may be charged for all the same
                most = most_in(call)
                failure.usage = Usage(f"openai/{self.model}", most, 0, self._usd(most))
            raise
        if answered.status != 200:
            raise http_failure(
                answered.status,
                answered.headers,
                answered.body,
                where=self._where,
                secrets=(self._key,),
            )
        vectors, tokens = self._read(answered, call)
        seconds = time.perf_counter() - started
        self._pace.took(seconds, read)
        return Reply(
            text=pack(vectors),
            model=f"openai/{self.model}",
            tokens_in=tokens,
            usd=self._usd(tokens),
            seconds=seconds,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _read(self, answered: Answered, call: Call) -> tuple[Rows, int]:
        try:
            found = orjson.loads(answered.body)
            data = sorted(found["data"], key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in data], dtype=np.float32)
            tokens = believed((found.get("usage") or {}).get("prompt_tokens"), most_in(call))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            behind = failure_behind(
                answered.headers, answered.body, where=self._where, secrets=(self._key,)
            )
            text = f"{self._where}: no embeddings in the response: {error}"
            raise behind or AttemptFailed(text) from error
        count = len(call.turns)
        if vectors.ndim != 2 or len(vectors) != count:
            raise AttemptFailed(
                f"{self._where}: {len(vectors)} vectors for {count} texts",
                usage=Usage(f"openai/{self.model}", tokens, 0, self._usd(tokens)),
            )
        return vectors, tokens

    def _usd(self, tokens: int) -> float:
        return tokens * self._settings.price.input / 1e6


def pack(vectors: Rows) -> str:
    """Return vectors as text: the number of dimensions, and little-endian float32 in base64."""
    data = base64.b64encode(vectors.astype("<f4").tobytes()).decode()
    return f"{vectors.shape[1]}:{data}"


def unpack(text: str) -> Rows:
    """Return what `pack` wrote."""
    size, _, data = text.partition(":")
    return np.frombuffer(base64.b64decode(data), dtype="<f4").reshape(-1, int(size))


class EndpointEmbedder:
    """Embeds with a model of the door that serves embeddings (`EmbeddingProvider`)."""

    def __init__(self, door: Door, alias: str, batch: int) -> None:
        self._door = door
        self._alias = alias
        self._batch = batch

    async def embed(self, texts: Sequence[str], subject: str = "") -> Vectors:
        """Return the vectors of the texts, which are about a subject; equal texts are sent once.

        Raises:
            ModelError: a batch failed for good.
            StopRun: the budget is spent or the endpoint is down.
        """
        distinct = sorted(set(texts))
        if not distinct:
            return np.zeros((0, 1), dtype=np.float32)
        starts = range(0, len(distinct), self._batch)
        parts = await asyncio.gather(
            *(self._ask(distinct[s : s + self._batch], subject) for s in starts)
        )
        places = {text: place for place, text in enumerate(distinct)}
        return unit_rows(np.concatenate(parts)[[places[text] for text in texts]])

    async def _ask(self, texts: list[str], subject: str) -> Vectors:
        turns = tuple(Turn(role="user", content=text) for text in texts)
        reply = await self._door.complete(
            Call(self._alias, turns, role="embedder", subject=subject)
        )
        return unpack(reply.text)
