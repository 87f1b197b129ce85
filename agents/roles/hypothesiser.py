"""The hypothesiser: reconstructs which other APIs a library would hold; all of them are flagged."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..conversion import api_of, apis_json
from ..messages import Apis, Hypothesise
from ..replies import ApisReply

PROMPT = "tool_use/hypothesise"


class Hypothesiser(Actor):
    """Invents further APIs of the same library."""

    @message_handler
    async def hypothesise(self, message: Hypothesise, ctx: MessageContext) -> Apis:
        """Return new APIs, flagged, none of which carries a given name."""
        variables = {"apis": apis_json(message.apis), "count": message.count}
        call = self.speak(PROMPT, variables, subject=message.subject)
        reply, raw = await self.ask(call, ApisReply)
        known = {api.name for api in message.apis}
        new = [api_of(a, hypothesised=True) for a in reply.apis if a.name not in known]
        return Apis(apis=tuple(new[: message.count]), model=raw.model)
