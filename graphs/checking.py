"""Programs that look at instructions and answers: a leaf's checker, before any model does."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

from ..agents.records import Answer, Check, Instruction, Turn
from ..tools.checkers import (
    CHECKERS,
    RUNS_CODE,
    SITE_STATE,
    TOOL_CALLS,
    CheckTask,
    usable,
)
from ..tools.site_checks import check_site_task, unusable_goal
from ..tools.text_faults import broken
from ..tools.tool_checks import check_tool_use
from ..tools.use_browser import NAME as BROWSER

T = TypeVar("T")


async def apart(instruction: Instruction, look: Callable[[], T]) -> T:
    """Return what a program here says; one that runs code says it from a thread of its own."""
    if instruction.check is not None and instruction.check.name in RUNS_CODE:
        return await asyncio.to_thread(look)
    return look()


def checked(instruction: Instruction, answer: Answer) -> Answer:
    """Return the answer with what programs say of it; unchanged where there is nothing to say."""
    if why := broken(answer.text, instruction.prompt()):
        answer = answer.model_copy(update={"broken": why})
    check = instruction.check
    if check is None:
        return answer
    passed, note = _found(instruction, check, answer)
    return answer.model_copy(update={"checked": passed, "check_note": note})


def _found(instruction: Instruction, check: Check, answer: Answer) -> tuple[bool | None, str]:
    if check.name == TOOL_CALLS:
        said = (Turn(role="user", content=instruction.prompt()), *answer.turns)
        turns = [(t.role, t.content, [(c.name, c.arguments) for c in t.tool_calls]) for t in said]
        result = check_tool_use(
            turns,
            instruction.environment.apis,
            instruction.expected_behaviour,
            instruction.task,
            expected_calls=check.terms,
        )
        return result.passed, result.note
    if check.name == SITE_STATE:
        told = _results(answer.turns, BROWSER)
        found = check_site_task(told, answer.text, check.terms, check.replacements)
    else:
        found = CHECKERS[check.name](answer.text, check_task(instruction))
    return found.passed, found.note


def _results(turns: Iterable[Turn], tool: str) -> list[str]:
    """Return what calls of a tool returned, in order."""
    calls: dict[str, str] = {}
    found: list[str] = []
    for turn in turns:
        calls.update((call.id, call.name) for call in turn.tool_calls)
        if turn.role == "tool" and calls.get(turn.tool_call_id) == tool:
            found.append(turn.content)
    return found


def unusable(instruction: Instruction) -> str:
    """Return why the checker cannot work with its arguments; empty when it can, or there is none."""
    check = instruction.check
    if check is None:
        return ""
    if check.name == TOOL_CALLS:
        known = {api.name for api in instruction.environment.apis}
        absent = sorted(set(check.terms) - known)
        return f"{check.name}: no such API in the list: {', '.join(absent)}" if absent else ""
    if check.name == SITE_STATE:
        why = unusable_goal(check.terms)
    else:
        why = usable(check.name, check_task(instruction))
    return f"{check.name}: {why}" if why else ""


def check_parameters(instruction: Instruction) -> dict[str, Any]:
    """Return all that the instruction's checker needs besides an answer, as plain data."""
    check = instruction.check
    if check is not None and check.name == TOOL_CALLS:
        return {
            "terms": check.terms,
            "apis": [api.model_dump(mode="json") for api in instruction.environment.apis],
            "expected_behaviour": instruction.expected_behaviour,
            "task": instruction.task,
        }
    return asdict(check_task(instruction))


def check_task(instruction: Instruction) -> CheckTask:
    """Return what a checker of texts needs to know of an instruction."""
    check = instruction.check
    return CheckTask(
        context=instruction.environment.material,
        task=instruction.task,
        terms=check.terms if check else (),
        replacements=check.replacements if check else (),
        options=instruction.options,
        files=tuple((file.name, file.text) for file in instruction.environment.files),
    )
