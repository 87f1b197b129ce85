"""From the store to a dataset folder: one streamed pass per config, then the card.

The bytes depend on the records and the card's facts alone: rows are ordered by id, and nothing of
the run (its id, its time, its machine, its concurrency) is written.
"""

from collections.abc import AsyncIterator, Callable, Collection
from hashlib import file_digest
from pathlib import Path

from ...agents.records import Instruction
from ...graphs import kinds
from ...graphs.arena.state import given_id
from ...graphs.kinds import Kind, rows_of
from ...graphs.stream import paged
from ..disk import write_whole
from ..store import Store
from .card import card
from .columns import SCHEMAS, THOUGHTS, with_thoughts
from .example import PAGE, Example, T, examples
from .facts import CardFacts, count
from .lineage import find_decisions, find_instructions, find_seeds, models_behind
from .parquet import ParquetFile
from .rows import Row, battle_row, instruction_row, preference_row, reject_row, rlvr_row, sft_row


async def write_dataset(
    store: Store, folder: Path, facts: CardFacts, *, thoughts: bool = False
) -> dict[str, int]:
    """Write all configs and the card into the folder; return the number of rows per config.

    With `thoughts`, what models thought stands in columns of its own.

    Files appear whole, each in the place of an older one.
    """
    counts, digests = {}, {}
    for config, rows in WRITTEN.items():
        path = folder / config / "train.parquet"
        hidden = () if thoughts else THOUGHTS.get(config, ())
        schema = with_thoughts(config) if thoughts else SCHEMAS[config]
        with ParquetFile(path, schema) as file:
            async for row in rows(store):
                file.add({name: row[name] for name in row if name not in hidden} if hidden else row)
        counts[config] = file.rows
        with path.open("rb") as written:
            digests[config] = file_digest(written, "blake2b").hexdigest()[:16]
    text = card(facts, await count(store, counts), digests)
    write_whole(folder / "README.md", text)
    return counts


async def _instructions(store: Store) -> AsyncIterator[Row]:
    for kind in rows_of("instructions"):
        page: list[Instruction]
        async for page in paged(store.stream(kind), PAGE):
            models = await models_behind(store, page)
            given = {instruction.id: given_id(instruction) for instruction in page}
            decisions = await find_decisions(store, given.values())
            for asked in page:
                yield instruction_row(asked, models[asked.id], decisions[given[asked.id]])


async def _training(
    store: Store, kind: Kind[T], row: Callable[[Example[T], Collection[str]], Row]
) -> AsyncIterator[Row]:
    page: list[T]
    async for page in paged(store.stream(kind), PAGE):
        found = await examples(store, page)
        models = await models_behind(store, [example.asked for example in found])
        for example in found:
            yield row(example, models[example.asked.id])


def _sft(store: Store) -> AsyncIterator[Row]:
    return _training(store, kinds.SFT, sft_row)


def _preference(store: Store) -> AsyncIterator[Row]:
    return _training(store, kinds.PREFERENCE, preference_row)


def _rlvr(store: Store) -> AsyncIterator[Row]:
    return _training(store, kinds.RLVR, rlvr_row)


async def _battles(store: Store) -> AsyncIterator[Row]:
    async for page in paged(store.stream(kinds.BATTLE), PAGE):
        asked = await find_instructions(store, [b.question_id or b.instruction_id for b in page])
        answers = await store.get_many(
            kinds.ANSWER, [i for b in page for i in (b.answer_a, b.answer_b)]
        )
        decisions = await find_decisions(store, {b.instruction_id for b in page})
        for b in page:
            sides = (answers.get(b.answer_a), answers.get(b.answer_b))
            question = asked.get(b.question_id or b.instruction_id)
            yield battle_row(b, question, sides, decisions[b.instruction_id])


async def _rejects(store: Store) -> AsyncIterator[Row]:
    async for page in paged(store.stream(kinds.REJECT), PAGE):
        subjects = [reject.subject for reject in page]
        dropped = await find_instructions(store, subjects)
        seeds = await find_seeds(store, subjects)
        for reject in page:
            yield reject_row(reject, dropped.get(reject.subject), seeds.get(reject.subject))


WRITTEN: dict[str, Callable[[Store], AsyncIterator[Row]]] = {
    "instructions": _instructions,
    "sft": _sft,
    "preference": _preference,
    "rlvr": _rlvr,
    "battles": _battles,
    "rejects": _rejects,
}
"""The rows of each table of the registry, in the order of the card."""
