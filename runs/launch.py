"""Launching a run from Python: `launch(config)` and its async twin.

from arenainstruct.runs import launch, load_config
result = launch(load_config("mine.yaml"))
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.runtime import Runtime

from ..agents.actor import Desk
from ..agents.errors import StopRun, UserError
from ..agents.models.budget import Budget
from ..agents.models.door import Door
from ..agents.models.limits import share_limits
from ..agents.models.opening import open_models
from ..agents.troupe import Troupe
from ..graphs.services import Services
from ..graphs.supervisor import state as supervisor_state
from ..graphs.supervisor.graph import build
from ..graphs.supervisor.select import select
from ..taxonomy.skill import load_skill
from ..tools.retrieval import ApiIndex
from .config import RunConfig, load_config
from .duplicates import TaskDuplicates
from .folder import RUNS, RunFolder
from .ingest import ingest
from .manifest import write_manifest
from .report import close_run
from .result import RunResult
from .store import Store
from .trace import Trace

OnEvent = Callable[[str, dict[str, Any]], None]
"""Called with (kind, data) for every event of the run; must be quick."""


def launch(config: RunConfig, **options: Any) -> RunResult:
    """Run from the seeds to the dataset; see `launch_async` for the options."""
    return asyncio.run(launch_async(config, **options))


async def launch_async(
    config: RunConfig,
    *,
    runs_dir: str | Path = RUNS,
    run_id: str | None = None,
    limit: int | None = None,
    on_event: OnEvent | None = None,
) -> RunResult:
    """Start a new run and return its result; a stopped run returns too, its status says why.

    Args:
        config: what to make and how.
        runs_dir: where run folders stand.
        run_id: name of the run's folder; made from the time when left out.
        limit: take at most this many seeds.
        on_event: called with every event.

    Raises:
        UserError: what the user wrote is wrong; nothing was paid.
    """
    folder = RunFolder.create(Path(runs_dir), run_id)
    folder.config.write_text(config.yaml(), encoding="utf-8")
    write_manifest(folder.manifest, config.seeds)
    return await _run(config, folder, limit, on_event)


def resume(run: str, **options: Any) -> RunResult:
    """Take a run up where it stopped; see `resume_async` for the options."""
    return asyncio.run(resume_async(run, **options))


async def resume_async(
    run: str,
    *,
    runs_dir: str | Path = RUNS,
    overrides: tuple[str, ...] = (),
    on_event: OnEvent | None = None,
) -> RunResult:
    """Take a run up where it stopped: what was paid is served from its ledger.

    `overrides` may raise the budget or change how the run is executed, not what it makes.

    Raises:
        UserError: there is no such run, or an override changes what it makes.
    """
    folder = RunFolder.find(run, Path(runs_dir))
    before = load_config(folder.config)
    config = load_config(folder.config, overrides)
    if config.what() != before.what():
        old, new = before.what(), config.what()
        changed = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
        raise UserError(
            f"resume {folder.run_id}: {', '.join(changed)} cannot change in a run that has begun; "
            "start another one for that (budget, execution and endpoints may change)"
        )
    folder.config.write_text(config.yaml(), encoding="utf-8")
    return await _run(config, folder, None, on_event)


async def _run(
    config: RunConfig, folder: RunFolder, limit: int | None, on_event: OnEvent | None
) -> RunResult:
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        store = Store.open(folder.store)
        stack.callback(store.close)
        trace = Trace(store, on_event)
        limits = share_limits(
            config.models,
            patience_s=config.execution.patience_s,
            notify=lambda text: trace.event("notice", text=text),
        )
        budget = Budget(config.budget.usd, spent=store.totals().usd)
        door = Door(open_models(config.models, limits, config.seed), store, budget)
        stack.push_async_callback(door.aclose)
        index = stack.enter_context(ApiIndex(folder.apis))
        if limit is None:
            limit = store.get_meta("limit")
        await store.set_meta("limit", limit)
        trace.event("run_started", run_id=folder.run_id, door=door)
        await ingest(store, index, config.seeds, limit)
        duplicates = TaskDuplicates(folder.path, config.curation.near_duplicate)
        stack.callback(duplicates.close)
        troupe = await stack.enter_async_context(Troupe(Desk(door, index), trace.message))
        services = Services(
            settings=config.graph_settings(),
            cast=config.cast,
            models=config.models,
            skills={(skill := load_skill(name)).name: skill for name in config.skills},
            troupe=troupe,
            records=store,
            duplicates=duplicates,
            notify=trace.event,
        )
        status, reason = await _rounds(services, folder)
        result = await close_run(
            config, folder, store, calls=door.tally.calls(), status=status, reason=reason
        )
        result = replace(result, elapsed_s=round(time.monotonic() - started, 3))
        trace.event("run_finished", status=status, reason=reason)
        return result


async def _rounds(services: Services, folder: RunFolder) -> tuple[str, str]:
    """Run the supervisor's rounds from where they are; return status and reason."""
    async with AsyncSqliteSaver.from_conn_string(str(folder.checkpoints)) as saver:
        supervisor = build(saver)
        config: RunnableConfig = {"configurable": {"thread_id": folder.run_id}}
        snapshot = await supervisor.aget_state(config)
        if snapshot.values and not snapshot.next:
            return "completed", snapshot.values["ended"]
        start = None if snapshot.next else supervisor_state.start_state()
        try:
            ended = await supervisor.ainvoke(start, config, context=services)
        except StopRun as stop:
            values = (await supervisor.aget_state(config)).values
            await _select_partly(services, values)
            return f"stopped: {stop.reason}", str(stop)
        return "completed", ended["ended"]


async def _select_partly(services: Services, values: dict[str, Any]) -> None:
    """Let a stopped round train on the battles it has; a resume decides on all of them anew."""
    if not values.get("round"):
        return
    curation = services.settings.curation.model_copy(update={"model_gate": False})
    settings = services.settings.model_copy(update={"curation": curation})
    state = supervisor_state.RunState(
        round=values["round"], policy=values["policy"], counts=values["counts"], ended=""
    )
    await select(state, Runtime(context=replace(services, settings=settings)))
