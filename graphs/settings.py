"""What a user may tune about the graphs, section by section of the config."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    field_validator,
    model_validator,
)

T = TypeVar("T")
LANGUAGE_WORDS = ("any", "seed")
"""What `curation.language` says beside codes of languages."""


def _word(value: object) -> object:
    """Return the word that YAML's `on` and `off` stood for before it read them as booleans."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["on", "off"], BeforeValidator(_word)]


Few = Annotated[int, Field(gt=0, le=1000)]
"""What is work for each seed, instruction or call: more of it is a slip of the pen."""
Rounds = Annotated[int, Field(gt=0, le=10_000)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PerSeed(_Section):
    """How much is made of one seed, for each skill it suits, in each round."""

    passages: Few = 2
    """Different transformations of the seed."""
    instructions: Few = 4
    """Instructions asked for, over all passages, before refinement."""
    per_leaf: Few = 2
    """How many of them one leaf's writer is asked for in one call."""
    refinements: int = Field(default=1, ge=0, le=100)
    """Suggester–editor rounds."""
    directions: Few = 3
    """Suggestions a round: each one is edited into a further instruction."""
    explore: float = Field(default=0.1, ge=0, le=1)
    """Share of the leaves and transformations whose `needs` a seed does not meet that may be asked of it."""


class CurationSettings(_Section):
    """The gate between writing and battling."""

    near_duplicate: float = Field(default=0.85, gt=0, le=1)
    """Jaccard similarity of two tasks about the same context from which the later one is dropped."""
    same_meaning: float = Field(default=0.95, gt=0, le=1)
    """The same of the cosine of their embeddings, where a section `embedding` names what embeds; each model
    needs a threshold of its own."""
    model_gate: bool = True
    """Ask the curator about every instruction; false leaves only the programs' checks."""
    shuffled_options: bool = False
    """Let the curator choose among a task's options twice, the second time in reverse: where it is not the
    same one, more than one can be defended, or none. Two calls for each task with options."""
    benchmarks: tuple[str, ...] = ()
    """Files of prompts (JSONL, JSON, CSV, Parquet) that a model is to be measured on: what asks the same is
    dropped. Needs the extra `arena`."""
    benchmark_overlap: float | None = Field(default=0.5, gt=0, le=1)
    """Share of the shorter one's word 8-grams from which a task stands in a row; None: not asked."""
    benchmark_likeness: float | None = Field(default=0.27, gt=0, le=1)
    """Cosine of characters' TF-IDF from which it is such a row in other words; None: not asked."""
    language: str = "any"
    """Which language a task has to be in: `seed` for that of its document, or a code such as `en`."""

    @field_validator("language")
    @classmethod
    def _known(cls, asked: str) -> str:
        if asked not in LANGUAGE_WORDS:
            from ..tools.constraints.language import KNOWN

            if asked not in KNOWN:
                raise ValueError(f"is one of {', '.join((*LANGUAGE_WORDS, *KNOWN))}")
        return asked


Points = Annotated[float, Field(ge=0, le=9)]
"""A margin on the jurors' scale from 1 to 10."""


class CascadeSettings(_Section):
    """Cheap jurors first: the others of a jury judge only where these are unsure."""

    first: PositiveInt = 1
    """How many jurors, from the front of the jury, judge every battle."""
    margin: Points = 2.0
    """Least margin at which the first ones are sure; a verdict that flips with the order never is."""
    audited: float = Field(default=0.05, ge=0, le=1)
    """Share of the sure battles that the others judge all the same: how often they agree is told."""


class ArenaSettings(_Section):
    """How instructions are battled."""

    protocol: Literal["battle", "committee", "peer_battle"] = "battle"
    """Jurors judge by themselves, or confer once, or do so over a debate of the two contenders."""
    battles_per_instruction: Few = 3
    user: Literal["simulated", "fixed"] = "simulated"
    """Who says the later user turns, in skills whose YAML says `user: simulated`: a model that words them in
    the light of the answers, for each contender by itself, or nobody: they stay as written."""
    user_turns: Few = 6
    """Turns that a simulated user says after the first one, at most."""
    verdict: Literal["score", "choice", "five_grade"] = "score"
    """Each juror scores both answers from 1 to 10, says which one is better, or also by how much."""
    aggregation: Literal["majority", "median", "judge_aware"] | None = None
    """How the jurors' verdicts on a battle become one; `judge_aware` weighs each juror by what all
    battles tell of it. None: the majority, while the ratings of an arena rest on every game."""
    cascade: CascadeSettings | None = None
    bootstrap_rounds: int = Field(default=100, ge=20, le=100_000)
    broken_score: float = Field(default=3.0, ge=1, le=10)
    """An instruction whose every answer has a mean score up to this was lost by everyone. Only verdict
    `score` tells: the others say which answer is better, not how good it is."""


class Quota(_Section):
    """How many rows a round gives: the margin they have to reach follows."""

    count: PositiveInt | None = None
    """So many rows."""
    share: float | None = Field(default=None, gt=0, le=1)
    """So many for each instruction that was decided on (SFT), or each battle that was won (pairs)."""

    @model_validator(mode="after")
    def _one(self) -> "Quota":
        if (self.count is None) == (self.share is None):
            raise ValueError("a quota is a count or a share, and one of them")
        return self

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.count}" if self.share is None else f"{self.share:.0%} of what was decided"

    def of(self, candidates: int) -> int:
        """Return the rows wanted."""
        return round((self.share or 0) * candidates) if self.count is None else self.count


class SelectionSettings(_Section):
    """Which battles become training rows."""

    rule: Literal["lost", "random"] = "lost"
    """`random`: as many rows as `lost` would give, drawn among all that was decided, with the winners'
    answers: what a study compares with."""
    sft_margin: tuple[Points, ...] = Field(default=(3.0, 1.0), min_length=1)
    """Least margin, in points, of the battle the target lost; one value a round, the last repeats.

    Arena Learning found 3 best in its first round and used 1 afterwards (arXiv 2407.10627).
    """
    sft_quota: tuple[Quota, ...] = ()
    """In its place, how many rows are wanted; one value a round, the last repeats."""
    preference_margin: tuple[Points, ...] = Field(default=(2.0,), min_length=1)
    """Least margin between chosen and rejected, as above."""
    preference_most: Points = 9.0
    """Largest margin between the two: pairs that are too easy to tell apart may be left out."""
    preference_quota: tuple[Quota, ...] = ()
    """In the place of the least margin, how many pairs are wanted; as above."""
    rehearsal: float = Field(default=0.0, ge=0, le=2)
    """Rows of what the target won, in its own words, that are added for each that it lost. Of lost battles
    alone it learns to forget: in the gym a target that copied all words copied 40 % after a round."""
    unanimous: bool = True
    """Pairs are only made where every juror is of the same mind: what a split jury says is right far
    less often (on JudgeBench, 65 % against 89 %). The others still give SFT rows."""
    cut_answers: bool = False
    """Take answers that were cut off at their model's `max_tokens` too."""

    @model_validator(mode="before")
    @classmethod
    def _one_value(cls, data: object) -> object:
        if isinstance(data, dict):
            return {k: [v] if k in _BY_ROUND and _is_one(v) else v for k, v in data.items()}
        return data


_BY_ROUND = ("sft_margin", "sft_quota", "preference_margin", "preference_quota")


def _is_one(value: object) -> bool:
    return type(value) in (int, float) or isinstance(value, dict | Quota)


class EvaluationSettings(_Section):
    """How the target is measured by jurors that do not select."""

    held_out: float = Field(default=0.1, ge=0, le=0.5)
    """Share of seeds (one at least, of two or more) whose instructions only battle before the evaluation
    jury, and never train."""
    instructions: PositiveInt = 100
    """How many of their instructions are battled over, at most: drawn once, the same in every round."""
    even: bool = False
    """Ask their seeds all leaves and all levels alike, whatever the policy: what the stream hardly asks is
    measured too."""
    shared_jurors: bool = False
    """Let a juror sit in both juries: then the target is measured by the taste that chose what it
    learned, and the config is no longer refused for it."""
    stop_after: PositiveInt | None = 2
    """The run ends once the interval of a trained target's gain includes zero so many times in a row;
    None goes through all rounds."""


class FeedbackSettings(_Section):
    """How lost battles steer the next round."""

    complexity: Switch = "on"
    """Battles steer how hard each leaf is asked, and by which operators it is refined."""
    win_rate_band: tuple[float, float] = (0.25, 0.6)
    """Complexity rises where the target wins more than this, and falls where it wins less; where a skill's
    levels scatter, each is weighed by what asking it taught instead."""
    strength_gap: float = Field(default=0.1, ge=0, le=1)
    """Within the band, how far the win rates of a leaf's strongest and weakest contender have to lie
    apart: where all do alike, the instructions tell nobody from anybody."""
    diversity: Literal["thompson", "ucb", "proportional", "off"] = "thompson"
    """Which bandit weighs the leaves by what asking them taught; `off` leaves their weights alone."""
    coverage_floor: float = Field(default=0.25, ge=0, le=1)
    """Least weight of a leaf; the mean of its skill's is 1."""
    weight_cap: float = Field(default=3.0, ge=1)
    """Largest weight of a leaf; with `thompson` also how many leaves compete for a seat. Of 2, 3, 4 and 6
    in simulated runs, 3 was best where learning is slow and no worse than the others where it is fast."""
    memory: float = Field(default=0.5, ge=0, le=1)
    """How much a round counts beside the one after it: the target learns, and what it lost is past."""
    structure: bool = True
    """Whether leaves are split, merged, retired and proposed too. Clusters need the extra `arena`."""
    least_battles: PositiveInt = 3
    """Battles of the target in a leaf below which its complexity stays as it is."""
    prior_battles: float = Field(default=5.0, ge=0)
    """Least number of instructions at the skill's mean that are added to a leaf's own, so that few move
    its weight less; there are more of them, up to 20, where leaves scatter little. 5 is what they are
    worth where the true shares scatter by about 0.2 around one half (a beta distribution's variance is
    0.5 x 0.5 / (5 + 1))."""

    @model_validator(mode="after")
    def _ordered(self) -> "FeedbackSettings":
        low, high = self.win_rate_band
        if not 0 <= low < high <= 1:
            raise ValueError(f"win_rate_band needs 0 <= low < high <= 1, found {[low, high]}")
        return self


class GraphSettings(_Section):
    """All sections together, as the graphs see them."""

    seed: int = 7
    rounds: Rounds = 2
    skills: tuple[str, ...] = Field(min_length=1)
    per_seed: PerSeed = PerSeed()
    curation: CurationSettings = CurationSettings()
    arena: ArenaSettings = ArenaSettings()
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    in_flight: Few = 32
    """Seeds or instructions worked on at a time."""


def of_round(values: Sequence[T], number: int) -> T:
    """Return the value for a round (1-based); the last one repeats."""
    return values[min(number, len(values)) - 1]
