"""The moderator: holds the debate of two contenders; it has no model and no opinion."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..debate import debate
from ..messages import Debate, Debated

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
        return Debated(statements=await debate(self.desk.door.complete, message))
