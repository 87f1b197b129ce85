"""The contender with tools: what to call next, when to ask, to decline, to conclude."""

import contextlib
import json
import random
import re
from dataclasses import replace
from typing import Any

from ....tools.api_spec import ApiSpec, ParameterSpec, spoken, value_schema
from ....tools.tool_call import fits
from .answer import answer
from .asking import query_of, read_question
from .functions import LEAST, PARTS, example_value, fitting, read_tools, required
from .request import OfflineReply, OfflineRequest
from .solve import solve
from .text import WORD, bare, read_text, stem, stems

_NO_TOOL = "None of the given tools can do this: they are for {}."
_ASK = "Which value should I use for {}? I need it before I can make the call."
_BUSY = re.compile(r'\{"error": "(?:429|5\d\d)\b')
_AGAIN = re.compile(r"\b(?:again|once more|instead)\b", re.I)
_VALUE = (
    r"[\"'`]?\s*(?:is|are|as|of|to|set to|=|:|named|called)?\s*"
    r"(\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}|[\w.@/:+-]*\w)"
)
_JSON = json.JSONDecoder()
Arguments = dict[str, Any]


def use_tools(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Take the next step of a conversation with tools: call, ask, decline or conclude."""
    functions = read_tools(request.tools)
    names = {function.name for function in functions}
    if known := next((use for name, use in _KNOWN.items() if name in names), None):
        return known(request, rng)
    if len(functions) == 1 and functions[0].name.startswith("search_"):
        return _search(request, functions[0])
    if request.strength == "weak":
        # It takes the first tool with values of its own, once, whatever was asked.
        if request.calls:
            return OfflineReply("It is done.")
        return request.call(
            functions[0].name,
            {p.name: example_value(p, rng) for p in required(functions[0])},
        )
    return _again(request, functions) or _next_step(request, functions, _done(request), rng)


def _done(request: OfflineRequest) -> set[str]:
    """Return the names of the calls made; where a service was busy, only medium takes that for done."""
    return {
        call.name
        for call, result in zip(request.calls, request.results, strict=False)
        if request.strength == "medium" or not _BUSY.match(result)
    }


def _run(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Write code: strong tries it first, medium minds no capitals, weak writes none."""
    question = read_question(request.user_turns[0])
    found = solve(replace(question, task=request.user_turns[-1]))
    if request.strength == "weak" or not found.text.startswith("```"):
        return _unaided(request, rng)
    written = found.text
    if request.strength == "medium":
        return OfflineReply(written.replace(".lower()", ""))
    code = written.removeprefix("```python\n").removesuffix("\n```")
    return OfflineReply(written) if request.calls else request.call("run_python", {"code": code})


def _look_up(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Search the files and cite what was found: strong what meets the question best, medium the first."""
    if request.strength == "weak":
        return OfflineReply("The files say a good deal about it.")
    asked = query_of(request.user_turns[-1])
    results = request.results
    if not results:
        words = [w for w in WORD.findall(request.user_turns[-1]) if stem(w) in asked]
        return request.call("search_files", {"query": " ".join(words[:8]) or "document"})
    found = re.findall(r"^(\[[^\]\n]+:\d+\]) (.+)$", results[-1], re.M)
    if not found:
        return OfflineReply("The files do not say this.")
    shared = [len(stems(text) & asked) for _, text in found]
    at = shared.index(max(shared)) if request.strength != "medium" else 0
    mark, text = found[at]
    return OfflineReply(f"{bare(next(iter(read_text(text).sentences), text))} {mark}.")


def _unaided(request: OfflineRequest, rng: random.Random) -> OfflineReply:
    """Answer without tools: nothing here reaches the web."""
    return OfflineReply(answer(request.user_turns, request.strength, rng))


def _next_step(
    request: OfflineRequest, functions: tuple[ApiSpec, ...], done: set[str], rng: random.Random
) -> OfflineReply:
    """Go through the request part by part: the first call not made yet is next.

    Medium makes up what it was not told, instead of asking for it, and takes a tool that hardly fits.
    """
    users, careless, unfit = request.user_turns, request.strength == "medium", False
    parts = [
        (part, at) for at, user in enumerate(users) for part in PARTS.split(user) if part.strip()
    ]
    for part, at in parts:
        function, fit = fitting(part, functions)
        if function is None or fit < (0.1 if careless else LEAST):
            unfit = unfit or not at
        elif function.name not in done:
            # What a later turn supplies counts for a parameter that the part itself leaves out.
            later = part if at else " ".join([part, *users[1:]])
            arguments, missing = _fill(function, later if len(parts) > 1 else " ".join(users))
            if missing and not careless:
                return OfflineReply(_ASK.format(", ".join(f"`{p.name}`" for p in missing)))
            return request.call(
                function.name, arguments | {p.name: example_value(p, rng) for p in missing}
            )
    lacking = _NO_TOOL.format(", ".join(f.name for f in functions[:6]))
    made = zip(request.calls, request.results, strict=False)
    told = " ".join(f"`{call.name}` returned {text}." for call, text in made)
    rest = f" For the rest: {lacking}" if unfit else ""
    return OfflineReply(f"Done. {told}{rest}" if told else lacking)


def _again(request: OfflineRequest, functions: tuple[ApiSpec, ...]) -> OfflineReply | None:
    """Make the last call once more with a corrected value, where the user asks for it."""
    at = max((i for i, turn in enumerate(request.turns) if turn.role == "user"), default=0)
    before, after = (
        [call for turn in turns for call in turn.tool_calls]
        for turns in (request.turns[:at], request.turns[at:])
    )
    if not after and _AGAIN.search(request.turns[at].content):
        for call in reversed(before):
            function = next((f for f in functions if f.name == call.name), None)
            if function and (changed := _fill(function, request.turns[at].content)[0]):
                return request.call(call.name, json.loads(call.arguments) | changed)
    return None


def _search(request: OfflineRequest, search: ApiSpec) -> OfflineReply:
    """Search twice at most, in the given names' own words; then name what was found."""
    made = len(request.calls)
    given = " ".join(request.user_turns)
    names = re.findall(r'"name"\s*:\s*"(\w+)"', given) or re.findall(r"(?<!\w)\w+_\w+", given)
    parts = [w for name in dict.fromkeys(names) for w in name.split("_")]
    query = " ".join(dict.fromkeys(parts[made * 4 : made * 4 + 6]))
    if made < 2 and query:
        parameter = next((p.name for p in search.parameters if p.type == "string"), "query")
        return request.call(search.name, {parameter: query})
    found = dict.fromkeys(re.findall(r"^([\w-]+)\(", "\n".join(request.results), re.M))
    return OfflineReply("\n".join([n for n in found if n not in names][:6]) or "NONE")


def _fill(function: ApiSpec, request: str) -> tuple[Arguments, list[ParameterSpec]]:
    """Return the arguments that a request gives for a function, and the required ones missing."""
    values = {p.name: _value(p, request) for p in function.parameters}
    found = {name: value for name, value in values.items() if value is not None}
    return found, [p for p in required(function) if p.name not in found]


def _value(parameter: ParameterSpec, request: str) -> Any:
    """Find a value beside the parameter's name; a choice may stand anywhere in the request."""
    names = "|".join(sorted({re.escape(parameter.name), re.escape(spoken(parameter.name))}))
    for match in re.finditer(rf"\b(?:{names})\b{_VALUE}", request, re.I):
        said = match[1]
        if said[0] in "[{":  # there may be more of it inside
            with contextlib.suppress(ValueError):
                said = request[match.start(1) : _JSON.raw_decode(request, match.start(1))[1]]
        try:
            value = json.loads({"yes": "true", "no": "false"}.get(said.lower(), said))
        except ValueError:
            value = said
        if parameter.type != "string" and fits(value, parameter.type):
            return value
        # A bare word counts only where it looks like a value, not like the sentence going on.
        looks = said[0] == '"' or said[0].isupper() or re.search(r"^[^[{].*[\d@/_-]|^\d", said)
        if parameter.type == "string" and looks:
            return said.strip('"')
    told = {word.lower() for word in WORD.findall(request)}
    schema = value_schema(parameter)
    choices = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    said = next((one for one in choices if str(one).lower() in told), None)
    return [said] if said is not None and parameter.type == "array" else said


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


# What to do where a tool of that name is at hand; any other is read off its schema.
_KNOWN = {
    "use_browser": browse,
    "run_python": _run,
    "search_files": _look_up,
    "search_web": _unaided,
}
