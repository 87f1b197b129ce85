"""Existing prompts as instructions that can be battled over."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...agents.records import Instruction, Turn
from ...taxonomy.skill import Goal, Leaf, Skill, SkillPrompts, Transformation
from ..testset.prompts import read_prompts

RUBRIC = (
    "Does the answer do what was asked, correctly and completely? Facts and reasoning first, then "
    "whether it keeps to the form and the limits that were asked for, then how clear it is."
)
LEAF = "prompt"
SKILL = Skill(
    name="prompts",
    title="Prompts",
    description="Prompts that were given, not written by a skill.",
    seed_kinds=("text",),
    prompts=SkillPrompts(transform="", write="", suggest="", edit=""),
    transformations=(Transformation(name="given", brief="", identity=True),),
    leaves=(
        Leaf(name=LEAF, title="Prompt", definition="Any prompt.", answer_form="", rubric=RUBRIC),
    ),
    goals=(Goal(name="none", brief=""),),
)
"""What stands where a run has the skill of an instruction: one leaf with a general rubric."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt to battle over; the instruction's id is the prompt's own."""

    instruction: Instruction
    category: str


def read_questions(path: Path) -> tuple[list[Question], int]:
    """Return the prompts of a file, and the number of rows without one.

    Raises:
        UserError: the file cannot be read, or has no prompts where they are looked for.
    """
    prompts, empty = read_prompts(path)
    return [
        Question(_instruction(p.id, p.turns, path.name), p.category or "") for p in prompts
    ], empty


def _instruction(id: str, turns: Sequence[Turn], source: str) -> Instruction:
    context, task, later = _parts(turns)
    return Instruction(
        id=id,
        seed_id="",
        skill=SKILL.name,
        leaf=LEAF,
        transformation="given",
        round=1,
        complexity=1,
        task=task,
        context=context,
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
