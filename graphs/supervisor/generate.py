"""Generate: every seed goes through the flow of every skill that takes its kind."""

from dataclasses import replace
from functools import cache
from zlib import crc32

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.records import Seed
from ...taxonomy.policy import LeafPolicy, Policy
from ...taxonomy.skill import HIGHEST, Skill
from .. import kinds, stages
from ..generation.fitting import fitted
from ..generation.flow_state import start_state
from ..generation.flows import FLOWS, Flow
from ..records import start_over
from ..services import Round, Services, reject
from ..stream import each, together
from ..tracing import episode
from .held_out import HeldOutSeeds, drawn
from .state import RunState, RunUpdate, current_round, in_force


class TooLong(EpisodeError):
    """The end of a document does not fit into a context window; recorded as a reject, with the reason."""


@cache
def flow(name: str) -> Flow:
    """Return a flow's graph, compiled once."""
    return FLOWS[name]()


async def generate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the seeds through their flows, a bounded number at a time.

    Once the held-out set is drawn, its seeds are done: they may not train, and it stays as it is.
    """
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    await start_over(services.records, stages.GENERATE, round.number)
    services.notify(
        "stage_started", stage="generate", total=await services.records.count(kinds.SEED)
    )
    held = await drawn(services)
    measures = await HeldOutSeeds.draw(services)
    done = held is not None and held.round < round.number

    async def of_seed(seed: Seed) -> None:
        if seed.id not in measures:
            await _of_seed(seed, services, round)
        elif not done:
            even = services.settings.evaluation.even
            await _of_seed(seed, services, _evened(seed, services, round) if even else round)
        services.notify("progress", stage="generate")

    await each(services.records.stream(kinds.SEED), of_seed, services.settings.in_flight)
    drafts = await services.records.count(kinds.DRAFT, round.number)
    services.notify("stage_finished", stage="generate", count=drafts)
    return {"counts": {**state["counts"], "draft": drafts}}


def _evened(seed: Seed, services: Services, round: Round) -> Round:
    """Return the round as a held-out seed sees it where evaluation is even: all leaves, and one level."""
    level = 1 + crc32(seed.id.encode()) % HIGHEST
    leaves = {
        f"{skill.name}/{leaf.name}": LeafPolicy(complexity=level)
        for skill in services.skills.values()
        for leaf in skill.in_force
    }
    return replace(round, policy=Policy(version=round.policy.version, leaves=leaves), even=True)


async def _of_seed(seed: Seed, services: Services, round: Round) -> None:
    """Run one seed through the flows of its skills, side by side, and write what came of it."""
    whole, records, number = seed, services.records, round.number
    seed, cut = fitted(whole, services.cast, services.models)
    if cut:
        note = TooLong(cut)
        what = reject(note, stage="transformation", round=number, subject=whole.id)
        await records.add(kinds.REJECT, number, [what])

    async def of_skill(skill: Skill) -> None:
        start = start_state(seed, skill.name, round)
        found = await episode(flow(skill.flow), start, services)
        await records.add(kinds.PASSAGE, number, found["passages"])
        await records.add(kinds.DRAFT, number, found["instructions"])
        await records.add(kinds.SUGGESTION, number, found["suggestions"])
        await records.add(kinds.REJECT, number, found["rejects"])

    taken = [skill for skill in services.skills.values() if seed.kind in skill.seed_kinds]
    await together(of_skill(skill) for skill in taken)
