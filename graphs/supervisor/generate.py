"""Generate: every seed goes through the flow of every skill that takes its kind."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import cache
from zlib import crc32

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.records import Seed
from ...taxonomy.policy import LeafPolicy, Policy
from ...taxonomy.quota import Quota, Seat
from ...taxonomy.skill import HIGHEST, Skill
from .. import kinds, stages
from ..generation.fitting import fitted
from ..generation.flow_state import start_state
from ..generation.flows import Flow, opened
from ..records import start_over
from ..services import Round, Services, reject
from ..stream import each, together
from ..tracing import episode
from .held_out import HeldOutSeeds, drawn
from .state import RunState, RunUpdate, current_round, in_force

Seats = Mapping[str, tuple[Seat, ...]]
"""What is asked of a seed, by skill; of none that does not take it."""


class TooLong(EpisodeError):
    """The end of a document does not fit into a context window; recorded as a reject, with the reason."""


@cache
def flow(name: str) -> Flow:
    """Return a flow's graph, compiled once."""
    return opened(name)


async def generate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the seeds through their flows, a bounded number at a time.

    Once the held-out set is drawn, its seeds are done: they may not train, and it stays as it is.
    """
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    await start_over(services.records, stages.GENERATE, round.number)
    services.notify(
        "stage_started", stage="generate", total=await services.records.count(kinds.SEED)
    )

    async def of_seed(given: tuple[Seed, Round, Seats]) -> None:
        seed, own, seats = given
        await _of_seed(seed, seats, services, own)
        services.notify("progress", stage="generate")

    await each(_seated(services, round), of_seed, services.settings.in_flight)
    drafts = await services.records.count(kinds.DRAFT, round.number)
    services.notify("stage_finished", stage="generate", count=drafts)
    return {"counts": {**state["counts"], "draft": drafts}}


async def _seated(services: Services, round: Round) -> AsyncIterator[tuple[Seed, Round, Seats]]:
    """Yield the seeds in their order, each with its round and what is asked of it: of a done one, nothing."""
    held, measures = await drawn(services), await HeldOutSeeds.draw(services)
    done = held is not None and held.round < round.number
    even = services.settings.evaluation.even
    asked = _quotas(services, round)
    evened = _quotas(services, _evened(services, round, 1)) if even else asked
    async for seed in services.records.stream(kinds.SEED):
        if seed.id not in measures:
            yield seed, round, _seats(services, seed, asked)
        elif done:
            yield seed, round, {}
        elif even:
            level = 1 + crc32(seed.id.encode()) % HIGHEST
            yield seed, _evened(services, round, level), _seats(services, seed, evened)
        else:
            yield seed, round, _seats(services, seed, asked)


def _quotas(services: Services, round: Round) -> dict[str, Quota]:
    return {
        name: Quota(round.policy, skill, f"{services.settings.seed}/{name}", round.number)
        for name, skill in services.skills.items()
    }


def _seats(services: Services, seed: Seed, quotas: Mapping[str, Quota]) -> Seats:
    made = services.settings.per_seed
    return {
        name: quotas[name].of_seed(made.passages, made.instructions, made.per_leaf)
        for name, skill in services.skills.items()
        if seed.kind in skill.seed_kinds
    }


def _evened(services: Services, round: Round, level: int) -> Round:
    """Return the round as a held-out seed sees it where evaluation is even: all leaves, at one level."""
    leaves = {
        f"{skill.name}/{leaf.name}": LeafPolicy(complexity=level)
        for skill in services.skills.values()
        for leaf in skill.in_force
    }
    return replace(round, policy=Policy(version=round.policy.version, leaves=leaves), even=True)


async def _of_seed(seed: Seed, seats: Seats, services: Services, round: Round) -> None:
    """Run one seed through the flows of its skills, side by side, and write what came of it."""
    if not seats:
        return
    whole, records, number = seed, services.records, round.number
    seed, cut = fitted(whole, services.cast, services.models)
    if cut:
        note = TooLong(cut)
        what = reject(note, stage="transformation", round=number, subject=whole.id)
        await records.add(kinds.REJECT, number, [what])

    async def of_skill(skill: Skill) -> None:
        start = start_state(seed, skill.name, round, seats[skill.name])
        found = await episode(flow(skill.flow), start, services)
        await records.add(kinds.PASSAGE, number, found["passages"])
        await records.add(kinds.DRAFT, number, found["instructions"])
        await records.add(kinds.SUGGESTION, number, found["suggestions"])
        await records.add(kinds.REJECT, number, found["rejects"])

    await together(of_skill(services.skills[name]) for name in seats)
