"""The taxonomist: proposes types of task from what the target lost, each in the form of one that is there."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..messages import Propose, Proposed
from ..replies import LeavesReply

PROMPT = "taxonomy/propose"
MOST = 12
"""Losses of a group that are shown."""


class Taxonomist(Actor):
    """Proposes leaves."""

    @message_handler
    async def propose(self, message: Propose, ctx: MessageContext) -> Proposed:
        """Return a leaf for each group at most; whether it may be asked is decided by others."""
        base = message.leaf
        variables = {
            "leaf": base,
            "known": "\n".join(f"{x.name}: {x.definition}" for x in message.known),
            "losses": [
                "\n\n".join(f"Task: {loss.task}\nAgainst it: {loss.why}" for loss in group[:MOST])
                for group in message.groups
            ],
            "count": len(message.groups),
        }
        call = self.speak(PROMPT, variables, subject=message.subject)
        reply, _ = await self.ask(call, LeavesReply)
        return Proposed(
            reason=reply.reason,
            leaves=tuple(found.model_dump() for found in reply.leaves[: len(message.groups)]),
        )
