"""The user: says the next turn of a talk with a contender, in the light of what that one answered."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..errors import ReplyError
from ..messages import Said, Speak
from ..replies import UserReply

PROMPT = "conversation/user"


class User(Actor):
    """Has an agenda, and words it as the talk goes; is not told who answers."""

    @message_handler
    async def speak_next(self, message: Speak, ctx: MessageContext) -> Said:
        """Return what the user says next, or that nothing is left to ask.

        Raises:
            ReplyError: the reply holds no turn, also after one repair.
        """
        instruction = message.instruction
        first = {"speaker": "you", "text": instruction.task}
        variables = {
            "passage": instruction.environment.material,
            "talk": [
                first,
                *(
                    {"speaker": "you" if t.role == "user" else "assistant", "text": t.content}
                    for t in message.talk
                ),
            ],
            "wanted": message.aims[0],
            "later": "\n".join(f"- {aim}" for aim in message.aims[1:]),
        }
        call = self.speak(PROMPT, variables, subject=instruction.id)
        reply, _ = await self.ask(call, UserReply, known={"done": False})
        if not reply.done and not reply.turn.strip():
            raise ReplyError(f"{self.alias} as user has nothing to say to {instruction.id}")
        return Said(text="" if reply.done else reply.turn.strip(), done=reply.done)
