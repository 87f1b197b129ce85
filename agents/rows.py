"""Training rows as records: what selection makes of decided battles.

They tell which question and which answers: the conversations are built from those records where a
dataset or an export is written.
"""

from .records import Record


class TrainingRow(Record):
    """What the rows of all kinds of training share."""

    instruction_id: str
    """What was battled over: the instruction, or the examiner's question after it."""
    skill: str
    leaf: str
    round: int
    battles: tuple[str, ...] = ()
    """Ids of the battles that decided it."""
    models: tuple[str, ...] = ()
    """Every model behind the row, as `provider/model`: who wrote, answered and judged."""


class SftRow(TrainingRow):
    """One good conversation: the target lost this instruction and here is an answer that won it."""

    answer_id: str
    margin: float = 0.0
    """Points that it won by on the jurors' scale; above 0 in a row of a run."""


class RlvrRow(TrainingRow):
    """An instruction whose answers a program can reward: its checker, with the arguments it needs."""

    checker: str
    passed: float
    """Share of the answers so far that pass: at 0 or 1 there is nothing to learn from a sample."""


class PreferenceRow(TrainingRow):
    """Two answers to one prompt, and by how much the first is better."""

    chosen_id: str
    rejected_id: str
    margin: float
    """Points between the two on the jurors' scale, above 0."""
