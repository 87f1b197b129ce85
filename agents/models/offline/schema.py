"""API lists as the engine reads them: from a prompt's JSON, or from the tools of a request."""

import json
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..call import ToolSpec
from .text import WORD, stem


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter."""

    name: str
    type: str
    description: str
    required: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """One API or tool."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters that a call cannot do without."""
        return tuple(p for p in self.parameters if p.required)

    @property
    def stems(self) -> frozenset[str]:
        """The stems of its name and description."""
        return split_stems(f"{self.name} {self.description}")


def words_of(name: str) -> str:
    """Return a name in plain words: `parse_long_opt` and `parseLongOpt` become `parse long opt`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()


@lru_cache(maxsize=4096)
def split_stems(text: str) -> frozenset[str]:
    """Return the stems of a text whose names may be written in_snake_case or camelCase."""
    spaced = "".join(
        f" {c}" if c.isupper() and i and text[i - 1].islower() else c for i, c in enumerate(text)
    )
    return frozenset(stem(w) for w in WORD.findall(spaced.replace("_", " ")) if len(w) > 2)


@lru_cache(maxsize=256)
def read_apis(text: str) -> tuple[Function, ...]:
    """Read a prompt's API list; an unreadable one is empty."""
    try:
        rows = json.loads(text) if text.strip() else []
    except ValueError:
        return ()
    return tuple(_function(row) for row in rows if isinstance(row, dict) and row.get("name"))


def _function(row: dict[str, Any]) -> Function:
    parameters = tuple(
        Parameter(
            str(p.get("name", "")),
            str(p.get("type", "string")),
            str(p.get("description", "")),
            bool(p.get("required")),
        )
        for p in row.get("parameters") or []
        if isinstance(p, dict)
    )
    return Function(str(row["name"]), str(row.get("description", "")), parameters)


@lru_cache(maxsize=256)
def read_tools(tools: tuple[ToolSpec, ...]) -> tuple[Function, ...]:
    """Read the tools of a request; their parameters are JSON schemas."""
    return tuple(Function(t.name, t.description, _schema_parameters(t.parameters)) for t in tools)


def _schema_parameters(text: str) -> tuple[Parameter, ...]:
    schema = json.loads(text) if text.strip() else {}
    required = set(schema.get("required") or [])
    return tuple(
        Parameter(
            name,
            str(field.get("type", "string")),
            str(field.get("description", "")),
            name in required,
            tuple(map(str, field.get("enum") or ())),
        )
        for name, field in (schema.get("properties") or {}).items()
    )


_PLACES = (
    "Lyon",
    "Osaka",
    "Bergen",
    "Quito",
    "Tartu",
    "Porto",
    "Halifax",
    "Graz",
    "Cork",
    "Nagoya",
)
_THINGS = (
    "willow",
    "harbour",
    "copper",
    "meadow",
    "lantern",
    "quartz",
    "saffron",
    "cedar",
    "marble",
    "heron",
)


def example_value(parameter: Parameter, rng: random.Random) -> object:
    """Return a concrete value that fits a parameter's type and name."""
    if parameter.choices:
        return rng.choice(parameter.choices)
    name = parameter.name.lower()
    simple: dict[str, object] = {
        "integer": rng.randint(2, 97),
        "number": round(rng.uniform(1, 90), 1),
        "boolean": rng.random() < 0.5,
        "array": rng.sample(_THINGS, 2),
        "object": {rng.choice(_THINGS): rng.randint(2, 97)},
    }
    if parameter.type in simple:
        return simple[parameter.type]
    if "date" in name or name in {"day", "since", "until"}:
        return f"20{rng.randint(18, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if any(part in name for part in ("city", "place", "location", "region", "country")):
        return rng.choice(_PLACES)
    if name.endswith("id"):
        return f"{rng.choice(_THINGS)[:3]}-{rng.randint(100, 999)}"
    return rng.choice(_THINGS)
