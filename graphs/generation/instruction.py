"""Instruction: passages become instructions, one writer per leaf that the round's quotas ask for."""

from collections.abc import Iterator
from functools import partial

from langgraph.runtime import Runtime

from ...agents.messages import Write, Written
from ...agents.records import Passage
from ...taxonomy.policy import draw_level
from ...taxonomy.quota import reseated
from ...taxonomy.skill import Leaf, Skill
from ..services import Services, reject, settle
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order


async def write(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Let the writers of the passages' leaves write side by side."""
    services, round = runtime.context, state["round"]
    skill = services.skills[state["skill"]]
    alias = services.cast.speaks("writer")
    failed = partial(reject, stage="instruction", round=round.number, skill=skill.name)
    written, rejects = await settle(
        (
            services.troupe.send(message, Written, "writer", alias),
            partial(failed, subject=message.passage.id, leaf=message.leaf.name),
        )
        for message in _plan(state, services, skill)
    )
    instructions = [i for w in written for i in w.instructions]
    return {"instructions": instructions, "rejects": state["rejects"] + rejects}


def _plan(state: FlowState, services: Services, skill: Skill) -> Iterator[Write]:
    """Yield the writers' messages: the instructions of a seed, shared out over its passages."""
    per_seed, round = services.settings.per_seed, state["round"]
    for passage, leaf, count in share_out(state, services, skill):
        # Whoever is asked twice for the same is asked at the same level: what comes may be the same.
        what = f"{passage.transformation}/{leaf.name}/level"
        random = chance(services.settings.seed, state, what)
        yield Write(
            seed=state["seed"],
            passage=passage,
            prompt=skill.prompts.write,
            leaf=leaf,
            expected=skill.expected,
            count=min(count, per_seed.per_leaf),
            complexity=draw_level(round.policy.levels(skill, leaf.name), random),
            round=round.number,
            sample=round.number - 1,
        )


def share_out(
    state: FlowState, services: Services, skill: Skill
) -> Iterator[tuple[Passage, Leaf, int]]:
    """Yield (passage, leaf, how many), as the quotas ask."""
    per_seed, passages = services.settings.per_seed, state["passages"]
    asked = reseated(state["seats"], skill, [passage.transformation for passage in passages])
    left = per_seed.instructions
    for passage in passages:
        for leaf in asked[passage.transformation]:
            count = min(left, per_seed.per_leaf)
            left -= count
            yield passage, skill.leaf(leaf), count


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("instruction", write)
