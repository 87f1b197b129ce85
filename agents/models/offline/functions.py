"""API lists as the engine reads them, and requests for calls in words."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ....tools.api_spec import (
    ApiSpec,
    ParameterSpec,
    load_apis,
    plain_apis,
    spoken,
    value_schema,
)
from ....tools.code_apis import outline
from ..call import ToolSpec
from .request import Sections
from .text import WORD, bare, lower_first, stem, stems, words

PARTS = re.compile(r"(?:^|\s)(?:First|Then|After that|Then also do this)\b[:,]?\s+", re.I)
LEAST = 0.3
"""How surely a request must speak of an API."""


@lru_cache(maxsize=4096)
def name_stems(text: str) -> frozenset[str]:
    """Return the stems of a text whose names may be written in_snake_case or camelCase."""
    return frozenset(stem(w) for w in WORD.findall(spoken(text)) if len(w) > 2)


def stems_of(api: ApiSpec) -> frozenset[str]:
    """Return the stems of an API's name and description."""
    return name_stems(f"{api.name} {api.description}")


_COMMON = name_stems(
    "please use what you have to do this want done for with then first also the and"
)


@lru_cache(maxsize=256)
def read_apis(text: str) -> tuple[ApiSpec, ...]:
    """Read a prompt's API list; an unreadable one is empty."""
    try:
        return tuple(load_apis(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


@lru_cache(maxsize=256)
def read_tools(tools: tuple[ToolSpec, ...]) -> tuple[ApiSpec, ...]:
    """Read the tools of a request."""
    return tuple(map(_tool, tools))


def _tool(tool: ToolSpec) -> ApiSpec:
    schema = json.loads(tool.parameters or "{}")
    needed = schema.get("required", ())
    parameters = (
        ParameterSpec(name, kind_of(told), required=name in needed, shape=json.dumps(told))
        for name, told in schema.get("properties", {}).items()
    )
    return ApiSpec(tool.name, tool.description, tuple(parameters))


def kind_of(schema: Mapping[str, Any]) -> Any:
    """Return the type of a schema's values; the first of several."""
    kinds = schema.get("type") or "string"
    return kinds if isinstance(kinds, str) else kinds[0]


def required(api: ApiSpec) -> list[ParameterSpec]:
    """Return the parameters that a call cannot do without."""
    return [p for p in api.parameters if p.required]


def example_value(parameter: ParameterSpec, rng: random.Random) -> Any:
    """Return a concrete value that fits a parameter's schema and name."""
    return _example(parameter.name, value_schema(parameter), rng)


def _example(name: str, schema: Mapping[str, Any], rng: random.Random) -> Any:
    kind, word = kind_of(schema), rng.choice(words("things"))
    if choices := [value for value in schema.get("enum", ()) if value is not None]:
        return rng.choice(choices)
    if kind in ("integer", "number"):
        value = rng.randint(2, 97) if kind == "integer" else round(rng.uniform(1, 90), 1)
        return min(max(value, schema.get("minimum", value)), schema.get("maximum", 97))
    if inside := schema.get("properties"):
        needed = schema.get("required") or list(inside)[:1]
        return {field: _example(field, inside[field], rng) for field in needed}
    if kind == "array" and (item := schema.get("items")):
        return [_example(name.removesuffix("s"), item, rng)]
    if kind in ("boolean", "array", "object"):
        plain = {"boolean": rng.random() < 0.5, "array": rng.sample(words("things"), 2)}
        return plain.get(kind, {word: rng.randint(2, 97)})
    name = name.lower()
    if "date" in name or name in {"day", "since", "until"}:
        return f"20{rng.randint(18, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if re.search(r"city|place|location|region|country", name):
        return rng.choice(words("places"))
    return f"{word[:3]}-{rng.randint(100, 999)}" if name.endswith("id") else word


def request_of(function: ApiSpec, rng: random.Random, lead: str = "", without: str = "") -> str:
    """Word a request for one call with its values, except the one left out."""
    leads = ("Please use what you have to do this", "I want this done", "Do this for me")
    aim = lower_first(bare(function.description.split("\n")[0].split(". ")[0])) or spoken(
        function.name
    )
    named = [
        p for p in function.parameters if p.name != without and (p.required or rng.random() < 0.4)
    ]
    values = ", ".join(f"{spoken(p.name)} {json.dumps(example_value(p, rng))}" for p in named)
    return f"{lead or rng.choice(leads)}: {aim}" + (f", with {values}." if values else ".")


def ask_calls(apis: tuple[ApiSpec, ...], behaviour: str, told: str, rng: random.Random) -> str:
    """Word a task over an API list: complete, with something left out, or impossible, as is told."""
    several = bool(re.search(r"at least two|several parts|two or more", told)) and len(apis) > 1
    function, without = rng.choice(apis), ""
    if behaviour == "say_no_tool":
        known = frozenset().union(*map(stems_of, apis))
        free = [task for task in words("foreign") if len(stems(task) & known) < 2]
        ends = (" by nine o'clock.", " as soon as you can.", " before the weekend.", ", please.")
        foreign = rng.choice(free) + rng.choice(ends) if free else ""
        return (
            f"First: {request_of(function, rng)} Then: {foreign}" if several and free else foreign
        )
    if behaviour == "ask_for_missing":
        fit = [f for f in apis if required(f)]
        if not fit:
            return ""
        function = rng.choice(fit)
        without = rng.choice(required(function)).name
    task = request_of(function, rng, without=without)
    if several:
        other = rng.choice([f for f in apis if f != function])
        return f"First: {task} Then: {request_of(other, rng)}"
    if re.search(r"superfluous|further concrete details", told):
        return f"{bare(task)}, and for what it is worth my favourite colour is teal."
    return task


def planned(request: str, apis: tuple[ApiSpec, ...]) -> list[str]:
    """Return the names of the functions that a request needs, in its order."""
    found = (fitting(part, apis) for part in PARTS.split(request) if part.strip())
    return list(dict.fromkeys(f.name for f, fit in found if f and fit >= LEAST))


def refine_calls(
    goal: str, task: str, apis: tuple[ApiSpec, ...], demand: str, rng: random.Random
) -> tuple[str, list[str], bool]:
    """Carry out a direction: return the task, its later turns, and whether a value is missing at first."""
    wanted = [f for f in apis if f.name in planned(task, apis)]
    if re.search(r"first has to ask|held back", goal):
        for name in (spoken(p.name) for f in wanted for p in required(f)):
            value = re.search(
                rf",? (?:with )?{re.escape(name)} (\"[^\"]*\"|-?[\d.]*\d|true|false)", task
            )
            if value:
                rest = task[: value.start()] + task[value.end() :]
                return rest, [f"Sorry, I forgot: {name} {value[1]}."], True
    if re.search(r"corrects|changes a value", goal):
        told = [p for f in wanted for p in f.parameters if spoken(p.name) in task]
        if not told:
            return task, ["Please do the same once more."], False
        parameter = rng.choice(told)
        value_text = f"{spoken(parameter.name)} {json.dumps(example_value(parameter, rng))}"
        return task, [f"I made a mistake. Please do it again, but with {value_text}."], False
    if "later user turn" in goal:
        return task, [demand], False
    return f"{task.rstrip()} {demand}", [], False


def fitting(part: str, functions: tuple[ApiSpec, ...]) -> tuple[ApiSpec | None, float]:
    """Return the function that a part of the request speaks of, and how surely."""
    asked, low = name_stems(part) - _COMMON, part.lower()
    best, score = None, 0.0
    for function in functions:
        own = stems_of(function) - _COMMON
        shared = len(asked & own)
        fit = 0.6 * shared / (len(own) or 1) + 0.4 * shared / (len(asked) or 1)
        # Parameters named in the request speak for the function that has them.
        fit += 0.1 * sum(spoken(p.name) in low for p in function.parameters if len(p.name) > 2)
        if fit > score:
            best, score = function, fit
    return best, score


_VERBS = ("list", "get", "update", "delete")


def describe(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Describe what a source offers to call; without a source, guess further APIs of the same library."""
    seed = sections.get("seed")
    language = seed.attributes.get("language", "")
    found = outline(seed.text, language) if seed.text else list(_guessed(sections, rng))
    for api in list({api.name: api for api in found}.values())[:12]:
        said = spoken(api.name)
        told = api.description.split(". ")[0].strip(" .") or said.capitalize()
        returns = json.dumps({"result": f"the result of {said}"})
        parameters = tuple(replace(p, description=f"The {spoken(p.name)}.") for p in api.parameters)
        known = ApiSpec(api.name, f"{told[:200]}.", parameters, returns)
        yield from plain_apis([known])


def _guessed(sections: Sections, rng: random.Random) -> Iterator[ApiSpec]:
    """Guess counterparts of the given APIs."""
    given = read_apis(sections.text("apis"))
    known = {function.name for function in given}
    for function in rng.sample(given, len(given)):
        noun = function.name.partition("_")[2] or function.name
        for verb in _VERBS:
            listed = ParameterSpec("limit", "integer")
            fields = (listed,) if verb == "list" else tuple(required(function)[:1])
            if f"{verb}_{noun}" not in known:
                yield ApiSpec(f"{verb}_{noun}", f"{verb.capitalize()} {spoken(noun)}", fields)
