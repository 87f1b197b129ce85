"""Instruction: passages become instructions, one writer per leaf, leaves drawn under the policy."""

from collections.abc import Iterator
from functools import partial
from math import ceil

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Write, Written
from ...agents.records import Passage
from ...taxonomy.policy import draw_leaves
from ...taxonomy.skill import Leaf, Skill
from ..services import Services, reject, settle
from ..tracing import traced
from .flow_state import FlowState, FlowUpdate, chance


async def write(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw leaves for the passages and let their writers write side by side."""
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
        yield Write(
            seed=state["seed"],
            passage=passage,
            prompt=skill.prompts.write,
            leaf=leaf,
            expected=skill.expected,
            count=min(count, per_seed.per_leaf),
            complexity=round.policy.of(skill.name, leaf.name).complexity,
            round=round.number,
            sample=round.number - 1,
        )


def share_out(
    state: FlowState, services: Services, skill: Skill
) -> Iterator[tuple[Passage, Leaf, int]]:
    """Yield (passage, leaf, how many): the passages in turn, each time with a leaf not yet used there."""
    per_seed, passages = services.settings.per_seed, state["passages"]
    if not passages:
        return
    calls = ceil(per_seed.instructions / per_seed.per_leaf)
    left = per_seed.instructions
    by_name = {t.name: t for t in skill.transformations}
    for place, passage in enumerate(passages):
        share = len(range(place, calls, len(passages)))
        random = chance(services.settings.seed, state, f"leaves/{passage.transformation}")
        admissible = skill.admissible(by_name[passage.transformation])
        policy = state["round"].policy
        for leaf in draw_leaves(policy, skill, admissible, count=share, random=random):
            count = min(left, per_seed.per_leaf)
            left -= count
            yield passage, leaf, count


def build() -> CompiledStateGraph[FlowState, Services, FlowState, FlowState]:
    """Return the compiled subgraph."""
    graph = StateGraph(FlowState, context_schema=Services)
    graph.add_sequence(traced("instruction", write))
    graph.add_edge(START, "write")
    graph.add_edge("write", END)
    return graph.compile(checkpointer=False, name="instruction")
