"""Launching an arena from Python: `arena(config, path)`, resumed by the same call with its run id."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from ...graphs.services import Asked, Services
from ..control.interrupt import twin
from ..folder import ARENA, RUNS, RunFolder, refuse_odd_id
from ..opening import Opened, Opening, stored
from ..store import Place
from .config import ArenaConfig
from .questions import SKILL, read_questions
from .report import ArenaResult, close
from .tournament import Ends, Tournament


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    instructions: Path
    matchmaking: str = "round_robin"
    ends: Ends = Ends()
    runs_dir: Path = RUNS
    run_id: str | None = None
    without_canned: bool = False
    """Let no contender play whose answers are canned."""


async def arena_async(
    config: ArenaConfig, order: Order, notify: Callable[[int, int], None] = lambda done, most: None
) -> ArenaResult:
    """Play a tournament and return its result; what was paid under the run id is not paid again.

    Raises:
        UserError: what the user wrote is wrong; nothing was paid.
    """
    refuse_odd_id(order.run_id)
    questions, empty = read_questions(order.instructions, config.objective)
    if len(questions) < 1:
        raise UserError(f"{order.instructions}: holds no prompts")
    if order.ends.confidence is not None and config.arena.aggregation:
        raise UserError(
            f"arena.aggregation: {config.arena.aggregation} does not go with --confidence, which is "
            "known for ratings by games; leave it out, or end by --battles or --matchmaking round_robin"
        )
    opening = Opening(config.players, config)
    folder = _folder(order, config.execution.store)
    async with AsyncExitStack() as stack:
        stack.enter_context(folder.locked())
        again = folder.has_store
        place = folder.point_to(config.execution.store)
        if again:
            await _refuse_other_judging(folder, place, config)
        door = await stack.enter_async_context(opening.at(place))
        await door.store.set_meta(ARENA, _judging(config))
        folder.write_config(config.model_dump_json(indent=2) + "\n")
        tournament = Tournament(
            _services(config, door),
            questions,
            order.matchmaking,
            order.ends,
            notify,
            order.without_canned,
        )
        status, reason = await door.landing(tournament.play())
        how = {
            "status": status,
            "reason": reason,
            "instructions": str(order.instructions),
            "empty_rows": list(empty),
            "matchmaking": order.matchmaking,
            "asked": {"battles": order.ends.battles, "confidence": order.ends.confidence},
            "calls": door.door.tally.calls(),
        }
        return await close(tournament, folder, door.store, how)


arena = twin(arena_async)


def _folder(order: Order, address: str | None) -> RunFolder:
    """Return the folder of the run id, new or of an earlier start."""
    path = order.runs_dir / (order.run_id or "")
    if order.run_id is None or not RunFolder(path).has_store:
        return RunFolder.create(order.runs_dir, order.run_id, address)
    return RunFolder(path)


async def _refuse_other_judging(folder: RunFolder, place: Place, config: ArenaConfig) -> None:
    """Refuse to go on with what is no arena, or was judged another way."""
    with stored(place) as store:
        await store.refuse_lost()
        before, now = await store.get_meta(ARENA), _judging(config)
    if before is None and not folder.config.exists():
        return  # an arena that a kill kept from its first word
    if not isinstance(before, dict):
        raise UserError(f"--run-id {folder.run_id}: {folder.path} is no arena; choose another id")
    was = {name: before.get(name) for name in now}
    changed = [f"{name}: {was[name]} → {now[name]}" for name in now if was[name] != now[name]]
    if changed:
        raise UserError(
            f"--run-id {folder.run_id}: its battles were judged another way ({'; '.join(changed)}), and "
            "what they cost would be told together; choose another id"
        )


def _judging(config: ArenaConfig) -> dict[str, Any]:
    """Return what must stay the same when an arena goes on: models may join, the judging not change."""
    told = config.arena.model_dump(mode="json", include={"protocol", "verdict", "cascade"})
    return {**{f"arena.{name}": value for name, value in told.items()}, "seed": config.seed}


class _NoDuplicates:
    """Given prompts are battled over as they are."""

    async def seen(self, asked: Sequence[Asked], round: int) -> list[str | None]:
        return [None] * len(asked)

    async def forget(self, round: int) -> None:
        return None


def _services(config: ArenaConfig, door: Opened) -> Services:
    return Services(
        settings=config.graph_settings(),
        cast=config.cast,
        models=config.models,
        skills={SKILL.name: SKILL},
        troupe=door.troupe,
        records=door.store,
        duplicates=_NoDuplicates(),
        notify=door.trace.event,
    )
