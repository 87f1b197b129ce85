"""What a run's tasks may not repeat: each other, by the context they are about, and known benchmarks."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from ..agents.errors import ModelError, UserError
from ..agents.models.door import Door
from ..agents.models.embedding import EndpointEmbedder
from ..graphs.services import Asked
from ..graphs.settings import CurationSettings
from ..tools.decontamination import KnownTexts
from ..tools.embedding import SentenceEmbedder
from ..tools.minhash import signature
from .config.embedding import EMBEDDING, Embedding, SentenceSettings
from .store import Alike, Store, Task
from .store.tasks import Vector
from .testset.prompts import read_training

_WORD = re.compile(r"\w+")
SHINGLE = 3


class Embed(Protocol):
    """Tells what tasks mean, as vectors of length 1."""

    async def __call__(self, asked: Sequence[Asked]) -> Sequence[Vector | None]:
        """Return one for each; None where there is none to be had, which was told."""
        ...


class TaskDuplicates:
    """Remembers tasks by the context they are about; two tasks of different contexts never match."""

    def __init__(
        self, store: Store, settings: CurationSettings, embed: Embed | None = None
    ) -> None:
        """Compare tasks word for word, and by what they mean where there is something to `embed` them."""
        self._store = store
        self._alike = Alike(settings.near_duplicate, settings.same_meaning)
        self._embed = embed

    async def seen(self, asked: Sequence[Asked], round: int) -> list[str | None]:
        """Return for each the id of an earlier near duplicate, or remember it and return None."""
        vectors: Sequence[Vector | None] = [None] * len(asked)
        if self._embed is not None:
            vectors = await self._embed(asked)
        tasks = [
            Task(one.id, one.scope, signature(_marked(one), shingle=SHINGLE), vector)
            for one, vector in zip(asked, vectors, strict=True)
        ]
        return await self._store.first_asked(tasks, round, self._alike)

    async def forget(self, round: int) -> None:
        """Forget a round."""
        await self._store.forget_tasks(round)


def embedding_of(
    settings: Embedding | None, door: Door, told: Callable[[str], object]
) -> Embed | None:
    """Return what embeds a run's tasks; None where the config has nothing for it.

    What one endpoint cannot embed, such as a task beyond its window, is `told` and compared by its words.

    Raises:
        UserError: the package or the model is not there.
    """
    if settings is None:
        return None
    if isinstance(settings, SentenceSettings):
        try:
            return partial(_here, SentenceEmbedder(settings.model))
        except ValueError as error:
            raise UserError(f"embedding: {error}") from error
    return partial(_there, EndpointEmbedder(door, EMBEDDING, batch=1), told)


async def _here(embedder: SentenceEmbedder, asked: Sequence[Asked]) -> Sequence[Vector]:
    return list(await embedder.embed([one.text for one in asked]))


async def _there(
    embedder: EndpointEmbedder, told: Callable[[str], object], asked: Sequence[Asked]
) -> Sequence[Vector | None]:
    async def embedded(one: Asked) -> Vector | None:
        """Ask for one by itself: a reject leads to the call behind it, and a long task costs no other."""
        try:
            found: Vector = (await embedder.embed([one.text], one.id))[0]
        except ModelError as error:
            told(f"{one.id} is compared with other tasks by its words only: {error}")
            return None
        return found

    return await asyncio.gather(*map(embedded, asked))


def _marked(asked: Asked) -> str:
    """Return a task whose words carry its context's hash: another context's are other words."""
    mark = blake2b(asked.scope.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return _WORD.sub(lambda word: word[0] + mark, asked.text)


def known_texts(settings: CurationSettings) -> KnownTexts | None:
    """Return the rows of the benchmarks given; None where none are.

    Raises:
        UserError: a file cannot be read or holds no prompts, or scikit-learn is absent.
    """
    if not settings.benchmarks:
        return None
    rows = read_training(list(map(Path, settings.benchmarks)), "curation.benchmarks:")
    if not rows:
        raise UserError(
            f"curation.benchmarks: no prompt in {', '.join(settings.benchmarks)}; name files with prompts"
        )
    try:
        return KnownTexts(
            [(row.place, row.text) for row in rows],
            settings.benchmark_overlap,
            settings.benchmark_likeness,
        )
    except ValueError as error:
        raise UserError(f"curation.benchmarks: {error}") from error
