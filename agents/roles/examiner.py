"""The examiner: writes a new question of an instruction's kind for two models to debate over."""

from autogen_core import MessageContext, message_handler

from ...prompts.template import load_prompt
from ..actor import Actor
from ..errors import ReplyError
from ..messages import Examine
from ..records import Instruction, make_id
from ..replies import QuestionReply

PROMPT = "arena/examine"


class Examiner(Actor):
    """Asks, and is told neither who will answer nor what a good answer is."""

    @message_handler
    async def examine(self, message: Examine, ctx: MessageContext) -> Instruction:
        """Return the question as an instruction about the same context, without options or check.

        Raises:
            ReplyError: the reply holds no question, also after one repair, or hands the example back.
        """
        example = message.instruction
        variables = {
            "context": example.environment.material,
            "task": "\n\n".join((example.task, *example.user_turns)),
            "leaf": message.leaf,
        }
        call = self.speak(PROMPT, variables, subject=example.id)
        reply, _ = await self.ask(call, QuestionReply)
        if reply.question.split() == example.task.split():
            raise ReplyError(f"{self.alias} as examiner handed the example back")
        update = {
            "id": question_id(example.id),
            "parents": (example.id,),
            "task": reply.question,
            "options": (),
            "user_turns": (),
            "check": None,
            "expected_behaviour": message.leaf.expected_behaviour,
            "operator": "examiner",
            "model": self.model,
            "prompts": (*example.prompts, load_prompt(PROMPT).version),
        }
        return example.model_copy(update=update)


def question_id(instruction_id: str) -> str:
    """Return the id of the examiner's question that an instruction leads to."""
    return make_id("question", instruction_id)
