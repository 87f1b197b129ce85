"""Describes what a source file offers to call (functions, tables), and guesses siblings of APIs."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from .functions import read_apis, words_of
from .request import Sections

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
