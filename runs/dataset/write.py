"""From the store to a dataset folder: one streamed pass per config, then the card.

The bytes depend on the records and the card's facts alone: rows are ordered by id, and nothing of
the run (its id, its time, its machine, its concurrency) is written.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import TypeVar

from ...agents.records import Answer, Battle, Instruction, Record, Reject
from ...agents.rows import PreferenceRow, SftRow, TrainingRow
from ...graphs.arena.state import given_id
from ..store import Store
from .card import card
from .columns import SCHEMAS, THOUGHTS, with_thoughts
from .counts import count
from .facts import CardFacts
from .lineage import find_instructions, find_outcomes, find_seeds, models_behind
from .parquet import ParquetFile
from .rows import Row, battle_row, instruction_row, preference_row, reject_row, sft_row

R = TypeVar("R", bound=Record)
_PAGE = 200


async def write_dataset(
    store: Store, folder: Path, facts: CardFacts, *, thoughts: bool = False
) -> dict[str, int]:
    """Write all configs and the card into the folder; return the number of rows per config.

    With `thoughts`, what models thought stands in columns of its own.

    Files appear whole, each in the place of an older one.
    """
    counts, digests = {}, {}
    for config, rows in _CONFIGS.items():
        path = folder / config / "train.parquet"
        hidden = () if thoughts else THOUGHTS.get(config, ())
        schema = with_thoughts(config) if thoughts else SCHEMAS[config]
        with ParquetFile(path, schema) as file:
            async for row in rows(store):
                file.add({name: row[name] for name in row if name not in hidden} if hidden else row)
        counts[config] = file.rows
        with path.open("rb") as written:
            digests[config] = file_digest(written, "blake2b").hexdigest()[:16]
    text = card(facts, count(store, counts), digests)
    (folder / "README.md").write_text(text, encoding="utf-8")
    return counts


async def _pages(store: Store, kind: str, type: type[R]) -> AsyncIterator[list[R]]:
    """Yield records by the page, so that what they refer to is looked up together."""
    page: list[R] = []
    async for record in store.stream(kind, type):
        page.append(record)
        if len(page) == _PAGE:
            yield page
            page = []
    yield page


async def _instructions(store: Store) -> AsyncIterator[Row]:
    for kind in ("instruction", "question"):
        async for page in _pages(store, kind, Instruction):
            models = models_behind(store, page)
            given = {instruction.id: given_id(instruction) for instruction in page}
            outcomes = find_outcomes(store, given.values())
            for asked in page:
                yield instruction_row(asked, models[asked.id], outcomes[given[asked.id]])


async def _sft(store: Store) -> AsyncIterator[Row]:
    async for page in _pages(store, "sft", SftRow):
        models = _models(store, page)
        for row in page:
            yield sft_row(row, models.get(row.instruction_id, ()))


async def _preference(store: Store) -> AsyncIterator[Row]:
    async for page in _pages(store, "preference", PreferenceRow):
        models = _models(store, page)
        for row in page:
            yield preference_row(row, models.get(row.instruction_id, ()))


def _models(store: Store, page: Sequence[TrainingRow]) -> Mapping[str, Collection[str]]:
    """Return the models behind the instructions of training rows, by instruction id."""
    asked = find_instructions(store, {row.instruction_id for row in page})
    return models_behind(store, list(asked.values()))


async def _battles(store: Store) -> AsyncIterator[Row]:
    async for page in _pages(store, "battle", Battle):
        asked = find_instructions(store, [b.question_id or b.instruction_id for b in page])
        answers = store.get_many(
            "answer", [i for b in page for i in (b.answer_a, b.answer_b)], Answer
        )
        outcomes = find_outcomes(store, {b.instruction_id for b in page})
        for b in page:
            sides = (answers.get(b.answer_a), answers.get(b.answer_b))
            question = asked.get(b.question_id or b.instruction_id)
            yield battle_row(b, question, sides, outcomes[b.instruction_id])


async def _rejects(store: Store) -> AsyncIterator[Row]:
    async for page in _pages(store, "reject", Reject):
        subjects = [reject.subject for reject in page]
        dropped, seeds = find_instructions(store, subjects), find_seeds(store, subjects)
        for reject in page:
            yield reject_row(reject, dropped.get(reject.subject), seeds.get(reject.subject))


_CONFIGS: dict[str, Callable[[Store], AsyncIterator[Row]]] = {
    "instructions": _instructions,
    "sft": _sft,
    "preference": _preference,
    "battles": _battles,
    "rejects": _rejects,
}
