"""Training rows as records: what selection makes of decided battles, before any file format.

Conversations keep their native form here (tool calls, API lists); the dataset and the exports each
write them in the form that their readers want.
"""

from .environment import Api
from .records import Record, Turn


class TrainingRow(Record):
    """What the rows of all kinds of training share."""

    instruction_id: str
    skill: str
    leaf: str
    complexity: int
    round: int
    prompt: tuple[Turn, ...]
    """Everything before the completion: system turns, if any, and the first user turn."""
    apis: tuple[Api, ...] = ()
    """APIs that the model may call."""
    tools: tuple[str, ...] = ()
    """Names of further tools that it may call."""
    expected_behaviour: str = "answer"
    seed_id: str = ""
    battles: tuple[str, ...] = ()
    """Ids of the battles that decided it."""
    models: tuple[str, ...] = ()
    """Every model behind the row, as `provider/model`: who wrote, answered and judged."""
    licence: str = ""
    source: str = ""


class SftRow(TrainingRow):
    """One good conversation: the target lost this instruction and here is an answer that won it."""

    completion: tuple[Turn, ...]
    """Everything after the prompt, ending with an assistant turn."""
    answered_by: str = ""
    """The model of the completion."""


class PreferenceRow(TrainingRow):
    """Two answers to one prompt, and by how much the first is better."""

    chosen: tuple[Turn, ...]
    rejected: tuple[Turn, ...]
    margin: float
    """Points between the two on the jurors' scale, above 0."""
    chosen_model: str = ""
    rejected_model: str = ""
