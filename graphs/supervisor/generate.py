"""Generate: every seed goes through the flow of every skill that takes its kind."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from zlib import crc32

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.records import Seed
from ...taxonomy.policy import LeafPolicy, Policy, only
from ...taxonomy.quota import Quota, Seat
from ...taxonomy.routing import route, traits
from ...taxonomy.skill import HIGHEST, Skill
from .. import kinds, stages
from ..generation.fitting import fitted
from ..generation.flow_state import Flow, start_state
from ..generation.flows import opened
from ..records import start_over
from ..services import Round, Services, reject
from ..stream import each, together
from ..tracing import episode
from .held_out import HeldOutSeeds, drawn
from .state import RunState, RunUpdate, current_round, in_force


@dataclass(frozen=True)
class Asked:
    """What is asked of a seed."""

    seats: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    """By skill; of none that does not take it."""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Skills that take its kind and have nothing for it, each with the reason."""


class Unfit(EpisodeError):
    """A document has nothing of what a skill's leaves need; recorded as a reject, with the reason."""


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

    held = await HeldOutSeeds.draw(services)
    await services.library.shelve(services.records, held.__contains__)

    async def of_seed(given: tuple[Seed, Round, Asked]) -> None:
        seed, own, asked = given
        await _of_seed(seed, asked, services, own)
        services.notify("progress", stage="generate")

    await each(_seated(services, round, held), of_seed, services.settings.in_flight)
    drafts = await services.records.count(kinds.DRAFT, round.number)
    services.notify("stage_finished", stage="generate", count=drafts)
    return {"counts": {**state["counts"], "draft": drafts}}


async def _seated(
    services: Services, round: Round, measures: HeldOutSeeds
) -> AsyncIterator[tuple[Seed, Round, Asked]]:
    """Yield the seeds in their order, each with its round and what is asked of it: of a done one, nothing."""
    held = await drawn(services)
    done = held is not None and held.round < round.number
    even = services.settings.evaluation.even
    asked = _quotas(services, round)
    evened = _quotas(services, _evened(services, round, 1)) if even else asked
    async for seed in services.records.stream(kinds.SEED):
        if seed.id not in measures:
            yield seed, round, _asked(services, seed, round, asked)
        elif done:
            yield seed, round, Asked()
        elif even:
            own = _evened(services, round, 1 + crc32(seed.id.encode()) % HIGHEST)
            yield seed, own, _asked(services, seed, own, evened)
        else:
            yield seed, round, _asked(services, seed, round, asked)


def _quotas(services: Services, round: Round) -> dict[str, Quota]:
    return {
        name: Quota(round.policy, skill, f"{services.settings.seed}/{name}", round.number)
        for name, skill in services.skills.items()
    }


def _asked(services: Services, seed: Seed, round: Round, quotas: Mapping[str, Quota]) -> Asked:
    """Return what the quotas ask of a seed, of that which it is fit for."""
    made, has = services.settings.per_seed, traits(seed.text, seed.kind)
    routes = {
        name: route(
            skill, has, made.explore, f"{services.settings.seed}/{seed.id}/{name}/{round.number}"
        )
        for name, skill in services.skills.items()
        if seed.kind in skill.seed_kinds
    }
    return Asked(
        seats={
            name: quotas[name].of_seed(made.passages, made.instructions, made.per_leaf, found.ways)
            for name, found in routes.items()
            if found.ways
        },
        unfit={name: found.why for name, found in routes.items() if not found.ways},
    )


def _evened(services: Services, round: Round, level: int) -> Round:
    """Return the round as a held-out seed sees it where evaluation is even: all leaves, each at one level."""
    leaves = {
        f"{skill.name}/{leaf.name}": LeafPolicy(complexity=level, levels=only(level))
        for skill in services.skills.values()
        for leaf in skill.in_force
    }
    return replace(round, policy=Policy(version=round.policy.version, leaves=leaves))


async def _of_seed(seed: Seed, asked: Asked, services: Services, round: Round) -> None:
    """Run one seed through the flows of its skills, side by side, and write what came of it."""
    whole, records, number, seats = seed, services.records, round.number, asked.seats
    unfit = [
        reject(Unfit(why), stage="routing", round=number, subject=seed.id, skill=name)
        for name, why in asked.unfit.items()
    ]
    await records.add(kinds.REJECT, number, unfit)
    if not seats:
        return
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
