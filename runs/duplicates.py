"""What a run's tasks may not repeat: each other, by the context they are about, and known benchmarks."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from ..agents.errors import UserError
from ..graphs.services import Asked
from ..graphs.settings import CurationSettings
from ..tools.decontamination import KnownTexts
from ..tools.minhash import signature
from .store import Store, Task
from .testset.prompts import read_training

_WORD = re.compile(r"\w+")
SHINGLE = 3


class TaskDuplicates:
    """Remembers tasks by the context they are about; two tasks of different contexts never match."""

    def __init__(self, store: Store, threshold: float) -> None:
        self._store = store
        self._threshold = threshold

    async def seen(self, asked: Sequence[Asked], round: int) -> list[str | None]:
        """Return for each the id of an earlier near duplicate, or remember it and return None."""
        tasks = [Task.of(one.id, signature(_marked(one), shingle=SHINGLE)) for one in asked]
        return await self._store.first_asked(tasks, round, self._threshold)

    async def forget(self, round: int) -> None:
        """Forget a round."""
        await self._store.forget_tasks(round)


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
