"""Launching a run from Python: `launch(config)` and its async twin.

from arenainstruct.runs import launch, load_config
result = launch(load_config("mine.yaml"))
"""

import gc
import json
import time
from collections.abc import Callable, Container, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from langchain_core.runnables import RunnableConfig
from langgraph.types import StateSnapshot

from ..agents.contender_name import known_as
from ..agents.errors import StopRun, UserError
from ..agents.models.window import with_windows
from ..graphs.generation.fitting import no_room
from ..graphs.library import Library
from ..graphs.services import Duplicates, Services
from ..graphs.supervisor import state as supervisor_state
from ..graphs.supervisor.decide import decide_round
from ..graphs.supervisor.graph import build, extend, rewind
from ..graphs.supervisor.train import enlist_trained
from ..graphs.trainer import Trainer
from ..tools.decontamination import KnownTexts
from .begun import begun_with, keep_config, refuse_change
from .config.config import RunConfig, load_config
from .control.again import AGAIN, strike_refusals
from .control.control import attended
from .control.interrupt import twin
from .disk import write_whole
from .duplicates import TaskDuplicates, embedding_of, known_texts
from .export.otlp import exporting
from .folder import ARENA, RUNS, RunFolder
from .ingest import ingest
from .manifest import Manifest
from .opening import Opened, Opening, stored
from .report import close_run
from .result import RunResult
from .screen.progress import Progress
from .screen.terminal import program
from .store import Place, Store, checkpointer, drop_store, thread_of
from .trace import Listen
from .training.trainer import refuse_missing, trainer_of


async def launch_async(
    config: RunConfig,
    *,
    runs_dir: str | Path = RUNS,
    run_id: str | None = None,
    limit: int | None = None,
    on_event: Listen | None = None,
    trainer: Trainer | None = None,
) -> RunResult:
    """Start a new run and return its result; a stopped run returns too, its status says why.

    Args:
        config: what to make and how.
        runs_dir: where run folders stand.
        run_id: name of the run's folder; made from the time when left out.
        limit: take at most this many seeds.
        on_event: called with every event.
        trainer: trains the target after each round; without one the rows are only exported.

    Raises:
        UserError: what the user wrote is wrong; nothing was paid.
    """
    # Part of the config: a resume and a replay cut documents as the first start did.
    config = config.model_copy(update={"models": await with_windows(config.models)})

    def begin(stack: AsyncExitStack) -> tuple[RunFolder, Place]:
        made_with = Manifest.of(config.seeds, limit)
        folder = RunFolder.create(Path(runs_dir), run_id, config.execution.store)
        stack.enter_context(folder.locked())
        folder.write_config(config.placed().yaml())
        made_with.write(folder.manifest)
        return folder, folder.point_to(config.execution.store)

    return await _run(config, begin, on_event, trainer)


launch = twin(launch_async)


async def resume_async(
    run: str,
    *,
    runs_dir: str | Path = RUNS,
    overrides: tuple[str, ...] = (),
    on_event: Listen | None = None,
    trainer: Trainer | None = None,
) -> RunResult:
    """Take a run up where it stopped: what was paid is served from its ledger.

    Calls that failed for good in the round it had reached are asked again, also in a completed run, and so is
    what `ctl RUN again` was told.
    `overrides` may raise the budget, add rounds, train in another way from now on or change how the run is
    executed, not what it makes.
    With more rounds, a run that did all of its own goes on. With a larger `max_tokens` of a model, its
    answers that were cut off in that round are asked for again; what fitted is served.

    Raises:
        UserError: there is no such run, or an override changes what it makes.
    """
    folder = RunFolder.find(run, Path(runs_dir))
    with stored(folder.store()) as store:
        await _refuse_arena(folder, store)
        await store.refuse_lost()
        before = await begun_with(folder, store)
    config = load_config(folder.config, overrides)
    refuse_change(folder, before, config)

    def begin(stack: AsyncExitStack) -> tuple[RunFolder, Place]:
        stack.enter_context(folder.locked())
        place = folder.point_to(config.execution.store)
        folder.write_config(config.yaml())
        return folder, place

    return await _run(config, begin, on_event, trainer)


resume = twin(resume_async)


async def repeat_async(folder: RunFolder, trainer: Trainer, again: str) -> RunResult:
    """Run what stands in a folder from its ledger alone: a call that is not there stops the run.

    `trainer` gives back what was trained; `again` is told where its files cannot be written.
    """

    def begin(stack: AsyncExitStack) -> tuple[RunFolder, Place]:
        stack.enter_context(folder.locked(again))
        return folder, folder.store()

    return await _run(load_config(folder.config, replays=True), begin, None, trainer, network=False)


async def _refuse_arena(folder: RunFolder, store: Store) -> None:
    """Raise where a folder is an arena's."""
    if await store.get_meta(ARENA):
        raise UserError(
            f"resume {folder.run_id}: it is an arena's run, which goes on by the command that began "
            f"it: `{program()} arena PROMPTS {folder.config} --runs-dir {folder.path.parent} --run-id "
            f"{folder.run_id}`, with its options, and with --set for what changes"
        )


async def _run(
    config: RunConfig,
    begin: Callable[[AsyncExitStack], tuple[RunFolder, Place]],
    on_event: Listen | None,
    trainer: Trainer | None,
    *,
    network: bool = True,
) -> RunResult:
    started = time.monotonic()
    if wrong := no_room(config.cast, config.models):
        raise UserError(wrong)
    if trainer is None:
        refuse_missing(config.training)
    # Before the folder: what the user wrote wrongly leaves none behind.
    known = known_texts(config.curation)
    opening = Opening(config.players, config, network=network)
    progress = Progress()
    async with AsyncExitStack() as stack:
        folder, place = begin(stack)
        opened = await stack.enter_async_context(
            opening.at(place, listen=progress.and_then(on_event))
        )
        stack.enter_context(_frozen_heap())
        trace, store, door = opened.trace, opened.store, opened.door
        await keep_config(store, config)
        if network:
            await stack.enter_async_context(attended(folder, opened, progress))
            await stack.enter_async_context(exporting(store, folder.run_id, trace))
        trace.event(
            "run_started",
            run_id=folder.run_id,
            door=door,
            ceiling=config.budget.usd,
            spent=opened.budget.spent,
        )
        try:
            await ingest(
                store,
                opened.index,
                config.seeds,
                config.loaded_skills(),
                Manifest.read(folder.manifest).seeds.limit,
                told=lambda read: trace.event("reading", seeds=read),
            )
        except UserError:
            # No seed: its name stays free, unless its documents were there once and their calls are paid.
            paid = (await store.totals()).calls
            await stack.aclose()
            if not paid:
                drop_store(place)
                folder.remove()
            raise
        embed = embedding_of(config.embedding, door, trace.notice)
        duplicates = TaskDuplicates(store, config.curation, embed)
        models = dict(config.models)
        services = replace(
            services_of(config, opened, duplicates, known),
            models=models,
            trainer=trainer or trainer_of(config.training, config.seed, folder.path),
            enlist=partial(opening.enlist, opened, models, folder.path),
            rest=lambda name: door.rest(known_as(name, door.models)),
        )
        await enlist_trained(services)
        caps = {alias: model.max_tokens for alias, model in config.models.items()}
        cut = await store.cut_under(caps) if network else ()
        status, reason = await opened.landing(_rounds(services, store, place, cut))
        result = await close_run(
            config, folder, store, tally=door.tally, status=status, reason=reason
        )
        elapsed = round(time.monotonic() - started, 3)
        # A start that found the run done has been nowhere: what the one before it reached still holds.
        reached = progress.reached() or folder.ended().get("reached", {})
        result = replace(result, reached=reached, elapsed_s=elapsed)
        write_whole(folder.result, json.dumps(result.data(), indent=2) + "\n")
        trace.event("run_finished", status=status, reason=reason)
        return result


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Leave everything that lives now out of garbage collection: what was imported stays.

    The libraries of this stack hold many objects, and each full collection walks them all: about a
    sixth of a run's CPU without this.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def services_of(
    config: RunConfig, opened: Opened, duplicates: Duplicates, known: KnownTexts | None
) -> Services:
    """Return what the graphs of a run reach for."""
    return Services(
        settings=config.graph_settings(),
        cast=config.cast,
        models=config.models,
        skills={skill.name: skill for skill in config.loaded_skills()},
        troupe=opened.troupe,
        records=opened.store,
        duplicates=duplicates,
        library=Library(opened.index),
        known=known,
        notify=opened.trace.event,
    )


async def _rounds(
    services: Services, store: Store, place: Place, cut: Container[str]
) -> tuple[str, str]:
    """Run the supervisor's rounds from where they are; return status and reason."""
    async with checkpointer(place) as saver:
        supervisor = build(saver)
        config: RunnableConfig = {"configurable": {"thread_id": await thread_of(saver, place)}}
        wanted = await strike_refusals(store)
        await rewind(supervisor, config, store, cut, wanted=wanted)
        if wanted:
            await store.set_meta(AGAIN, [])
        await extend(supervisor, config, services.settings.rounds)
        snapshot = await supervisor.aget_state(config)
        # The gate says when a run is done. An empty `next` does not: a kill may leave one, when a
        # node's writes are on disk and their checkpoint is not.
        if ended := snapshot.values.get("ended"):
            return "completed", ended
        start = None if snapshot.values else supervisor_state.start_state()
        _tell_where(services, snapshot)
        try:
            final = await supervisor.ainvoke(start, config, context=services)
        except StopRun as stop:
            await _close_partly(services, await supervisor.aget_state(config))
            return f"stopped: {stop.reason}", str(stop)
        return "completed", final["ended"]


def _tell_where(services: Services, snapshot: StateSnapshot) -> None:
    """Tell the round that a resumed run goes on with; one that begins is told by its plan."""
    number = snapshot.values.get("round", 0)
    if number and snapshot.next and snapshot.next != ("plan",):
        stage = " and ".join(snapshot.next)  # several, where `select` routed to several
        rounds = services.settings.rounds
        services.notify("round_resumed", round=number, rounds=rounds, stage=stage)


async def _close_partly(services: Services, snapshot: StateSnapshot) -> None:
    """Let a stopped round train on the battles it has; a resume decides on all of them anew."""
    if snapshot.next in (("battle",), ("select",)):
        await decide_round(
            services.with_target(snapshot.values["target"]), snapshot.values["round"]
        )
