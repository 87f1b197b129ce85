"""What actors say to each other: one frozen request type a task, answered by a record.

A message carries all the context its handler needs, so actors keep no state and memory does not grow
with the number of seeds. The records that live on are in `records`.
"""

from typing import Any

from ..taxonomy.refinement import Aim, OperatorRecord
from ..taxonomy.skill import Goal, Leaf, PromptFile, Transformation
from .environment import Api
from .records import Answer, Frozen, Game, Instruction, Passage, Seed, Statement, Suggestion, Turn


class Transform(Frozen):
    """Ask a transformer to turn a seed into a passage. Answered by `Passage`."""

    seed: Seed
    skill: str
    prompt: PromptFile
    transformation: Transformation
    sample: int


class Write(Frozen):
    """Ask a writer for several instructions of one leaf. Answered by `Written`."""

    seed: Seed
    passage: Passage
    prompt: PromptFile
    leaf: Leaf
    expected: tuple[str, ...]
    """What a good answer may have to do, in this skill."""
    count: int
    complexity: int
    round: int
    sample: int


class Written(Frozen):
    """Instructions of one leaf, without their answers."""

    instructions: tuple[Instruction, ...]


class Steer(Frozen):
    """What earlier battles tell a suggester: which way to go, and what got there before."""

    aim: Aim
    worked: tuple[tuple[str, OperatorRecord], ...] = ()
    """The offered goals that were tried, the best first."""


class Loss(Frozen):
    """An instruction that the target lost to another contender."""

    instruction_id: str
    seed_id: str
    leaf: str
    task: str
    why: str
    """What a juror held against the target's answer, in its own words."""


class Propose(Frozen):
    """Ask a taxonomist for a leaf for each group of losses. Answered by `Proposed`."""

    subject: str
    leaf: Leaf
    """The one whose form the new ones have."""
    known: tuple[Leaf, ...]
    """Those that are asked already."""
    groups: tuple[tuple[Loss, ...], ...]


class Proposed(Frozen):
    """What a taxonomist proposes: name, title, definition and rubric of each, unchecked."""

    reason: str
    leaves: tuple[dict[str, str], ...]


class Draft(Frozen):
    """Ask a drafter for a skill. Answered by `Drafted`."""

    name: str
    description: str
    """What the person who wants it says of it."""
    examples: tuple[str, ...]
    """Tasks, each with its answer where one was given."""
    seed_kinds: tuple[str, ...]
    """The kinds of documents there are."""
    checkers: tuple[str, ...]
    """The checkers there are, each with what it needs."""
    faults: tuple[str, ...] = ()
    """What the check found in an earlier draft; empty for the first."""


class Drafted(Frozen):
    """What a drafter drafts: the fields of a skill's file, unchecked."""

    pack: dict[str, Any]


class Suggest(Frozen):
    """Ask a suggester how an instruction could become harder. Answered by `Suggested`."""

    instruction: Instruction
    prompt: PromptFile
    leaf: Leaf
    goals: tuple[Goal, ...]
    count: int
    ranked: bool = False
    """The goals stand in the order in which they are to be tried."""
    steer: Steer | None = None
    """None where the leaf is as hard as it should be, or nothing is known."""


class Suggested(Frozen):
    """Directions, in the order the suggester gave them."""

    suggestions: tuple[Suggestion, ...]


class Edit(Frozen):
    """Ask an editor to carry one suggestion out. Answered by `Instruction`."""

    instruction: Instruction
    suggestion: Suggestion
    prompt: PromptFile
    leaf: Leaf
    expected: tuple[str, ...]
    goal: Goal


class Curate(Frozen):
    """Ask the curator whether an instruction is sound. Answered by `Findings`."""

    instruction: Instruction
    leaf: Leaf
    behaviours: tuple[tuple[str, str], ...] = ()
    """What a good answer may have to do other than answer, with the meaning of each."""
    evidence: str = ""
    """What its battles said, for the second look at an instruction that is probably broken."""


class Findings(Frozen):
    """What the gate found; `reason` is empty when the instruction is sound."""

    reason: str
    """The first failed question as a slug: `not_self_contained`, `off_passage`, …"""
    detail: str


class Choose(Frozen):
    """Ask the curator which option is right, in the order given here. Answered by `Chosen`."""

    instruction: Instruction
    options: tuple[str, ...]


class Chosen(Frozen):
    """The option that is right; empty where none is."""

    option: str


class Contrast(Frozen):
    """Ask the critic what a task lacked, by a battle's two answers. Answered by `Constraint`."""

    instruction: Instruction
    leaf: Leaf
    winner: Answer
    loser: Answer
    reasons: tuple[str, ...]
    """What the checker and the jurors said."""


class Constraint(Frozen):
    """The one constraint that a leaf's tasks should state."""

    skill: str
    leaf: str
    text: str


class Respond(Frozen):
    """Ask a contender to answer an instruction. Answered by `Answer`."""

    instruction: Instruction
    sample: int = 1
    """Which of its answers to it this is to be, from 1."""
    talk: tuple[Turn, ...] | None = None
    """Its talk after the first user turn so far: one further turn is wanted. None: the instruction says all
    that the user does."""


class Speak(Frozen):
    """Ask the user for the next turn of a talk. Answered by `Said`."""

    instruction: Instruction
    talk: tuple[Turn, ...]
    """Everything after the first user turn, ending with the contender's."""
    aims: tuple[str, ...]
    """What the user has left to bring up; the first is the next."""


class Said(Frozen):
    """What the user says next."""

    text: str
    done: bool
    """Nothing is left to ask: the talk ends without a text."""


class Judge(Frozen):
    """Ask a juror for one game: both answers, in the order shown. Answered by `Game`."""

    instruction: Instruction
    rubric: str
    first: Answer
    second: Answer
    a_is_first: bool
    verdict: str = "score"
    """The kind of verdict: a key of `agents.verdicts.KINDS`."""
    behaviour: str = ""
    """The meaning of what is expected of a good answer; empty where it is simply to answer."""
    objective: bool = False
    """The juror first writes its own answer."""
    agenda: bool = False
    """The later user turns are what the user had in mind: each answer is a talk that worded it afresh."""
    debate: tuple[Statement, ...] = ()
    """What the two said to each other; judged instead of the answers alone."""


class Confer(Frozen):
    """Ask a juror to look at its vote again, beside what the others said. Answered by `Game`."""

    judge: Judge
    own: Game
    others: tuple[Game, ...]
    """Of the same order shown, one a juror."""


class Examine(Frozen):
    """Ask an examiner for a new question of an instruction's kind. Answered by `Instruction`."""

    instruction: Instruction
    leaf: Leaf


class Debate(Frozen):
    """Ask the moderator to let two contenders debate. Answered by `Debated`."""

    instruction: Instruction
    first: Answer
    """Each one's own answer, which it opens with; the first opens the debate."""
    second: Answer
    a_is_first: bool


class Debated(Frozen):
    """A whole debate, in the order it was held."""

    statements: tuple[Statement, ...]


class Describe(Frozen):
    """Ask a describer for the APIs that a piece of source code offers. Answered by `Apis`."""

    seed: Seed
    prompt: PromptFile


class Hypothesise(Frozen):
    """Ask for further APIs that the same library would hold. Answered by `Apis`, flagged."""

    subject: str
    apis: tuple[Api, ...]
    count: int


class Find(Frozen):
    """Ask the finder, who has a search tool, for related APIs of other seeds. Answered by `Apis`."""

    seed: Seed
    apis: tuple[Api, ...]
    count: int


class Apis(Frozen):
    """A list of APIs, and the model that told them."""

    apis: tuple[Api, ...]
    model: str


class RateDifficulty(Frozen):
    """Ask a rater how hard a prompt of a test set is. Answered by `Difficulty`."""

    subject: str
    prompt: str
    """All user turns, set apart."""


class Difficulty(Frozen):
    """How hard a prompt is to answer well, 0 to 10, with the reason."""

    level: float
    reason: str


class LabelCriteria(Frozen):
    """Ask a rater which of the seven criteria a prompt meets. Answered by `Criteria`."""

    subject: str
    prompt: str
    """All user turns, set apart."""


class Criteria(Frozen):
    """The criteria that a prompt meets, by name; their number is its score."""

    met: tuple[str, ...]
