"""The registry of record kinds: what each is, which stage writes it, and which table it becomes.

To add a kind, write its line here: starting a stage over, rewinding a round, the counts, the card and
the summary follow from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..agents.records import (
    Answer,
    Battle,
    Instruction,
    Passage,
    Record,
    Reject,
    Seed,
    Suggestion,
)
from ..agents.rows import PreferenceRow, RlvrRow, SftRow
from . import stages
from .stages import Stage
from .supervisor.decisions import (
    Decision,
    Gated,
    HeldOut,
    Order,
    PolicyVersion,
    RoundDifficulty,
    RoundRatings,
    RoundSelection,
    TaxonomyVersion,
    Trained,
)

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One kind of record: what the store is asked by."""

    name: str
    type: type[R]
    stage: Stage | None
    """Who writes it; None: every stage may."""
    table: str = ""
    """The dataset's config that its records are rows of."""
    made: str = ""
    """What it is in the words of a summary; empty where that leaves it out."""
    state_of: str = ""
    """The kind whose records these are, once they are in the state of this one's name."""

    @property
    def stored(self) -> str:
        """The kind that its records stand under in the store."""
        return self.state_of or self.name

    @property
    def state(self) -> str:
        """The state that its records are in; empty where any will do."""
        return self.name if self.state_of else ""


SEED = Kind("seed", Seed, stages.INGEST, made="seeds read")
PASSAGE = Kind("passage", Passage, stages.GENERATE, made="passages from them")
DRAFT = Kind("draft", Instruction, stages.GENERATE, made="instructions written")
SUGGESTION = Kind("suggestion", Suggestion, stages.GENERATE)
INSTRUCTION = Kind(
    "instruction",
    Instruction,
    stages.CURATE,
    "instructions",
    "instructions through the gate",
    state_of=DRAFT.name,
)
"""A draft that passed the gate."""
QUESTION = Kind("question", Instruction, stages.BATTLE, "instructions")
"""An examiner's, asked in an instruction's place."""
ANSWER = Kind("answer", Answer, stages.BATTLE)
BATTLE = Kind("battle", Battle, stages.BATTLE, "battles", "battles fought")
DECISION = Kind("decision", Decision, stages.SELECT)
SFT = Kind("sft", SftRow, stages.SELECT, "sft", "SFT rows (the target lost, the winner's answer)")
PREFERENCE = Kind("preference", PreferenceRow, stages.SELECT, "preference", "preference pairs")
RLVR = Kind("rlvr", RlvrRow, stages.SELECT, "rlvr", "tasks that a program rewards")
SELECTION = Kind("selection", RoundSelection, stages.SELECT)
DIFFICULTY = Kind("difficulty", RoundDifficulty, stages.COMPLEXITY)
TRAINED = Kind("trained", Trained, stages.TRAIN)
HELD_OUT = Kind("held_out", HeldOut, stages.EVALUATE)
RATING = Kind("rating", RoundRatings, stages.EVALUATE)
POLICY = Kind("policy", PolicyVersion, stages.FEED_BACK)
TAXONOMY = Kind("taxonomy", TaxonomyVersion, stages.FEED_BACK)
GATE = Kind("gate", Gated, stages.GATE)
ORDER = Kind("order", Order, stages.USER)
"""Stands under round 0, whichever round carries it out: a round that starts over keeps it."""
REJECT = Kind("reject", Reject, None, "rejects", "rejects, each with its reason:")

KINDS: tuple[Kind[Any], ...] = (
    SEED,
    PASSAGE,
    DRAFT,
    SUGGESTION,
    INSTRUCTION,
    QUESTION,
    ANSWER,
    BATTLE,
    SFT,
    PREFERENCE,
    RLVR,
    SELECTION,
    DECISION,
    DIFFICULTY,
    TRAINED,
    HELD_OUT,
    RATING,
    POLICY,
    TAXONOMY,
    GATE,
    ORDER,
    REJECT,
)
"""In the order in which a summary tells them."""
OF_ROUND = tuple(kind for kind in KINDS if kind.stage not in (stages.INGEST, stages.USER))
"""What a round writes: all but the seeds and the user's orders."""
TABLES = {kind.table for kind in KINDS if kind.table}
"""The configs of the dataset."""


def written_by(stage: Stage) -> tuple[Kind[Any], ...]:
    """Return what a stage writes, besides rejects."""
    return tuple(kind for kind in KINDS if kind.stage is stage)


def rows_of(table: str) -> tuple[Kind[Any], ...]:
    """Return the kinds whose records are the rows of a table."""
    return tuple(kind for kind in KINDS if kind.table == table)


def by_kind(records: Iterable[Record]) -> dict[Kind[Any], list[Record]]:
    """Return records by their kinds; those of a type that only one kind has."""
    found: dict[Kind[Any], list[Record]] = {}
    for record in records:
        (kind,) = (kind for kind in KINDS if kind.type is type(record))
        found.setdefault(kind, []).append(record)
    return found
