"""The moderator: lets two contenders debate; it has no model and no opinion.

The order of speaking is that of Auto-Arena (arXiv 2405.20267, section 3.2): three rounds, in which
each contender answers, criticises the other's words, raises questions and meets those of the other.
Both open with the answer that they gave by themselves, so that neither copies the other's. The order
is fixed, so nobody has to choose who speaks next: it is a loop, each statement one call at the door.
"""

import re
from dataclasses import dataclass
from typing import Literal

from autogen_core import MessageContext, message_handler

from ...prompts.template import load_prompt
from ..actor import Actor
from ..contender_name import known_as
from ..errors import ReplyError
from ..fence import disarmed
from ..messages import Debate, Debated
from ..models.call import Call
from ..models.client import Complete
from ..records import Answer, DebateAction, Statement, Turn

NAME = "moderator"
"""Stands where other roles have the alias of their model."""
PROMPT = "arena/debate"
WORDS = 300
"""Length of a statement, in words; twice that where it does three things. What is longer is cut."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a speaker is to do next."""

    speaker: Literal["first", "second"]
    round: int
    actions: tuple[DebateAction, ...]
    opening: bool = False
    """Says the answer that was given before."""

    @property
    def words(self) -> int:
        """How long the statement may be."""
        return WORDS * (2 if len(self.actions) > 2 else 1)


ORDER = (
    Move("first", 1, ("respond",), opening=True),
    Move("second", 1, ("criticise", "raise")),
    Move("first", 1, ("respond",)),
    Move("second", 2, ("respond",), opening=True),
    Move("first", 2, ("criticise", "raise")),
    Move("second", 2, ("respond",)),
    Move("second", 3, ("criticise", "raise")),
    Move("first", 3, ("respond", "criticise", "raise")),
    Move("second", 3, ("respond",)),
)


class Moderator(Actor):
    """Lets two contenders speak in turn."""

    @message_handler
    async def hold(self, message: Debate, ctx: MessageContext) -> Debated:
        """Return the whole debate.

        Raises:
            EpisodeError: a statement failed, so there is no debate to judge.
        """
        sides = {"first": self._speaks(message.first), "second": self._speaks(message.second)}
        seated = message.model_copy(update=sides)
        return Debated(statements=await debate(self.desk.door.complete, seated))

    def _speaks(self, answer: Answer) -> Answer:
        """Return an answer under what the door knows its contender by."""
        name = known_as(answer.contender, self.desk.door.models)
        return answer.model_copy(update={"contender": name})


async def debate(complete: Complete, message: Debate) -> tuple[Statement, ...]:
    """Let two contenders debate over an instruction that both answered; return every statement.

    Raises:
        EpisodeError, StopRun: what the door raised at a statement, unchanged.
        ReplyError: a contender had nothing to say.
    """
    said: list[str] = []
    for move in ORDER:
        answer = message.first if move.speaker == "first" else message.second
        if move.opening:
            said.append(answer.text)
            continue
        reply = await complete(_call(message, answer.contender, move, said))
        text = cut(reply.text.strip(), move.words)
        if not text:
            raise ReplyError(f"{answer.contender}: said nothing in round {move.round}")
        said.append(text)
    return tuple(
        Statement(
            speaker="model_a" if (move.speaker == "first") is message.a_is_first else "model_b",
            round=move.round,
            actions=move.actions,
            text=text,
        )
        for move, text in zip(ORDER, said, strict=True)
    )


def _call(message: Debate, alias: str, move: Move, said: list[str]) -> Call:
    variables = {
        "instruction": disarmed(message.instruction.prompt()),
        "debate": [
            {
                # No name that could turn up in a statement: jurors see the two in either order.
                "speaker": "you" if before.speaker == move.speaker else "the other",
                "round": before.round,
                "actions": ", ".join(before.actions),
                "text": disarmed(text),
            }
            for before, text in zip(ORDER, said, strict=False)
        ],
        "actions": move.actions,
        "words": move.words,
    }
    template = load_prompt(PROMPT)
    system, user = template.render(variables)
    turns = (Turn(role="system", content=system), Turn(role="user", content=user))
    return Call(
        alias,
        turns,
        role="debater",
        subject=message.instruction.id,
        prompt=template.version,
    )


def cut(text: str, words: int) -> str:
    """Return the text without what comes after so many words; what stays keeps every byte."""
    found = next((m for n, m in enumerate(re.finditer(r"\S+", text), 1) if n > words), None)
    return f"{text[: found.start()].rstrip()} [cut]" if found else text
