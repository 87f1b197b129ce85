"""What the supervisor decides, as records: outcomes of instructions, policy versions, ratings, rounds.

The outcome is a pure decision. Lost by the target but won by others: training value. Won easily: raise the
complexity. Lost by everyone, or disputed by the jury: probably broken, back to the gate, never counted as
hard.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Any, Literal

from ...agents.records import Answer, Battle, Frozen, Record, make_id
from ...taxonomy.policy import Field, Policy, PolicyChange
from ...taxonomy.version import Taxonomy, TaxonomyChange

Outcome = Literal["lost", "won", "even", "broken"]


def outcome(
    battles: Sequence[Battle], answers: Sequence[Answer], *, target: str, broken_score: float
) -> tuple[Outcome, str]:
    """Return what becomes of an instruction, with the reason in numbers."""
    others = [b for b in battles if not b.own]
    disputed = sum(b.disputed for b in others)
    if others and disputed * 2 > len(others):
        return "broken", f"the jury disputes {disputed} of {len(others)} battles"
    checks = [a.checked for a in answers if a.checked is not None]
    if len(checks) > 1 and len(checks) == len(answers) and not any(checks):
        return "broken", f"the checker fails all {len(checks)} answers"
    scores = mean_scores(battles)
    # An answer that passed its checker may have won without a game, so without a score.
    if scores and not any(checks) and max(scores.values()) <= broken_score:
        best = max(scores.values())
        return "broken", f"no answer has a mean score above {broken_score:g} (best {best:.1f})"
    won, tied, lost = record_of(battles, target)
    if lost > won:
        return "lost", f"the target lost {lost} and won {won} of {won + tied + lost}"
    if won > lost:
        return "won", f"the target won {won} and lost {lost} of {won + tied + lost}"
    return "even", f"the target won {won} and lost {lost} of {won + tied + lost}"


def mean_scores(battles: Sequence[Battle]) -> dict[str, float]:
    """Return each contender's mean score over its games; a reward model's tell no more than who won."""
    scores: dict[str, list[float]] = {}
    for battle in battles:
        for game in (game for game in battle.games if not game.rewards):
            scores.setdefault(battle.model_a, []).append(game.score_a)
            scores.setdefault(battle.model_b, []).append(game.score_b)
    return {alias: mean(found) for alias, found in scores.items()}


def record_of(battles: Sequence[Battle], target: str) -> tuple[int, int, int]:
    """Return (won, tied, lost) of the target over its undisputed battles."""
    won = tied = lost = 0
    for battle in battles:
        if battle.disputed or battle.own or target not in (battle.model_a, battle.model_b):
            continue
        mine = "model_a" if battle.model_a == target else "model_b"
        if battle.winner == "tie":
            tied += 1
        elif battle.winner == mine:
            won += 1
        else:
            lost += 1
    return won, tied, lost


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
    complexity: int = 0
    """The level that was asked for."""
    operator: str = "seed"
    """The refinement goal that made the instruction."""
    aside: tuple[tuple[str, str], ...] = ()
    """Battles that somebody won and that make no preference pair: (battle's id, why)."""
    difficulty: float | None = None
    """How hard it is for the target, in log-odds; 0 is the mean of the first round. None where that
    is not estimated, and where it is broken."""
    spread: float | None = None
    """Standard deviation of the difficulty."""


def decision_id(instruction_id: str) -> str:
    """Return the id of an instruction's decision."""
    return make_id("decision", instruction_id)


class RoundSelection(Record):
    """What a round's selection took, and what its rows had to reach."""

    round: int
    rule: str
    sft: int
    sft_margin: float
    """Margin of the last SFT row that was taken: a quota's least margin follows from it."""
    preference: int
    preference_margin: float


class LeafDifficulty(Frozen):
    """How hard the instructions of one leaf and level are for the target."""

    skill: str
    leaf: str
    complexity: int
    instructions: int
    difficulty: float
    """Their mean, in log-odds; 0 is the mean of the first round."""


class AnchorRecord(Frozen):
    """How one version of the target does on the held-out set, beside what its other battles foretell."""

    model: str
    battles: int
    win_rate: float
    expected: float
    """Far from the win rate, difficulties of different rounds have drifted apart."""


class RoundDifficulty(Record):
    """What a round's battles tell of difficulty; the held-out set, battled over in all, is the anchor."""

    round: int
    leaves: tuple[LeafDifficulty, ...]
    anchors: tuple[AnchorRecord, ...] = ()
    """None before a second round: the set is first battled over at the end of the first one."""


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
