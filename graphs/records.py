"""What the graphs need of the store: put records in, take them out in order, count them.

Rows of the run live in the store and never in graph state. Records of one kind come back ordered by
id, so nothing downstream depends on arrival order. What kinds there are: `kinds.py`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from ..agents.records import Record
from .kinds import ANSWER, REJECT, Kind, written_by
from .stages import GENERATE, Stage

R = TypeVar("R", bound=Record)


class Records(Protocol):
    """Records by kind and id; `runs.store.Store` is the one that lasts."""

    async def add(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records; returns once they are committed. The same again changes nothing.

        Records of a kind that is a state (`INSTRUCTION`) get into it, whether they were there before
        or not.

        Raises:
            RecordConflict: another record of an id is there already.
        """
        ...

    async def replace(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records in the place of all of that kind and round, in one transaction."""
        ...

    async def rewrite(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records in the place of those of the same ids, in one transaction."""
        ...

    async def discard(self, kind: Kind[Any], round: int, **where: str) -> None:
        """Delete that kind and round, or those with that value in a field: `purpose="evaluation"`.

        Records of a kind that is a state leave it, and stay what they were.
        """
        ...

    def stream(self, kind: Kind[R], round: int | None = None) -> AsyncIterator[R]:
        """Yield records ordered by id, a page in memory at a time."""
        ...

    async def count(self, kind: Kind[Any], round: int | None = None) -> int:
        """Return how many there are."""
        ...

    async def count_by(
        self, kind: Kind[Any], *fields: str, round: int | None = None
    ) -> dict[tuple[str, ...], int]:
        """Return counts by the values of fields: `count_by(REJECT, "stage", "reason")`."""
        ...

    async def get(self, kind: Kind[R], id: str) -> R | None:
        """Return one record, or None."""
        ...

    async def get_many(self, kind: Kind[R], ids: Iterable[str]) -> dict[str, R]:
        """Return the records that exist among the ids, by id."""
        ...


async def cut_answers(records: Records, round: int | None = None) -> dict[str, int]:
    """Return how many answers of each contender were cut off at its `max_tokens`, where any was."""
    found = await records.count_by(ANSWER, "contender", "cut", round=round)
    return {who: n for (who, cut), n in found.items() if cut.lower() in ("1", "true")}


async def start_over(records: Records, stage: Stage, round: int) -> None:
    """Delete what a stage wrote in a round, its rejects too: it begins anew.

    Everything else in a round comes after generation: with it go all rejects, also those of a step that
    only a skill's own subgraph knows.
    """
    if stage is GENERATE:
        await records.discard(REJECT, round)
    else:
        for step in stage.steps:
            await records.discard(REJECT, round, stage=step)
    for kind in written_by(stage):
        await records.discard(kind, round)
