"""What the graphs need of the store: put records in, take them out in order, count them.

Rows of the run live in the store and never in graph state. Records of one kind come back ordered by
id, so nothing downstream depends on arrival order.

The dataset is made from the kinds `passage`, `draft` (an instruction before the gate),
`instruction` (one that passed), `answer`, `battle`, `decision`, `sft`, `preference` and `reject`;
`seed` and `suggestion` complete the lineage.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol, TypeVar

from ..agents.records import Record

R = TypeVar("R", bound=Record)


class Records(Protocol):
    """Records by kind and id; `runs.store.Store` is the one that lasts."""

    async def add(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records; returns once they are committed. The same again changes nothing.

        Raises:
            RecordConflict: another record of an id is there already.
        """
        ...

    async def replace(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records in the place of all of that kind and round, in one transaction."""
        ...

    async def rewrite(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records in the place of those of the same ids, in one transaction."""
        ...

    async def discard(
        self, kind: str, round: int, stage: str | None = None, purpose: str | None = None
    ) -> None:
        """Delete that kind and round: all, the rejects of a stage, or the battles of a purpose."""
        ...

    def stream(self, kind: str, type: type[R], round: int | None = None) -> AsyncIterator[R]:
        """Yield records ordered by id, a page in memory at a time."""
        ...

    def count(self, kind: str, round: int | None = None) -> int:
        """Return how many there are."""
        ...

    def count_by(
        self, kind: str, *fields: str, round: int | None = None
    ) -> dict[tuple[str, ...], int]:
        """Return counts by the values of fields: `count_by("reject", "stage", "reason")`."""
        ...

    def get(self, kind: str, id: str, type: type[R]) -> R | None:
        """Return one record, or None."""
        ...

    def get_many(self, kind: str, ids: Iterable[str], type: type[R]) -> dict[str, R]:
        """Return the records that exist among the ids, by id."""
        ...
