"""The moderator: holds the debate of two contenders; it has no model and no opinion."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..contender_name import known_as
from ..debate import debate
from ..messages import Debate, Debated
from ..records import Answer

NAME = "moderator"
"""Stands where other roles have the alias of their model."""


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
