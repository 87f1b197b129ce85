"""The juror: judges two answers in the order shown; a verdict is parsed or it is an error."""

from dataclasses import replace

from autogen_core import MessageContext, message_handler

from .actor import Actor
from .conversion import apis_json
from .errors import JudgeError, ReplyError
from .messages import Judge
from .records import Answer, Game
from .sanitise import sanitise
from .verdicts import KINDS


class Juror(Actor):
    """Judges one game."""

    @message_handler
    async def judge(self, message: Judge, ctx: MessageContext) -> Game:
        """Return the game, its scores put back to model_a and model_b.

        Raises:
            JudgeError: the reply holds no verdict, also after one repair.
        """
        instruction = message.instruction
        cleaned = [sanitise(transcript(answer)) for answer in (message.first, message.second)]
        variables = {
            "instruction": "\n\n".join((instruction.prompt(), *instruction.user_turns)),
            "apis": apis_json(instruction.apis),
            "expected_behaviour": instruction.expected_behaviour,
            "rubric": message.rubric,
            "first": cleaned[0][0],
            "second": cleaned[1][0],
        }
        kind = KINDS[message.verdict]
        models = self.desk.door.models
        # A canary is nobody's alias: it goes by the name it was given.
        shown = [
            models[a.contender].settings.model if a.contender in models else a.contender
            for a in (message.first, message.second)
        ]
        call = self.speak(kind.prompt, variables, subject=instruction.id)
        try:
            reply, raw = await self.ask(replace(call, about=(instruction.id, *shown)), kind.reply)
        except ReplyError as error:
            raise JudgeError(str(error)) from error
        first, second = kind.scores(reply)
        return Game(
            juror=self.alias,
            model=raw.model,
            shown_first="model_a" if message.a_is_first else "model_b",
            score_a=first if message.a_is_first else second,
            score_b=second if message.a_is_first else first,
            reason=reply.reason,
            orders=sum(places for _, places in cleaned),
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
