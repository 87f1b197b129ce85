"""API lists as the engine reads them, and requests for calls in words."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..call import ToolSpec
from .request import Sections
from .text import WORD, bare, lower_first, stem, stems, words

PARTS = re.compile(r"(?:^|\s)(?:First|Then|After that|Then also do this)\b[:,]?\s+", re.I)
LEAST = 0.3
"""How surely a request must speak of an API."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an API."""

    name: str
    type: str
    required: bool
    choices: tuple[str, ...] = ()
    limits: tuple[float | None, float | None] = (None, None)
    shape: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """A JSON schema of its values."""


@dataclass(frozen=True, slots=True)
class Function:
    """One API or tool."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Function":
        """Read one API: its parameters are a list, or the properties of a JSON schema."""
        given = row.get("parameters") or []
        if isinstance(given, dict):
            needed = given.get("required") or ()
            fields = (given.get("properties") or {}).items()
            given = [
                {"name": name, "schema": schema, **schema, "required": name in needed}
                for name, schema in fields
            ]
        parameters = (
            _read(p["name"], {**p, **p.get("schema", {})}, bool(p.get("required"))) for p in given
        )
        return cls(str(row["name"]), str(row.get("description", "")), tuple(parameters))

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters that a call cannot do without."""
        return tuple(p for p in self.parameters if p.required)

    @property
    def stems(self) -> frozenset[str]:
        """The stems of its name and description."""
        return name_stems(f"{self.name} {self.description}")


def _read(name: str, told: Mapping[str, Any], required: bool) -> Parameter:
    """Read a parameter, or a value inside one, from its schema; a list says its own limits otherwise."""
    kinds = told.get("type")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds or ["string"]))
    texts = [value for value in told.get("choices") or told.get("enum") or () if value is not None]
    limits = (told.get("least", told.get("minimum")), told.get("most", told.get("maximum")))
    return Parameter(name, kind, required, tuple(map(str, texts)), limits, told)


def words_of(name: str) -> str:
    """Return a name in plain words: `parse_long_opt` and `parseLongOpt` become `parse long opt`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()


@lru_cache(maxsize=4096)
def name_stems(text: str) -> frozenset[str]:
    """Return the stems of a text whose names may be written in_snake_case or camelCase."""
    return frozenset(stem(w) for w in WORD.findall(words_of(text)) if len(w) > 2)


_COMMON = name_stems(
    "please use what you have to do this want done for with then first also the and"
)


@lru_cache(maxsize=256)
def read_apis(text: str) -> tuple[Function, ...]:
    """Read a prompt's API list; an unreadable one is empty."""
    try:
        rows = json.loads(text) if text.strip() else []
        return tuple(Function.of(row) for row in rows)
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()


@lru_cache(maxsize=256)
def read_tools(tools: tuple[ToolSpec, ...]) -> tuple[Function, ...]:
    """Read the tools of a request."""
    given = ((t.name, t.description, json.loads(t.parameters or "{}")) for t in tools)
    return tuple(Function.of({"name": n, "description": d, "parameters": p}) for n, d, p in given)


def example_value(parameter: Parameter, rng: random.Random) -> Any:
    """Return a concrete value that fits a parameter's type and name."""
    name, kind, word = parameter.name.lower(), parameter.type, rng.choice(words("things"))
    if parameter.choices and kind != "boolean":
        one = rng.choice(parameter.choices)
        return [one] if kind == "array" else _number_or_text(one, kind)
    if kind in ("integer", "number"):
        value = rng.randint(2, 97) if kind == "integer" else round(rng.uniform(1, 90), 1)
        least, most = parameter.limits
        value = value if least is None else max(value, least)
        return value if most is None else min(value, most)
    if inside := parameter.shape.get("properties"):
        needed = parameter.shape.get("required") or list(inside)[:1]
        return {name: example_value(_read(name, inside[name], True), rng) for name in needed}
    if kind == "array" and (item := parameter.shape.get("items")):
        return [example_value(_read(parameter.name.removesuffix("s"), item, True), rng)]
    if kind in ("boolean", "array", "object"):
        plain = {"boolean": rng.random() < 0.5, "array": rng.sample(words("things"), 2)}
        return plain.get(kind, {word: rng.randint(2, 97)})
    if "date" in name or name in {"day", "since", "until"}:
        return f"20{rng.randint(18, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if re.search(r"city|place|location|region|country", name):
        return rng.choice(words("places"))
    return f"{word[:3]}-{rng.randint(100, 999)}" if name.endswith("id") else word


def _number_or_text(choice: str, kind: str) -> Any:
    return json.loads(choice) if kind in ("integer", "number") else choice


def request_of(function: Function, rng: random.Random, lead: str = "", without: str = "") -> str:
    """Word a request for one call with its values, except the one left out."""
    leads = ("Please use what you have to do this", "I want this done", "Do this for me")
    aim = lower_first(bare(function.description.split("\n")[0].split(". ")[0])) or words_of(
        function.name
    )
    named = [
        p for p in function.parameters if p.name != without and (p.required or rng.random() < 0.4)
    ]
    values = ", ".join(f"{words_of(p.name)} {json.dumps(example_value(p, rng))}" for p in named)
    return f"{lead or rng.choice(leads)}: {aim}" + (f", with {values}." if values else ".")


def ask_calls(apis: tuple[Function, ...], behaviour: str, told: str, rng: random.Random) -> str:
    """Word a task over an API list: complete, with something left out, or impossible, as is told."""
    several = bool(re.search(r"at least two|several parts|two or more", told)) and len(apis) > 1
    function, without = rng.choice(apis), ""
    if behaviour == "say_no_tool":
        known = frozenset().union(*(f.stems for f in apis))
        free = [task for task in words("foreign") if len(stems(task) & known) < 2]
        ends = (" by nine o'clock.", " as soon as you can.", " before the weekend.", ", please.")
        foreign = rng.choice(free) + rng.choice(ends) if free else ""
        return (
            f"First: {request_of(function, rng)} Then: {foreign}" if several and free else foreign
        )
    if behaviour == "ask_for_missing":
        fit = [f for f in apis if f.required]
        if not fit:
            return ""
        function = rng.choice(fit)
        without = rng.choice(function.required).name
    task = request_of(function, rng, without=without)
    if several:
        other = rng.choice([f for f in apis if f != function])
        return f"First: {task} Then: {request_of(other, rng)}"
    if re.search(r"superfluous|further concrete details", told):
        return f"{bare(task)}, and for what it is worth my favourite colour is teal."
    return task


def planned(request: str, apis: tuple[Function, ...]) -> list[str]:
    """Return the names of the functions that a request needs, in its order."""
    found = (fitting(part, apis) for part in PARTS.split(request) if part.strip())
    return list(dict.fromkeys(f.name for f, fit in found if f and fit >= LEAST))


def refine_calls(
    goal: str, task: str, apis: tuple[Function, ...], demand: str, rng: random.Random
) -> tuple[str, list[str], bool]:
    """Carry out a direction: return the task, its later turns, and whether a value is missing at first."""
    wanted = [f for f in apis if f.name in planned(task, apis)]
    if re.search(r"first has to ask|held back", goal):
        for name in (words_of(p.name) for f in wanted for p in f.required):
            value = re.search(
                rf",? (?:with )?{re.escape(name)} (\"[^\"]*\"|-?[\d.]*\d|true|false)", task
            )
            if value:
                rest = task[: value.start()] + task[value.end() :]
                return rest, [f"Sorry, I forgot: {name} {value[1]}."], True
    if re.search(r"corrects|changes a value", goal):
        told = [p for f in wanted for p in f.parameters if words_of(p.name) in task]
        if not told:
            return task, ["Please do the same once more."], False
        parameter = rng.choice(told)
        value_text = f"{words_of(parameter.name)} {json.dumps(example_value(parameter, rng))}"
        return task, [f"I made a mistake. Please do it again, but with {value_text}."], False
    if "later user turn" in goal:
        return task, [demand], False
    return f"{task.rstrip()} {demand}", [], False


def fitting(part: str, functions: tuple[Function, ...]) -> tuple[Function | None, float]:
    """Return the function that a part of the request speaks of, and how surely."""
    asked, low = name_stems(part) - _COMMON, part.lower()
    best, score = None, 0.0
    for function in functions:
        own = function.stems - _COMMON
        shared = len(asked & own)
        fit = 0.6 * shared / (len(own) or 1) + 0.4 * shared / (len(asked) or 1)
        # Parameters named in the request speak for the function that has them.
        fit += 0.1 * sum(words_of(p.name) in low for p in function.parameters if len(p.name) > 2)
        if fit > score:
            best, score = function, fit
    return best, score


_SIGNATURE = re.compile(
    r"^(?:/\*(?P<above>(?:[^*/]|\*(?!/)|/(?!\*))*+)\*/[^\S\n]*+\n\s*+)?"
    r"[ \t]*(?P<before>[A-Za-z_][\w \t*]*?)[\s*](?P<name>[A-Za-z]\w*)[ \t]*"
    r"\((?P<args>[^)]{0,1000})\)[^\n{:;=]*+[{:;][ \t]*+(?:\n\s*+\"\"\"(?P<below>[^\"]*))?",
    re.M,
)
_TABLE = re.compile(
    r"CREATE TABLE\s+(?:IF NOT EXISTS\s+)?[\[\"`]?(\w+)[\]\"`]?\s*"
    r"\(((?:(?!CREATE TABLE).)*?)\n[^\S\n]*+\)\s*+;",
    re.S | re.I,
)
_COLUMN = re.compile(r"^[^\S\n]*+[\[\"`]?(\w+)[\]\"`]?\s+(\w+)(?:\([\d, ]*\))?([^,\n]*)", re.M)
_NO_COLUMN = {"CONSTRAINT", "FOREIGN", "PRIMARY", "UNIQUE", "CHECK", "ON", "REFERENCES", "KEY"}
_NO_SIGNATURE = set(
    "if elif for while with in not and or switch return else new await class assert raise throw".split()
)
_KINDS = {
    "boolean": r"bool",
    "array": r"list|tuple|sequence|iterable|array|\[\]|set\b",
    "object": r"dict|mapping|object|struct",
    "string": r"char|str|text|date",
    "number": r"float|double|number|numeric|decimal|real",
    "integer": r"int|long|size_t|short|unsigned",
}
_SIBLINGS = {
    "get": ("list", "delete"),
    "list": ("get", "count"),
    "create": ("update", "delete"),
    "add": ("remove", "update"),
    "find": ("list", "count"),
    "set": ("get", "reset"),
}


def describe(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Describe what a source offers to call; without a source, guess further APIs of the same library."""
    seed = sections.text("seed")
    found = [*_tables(seed), *_functions(seed)] if seed else _guessed(sections, rng)
    yield from list({api["name"]: api for api in found}.values())[:12]


def _api(name: str, note: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    told = " ".join(note.replace("*", " ").split()).split(". ")[0].strip(" .-")
    described = f"{(told or words_of(name).capitalize())[:200]}."
    returns = json.dumps({"result": f"the result of {words_of(name)}"})
    return {"name": name, "description": described, "parameters": parameters, "returns": returns}


def _parameter(name: str, told: str, required: bool) -> dict[str, Any]:
    kind = next(
        (kind for kind, pattern in _KINDS.items() if re.search(pattern, told.lower())), "string"
    )
    return {
        "name": name,
        "type": kind,
        "description": f"The {words_of(name)}.",
        "required": required,
    }


def _functions(source: str) -> Iterator[dict[str, Any]]:
    """Read signatures: a word such as `def`, or a type as in C, stands before the name."""
    for match in _SIGNATURE.finditer(source):
        if not _NO_SIGNATURE & {*match["before"].split(), match["name"]}:
            fields = map(_argument, re.split(r",(?![^\[\]]{0,200}\])", match["args"]))
            note = match["above"] or match["below"] or ""
            yield _api(match["name"], note, [f for f in fields if f])


def _argument(told: str) -> dict[str, Any] | None:
    """Read one argument: `name: type = default`, or `type name` as in C."""
    head, default, _ = told.partition("=")
    name, colon, kind = head.partition(":")
    parts = re.findall(r"\w+", name)
    if not parts or parts[-1] in {"self", "cls", "void"}:
        return None
    kind = kind if colon else " ".join(parts[:-1]) + ("[]" if "[" in name else "")
    return _parameter(parts[-1], kind, not default and "?" not in name)


def _tables(source: str) -> Iterator[dict[str, Any]]:
    """Offer a lookup and an insertion for every table."""
    for name, body in _TABLE.findall(source):
        columns = [c for c in _COLUMN.findall(body) if c[0].upper() not in _NO_COLUMN]
        fields = [_parameter(c, kind, "NOT NULL" in rest.upper()) for c, kind, rest in columns]
        slug = words_of(name).replace(" ", "_")
        yield _api(f"add_{slug}", f"Add a row to the table of {words_of(name)}", fields)
        key = [{**field, "required": True} for field in fields[:1]]
        yield _api(f"get_{slug}", f"Look up one row of the table of {words_of(name)}", key)


def _guessed(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Guess counterparts of the given APIs."""
    given = read_apis(sections.text("apis"))
    known = {function.name for function in given}
    for function in rng.sample(given, len(given)):
        verb, _, noun = function.name.partition("_")
        kept = [_parameter(p.name, p.type, p.required) for p in function.required[:1]]
        for new in _SIBLINGS.get(verb.lower(), ("list", "check")):
            name = f"{new}_{noun or function.name}"
            fields = [_parameter("limit", "integer", False)] if new in {"list", "count"} else kept
            if name not in known:
                yield _api(name, f"{new.capitalize()} {words_of(noun or function.name)}", fields)
