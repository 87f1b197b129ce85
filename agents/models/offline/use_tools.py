"""The contender with tools: what to call next, when to ask, to decline, to conclude."""

import json
import random
import re

from ...records import ToolCall, Turn
from .fill import fill
from .schema import Function, example_value, read_tools, split_stems, words_of
from .voice import OfflineReply, OfflineRequest

_PARTS = re.compile(r"(?:^|\s)(?:First|Then|After that|Then also do this)\b[:,]?\s+", re.I)
_NO_TOOL = "None of the given tools can do this: they are for {}."
_LEAST = 0.3
# What a search shows: each API begins with its name and parameters, at the start of a line.
_SHOWN = re.compile(r"^([\w-]+)\(", re.MULTILINE)
_AGAIN = re.compile(r"\b(?:again|once more|instead)\b", re.I)
_COMMON = frozenset(
    split_stems("please use what you have to do this want done for with then first also the and")
)


def use_tools(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Take the next step of a conversation with tools."""
    functions = read_tools(request.tools)
    if search := next((f for f in functions if f.name == "search_apis"), None):
        return _search(request, search)
    if request.strength == "weak":
        return _clumsy(request, functions, rng)
    return _next_step(request, functions, rng)


def _calls(turns: tuple[Turn, ...]) -> list[ToolCall]:
    return [call for turn in turns for call in turn.tool_calls]


def _call(request: OfflineRequest, name: str, arguments: dict[str, object]) -> OfflineReply:
    """Return one call; its id is its place in the conversation."""
    at = len(_calls(request.turns)) + 1
    text = json.dumps(arguments, ensure_ascii=False)
    return OfflineReply("", (ToolCall(id=f"call_{at}", name=name, arguments=text),))


def _next_step(
    request: OfflineRequest, functions: tuple[Function, ...], rng: random.Random
) -> OfflineReply:
    """Go through the request part by part: the first call not made yet is next."""
    users = [turn.content for turn in request.turns if turn.role == "user"]
    if again := _again(request, functions):
        return again
    everything, done = " ".join(users), {call.name for call in _calls(request.turns)}
    careless = request.strength == "medium" and rng.random() < 0.5
    unfit = 0
    parts = [part for user in users for part in _PARTS.split(user) if part.strip()]
    for part in parts:
        function, fit = _fitting(part, functions)
        if function is None or fit < (0.1 if careless else _LEAST):
            unfit += part in users[0]
            continue
        if function.name in done:
            continue
        # What a later turn supplies counts for a parameter that the part itself leaves out.
        arguments, missing = fill(
            function, part if len(parts) > 1 and part in users[0] else everything
        )
        if missing and len(users) > 1:
            arguments, missing = fill(function, f"{part} {' '.join(users[1:])}")
        if missing and not careless:
            return OfflineReply(_question(missing))
        given = {p.name: example_value(p, rng) for p in function.parameters if p.name in missing}
        return _call(request, function.name, arguments | given)
    return OfflineReply(_conclusion(request, functions, unfit))


def _again(request: OfflineRequest, functions: tuple[Function, ...]) -> OfflineReply | None:
    """Make the last call once more with a corrected value, where the user asks for it."""
    at = max(i for i, turn in enumerate(request.turns) if turn.role == "user")
    before, after = _calls(request.turns[:at]), _calls(request.turns[at:])
    if after or not before or not _AGAIN.search(request.turns[at].content):
        return None
    for call in reversed(before):
        function = next((f for f in functions if f.name == call.name), None)
        changed = fill(function, request.turns[at].content)[0] if function else {}
        if changed:
            return _call(request, call.name, json.loads(call.arguments) | changed)
    return None


def _fitting(part: str, functions: tuple[Function, ...]) -> tuple[Function | None, float]:
    """Return the function that a part of the request speaks of, and how surely."""
    asked = split_stems(part) - _COMMON
    best, score = None, 0.0
    for function in functions:
        own = function.stems - _COMMON
        shared = len(asked & own)
        fit = 0.6 * shared / (len(own) or 1) + 0.4 * shared / (len(asked) or 1)
        # Parameters named in the request speak for the function that has them.
        fit += 0.1 * sum(
            words_of(p.name) in part.lower() for p in function.parameters if len(p.name) > 2
        )
        if fit > score:
            best, score = function, fit
    return best, score


def planned(request: str, functions: tuple[Function, ...]) -> list[str]:
    """Return the names of the functions that a request needs, in its order."""
    found = (_fitting(part, functions) for part in _PARTS.split(request) if part.strip())
    return list(dict.fromkeys(f.name for f, fit in found if f and fit >= _LEAST))


def _question(missing: tuple[str, ...]) -> str:
    names = ", ".join(f"`{name}`" for name in missing)
    return f"Which value should I use for {names}? I need it before I can make the call."


def _conclusion(request: OfflineRequest, functions: tuple[Function, ...], unfit: int) -> str:
    """Say what the calls gave; and what could not be done, where a part fitted no tool."""
    results = [turn.content for turn in request.turns if turn.role == "tool"]
    kinds = ", ".join(f.name for f in functions[:6])
    if not results:
        return _NO_TOOL.format(kinds)
    names = [call.name for call in _calls(request.turns)]
    told = " ".join(
        f"`{name}` returned {text}." for name, text in zip(names, results, strict=False)
    )
    rest = f" For the rest: {_NO_TOOL.format(kinds)}" if unfit else ""
    return f"Done. {told}{rest}"


def _clumsy(
    request: OfflineRequest, functions: tuple[Function, ...], rng: random.Random
) -> OfflineReply:
    """Call the first tool with made-up arguments, once; then say as little as possible."""
    if _calls(request.turns) or not functions:
        return OfflineReply("It is done.")
    function = functions[0] if rng.random() < 0.7 else rng.choice(functions)
    return _call(request, function.name, {p.name: example_value(p, rng) for p in function.required})


def _search(request: OfflineRequest, search: Function) -> OfflineReply:
    """Look for related APIs twice at most, in the given APIs' own words; then be done."""
    made = len(_calls(request.turns))
    given = " ".join(turn.content for turn in request.turns if turn.role == "user")
    names = list(dict.fromkeys(re.findall(r'"name"\s*:\s*"(\w+)"', given))) or re.findall(
        r"\w+_\w+", given
    )
    words = [w for name in names for w in name.split("_")]
    query = " ".join(dict.fromkeys(words[made * 4 : made * 4 + 6]))
    if made >= 2 or not query:
        results = "\n".join(turn.content for turn in request.turns if turn.role == "tool")
        new = [n for n in dict.fromkeys(_SHOWN.findall(results)) if n not in names]
        return OfflineReply("\n".join(new[:6]) or "NONE")
    parameter = next((p.name for p in search.parameters if p.type == "string"), "query")
    return _call(request, search.name, {parameter: query})
