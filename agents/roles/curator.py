"""The curator: the gate's questions about one instruction, answered by a model."""

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..conversion import apis_json
from ..errors import ReplyError
from ..messages import Choose, Chosen, Curate, Findings
from ..replies import CurationReply, LetterReply

PROMPT = "curation/curate"
CHOOSE = "curation/choose"
_QUESTIONS = (
    ("self_contained", "not_self_contained"),
    ("matches_passage", "off_passage"),
    ("matches_leaf", "off_leaf"),
    ("label_right", "wrong_label"),
)


class Curator(Actor):
    """Asks whether an instruction is sound."""

    @message_handler
    async def curate(self, message: Curate, ctx: MessageContext) -> Findings:
        """Return the first failed question, or an empty reason."""
        instruction = message.instruction
        variables = {
            "passage": instruction.environment.material,
            "apis": apis_json(instruction.environment.apis),
            "task": "\n".join((instruction.task, *instruction.user_turns)),
            "options": list(instruction.options),
            "leaf": message.leaf,
            "behaviours": [{"name": n, "meaning": m} for n, m in message.behaviours],
            "expected_behaviour": instruction.expected_behaviour,
        }
        note = f"Look twice: {message.evidence}." if message.evidence else ""
        call = self.speak(PROMPT, variables, subject=instruction.id, note=note)
        known = {"matches_passage": True, "matches_leaf": True, "label_right": True}
        reply, _ = await self.ask(call, CurationReply, known=known)
        failed = next((slug for field, slug in _QUESTIONS if not getattr(reply, field)), "")
        return Findings(reason=failed, detail=reply.reason)

    @message_handler
    async def choose(self, message: Choose, ctx: MessageContext) -> Chosen:
        """Return the option that is right.

        Raises:
            ReplyError: the reply names no option, and does not say that there is none.
        """
        instruction, options = message.instruction, message.options
        variables = {
            "passage": instruction.environment.material,
            "task": instruction.task,
            "options": list(options),
        }
        call = self.speak(CHOOSE, variables, subject=instruction.id)
        letters = [chr(65 + place) for place in range(len(options))]
        bounds = {"letter": {"enum": [*letters, "none"]}}
        reply, _ = await self.ask(call, LetterReply, known={"reason": ""}, bounds=bounds)
        said = reply.letter.strip(" .()").upper()
        if said in letters:
            return Chosen(option=options[letters.index(said)])
        if said == "NONE":
            return Chosen(option="")
        raise ReplyError(
            f"{self.alias} as curator chose {reply.letter!r}, of {', '.join(letters)} or none"
        )
