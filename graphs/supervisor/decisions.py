"""What the supervisor decides, as records: outcomes of instructions, policy versions, ratings, rounds."""

from typing import Any, Literal

from ...agents.records import Frozen, Record, make_id
from ...taxonomy.policy import Policy, PolicyChange
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


class TrainedStep(Frozen):
    """What one step of a training came to."""

    step: str
    rows: int
    left_out: int = 0
    """Rows that were longer than the model is trained on."""
    updates: int
    loss_first: float | None = None
    """Mean of the first tenth of the losses."""
    loss_last: float | None = None
    reward_first: float | None = None
    """The same of the rewards, where answers were rewarded."""
    reward_last: float | None = None


class Training(Frozen):
    """How a version of the target was trained."""

    backend: str
    base: str
    """The weights it started from."""
    rows: dict[str, int] = {}
    """Rows by file, those of earlier rounds among them."""
    digest: str = ""
    """Hash of the rows."""
    device: str = ""
    versions: dict[str, str] = {}
    """Of the libraries."""
    settings: dict[str, Any] = {}
    steps: tuple[TrainedStep, ...] = ()


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
    training: Training | None = None
    """How it was trained, where the trainer says."""


GateWord = Literal["unchanged", "promoted", "held", "rolled_back"]


class Paired(Frozen):
    """A candidate against the target in force, held-out instruction by held-out instruction."""

    won: int
    """By the candidate."""
    tied: int
    lost: int
    gain: float
    """Share won minus share lost."""
    low: float
    high: float
    """Of its 95 % interval."""


class Gated(Record):
    """The gate's word on a round's candidate, with its reason in numbers."""

    round: int
    word: GateWord
    reason: str
    target: str
    """The target in force from now on."""
    candidate: str
    paired: Paired | None = None
    """None where nothing was trained, or no held-out battle was decided."""
