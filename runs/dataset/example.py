"""An example to train on: a training row put together with what was asked and what was answered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ...agents.environment import Environment
from ...agents.records import Answer, Instruction, Turn
from ...agents.rows import PreferenceRow, SftRow, TrainingRow
from ...graphs import kinds
from ...graphs.kinds import Kind
from ...graphs.records import Records
from ...graphs.stream import paged
from ..store.requests import Unreadable
from .conversation import offered
from .lineage import find_instructions

T = TypeVar("T", bound=TrainingRow)
PAGE = 200


@dataclass(frozen=True)
class Example(Generic[T]):
    """A training row with the records that its conversations are made of."""

    row: T
    asked: Instruction
    answers: Mapping[str, Answer]
    """By id."""

    @property
    def prompt(self) -> tuple[Turn, ...]:
        """Everything before the completion: the first user turn."""
        return (Turn(role="user", content=self.asked.prompt()),)

    @property
    def given(self) -> Environment:
        """What the model may call, and what it is given besides."""
        return offered(self.asked, self.answers.values())

    def said(self, answer_id: str) -> tuple[Turn, ...]:
        """Return one of its completions: everything after the prompt, ending with an assistant turn."""
        return self.answers[answer_id].turns


async def examples(store: Records, page: Sequence[T]) -> list[Example[T]]:
    """Return the examples of some rows, with what they refer to looked up together.

    Raises:
        Unreadable: the store has lost some of that.
    """
    asked = await find_instructions(store, {row.instruction_id for row in page})
    ids = [id for row in page for id in _answers(row)]
    answers = await store.get_many(kinds.ANSWER, ids)
    for row in page:
        for id in (row.instruction_id, *_answers(row)):
            if id not in asked and id not in answers:
                raise Unreadable(f"{id} is not in it, and {row.id} is made of it")
    return [Example(row, asked[row.instruction_id], answers) for row in page]


async def stream_examples(store: Records, kind: Kind[T]) -> AsyncIterator[Example[T]]:
    """Yield all examples of a kind in the order of their ids, a page in memory at a time."""
    page: list[T]
    async for page in paged(store.stream(kind), PAGE):
        for example in await examples(store, page):
            yield example


def _answers(row: TrainingRow) -> tuple[str, ...]:
    match row:
        case SftRow():
            return (row.answer_id,)
        case PreferenceRow():
            return row.chosen_id, row.rejected_id
    return ()
