"""The contender in a browser: it follows what a task says step by step, and guesses where none is said.

Strong takes every step and reads the last page for what is asked. Medium leaves choices as they are set.
Weak clicks once and says that it is done.
"""

import json
import random
import re

from .request import OfflineReply, OfflineRequest
from .text import stems

_STEP = re.compile(
    r'\b(?:(?P<type>type) "(?P<text>[^"]*)" in the field|(?P<select>select) "(?P<option>[^"]*)" in|click)'
    r' "(?P<name>[^"]*)"',
    re.I,
)
_ELEMENT = re.compile(r'\[(\d+)\] (?:link|button|text field|choice|checkbox) "([^"\n]*)"')
_ASKED = re.compile(r"(?<![^.?!:])[^.?!:]++\?")
_NUMBER = re.compile(r"\b(?:how many|what is the)\b", re.I)
_DONE, _LOST = "It is done.", "I could not find my way on this website."
_GUESSES = 4


def browse(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Take the next action, or conclude."""
    task, strength = request.user_turns[-1], request.strength
    made = [json.loads(call.arguments) for call in request.calls]
    if not made:
        return _act(request, "open", text="/")
    page = request.results[-1]
    if page.startswith('{"error"'):
        return OfflineReply(_LOST)
    elements = {name: int(number) for number, name in reversed(_ELEMENT.findall(page))}
    steps = [s for s in _STEP.finditer(task) if strength == "strong" or not s["select"]]
    steps = steps[:1] if strength == "weak" else steps
    taken = sum(call["action"] not in ("open", "read") for call in made)
    if not steps and strength == "strong":
        return _guess(request, elements, page)
    if taken == len(steps):
        return OfflineReply(_DONE) if strength == "weak" else _said(task, page)
    step = steps[taken]
    if step["name"] in elements:
        action = (step["type"] or step["select"] or "click").lower()
        return _act(request, action, elements[step["name"]], step["text"] or step["option"] or "")
    # It may stand further down.
    return OfflineReply(_LOST) if made[-1]["action"] == "read" else _act(request, "read")


def _guess(request: OfflineRequest, elements: dict[str, int], page: str) -> OfflineReply:
    """Click what shares most words with the task and was not clicked yet, a few times."""
    task = request.user_turns[-1]
    wanted = stems(task)
    told = {name: len(stems(name) & wanted) for name in elements if stems(name) & wanted}
    best = max(told, key=lambda name: told[name], default="")
    clicked = [json.loads(call.arguments).get("element") for call in request.calls[1:]]
    if not best or elements[best] in clicked or len(clicked) >= _GUESSES:
        return _said(task, page)
    return _act(request, "click", elements[best])


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


def _act(request: OfflineRequest, action: str, element: int = 0, text: str = "") -> OfflineReply:
    return request.call("use_browser", {"action": action, "element": element, "text": text})
