"""Answers as ATIF trajectories: one a contender's answer, its tool calls and their results in order."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from ...agents.records import Answer, Instruction, Turn
from ...graphs import kinds
from ...graphs.stream import paged
from ..dataset.lineage import find_instructions
from ..store import Store
from ..store.requests import Unreadable

VERSION = "ATIF-v1.4"
_PAGE = 200


async def trajectories(store: Store, run: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the trajectories of a run in the order of their answers' ids."""
    page: list[Answer]
    async for page in paged(store.stream(kinds.ANSWER), _PAGE):
        asked = await find_instructions(store, {answer.instruction_id for answer in page})
        for answer in page:
            if (instruction := asked.get(answer.instruction_id)) is None:
                raise Unreadable(
                    f"{answer.instruction_id} is not in it, and {answer.id} answers it"
                )
            yield trajectory(run, instruction, answer)


def trajectory(run: str, asked: Instruction, answer: Answer) -> dict[str, Any]:
    """Return one answer as a trajectory."""
    steps: list[dict[str, Any]] = [_user(asked.prompt())]
    for turn in answer.turns:
        if turn.role == "tool":
            _observe(steps[-1], turn)
        elif turn.role == "assistant":
            steps.append(_agent(turn, answer.model))
        else:
            steps.append(_user(turn.content))
    for place, step in enumerate(steps, 1):
        step["step_id"] = place
    _think(steps, answer.thoughts)
    return {
        "schema_version": VERSION,
        "session_id": answer.id,
        "agent": {"name": answer.contender, "version": "1", "model_name": answer.model},
        "steps": steps,
        "final_metrics": {"total_steps": len(steps)},
        "extra": {
            "run": run,
            "instruction_id": asked.id,
            "skill": asked.skill,
            "leaf": asked.leaf,
            "checked": answer.checked,
        },
    }


def _user(text: str) -> dict[str, Any]:
    return {"source": "user", "message": text}


def _agent(turn: Turn, model: str) -> dict[str, Any]:
    step: dict[str, Any] = {"source": "agent", "message": turn.content, "model_name": model}
    if turn.tool_calls:
        step["tool_calls"] = [
            {"tool_call_id": c.id, "function_name": c.name, "arguments": _arguments(c.arguments)}
            for c in turn.tool_calls
        ]
    return step


def _observe(step: dict[str, Any], turn: Turn) -> None:
    """Add a tool's result to the step that called it."""
    seen = step.setdefault("observation", {"results": []})
    seen["results"].append({"source_call_id": turn.tool_call_id, "content": turn.content})


def _think(steps: list[dict[str, Any]], thoughts: tuple[str, ...]) -> None:
    spoken = [step for step in steps if step["source"] == "agent"]
    for step, thought in zip(spoken, thoughts, strict=False):
        if thought:
            step["reasoning_content"] = thought


def _arguments(text: str) -> Any:
    """Return a call's arguments; as the model wrote them where they are no JSON object."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"_raw": text}
