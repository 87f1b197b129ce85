"""The juror: scores two answers in the order shown; a verdict is parsed or it is an error."""

from autogen_core import MessageContext, message_handler

from .actor import Actor
from .errors import JudgeError, ReplyError
from .messages import Judge
from .records import Answer, Game
from .replies import ScoreReply

PROMPT = "arena/judge"


class Juror(Actor):
    """Judges one game."""

    @message_handler
    async def judge(self, message: Judge, ctx: MessageContext) -> Game:
        """Return the game, its scores put back to model_a and model_b.

        Raises:
            JudgeError: the reply holds no verdict, also after one repair.
        """
        instruction = message.instruction
        variables = {
            "instruction": "\n\n".join((instruction.prompt(), *instruction.user_turns)),
            "expected_behaviour": instruction.expected_behaviour,
            "rubric": message.rubric,
            "first": transcript(message.first),
            "second": transcript(message.second),
        }
        call = self.speak(PROMPT, variables, subject=instruction.id)
        try:
            reply, raw = await self.ask(call, ScoreReply)
        except ReplyError as error:
            raise JudgeError(str(error)) from error
        first, second = reply.score_first, reply.score_second
        return Game(
            juror=self.alias,
            model=raw.model,
            shown_first="model_a" if message.a_is_first else "model_b",
            score_a=first if message.a_is_first else second,
            score_b=second if message.a_is_first else first,
            reason=reply.reason,
        )


def transcript(answer: Answer) -> str:
    """Return an answer as a juror reads it: plain text, or a conversation with its tool calls."""
    if len(answer.turns) == 1:
        return answer.text
    lines: list[str] = []
    for turn in answer.turns:
        if turn.content:
            lines.append(f"[{turn.role}] {turn.content}")
        lines += [f"[{turn.role} calls] {c.name}({c.arguments})" for c in turn.tool_calls]
    return "\n".join(lines)
