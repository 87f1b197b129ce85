"""What the supervisor decides, as records: outcomes of instructions, policy versions, ratings, rounds."""

from typing import Literal

from ...agents.records import Frozen, Record, make_id
from ...taxonomy.policy import Policy, PolicyChange
from .outcome import Outcome


class Decision(Record):
    """Where an instruction goes after its battles, with the reason in numbers."""

    instruction_id: str
    skill: str
    leaf: str
    round: int
    outcome: Outcome | Literal["held_out"]
    """`held_out`: judged for evaluation only; `broken` also where it was."""
    reason: str
    won: int = 0
    tied: int = 0
    lost: int = 0
    """The target's undisputed battles."""


def decision_id(instruction_id: str) -> str:
    """Return the id of an instruction's decision."""
    return make_id("decision", instruction_id)


class PolicyVersion(Record):
    """One version of the generation policy and what led to it; any version can be gone back to."""

    round: int
    """The round whose battles led to it; 0 for the first."""
    policy: Policy
    changes: tuple[PolicyChange, ...] = ()


class ModelRating(Frozen):
    """One contender's Bradley–Terry rating on the Elo scale, with its 95 % interval."""

    model: str
    rating: float
    low: float
    high: float
    battles: int


class RoundRatings(Record):
    """Ratings after a round, by the jury that gave the verdicts."""

    round: int
    purpose: Literal["selection", "evaluation"]
    models: tuple[ModelRating, ...]
    """Best first."""
    note: str = ""
    """Said where the comparison graph is not connected and a ridge holds the ratings together."""


class Trained(Record):
    """What the training box did in a round."""

    round: int
    trained: bool
    reason: str
    sft: int
    preference: int
