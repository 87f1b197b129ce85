"""An example to train on: a training row put together with what was asked and what was answered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from ...agents.environment import Environment
from ...agents.records import Answer, Instruction, Turn
from ...agents.rows import PreferenceRow, SftRow, TrainingRow
from ...graphs import kinds
from ...graphs.kinds import Kind
from ..store import Store
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
        return self.asked.environment

    def said(self, answer_id: str) -> tuple[Turn, ...]:
        """Return one of its completions: everything after the prompt, ending with an assistant turn."""
        return self.answers[answer_id].turns


def examples(store: Store, page: Sequence[T]) -> list[Example[T]]:
    """Return the examples of some rows, with what they refer to looked up together."""
    asked = find_instructions(store, {row.instruction_id for row in page})
    ids = (id for row in page for id in _answers(row))
    answers = store.get_many(kinds.ANSWER, ids)
    return [Example(row, asked[row.instruction_id], answers) for row in page]


def scan_examples(store: Store, kind: Kind[T]) -> Iterator[Example[T]]:
    """Yield all examples of a kind in the order of their ids, a page in memory at a time."""
    for page in _paged(store.scan(kind)):
        yield from examples(store, page)


def _paged(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while page := list(islice(left, PAGE)):
        yield page


def _answers(row: TrainingRow) -> tuple[str, ...]:
    match row:
        case SftRow():
            return (row.answer_id,)
        case PreferenceRow():
            return row.chosen_id, row.rejected_id
    return ()
