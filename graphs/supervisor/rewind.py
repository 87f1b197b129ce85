"""Rewind: on resume, the round reached starts over where calls failed in it.

Only those calls are asked again, those whose reply did not parse, answers that were cut off where they may
be longer now, and what the user wants asked again: every other one is in the ledger. Earlier rounds stay
as they are, since what came after them was made under the policy that they led to.
"""

from collections.abc import Container
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import StateSnapshot

from ...agents.contender_name import alias_of
from .. import kinds
from ..records import Records, cut_answers
from ..services import FAILURES
from .gate import ALL_DONE
from .graph import Supervisor


async def rewind(
    supervisor: Supervisor,
    config: RunnableConfig,
    records: Records,
    cut: Container[str] = (),
    *,
    wanted: bool = False,
) -> None:
    """Let the round reached begin again with its generation, if a call failed in it, or where it is `wanted`.

    So it does where it holds a cut answer of a contender that is among `cut`: those that may write more.
    """
    number = (await supervisor.aget_state(config)).values.get("round", 0)
    if not number:
        return
    if not (wanted or await _failed(records, number) or await _cut(records, number, cut)):
        return
    opened = await _opened(supervisor, config, number)
    if opened is None:
        return
    # The checkpoint first: a kill between the two then finds a round that starts over anyway.
    await supervisor.aupdate_state(config, opened, as_node="plan")
    for kind in kinds.OF_ROUND:
        await records.discard(kind, number)


async def _failed(records: Records, number: int) -> bool:
    """Return whether a call failed in a round, or its reply could not be used; a gate's no is no failure."""
    reasons = await records.count_by(kinds.REJECT, "reason", round=number)
    return any((name,) in reasons for name in FAILURES.values())


async def _cut(records: Records, number: int, cut: Container[str]) -> bool:
    answers = await cut_answers(records, number)
    return any(alias_of(who) in cut for who in answers)


async def _opened(
    supervisor: Supervisor, config: RunnableConfig, number: int
) -> dict[str, Any] | None:
    """Return the state in which the round was opened."""
    found: StateSnapshot
    async for found in supervisor.aget_state_history(config):
        if found.next == ("generate",) and found.values["round"] == number:
            return dict(found.values)
    return None


async def extend(supervisor: Supervisor, config: RunnableConfig, rounds: int) -> None:
    """Let a run that did all its rounds go on with the next one, where more are asked for now."""
    values = (await supervisor.aget_state(config)).values
    if values.get("ended") == ALL_DONE and values["round"] < rounds:
        await supervisor.aupdate_state(config, {"ended": ""}, as_node="gate")
