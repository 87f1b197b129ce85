"""What lives on: the frozen records that pass between actors, graphs and the store.

A record's `id` is a hash of its parents, its role, its leaf and its sample number; never of time or
arrival order. The same config over the same recorded calls gives the same ids and the same bytes,
and lineage is a walk over `parents`.
"""

from hashlib import blake2b
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from .contender_name import seat_name, whose
from .environment import Api, Environment

SeedKind = Literal["text", "dialogue", "code", "table", "api"]
"""What a reader can find a document to be; skills name those that suit them."""
Winner = Literal["model_a", "model_b", "tie"]
DebateAction = Literal["respond", "criticise", "raise"]
Cascaded = Literal["", "sure", "unsure", "audited"]
"""How a cascade went: its first jurors were sure; unsure, so that all were asked; or sure, but the
others were asked all the same to see whether they agree. Empty without a cascade."""
DecidedBy = Literal["jury", "checker", "identical"]
"""Who decided a battle: `identical` answers need nobody."""


def make_id(kind: str, *parts: object) -> str:
    """Return `kind-<20 hex digits>`, a stable hash over the parts in order."""
    text = "\x1f".join(str(part) for part in parts)
    return f"{kind}-{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=10).hexdigest()}"


class Frozen(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Frozen):
    """Whatever is written to the store: it has an id and knows what it came from."""

    id: str
    parents: tuple[str, ...] = ()
    """Ids of the records this one was made from; empty for a seed."""

    def bare(self) -> Self:
        """Return it without what stands in another record: what is written of it."""
        return self

    def __repr__(self) -> str:
        # AutoGen formats every message for its log, also where nobody reads it.
        return f"{type(self).__name__}({self.id})"


class Seed(Record):
    """One raw document, or one part of a long one, cleaned and ready to be transformed."""

    text: str
    kind: SeedKind
    name: str
    """Where it came from inside the given seeds: a relative path, with row or part number."""
    title: str = ""
    language: str = ""
    """The programming language of code, lower case; empty for anything else."""
    licence: str = ""
    source: str = ""
    private: tuple[str, ...] = ()
    """What its owner marks as private: texts, or `email` and `phone` for all of these."""


class Passage(Record):
    """A transformed seed: what instructions are written about."""

    seed_id: str
    skill: str
    transformation: str
    text: str
    apis: tuple[Api, ...] = ()
    """The API list of a tool-use passage; empty for other skills."""
    model: str = ""


class Check(Frozen):
    """What a program can verify about an answer: the checker's name and its arguments."""

    name: str
    """A key of `tools.checkers.CHECKERS`."""
    terms: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()


class Instruction(Record):
    """One task for a model: with its context, what a good answer does, and how it was made."""

    seed_id: str
    skill: str
    leaf: str
    transformation: str
    passage_id: str = ""
    """The passage that context and APIs are taken from; empty where they stand in no record."""
    round: int
    complexity: int
    """The level asked for, 1 (plain) to 5 (hardest)."""
    task: str
    environment: Environment = Environment()
    options: tuple[str, ...] = ()
    user_turns: tuple[str, ...] = ()
    """Later user turns of a multi-turn task, in order."""
    expected_behaviour: str = "answer"
    """What a good answer does: `answer`, or one of the skill's own behaviours."""
    check: Check | None = None
    operator: str = "seed"
    """The refinement goal that made it; `seed` for an instruction straight from the taxonomy."""
    depth: int = 0
    """Refinement rounds behind it."""
    model: str = ""
    prompts: tuple[str, ...] = ()
    """Versions of the prompts behind it, as `name@hash`."""
    licence: str = ""
    source: str = ""

    def about(self, passage: Passage) -> "Instruction":
        """Return it with what a passage gives: its APIs, or its text where the environment has a place."""
        given = self.environment.filled(passage.text, passage.apis)
        return self.model_copy(update={"passage_id": passage.id, "environment": given})

    def bare(self) -> Self:
        """Return it without what stands in its passage."""
        if not self.passage_id:
            return self
        return self.model_copy(update={"environment": self.environment.filled("", ())})

    def prompt(self) -> str:
        """Return the first user turn: context, names of files, task, lettered options, each set apart."""
        return "\n\n".join(part for part in (self.environment.context, self.asked()) if part)

    def asked(self) -> str:
        """Return the first user turn without its context."""
        names = ", ".join(file.name for file in self.environment.files)
        files = f"Files: {names}" if names else ""
        parts = [files, self.task]
        if self.options:
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            parts.append("\n".join(f"{letters[i % 26]}. {o}" for i, o in enumerate(self.options)))
        return "\n\n".join(part for part in parts if part)


class Suggestion(Record):
    """One direction in which an instruction could become harder."""

    instruction_id: str
    goal: str
    direction: str


class ToolCall(Frozen):
    """One call of an API, as a model wrote it; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class Turn(Frozen):
    """One turn of a conversation, in the OpenAI chat roles."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Answer(Record):
    """What a contender answered: one text, or a whole conversation with tool calls."""

    instruction_id: str
    contender: str
    """Its name: the alias in the cast, with the version of its weights where one is said."""
    sample: int = 1
    """Which of the contender's answers to the instruction this is, from 1."""
    model: str
    turns: tuple[Turn, ...]
    """Everything after the instruction's first user turn, ending with an assistant turn."""
    checked: bool | None = None
    """What the leaf's checker says; None where the leaf has no checker."""
    check_note: str = ""
    thoughts: tuple[str, ...] = ()
    """What the model thought before each of its turns; empty where it never did. Nobody is shown it."""
    cut: bool = False
    """Whether one of its turns was cut off at the model's `max_tokens`."""
    broken: str = ""
    """Why it is no answer whatever was asked: it loops, or runs past its end; empty where it is one."""
    listed: tuple[str, ...] = ()
    """Tools of MCP servers that it could call, each as the JSON that it was told."""

    @property
    def seat(self) -> str:
        """What it goes by in battles."""
        return seat_name(self.contender, self.sample)

    @property
    def text(self) -> str:
        """The answer as one text: the last assistant turn."""
        return next((t.content for t in reversed(self.turns) if t.role == "assistant"), "")


class Vote(Frozen):
    """What a juror said of two answers: scores are for model_a and model_b whatever the order shown."""

    score_a: float
    score_b: float
    reason: str
    own_answer: str = ""
    """The juror's own short answer, written before it judged; empty where the leaf is a matter of taste."""


class Game(Vote):
    """One judged order of a battle."""

    juror: str
    """The alias in the cast."""
    model: str
    shown_first: Literal["model_a", "model_b"]
    orders: int = 0
    """How many of the texts shown, answers or statements of a debate, seem to speak to the juror.

    A flag for readers (`agents/flags.py`): the juror read them all the same, and it moves no verdict."""
    rewards: tuple[float, ...] = ()
    """Of model_a and model_b, where the juror is a reward model; empty for all others."""
    before: Vote | None = None
    """The vote before the jurors conferred; None where they did not."""

    def alone(self) -> "Game":
        """Return the game with the vote that its juror gave by itself."""
        return self.model_copy(update=self.before.model_dump()) if self.before else self


class Statement(Frozen):
    """One contribution to a debate."""

    speaker: Literal["model_a", "model_b"]
    round: int
    """1 to 3."""
    actions: tuple[DebateAction, ...]
    text: str


class Battle(Record):
    """One instruction, two answers and the jury's verdict, with every game behind it."""

    instruction_id: str
    skill: str
    leaf: str
    round: int
    purpose: Literal["selection", "evaluation"]
    model_a: str
    """Name of the contender, with the number of its sample from the second one on."""
    model_b: str
    answer_a: str
    """The answer's id."""
    answer_b: str
    winner: Winner
    margin: float
    """Median over the jurors of score_a - score_b; positive for model_a. 9 when a checker decided."""
    agreement: float
    """Share of jurors whose own verdict is the winner, 0 to 1."""
    decided_by: DecidedBy
    disputed: bool
    """No strict majority, or most jurors changed their mind with the order: it trains nobody."""
    games: tuple[Game, ...]
    cascade: Cascaded = ""
    question_id: str = ""
    """The examiner's question, where that was battled over in the instruction's place."""
    debate: tuple[Statement, ...] = ()
    """Empty where the two answers alone were judged."""

    @property
    def own(self) -> bool:
        """Whether one contender met itself: two of its samples. It tells of no strength."""
        return whose(self.model_a) == whose(self.model_b)


class Reject(Record):
    """What was dropped, where and why; nothing vanishes."""

    round: int
    stage: str
    reason: str
    """A short slug that is counted: `duplicate`, `reply`, `model`, `not_self_contained`, …"""
    detail: str
    subject: str
    """Id of the record that was dropped, or the name of the seed file."""
    skill: str = ""
    leaf: str = ""
    failed: bool = False
    """True when a call or tool failed (worth a retry on resume), False when a gate said no."""
    model: str = ""
    """Alias of the model whose call failed."""
    calls: tuple[str, ...] = ()
    """The ledger's keys of the calls that failed."""
