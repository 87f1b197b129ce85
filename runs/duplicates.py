"""Near-duplicate tasks of a run, by the context they are about; remembered in its store, by round."""

import re
from collections.abc import Sequence
from hashlib import blake2b

from ..graphs.services import Asked
from ..tools.minhash import signature
from .store import Store, Task

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
