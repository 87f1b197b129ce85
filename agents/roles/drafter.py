"""The drafter: writes a skill from a person's description and examples of its tasks."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..messages import Draft, Drafted
from ..replies import PackReply

PROMPT = "authoring/draft"


class Drafter(Actor):
    """Drafts skills."""

    @message_handler
    async def draft(self, message: Draft, ctx: MessageContext) -> Drafted:
        """Return a draft; whether it passes the check is found out by others."""
        variables = {
            "name": message.name,
            "description": message.description,
            "examples": list(message.examples),
            "seed_kinds": list(message.seed_kinds),
            "checkers": list(message.checkers),
            "faults": "\n".join(message.faults),
        }
        call = self.speak(PROMPT, variables, subject=message.name)
        reply, _ = await self.ask(call, PackReply)
        return Drafted(pack=reply.model_dump())
