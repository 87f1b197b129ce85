"""An API as tools see it: a name, a description, typed parameters; with its JSON and text forms.

The fields are those of `agents.records.Api`. Tools stay free of the records: they make `ApiSpec`s
and take whatever has these fields.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

JsonType = Literal["string", "integer", "number", "boolean", "array", "object"]
JSON_TYPES: tuple[JsonType, ...] = ("string", "integer", "number", "boolean", "array", "object")

# Endpoints refuse function names outside [A-Za-z0-9_-]{1,64}.
_NAME_LIMIT = 64


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter of an API."""

    name: str
    type: JsonType = "string"
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    """The only texts it may be, or hold where it is an array; empty where any will do."""
    least: float | None = None
    most: float | None = None
    shape: str = ""
    """A JSON schema of its values, where that tells more than the fields above: what stands inside them."""


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """One callable API."""

    name: str
    description: str
    parameters: tuple[ParameterSpec, ...] = ()
    returns: str = ""
    """An example result as JSON text, or a sentence when none is known."""
    hypothesised: bool = False
    """True where a model invented it."""


class ParameterLike(Protocol):
    """What has the fields of a parameter."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> JsonType: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def required(self) -> bool: ...  # noqa: D102
    @property
    def choices(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def least(self) -> float | None: ...  # noqa: D102
    @property
    def most(self) -> float | None: ...  # noqa: D102
    @property
    def shape(self) -> str: ...  # noqa: D102


class ApiLike(Protocol):
    """What has the fields of an API: an `ApiSpec` or a record."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Sequence[ParameterLike]: ...  # noqa: D102
    @property
    def returns(self) -> str: ...  # noqa: D102
    @property
    def hypothesised(self) -> bool: ...  # noqa: D102


def slug(text: str) -> str:
    """Return a name that every endpoint accepts for a function or a parameter."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")[:_NAME_LIMIT].strip("_")


def spoken(name: str) -> str:
    """Return the words of an identifier in lower case: `findPetById` is `find pet by id`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^\w]+|_+", " ", name)
    return " ".join(parted.split()).lower()


def unique_names(apis: Iterable[ApiSpec]) -> list[ApiSpec]:
    """Return the APIs with a number added to every name that came before."""
    seen: set[str] = set()
    kept = []
    for api in apis:
        name, count = api.name, 1
        while name in seen:
            count += 1
            name = f"{api.name[: _NAME_LIMIT - 4]}_{count}"
        seen.add(name)
        kept.append(replace(api, name=name))
    return kept


def json_schema(api: ApiLike) -> dict[str, Any]:
    """Return the JSON schema of the API's arguments, as chat endpoints want it for a function."""
    return {
        "type": "object",
        "properties": {parameter.name: _described(parameter) for parameter in api.parameters},
        "required": [parameter.name for parameter in api.parameters if parameter.required],
        "additionalProperties": False,
    }


def _described(parameter: ParameterLike) -> dict[str, Any]:
    schema = value_schema(parameter)
    return {**schema, "description": parameter.description} if parameter.description else schema


def value_schema(parameter: ParameterLike) -> dict[str, Any]:
    """Return the JSON schema of a parameter's values."""
    if parameter.shape:
        schema: dict[str, Any] = json.loads(parameter.shape)
        return schema
    schema = {"type": parameter.type}
    if parameter.type == "array":
        schema["items"] = {}  # endpoints refuse an array that says nothing about its items
    if parameter.choices:
        one = schema if parameter.type != "array" else schema["items"]
        one |= {"type": "string", "enum": list(parameter.choices)}
    for limit, value in (("minimum", parameter.least), ("maximum", parameter.most)):
        if value is not None:
            schema[limit] = value
    return schema


def dump_apis(apis: Sequence[ApiLike]) -> str:
    """Return the API list as JSON text: what prompts and indexes carry."""
    return json.dumps(plain_apis(apis), ensure_ascii=False)


def plain_apis(apis: Sequence[ApiLike]) -> list[dict[str, Any]]:
    """Return the API list as plain data."""
    return [_plain(api) for api in apis]


def _plain(api: ApiLike) -> dict[str, Any]:
    return {
        "name": api.name,
        "description": api.description,
        "parameters": [_plain_parameter(p) for p in api.parameters],
        "returns": api.returns,
        "hypothesised": api.hypothesised,
    }


def _plain_parameter(parameter: ParameterLike) -> dict[str, Any]:
    """Return what is said of a parameter; limits only where there are some."""
    names = ("name", "type", "description", "required")
    limits = {f: getattr(parameter, f) for f in ("choices", "least", "most")}
    limits["schema"] = json.loads(parameter.shape) if parameter.shape else None
    told = {f: getattr(parameter, f) for f in names}
    return told | {f: value for f, value in limits.items() if value not in (None, ())}


def load_apis(text: str) -> list[ApiSpec]:
    """Read what `dump_apis` wrote."""
    return [
        ApiSpec(**{**api, "parameters": tuple(map(_parameter, api["parameters"]))})
        for api in json.loads(text)
    ]


def _parameter(row: dict[str, Any]) -> ParameterSpec:
    flat = {name: value for name, value in row.items() if name != "schema"}
    shape = json.dumps(row["schema"]) if "schema" in row else ""
    return ParameterSpec(**{**flat, "choices": tuple(row.get("choices", ())), "shape": shape})


def render_apis(apis: Sequence[ApiLike]) -> str:
    """Return the API list as text for people and models: the passage of a tool-use instruction."""
    return "\n\n".join(_render(api) for api in apis)


def _render(api: ApiLike) -> str:
    lines = [f"{api.name}({', '.join(p.name for p in api.parameters)})"]
    if api.description:
        lines.append(f"  {api.description}")
    for p in api.parameters:
        need = "required" if p.required else "optional"
        lines.append(
            f"  - {p.name} ({p.type}, {need}){': ' + p.description if p.description else ''}"
        )
    if api.returns:
        lines.append(f"  Returns: {api.returns}")
    return "\n".join(lines)
