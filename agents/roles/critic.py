"""The critic: turns the contrast of a battle into the one constraint that its task should have stated."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..conversion import apis_json
from ..messages import Constraint, Contrast
from ..replies import ConstraintReply

PROMPT = "refinement/constraint"
SHOWN = 4000
"""Characters of an answer that are shown: what tells two answers apart shows early."""


class Critic(Actor):
    """Finds what a task lacks."""

    @message_handler
    async def contrast(self, message: Contrast, ctx: MessageContext) -> Constraint:
        """Return the constraint, in one sentence."""
        instruction = message.instruction
        variables = {
            "passage": instruction.environment.material,
            "apis": apis_json(instruction.environment.apis),
            "task": instruction.task,
            "leaf": message.leaf,
            "winner": message.winner.text[:SHOWN],
            "loser": message.loser.text[:SHOWN],
            "reasons": list(message.reasons),
        }
        call = self.speak(PROMPT, variables, subject=instruction.id)
        reply, _ = await self.ask(call, ConstraintReply)
        return Constraint(
            skill=instruction.skill,
            leaf=instruction.leaf,
            text=" ".join(reply.constraint.split()),
        )
