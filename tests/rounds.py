"""What a small stage does of a round: battles with what is selected, or the supervisor as a whole."""

from typing import Any

from arenainstruct.agents.records import (
    Instruction,
    Seed,
)
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import battle as arena
from arenainstruct.graphs.supervisor import decide, state
from arenainstruct.graphs.supervisor.battle import second_look
from arenainstruct.graphs.supervisor.decisions import (
    Decision,
)
from arenainstruct.graphs.supervisor.graph import build
from tests.stage import (
    SEED,
    Stage,
)


async def selected(stage: Stage, *asked: Instruction) -> Decision:
    """Battle and select; return the first instruction's decision."""
    await stage.store.add(kinds.INSTRUCTION, 1, asked)
    running = state.start_state(round=1)
    await arena.battle(running, stage.runtime)
    counts = (await decide.select(running, stage.runtime)).get("counts")
    await second_look(state.start_state(round=1, counts=counts), stage.runtime)
    found: list[Decision] = await stage.records(kinds.DECISION)
    return found[0]


async def supervised(stage: Stage, *seeds: Seed) -> state.RunState:
    await stage.store.add(kinds.SEED, 0, seeds or [SEED])
    ended: Any = await build().ainvoke(state.start_state(), context=stage.services)
    return ended  # type: ignore[no-any-return]
