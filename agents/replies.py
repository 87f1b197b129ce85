"""The structured replies that roles ask for: one small model each, turned into a JSON schema once.

Every field is required and no field is a free-form object, so that the schemas are valid for
endpoints with strict structured output.
"""

from functools import cache
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

T = TypeVar("T", bound="ReplyBody")


def _points(least: int) -> Any:
    """Return a field of points up to 10, halves included.

    Grammars know an enumeration and no bounds: with bounds alone a real juror gave 22, and -100.
    """
    values: list[Any] = [n // 2 if n % 2 == 0 else n / 2 for n in range(2 * least, 21)]
    return Field(ge=least, le=10, strict=True, json_schema_extra={"enum": values})


class ReplyBody(BaseModel):
    """What all replies share: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PassageReply(ReplyBody):
    """A transformed seed."""

    suitable: bool
    """False when the seed does not lend itself to this transformation: it is dropped with the reason."""
    reason: str
    passage: str


class CheckReply(ReplyBody):
    """Arguments for the leaf's checker; empty lists where the leaf has none."""

    terms: list[str]
    replacements: list[str]


class TaskReply(ReplyBody):
    """One written task; never its answer."""

    task: str = Field(min_length=1)
    options: list[str]
    """Two to six answer options of a multiple-choice task; empty for other forms."""
    expected_behaviour: str
    check: CheckReply
    user_turns: list[str]
    """Later user turns, in order; empty for a single-turn task."""


class TasksReply(ReplyBody):
    """Several tasks of one leaf."""

    tasks: list[TaskReply]


class SuggestionReply(ReplyBody):
    """One direction in which a task could become harder."""

    goal: str
    """The name of one of the offered goals."""
    direction: str


class SuggestionsReply(ReplyBody):
    """About three directions."""

    suggestions: list[SuggestionReply]


class EditReply(ReplyBody):
    """A harder task, with the passage as it stands after the edit."""

    task: str = Field(min_length=1)
    passage: str
    """The edited passage; the empty string where it stays as it was."""
    options: list[str]
    expected_behaviour: str
    check: CheckReply
    user_turns: list[str]


@cache
def expecting(names: tuple[str, ...], reply: type[T]) -> type[T]:
    """Return a reply type whose `expected_behaviour`, in it or in its tasks, is one of the names."""
    made: type[T]
    fields: dict[str, Any] = {}
    if "expected_behaviour" in reply.model_fields:
        fields["expected_behaviour"] = (Literal[names], ...)
    if "tasks" in reply.model_fields:
        fields["tasks"] = (list[expecting(names, TaskReply)], ...)  # type: ignore[misc]
    made = create_model(reply.__name__, __base__=reply, __doc__=reply.__doc__, **fields)
    return made


class ConstraintReply(ReplyBody):
    """What a task should have demanded."""

    reason: str
    constraint: str = Field(min_length=1)
    """One demand, in one sentence, that could be added to another task of the type."""


class CurationReply(ReplyBody):
    """The gate's findings about one task."""

    reason: str
    self_contained: bool
    matches_passage: bool
    matches_leaf: bool
    label_right: bool
    """Whether expected_behaviour is what a good answer must do."""


class VerdictReply(ReplyBody):
    """One game: the juror's own answer and its reason come first, whatever the kind of verdict."""

    own_answer: str = ""
    """What the juror itself would answer, in short; empty where there is no one right answer."""
    reason: str


class ScoreReply(VerdictReply):
    """A score from 1 to 10 for each answer in the order shown."""

    score_first: float = _points(1)
    score_second: float = _points(1)


class ParameterReply(ReplyBody):
    """One parameter of an API."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str
    required: bool


class ApiReply(ReplyBody):
    """One API."""

    name: str
    description: str
    parameters: list[ParameterReply]
    returns: str


class ApisReply(ReplyBody):
    """Several APIs: described from code, or hypothesised."""

    apis: list[ApiReply]


class DifficultyReply(ReplyBody):
    """How hard a prompt is to answer well."""

    reason: str
    difficulty: float = _points(0)


class CriteriaReply(ReplyBody):
    """Which of Arena-Hard's seven criteria a prompt meets; its score is how many."""

    specificity: bool
    domain_knowledge: bool
    complexity: bool
    problem_solving: bool
    creativity: bool
    technical_accuracy: bool
    real_world: bool


class ChoiceReply(VerdictReply):
    """The better answer in the order shown."""

    choice: Literal["first", "second", "tie"]


class FiveGradeReply(VerdictReply):
    """Which answer is better and by how much; A is the one shown first."""

    grade: Literal["A>>B", "A>B", "A=B", "B>A", "B>>A"]


class LeafReply(ReplyBody):
    """One proposed type of task; its form is that of the type it was made from."""

    name: str
    title: str
    definition: str
    rubric: str


class LeavesReply(ReplyBody):
    """A type for each group of losses that has something in common."""

    reason: str
    leaves: list[LeafReply]


class WayReply(ReplyBody):
    """One transformation of a drafted skill."""

    name: str
    brief: str


class DraftedLeafReply(ReplyBody):
    """One leaf of a drafted skill."""

    name: str
    title: str
    definition: str
    answer_form: str
    rubric: str
    objective: bool
    gives: Literal["context", "nothing"]
    checker: str
    """Empty where no program settles the answer."""
    check_terms: str


class AimReply(ReplyBody):
    """One goal of a drafted skill."""

    name: str
    brief: str
    edits: Literal["task", "passage"]


class PackReply(ReplyBody):
    """A drafted skill."""

    title: str
    description: str
    advice: str
    seed_kinds: list[str]
    transformations: list[WayReply]
    leaves: list[DraftedLeafReply]
    goals: list[AimReply]


class QuestionReply(ReplyBody):
    """The examiner's question."""

    question: str = Field(min_length=1)


class LetterReply(ReplyBody):
    """Which option is right."""

    reason: str
    letter: str
    """`none` where no option is."""


class UserReply(ReplyBody):
    """What a simulated user says next."""

    done: bool
    """Nothing is left to ask."""
    turn: str


LENGTHS = frozenset({"minItems", "maxItems", "maxLength"})
"""Words that bound lists and texts: not every endpoint knows them."""
_MOST: dict[str, dict[str, int]] = {
    **dict.fromkeys(("tasks", "suggestions", "apis", "parameters", "leaves"), {"maxItems": 64}),
    **dict.fromkeys(("options", "user_turns"), {"maxItems": 12}),
    **dict.fromkeys(("goal", "name"), {"maxLength": 100}),
    **dict.fromkeys(("own_answer", "direction", "constraint"), {"maxLength": 1000}),
}
"""Bounds by a field's name, far beyond what is asked for: a model that loops is stopped by its grammar
and not by its tokens. They are no part of what is asked, nor of what is accepted."""


def _strict(schema: Any) -> Any:
    """Rewrite a pydantic schema to the strict subset: no titles, descriptions or bounds of numbers."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    drop = {"title", "description", "default", "minimum", "maximum", "minLength"}
    kept = {
        key: (
            {name: _bounded(name, _strict(sub)) for name, sub in value.items()}
            if key in {"properties", "$defs"}
            else _strict(value)
        )
        for key, value in schema.items()
        if key not in drop
    }
    if kept.get("type") == "object":
        kept["required"] = list(kept.get("properties", {}))
        kept["additionalProperties"] = False
    return kept


def _bounded(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema with the bounds of its name, where they fit and it has none of its own."""
    most = _MOST.get(name, {})
    if schema.get("type") == ("array" if "maxItems" in most else "string"):
        return {**most, **schema}
    return schema


@cache
def strict_schema(reply: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a reply type for strict structured output; converted once per type."""
    made: dict[str, Any] = _strict(reply.model_json_schema())
    return made


def unbounded(schema: Any) -> Any:
    """Return a schema without the words that bound lists and texts."""
    if isinstance(schema, dict):
        return {key: unbounded(value) for key, value in schema.items() if key not in LENGTHS}
    return [unbounded(one) for one in schema] if isinstance(schema, list) else schema
