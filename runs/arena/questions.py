"""Existing prompts as instructions that can be battled over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...agents.environment import Environment
from ...agents.records import Instruction, Turn
from ...graphs.testset.prompt import Prompt
from ...taxonomy.skill import Goal, Leaf, PromptFile, Skill, SkillPrompts, Transformation
from ..testset.prompts import read_prompts

RUBRIC = (
    "Does the answer do what was asked, correctly and completely? Facts and reasoning first, then "
    "whether it keeps to the form and the limits that were asked for, then how clear it is."
)
OPEN, CLOSED = "prompt", "objective_prompt"
"""Leaves of prompts without and with one right answer."""
OBJECTIVE = ("coding", "extraction", "fermi", "knowledge", "math", "reasoning", "stem")
"""Categories, as the published sets name them, whose prompts mostly have one right answer."""
NO_FILE = PromptFile(name="")
SKILL = Skill(
    name="prompts",
    title="Prompts",
    description="Prompts that were given, not written by a skill.",
    seed_kinds=("text",),
    prompts=SkillPrompts(transform=NO_FILE, write=NO_FILE, suggest=NO_FILE, edit=NO_FILE),
    transformations=(Transformation(name="given", brief="", identity=True),),
    leaves=(
        Leaf(name=OPEN, title="Prompt", definition="Any prompt.", answer_form="", rubric=RUBRIC),
        Leaf(
            name=CLOSED,
            title="Prompt with one right answer",
            definition="A prompt that has one right answer.",
            answer_form="",
            rubric=RUBRIC,
            objective=True,
        ),
    ),
    goals=(Goal(name="none", brief=""),),
)
"""What stands where a run has the skill of an instruction: two leaves with a general rubric."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt to battle over; the instruction's id is the prompt's own."""

    instruction: Instruction
    category: str


def read_questions(
    path: Path, objective: Collection[str]
) -> tuple[list[Question], tuple[int, ...]]:
    """Return the prompts of a file, and the numbers of the rows without one.

    `objective` are the categories whose prompts have one right answer.

    Raises:
        UserError: the file cannot be read, or has no prompts where they are looked for.
    """
    prompts, empty = read_prompts(path)
    return [_question(p, objective, path.name) for p in prompts], empty


def _question(prompt: Prompt, objective: Collection[str], source: str) -> Question:
    category = prompt.category or ""
    leaf = CLOSED if category.lower() in objective else OPEN
    return Question(_instruction(prompt.id, prompt.turns, leaf, source), category)


def _instruction(id: str, turns: Sequence[Turn], leaf: str, source: str) -> Instruction:
    context, task, later = _parts(turns)
    return Instruction(
        id=id,
        seed_id="",
        skill=SKILL.name,
        leaf=leaf,
        transformation="given",
        round=1,
        complexity=1,
        task=task,
        environment=Environment(context=context),
        user_turns=later,
        source=source,
    )


def _parts(turns: Sequence[Turn]) -> tuple[str, str, tuple[str, ...]]:
    """Return context, task and later user turns; a given conversation is context for its last turn."""
    if all(turn.role == "user" for turn in turns):
        said = [turn.content for turn in turns]
        return "", said[0], tuple(said[1:])
    *before, last = turns
    return "\n\n".join(_said(turn) for turn in before), last.content, ()


def _said(turn: Turn) -> str:
    return turn.content if turn.role == "system" else f"[{turn.role}] {turn.content}"
