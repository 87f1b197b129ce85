"""Near-duplicate tasks: one index on disk a round, so that a round that starts over forgets its own."""

import re
from hashlib import blake2b
from pathlib import Path

from ..tools.minhash import NearDuplicates

_WORD = re.compile(r"\w+")
SHINGLE = 3


class TaskDuplicates:
    """Remembers tasks by the context they are about; two tasks of different contexts never match."""

    def __init__(self, folder: Path, threshold: float) -> None:
        self._folder = folder
        self._threshold = threshold
        self._rounds: dict[int, NearDuplicates] = {}
        for path in sorted(folder.glob("tasks-*.sqlite")):
            self._open(int(path.stem.removeprefix("tasks-")))

    def seen(self, item: str, text: str, *, scope: str = "", batch: int = 0) -> str | None:
        """Return an earlier near duplicate of this or an earlier round, or remember this one."""
        mark = blake2b(scope.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        # A word that carries its context's hash is another word in another context.
        marked = _WORD.sub(lambda word: word[0] + mark, text)
        for number, index in self._rounds.items():
            if number < batch and (earlier := index.find(marked)) is not None:
                return earlier
        return self._open(batch).seen(item, marked)

    def forget(self, batch: int) -> None:
        """Forget a round."""
        if (index := self._rounds.pop(batch, None)) is not None:
            index.close()
        for path in self._folder.glob(f"tasks-{batch:04d}.sqlite*"):
            path.unlink()

    def close(self) -> None:
        """Close the files."""
        for index in self._rounds.values():
            index.close()

    def _open(self, number: int) -> NearDuplicates:
        if number not in self._rounds:
            path = self._folder / f"tasks-{number:04d}.sqlite"
            self._rounds[number] = NearDuplicates(path, threshold=self._threshold, shingle=SHINGLE)
        return self._rounds[number]
