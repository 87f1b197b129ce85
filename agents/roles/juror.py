"""The juror: judges two answers in the order shown; a verdict is parsed or it is an error."""

from dataclasses import replace

from autogen_core import MessageContext, message_handler

from ...tools.ratings.verdict import first, in_order
from ..actor import Actor
from ..brief import Brief, brief
from ..contender_name import known_as
from ..errors import JudgeError, ReplyError
from ..messages import Confer, Judge
from ..models.settings import RewardModel
from ..records import Game, Vote
from ..reward import weigh
from ..verdicts import KINDS

PROMPT = "arena/judge"


class Juror(Actor):
    """Judges one game, and looks at it again beside what the other jurors said."""

    @message_handler
    async def judge(self, message: Judge, ctx: MessageContext) -> Game:
        """Return the game, its scores put back to model_a and model_b.

        Raises:
            JudgeError: the reply holds no verdict, also after one repair.
        """
        return await self._judge(message, brief(message))

    @message_handler
    async def confer(self, message: Confer, ctx: MessageContext) -> Game:
        """Return the game with the vote given after the others were heard, and the one before.

        Raises:
            JudgeError: as above.
        """
        game = await self._judge(message.judge, brief(message.judge, message))
        said = message.own.model_dump(include=set(Vote.model_fields))
        return game.model_copy(update={"before": Vote.model_validate(said)})

    async def _judge(self, message: Judge, told: Brief) -> Game:
        if isinstance(self.desk.door.models[self.alias].settings, RewardModel):
            return await weigh(self.desk.door, self.alias, message)
        kind = KINDS[message.verdict]
        call = self.speak(PROMPT, told.variables, subject=message.instruction.id)
        about = (message.instruction.id, *self._shown(message))
        try:
            asked = replace(call, about=about)
            reply, raw = await self.ask(asked, kind.reply, known={"own_answer": ""})
        except ReplyError as error:
            raise JudgeError(str(error)) from error
        shown_first = first(a_is_first=message.a_is_first)
        score_a, score_b = in_order(kind.scores(reply), shown_first)
        return Game(
            juror=self.alias,
            model=raw.model,
            shown_first=shown_first,
            score_a=score_a,
            score_b=score_b,
            reason=reply.reason,
            own_answer=reply.own_answer,
            orders=told.orders,
        )

    def _shown(self, message: Judge) -> tuple[str, str]:
        """Return the models of the answers in the order shown; a canary goes by its own name."""
        models = self.desk.door.models
        names = (known_as(answer.contender, models) for answer in (message.first, message.second))
        one, other = (models[n].settings.model if n in models else n for n in names)
        return one, other
