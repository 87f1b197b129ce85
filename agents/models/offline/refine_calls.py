"""The editor of tool-use tasks: one call more, a later turn, a correction, a value held back."""

import json
import random
import re

from ...replies import CheckReply, EditReply
from .schema import Function, example_value, words_of
from .text import bare, lower_first
from .use_tools import planned


def further_call(apis: tuple[Function, ...], rng: random.Random) -> str:
    """Ask for one call more, with its values."""
    function = rng.choice(apis)
    values = ", ".join(
        f"{words_of(p.name)} {json.dumps(example_value(p, rng))}" for p in function.required
    )
    aim = lower_first(bare(function.description.split(". ")[0])) or words_of(function.name)
    return f"Then also do this: {aim}" + (f", with {values}." if values else ".")


def edit_calls(
    task: str,
    apis: tuple[Function, ...],
    behaviour: str,
    *,
    goal: str,
    demand: str,
    rng: random.Random,
) -> EditReply:
    """Carry out a direction on a tool-use task."""
    turns: list[str] = []
    held = _held_back(task, apis) if "missing" in goal else None
    if held:
        task, turns, behaviour = held[0], [held[1]], "ask_for_missing"
    elif "correct" in goal:
        turns = [_correction(task, apis, rng)]
    elif "follow" in goal:
        turns = [demand]
    else:
        task = f"{task.rstrip()} {demand}"
    terms = [] if behaviour == "ask_for_missing" else planned(" ".join([task, *turns]), apis)
    return EditReply(
        task=task,
        passage="",
        options=[],
        expected_behaviour=behaviour,
        check=CheckReply(terms=terms, replacements=[]),
        user_turns=turns,
    )


def _held_back(task: str, apis: tuple[Function, ...]) -> tuple[str, str] | None:
    """Take a required parameter's value out of the task; the next turn gives it."""
    wanted = [f for f in apis if f.name in planned(task, apis)]
    for name in (words_of(p.name) for f in wanted for p in f.required):
        value = re.search(
            rf",? (?:with )?{re.escape(name)} (\"[^\"]*\"|-?[\d.]*\d|true|false)", task
        )
        if value:
            rest = task[: value.start()] + task[value.end() :]
            return rest, f"Sorry, I forgot: {name} {value[1]}."
    return None


def _correction(task: str, apis: tuple[Function, ...], rng: random.Random) -> str:
    """Change one value in a later turn."""
    wanted = [p for f in apis if f.name in planned(task, apis) for p in f.parameters]
    told = [p for p in wanted if words_of(p.name) in task] or wanted
    if not told:
        return "Please do the same once more."
    parameter = rng.choice(told)
    value = json.dumps(example_value(parameter, rng))
    return f"I made a mistake. Please do it again, but with {words_of(parameter.name)} {value}."
