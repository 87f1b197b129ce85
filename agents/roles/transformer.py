"""The transformer: turns a seed into a passage that makes writing instructions of a skill easy."""

from dataclasses import replace

from autogen_core import MessageContext, message_handler

from ..actor import Actor, variant
from ..errors import EpisodeError
from ..messages import Transform
from ..records import Passage, make_id
from ..replies import PassageReply


class Unsuitable(EpisodeError):
    """The seed does not lend itself to the transformation; recorded as a reject with the reason."""


class Transformer(Actor):
    """Turns seeds into passages."""

    @message_handler
    async def transform(self, message: Transform, ctx: MessageContext) -> Passage:
        """Return the passage.

        Raises:
            Unsuitable: the model finds that the seed does not lend itself to it.
        """
        seed = message.seed
        variables = {
            "seed": seed.text,
            "seed_kind": seed.kind,
            "seed_title": seed.title,
            "transformation": message.transformation,
        }
        note = variant(message.sample)
        call = self.speak(message.prompt, variables, subject=seed.id, note=note)
        known = {"suitable": True, "reason": ""}
        asked = replace(call, sample=message.sample)
        reply, raw = await self.ask(asked, PassageReply, known=known)
        if not reply.suitable or not reply.passage.strip():
            raise Unsuitable(reply.reason or "the transformer returned an empty passage")
        return Passage(
            id=passage_id(message),
            parents=(seed.id,),
            seed_id=seed.id,
            skill=message.skill,
            transformation=message.transformation.name,
            text=reply.passage,
            model=raw.model,
        )


def passage_id(message: Transform) -> str:
    """Return the passage's id."""
    return make_id(
        "passage", message.seed.id, message.skill, message.transformation.name, message.sample
    )


def identity_passage(message: Transform) -> Passage:
    """Return the seed's own text as a passage: no model is called."""
    return Passage(
        id=passage_id(message),
        parents=(message.seed.id,),
        seed_id=message.seed.id,
        skill=message.skill,
        transformation=message.transformation.name,
        text=message.seed.text,
    )
