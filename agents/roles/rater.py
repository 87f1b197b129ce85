"""The rater: how hard a prompt of a test set is, and which of Arena-Hard's criteria it meets."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..messages import Criteria, Difficulty, LabelCriteria, RateDifficulty
from ..replies import CriteriaReply, DifficultyReply

DIFFICULTY = "testset/difficulty"
CRITERIA = "testset/criteria"


class Rater(Actor):
    """Looks at prompts alone; no answer is known yet."""

    @message_handler
    async def rate(self, message: RateDifficulty, ctx: MessageContext) -> Difficulty:
        """Return the difficulty, 0 to 10."""
        call = self.speak(DIFFICULTY, {"instruction": message.prompt}, subject=message.subject)
        reply, _ = await self.ask(call, DifficultyReply)
        return Difficulty(level=reply.difficulty, reason=reply.reason)

    @message_handler
    async def label(self, message: LabelCriteria, ctx: MessageContext) -> Criteria:
        """Return the criteria that are met, in their fixed order."""
        call = self.speak(CRITERIA, {"instruction": message.prompt}, subject=message.subject)
        reply, _ = await self.ask(call, CriteriaReply)
        return Criteria(met=tuple(name for name, met in reply if met))
