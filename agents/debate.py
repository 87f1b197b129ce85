"""The debate: two contenders in an AgentChat group chat, each statement one call through the door.

The order of speaking is that of Auto-Arena (arXiv 2405.20267, section 3.2): three rounds, in which
each contender answers, criticises the other's words, raises questions and meets those of the other.
Both open with the answer that they gave by themselves, so that neither copies the other's.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.conditions import StopMessageTermination
from autogen_agentchat.messages import BaseChatMessage, StopMessage, TextMessage
from autogen_agentchat.teams import SelectorGroupChat
from autogen_core import CancellationToken

from ..prompts.template import load_prompt
from .errors import ArenaInstructError, ReplyError
from .messages import Debate
from .models.call import Call
from .models.client import Complete, DoorClient
from .records import DebateAction, Statement, Turn

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
SPOKEN = sum(not move.opening for move in ORDER)
"""Statements that are asked for."""


class Debater(BaseChatAgent):
    """One side of a debate: hears what the group chat tells it, and says the next statement."""

    def __init__(
        self, side: Literal["first", "second"], complete: Complete, message: Debate
    ) -> None:
        super().__init__(side, f"speaks {side}")
        self._complete = complete
        self._instruction = message.instruction
        self._opening = message.first if side == "first" else message.second
        self.heard: list[str] = []
        """What was said so far, one's own words included."""
        self.failure: ArenaInstructError | None = None

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """Statements, and a stop where one cannot be made."""
        return (TextMessage, StopMessage)

    async def on_messages(
        self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken
    ) -> Response:
        """Return the next statement; where it fails, stop the debate and keep why."""
        self.heard += [message.to_text() for message in messages]
        move = ORDER[len(self.heard)]
        try:
            text = await self._say(move, cancellation_token)
        except ArenaInstructError as error:
            # A group chat tells errors as text only: the error itself is kept for who holds it.
            self.failure = error
            return Response(chat_message=StopMessage(content=str(error), source=self.name))
        self.heard.append(text)
        return Response(chat_message=TextMessage(content=text, source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Forget the debate."""
        self.heard.clear()

    async def _say(self, move: Move, token: CancellationToken) -> str:
        if move.opening:
            return self._opening.text
        asked = asyncio.ensure_future(self._complete(self._call(move)))
        token.link_future(asked)
        text = cut((await asked).text.strip(), move.words)
        if not text:
            raise ReplyError(f"{self._opening.contender}: said nothing in round {move.round}")
        return text

    def _call(self, move: Move) -> Call:
        variables = {
            "instruction": self._instruction.prompt(),
            "debate": [
                {
                    # No name that could turn up in a statement: jurors see the two in either order.
                    "speaker": "you" if said.speaker == self.name else "the other",
                    "round": said.round,
                    "actions": ", ".join(said.actions),
                    "text": text,
                }
                for said, text in zip(ORDER, self.heard, strict=False)
            ],
            "actions": move.actions,
            "words": move.words,
        }
        template = load_prompt(PROMPT)
        system, user = template.render(variables)
        turns = (Turn(role="system", content=system), Turn(role="user", content=user))
        return Call(
            self._opening.contender,
            turns,
            role="debater",
            subject=self._instruction.id,
            prompt=template.version,
        )


async def debate(complete: Complete, message: Debate) -> tuple[Statement, ...]:
    """Let two contenders debate over an instruction that both answered; return every statement.

    Raises:
        EpisodeError, StopRun: what the door raised at a statement, unchanged.
        ReplyError: a contender had nothing to say.
    """
    sides = [Debater("first", complete, message), Debater("second", complete, message)]
    team = SelectorGroupChat(
        list(sides),
        # Who speaks next is never asked of a model: the order is fixed.
        DoorClient(complete, message.first.contender, "moderator", message.instruction.id),
        selector_func=lambda said: ORDER[len(said)].speaker,
        allow_repeated_speaker=True,
        max_turns=len(ORDER),
        termination_condition=StopMessageTermination(),
    )
    await _run(team)
    for side in sides:
        if side.failure is not None:
            raise side.failure
    heard = max((side.heard for side in sides), key=len)
    return tuple(
        Statement(
            speaker="model_a" if (move.speaker == "first") is message.a_is_first else "model_b",
            round=move.round,
            actions=move.actions,
            text=text,
        )
        for move, text in zip(ORDER, heard, strict=True)
    )


async def _run(team: SelectorGroupChat) -> None:
    token = CancellationToken()
    held = asyncio.ensure_future(team.run(cancellation_token=token))
    try:
        await asyncio.shield(held)
    except asyncio.CancelledError:
        # Without this a group chat waits for the call under way before it gives up.
        token.cancel()
        await asyncio.gather(held, return_exceptions=True)
        raise


def cut(text: str, words: int) -> str:
    """Return the text without what comes after so many words; what stays keeps every byte."""
    found = next((m for n, m in enumerate(re.finditer(r"\S+", text), 1) if n > words), None)
    return f"{text[: found.start()].rstrip()} [cut]" if found else text
