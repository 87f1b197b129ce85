"""Transformation: a seed becomes passages, by the transformations that the round's quotas ask for."""

from functools import partial

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.messages import Transform
from ...agents.records import Passage
from ...agents.roles.transformer import identity_passage
from ...tools.text_faults import thin
from ..services import Services, reject, settle
from .flow_state import Flow, FlowState, FlowUpdate, in_order, ways


async def transform(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Carry the transformations out side by side."""
    services, seed, round = runtime.context, state["seed"], state["round"]
    skill = services.skills[state["skill"]]
    failed = partial(
        reject, stage="transformation", round=round.number, subject=seed.id, skill=skill.name
    )
    passages, rejects = await settle(
        (
            _passage(
                services,
                Transform(
                    seed=seed,
                    skill=skill.name,
                    prompt=skill.prompts.transform,
                    transformation=transformation,
                    sample=round.number - 1,
                ),
            ),
            partial(failed, part=transformation.name),
        )
        for transformation in ways(state, skill)
    )
    return {"passages": passages, "rejects": state["rejects"] + rejects}


async def _passage(services: Services, message: Transform) -> Passage:
    if message.transformation.identity:
        return identity_passage(message)
    alias = services.cast.speaks("transformer")
    passage = await services.troupe.send(message, Passage, "transformer", alias)
    # Before anybody is paid to write about it.
    grounded = message.transformation.grounded
    if why := thin(passage.text, message.seed.text, grounded=grounded):
        raise Thin(f"the passage {why}")
    return passage


class Thin(EpisodeError):
    """A passage that cannot have been made of its seed; recorded as a reject with the reason."""


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("transformation", transform)
