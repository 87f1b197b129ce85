"""What the supervisor decides, as records: outcomes of instructions, policy versions, ratings, rounds."""

from typing import Any, Literal

from ...agents.records import Frozen, Record, make_id
from ...taxonomy.policy import Field, Policy, PolicyChange
from ...taxonomy.version import Taxonomy, TaxonomyChange
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


class TaxonomyVersion(Record):
    """One version of the taxonomy and what led to it; the skills as they are shipped are the first."""

    round: int
    """The round whose battles led to it; 0 for the first."""
    taxonomy: Taxonomy
    changes: tuple[TaxonomyChange, ...] = ()


class Order(Record):
    """What the user orders of policy and taxonomy; the plan of the next round carries it out."""

    round: int = 0
    """The round whose plan carried it out; 0 while it waits."""
    number: int
    """Orders are carried out in the order in which they were given."""
    what: Literal["pin", "free", "rollback"]
    skill: str = ""
    leaf: str = ""
    """Of what is pinned or freed."""
    field: Field = "weight"
    value: float | None = None
    """What it is pinned at; None for what it is."""
    policy: int = 0
    """The version to go back to; 0 for none."""
    taxonomy: int = 0

    def __str__(self) -> str:
        """Say it in words."""
        if self.what == "rollback":
            parts = (("policy", self.policy), ("taxonomy", self.taxonomy))
            return f"go back to {' and '.join(f'{n} version {v}' for n, v in parts if v)}"
        at = "" if self.value is None else f" at {self.value:g}"
        return f"{self.what} {self.field} of {self.skill}/{self.leaf}{at}"


class HeldOut(Record):
    """The instructions that evaluate: drawn once per run, battled over in every round, never trained on."""

    round: int
    """The round they were written in."""
    instructions: tuple[str, ...]
    """Their ids, in order."""


class ModelRating(Frozen):
    """One contender's Bradley–Terry rating on the Elo scale, with its 95 % interval."""

    model: str
    rating: float
    low: float | None
    high: float | None
    """None where nothing is known of it: all of its battles are about one question."""
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
    contender: str = ""
    """Name of the trained target, `alias@version`; empty where nothing was trained."""
    model: dict[str, Any] = {}
    """How it is served: a model's settings."""


GateWord = Literal["unchanged", "promoted", "held", "rolled_back"]


class Gated(Record):
    """The gate's word on a round's candidate, with its reason in numbers."""

    round: int
    word: GateWord
    reason: str
    target: str
    """The target in force from now on."""
    candidate: str
