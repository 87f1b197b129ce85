"""The contender in a browser: it follows what a task says step by step, and guesses where none is said.

Strong takes every step and reads the last page for what is asked. Medium leaves choices as they are set.
Weak clicks once and says that it is done.
"""

import json
import random
import re
from typing import Any, NamedTuple

from ...records import ToolCall
from .request import OfflineReply, OfflineRequest
from .text import stems

_STEP = re.compile(
    r'\btype "(?P<typed>[^"]*)" in the field "(?P<field>[^"]*)"'
    r'|\bselect "(?P<option>[^"]*)" in "(?P<choice>[^"]*)"'
    r'|\bclick "(?P<click>[^"]*)"',
    re.I,
)
_ELEMENT = re.compile(r'\[(\d+)\] (?:link|button|text field|choice|checkbox) "([^"\n]*)"')
_ASKED = re.compile(r"(?<![^.?!:])[^.?!:]++\?")
_NUMBER = re.compile(r"\b(?:how many|what is the)\b", re.I)
_DONE, _LOST = "It is done.", "I could not find my way on this website."
_GUESSES = 4


class _Step(NamedTuple):
    """One action: what it is done to, by its name, and the text for it."""

    action: str
    name: str
    text: str = ""


def browse(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Take the next action, or conclude."""
    task = request.user_turns[-1]
    made = [json.loads(call.arguments) for turn in request.turns for call in turn.tool_calls]
    if not made:
        return _act(made, "open", 0, "/")
    page = next(turn.content for turn in reversed(request.turns) if turn.role == "tool")
    if page.startswith('{"error"'):
        return OfflineReply(_LOST)
    elements = {name: int(number) for number, name in reversed(_ELEMENT.findall(page))}
    steps = _steps(task, request.strength)
    taken = sum(call["action"] not in ("open", "read") for call in made)
    if not steps:
        return (
            _guess(made, elements, page, task)
            if request.strength == "strong"
            else _end(request, page)
        )
    if taken == len(steps):
        return _end(request, page)
    step = steps[taken]
    if step.name in elements:
        return _act(made, step.action, elements[step.name], step.text)
    # It may stand further down.
    return OfflineReply(_LOST) if made[-1]["action"] == "read" else _act(made, "read", 0, "")


def _steps(task: str, strength: str) -> list[_Step]:
    found: list[_Step] = []
    for step in _STEP.finditer(task):
        if step["click"] is not None:
            found.append(_Step("click", step["click"]))
        elif step["field"] is not None:
            found.append(_Step("type", step["field"], step["typed"]))
        elif strength == "strong":
            found.append(_Step("select", step["choice"], step["option"]))
    return found[:1] if strength == "weak" else found


def _guess(
    made: list[dict[str, Any]], elements: dict[str, int], page: str, task: str
) -> OfflineReply:
    """Click what shares most words with the task and was not clicked yet, a few times."""
    wanted = stems(task)
    told = {name: len(stems(name) & wanted) for name in elements if stems(name) & wanted}
    best = max(told, key=lambda name: told[name], default="")
    number = elements.get(best, 0)
    clicked = [call.get("element") for call in made[1:]]
    if not best or number in clicked or len(clicked) >= _GUESSES:
        return _said(task, page)
    return _act(made, "click", number, "")


def _end(request: OfflineRequest, page: str) -> OfflineReply:
    return (
        OfflineReply(_DONE) if request.strength == "weak" else _said(request.user_turns[-1], page)
    )


def _said(task: str, page: str) -> OfflineReply:
    """Say what the page tells of what is asked."""
    asked = _ASKED.search(task)
    if asked is None:
        return OfflineReply(_DONE)
    title, *rows, _ = page.splitlines()
    # What names the page or can only be used tells nothing.
    told = [_bare(row) for row in rows if f'"{row}"' not in title]
    wanted, counted = stems(asked[0]), bool(_NUMBER.search(asked[0]))
    best = max(
        told,
        key=lambda row: (counted and any(map(str.isdigit, row)), len(stems(row) & wanted)),
        default="",
    )
    return OfflineReply(best or _LOST)


def _bare(row: str) -> str:
    """Return a line of a page without what can only be used: of a link before a text, its name."""
    text = _ELEMENT.sub("", row).strip(" |")
    first = _ELEMENT.match(row)
    return f"{first[2]}: {text}" if first and text and "] link" in first[0] else text


def _act(made: list[dict[str, Any]], action: str, element: int, text: str) -> OfflineReply:
    arguments = json.dumps({"action": action, "element": element, "text": text}, ensure_ascii=False)
    id = f"call_{len(made) + 1}"
    return OfflineReply("", (ToolCall(id=id, name="use_browser", arguments=arguments),))
