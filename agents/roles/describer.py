"""The describer: reads source code and describes the APIs it offers."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..conversion import api_of
from ..messages import Apis, Describe
from ..replies import ApisReply


class Describer(Actor):
    """Describes the APIs of a piece of source code."""

    @message_handler
    async def describe(self, message: Describe, ctx: MessageContext) -> Apis:
        """Return the APIs found; an empty list where the code offers none."""
        seed = message.seed
        variables = {"seed": seed.text, "language": seed.language}
        call = self.speak(message.prompt, variables, subject=seed.id)
        reply, raw = await self.ask(call, ApisReply)
        return Apis(apis=tuple(api_of(api) for api in reply.apis), model=raw.model)
