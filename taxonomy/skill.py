"""A skill as data: its seeds, how they are transformed, what can be asked, how that hardens."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, model_validator

SLUG = r"^[a-z][a-z0-9_]*$"
"""What names are made of."""
LONGEST = 100
"""Characters of a name."""
Trait = Literal["text", "dialogue", "code", "table", "api", "long", "numbers", "quotes", "list"]
"""What a document may have, as `routing` finds it: its kind, or what its text shows."""
HIGHEST = 5
"""The highest level of complexity; the lowest is 1."""
ANSWER = "answer"
"""The behaviour that every skill has: the task is done."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Transformation(_Frozen):
    """One way to turn a seed into a passage."""

    name: str = Field(pattern=SLUG, max_length=LONGEST)
    brief: str
    """What the agent is to make of the seed, in one or two sentences."""
    leaves: tuple[str, ...] = ()
    """Leaves this passage admits; empty means all."""
    identity: bool = False
    """The passage is the seed's own text: no model is called."""
    role: str = ""
    """Which role carries it out, of those that the flow knows; empty for the flow's first."""
    needs: tuple[Trait, ...] = ()
    """What a document has to have for it, all of these."""
    grounded: bool = True
    """The passage keeps to the seed's words; false for a translation and the like."""


class Leaf(_Frozen):
    """One instruction type."""

    name: str = Field(pattern=SLUG, max_length=LONGEST)
    title: str
    definition: str
    """What an instruction of this leaf asks for."""
    answer_form: str
    """What a good answer looks like: `short answer`, `multiple choice, four options`, …"""
    rubric: str
    """What a juror looks at, for this leaf."""
    options: tuple[int, int] = (0, 0)
    """How many options, at least and at most; (0, 0) where there are none."""
    objective: bool = False
    """There is one right answer: a juror writes its own before it reads the others."""
    expected_behaviour: str = ANSWER
    """What a good answer does: `answer`, or a key of the skill's `behaviours`."""
    checker: str = ""
    """Name of the checker in `tools.checkers` that verifies answers; empty for none."""
    check_terms: str = ""
    """What the writer puts in `check.terms`, for leaves with a checker."""
    check_replacements: str = ""
    weight: float = Field(default=1.0, ge=0)
    """Relative chance of being drawn before there is any feedback, within its skill."""
    retired: bool = False
    """No longer asked in this version of the taxonomy; what was asked before is still judged."""
    needs: tuple[Trait, ...] = ()
    """What a document has to have for it, all of these."""
    tools: tuple[str, ...] = ()
    """Names of tools in `tools.registry` that an answer may use."""
    gives: Literal["context", "file", "nothing"] = "context"
    """How an answer gets the passage: before its eyes, as a file that tools read, or not at all, where the
    task stands by itself."""
    busy: int = Field(default=0, ge=0, le=3)
    """How many calls of simulated APIs, from the first one, find the service busy: the answer tries again."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse option counts that make no choice, and check arguments that no checker reads."""
        least, most = self.options
        if self.options != (0, 0) and not 2 <= least <= most <= 6:
            raise ValueError("options is [least, most] with 2 <= least <= most <= 6, or left out")
        if not self.checker and (self.check_terms or self.check_replacements):
            raise ValueError("check_terms and check_replacements need a checker")
        if self.gives == "file" and not self.tools:
            raise ValueError("gives: file needs a tool that reads files; name one in tools")
        return self


class Goal(_Frozen):
    """One aim of refinement."""

    name: str = Field(pattern=SLUG, max_length=LONGEST)
    brief: str
    edits: Literal["task", "passage"] = "task"
    expected_behaviour: str = ""
    """What a good answer does after the edit; empty where it stays as it was."""
    eases: bool = False
    """The edit makes the task easier: it is offered where a leaf turned out too hard, and only there."""


SIMPLIFY = Goal(
    name="simplify",
    brief=(
        "Make the task plainer: take one condition, step or distraction out of it, or say outright "
        "where to look. It still asks for the same kind of thing, and still has to be worked for."
    ),
    eases=True,
)
"""What a skill that has no easing goal of its own is eased by."""


class PromptFile(_Frozen):
    """A prompt file, named in a skill as `words/write`."""

    name: str = Field(max_length=200)
    """Its path below its folder, without the suffix."""
    folder: str = ""
    """The folder of the skill pack that brings it; empty for those of this package."""
    about: str = ""
    """What a prompt that several skills share is told of this one."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class SkillPrompts(_Frozen):
    """The prompt files that this skill's roles speak; where none is named, one that skills share."""

    transform: PromptFile = PromptFile(name="common/transform")
    write: PromptFile = PromptFile(name="common/write")
    suggest: PromptFile = PromptFile(name="common/suggest")
    edit: PromptFile = PromptFile(name="common/edit")

    def telling(self, about: str) -> "SkillPrompts":
        """Return them with what the shared ones are told."""
        files = {part: file.model_copy(update={"about": about}) for part, file in self}
        return SkillPrompts(**files)


class Skill(_Frozen):
    """A skill pack."""

    name: str = Field(pattern=SLUG, max_length=LONGEST)
    title: str
    description: str
    flow: str = "standard"
    """Which generation subgraph runs it: a key of `graphs.generation.kinds.KINDS`."""
    seed_kinds: tuple[str, ...] = Field(min_length=1)
    """Kinds of documents that suit it, as `agents.records.SeedKind` lists them."""
    user: Literal["fixed", "simulated"] = "fixed"
    """Who says the later user turns of its tasks: they are said as written, or are the agenda of a simulated
    user (`arena.user`)."""
    needs: tuple[Trait, ...] = ()
    """What a document has to have for any of it, all of these."""
    behaviours: dict[str, str] = {}
    """What a good answer may have to do other than answer: names, each with its meaning in words."""
    advice: str = ""
    """What makes a task of this skill good, and what spoils it: told by the prompts that skills share."""
    prompts: SkillPrompts = SkillPrompts()
    transformations: tuple[Transformation, ...] = Field(min_length=1)
    leaves: tuple[Leaf, ...] = Field(min_length=1)
    goals: tuple[Goal, ...] = ()
    program: str = ""
    """Who writes the instructions where no model does: Python code, as `package.module:name`."""
    levels: tuple[NonNegativeFloat, ...] = Field(default=(), max_length=HIGHEST)
    """How the levels that are asked scatter before any feedback: shares of level 1, 2, …; none: there is one
    level a leaf, which the feedback moves."""

    @property
    def expected(self) -> tuple[str, ...]:
        """Return the names of all that a good answer may have to do."""
        return (ANSWER, *self.behaviours)

    def leaf(self, name: str) -> Leaf:
        """Return the leaf of that name; raises KeyError with the leaves there are."""
        for leaf in self.leaves:
            if leaf.name == name:
                return leaf
        raise KeyError(
            f"skill {self.name} has no leaf {name!r}; leaves: {[x.name for x in self.leaves]}"
        )

    @property
    def operators(self) -> tuple[Goal, ...]:
        """All that refinement can do: the skill's goals, and an easing one in any case."""
        return self.goals if any(goal.eases for goal in self.goals) else (*self.goals, SIMPLIFY)

    def goal(self, name: str) -> Goal | None:
        """Return the operator of that name, or None."""
        return next((goal for goal in self.operators if goal.name == name), None)

    @property
    def in_force(self) -> tuple[Leaf, ...]:
        """The leaves that are asked, in the file's order."""
        return tuple(leaf for leaf in self.leaves if not leaf.retired)

    def admissible(self, transformation: Transformation) -> tuple[Leaf, ...]:
        """Return the leaves in force that a passage of this transformation admits, in the file's order."""
        if not transformation.leaves:
            return self.in_force
        return tuple(leaf for leaf in self.in_force if leaf.name in transformation.leaves)
