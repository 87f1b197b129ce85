"""What is wrong with a config, in the words of the reader: place, field, value found, what is allowed."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from ...agents.models.secrets import redact
from ...agents.models.settings import ModelSettings
from ...taxonomy.lines import Location

PROVIDERS: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["provider"].annotation)[0]: kind
    for kind in get_args(get_args(ModelSettings)[0])
}
LONGEST = 80
"""Characters of a value that are shown."""
_NEEDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list",
    "list": "a list",
    "dict": "a section with names of its own: {{name: …}}",
    "model": "a section",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "literal_error": "{expected}",
}
"""By the (first words of the) types of pydantic's errors."""


def explain(
    error: ValidationError, config: type[BaseModel], data: dict[str, Any]
) -> Iterator[tuple[Location, str]]:
    """Yield the location and the words of everything that pydantic found wrong with a config's data."""
    findings: dict[Location, str] = {}
    for found in error.errors(include_url=False):
        finding = dict(found)
        loc = _location(finding)
        owner = _owner(config, list(found["loc"][:-1]))
        words = _words(finding, owner, loc)
        if finding["type"] == "union_tag_not_found":
            words += _meant(str(loc[1]), data["models"])
        # A field that takes a word or a number is found wrong twice, once as each.
        findings[loc] = f"{findings[loc]}, or {_need(finding)}" if loc in findings else words
    for loc, words in findings.items():
        yield loc, f"{'.'.join(map(str, loc)) or 'the config'}: {words}"


def _location(finding: dict[str, Any]) -> Location:
    """Return where a finding is, in the user's own names."""
    loc = list(finding["loc"])
    if loc[:1] == ["models"] and len(loc) > 2:
        del loc[2]  # the provider, which pydantic's union puts into the location
    if len(loc) > 1 and str(loc[-1]).startswith(("literal[", "constrained-", "list[", "tuple[")):
        del loc[-1]  # the kind of value that a union tried
    if finding["type"].startswith("union_tag"):
        loc.append("provider")
    return tuple(loc)


def _words(finding: dict[str, Any], owner: type[BaseModel] | None, loc: Location) -> str:
    kind, context = finding["type"], finding.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(str(loc[-1]), owner)
    if kind == "missing":
        return "is missing"
    if kind == "union_tag_not_found":
        return f"is missing; one of {', '.join(PROVIDERS)}"
    if kind == "union_tag_invalid":
        return f"found {shown(context['tag'])}; needs one of {', '.join(PROVIDERS)}"
    if kind == "value_error":
        return str(context["error"])
    return f"found {shown(finding['input'])}; needs {_need(finding)}"


def _meant(alias: str, models: dict[str, Any]) -> str:
    """Return the models that may be meant, where one is written that has no provider."""
    others = [
        name for name, said in models.items() if isinstance(said, dict) and "provider" in said
    ]
    near = get_close_matches(alias, others, 1)
    known = f"; the models that are there: {', '.join(others)}" if others else ""
    return f"; did you mean models.{near[0]}?" if near else known


def _need(finding: dict[str, Any]) -> str:
    kind, context = finding["type"], finding.get("ctx", {})
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        if pattern.startswith("^(") and pattern.endswith(")$"):
            return f"one of {pattern[2:-2].replace('|', ', ')}"
        return f"a text that matches {pattern}"
    found = next((words for start, words in _NEEDS.items() if kind.startswith(start)), "")
    return found.format(**context) or str(finding["msg"]).removeprefix("Input should be ")


def _unknown(name: str, owner: type[BaseModel] | None) -> str:
    fields = list(owner.model_fields) if owner else []
    near = get_close_matches(name, fields, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    known = f" Fields here: {', '.join(fields)}" if fields else ""
    return f"no such field{hint}{'.' if known and not near else ''}{known}"


def _owner(config: type[BaseModel], loc: list[str | int]) -> type[BaseModel] | None:
    """Return the section that a location lies in, where it is one of ours."""
    kind: Any = config
    if loc[:1] == ["models"] and len(loc) > 2:
        kind, loc = PROVIDERS[str(loc[2])], loc[3:]
    for name in loc:
        field = kind.model_fields.get(str(name))
        kind = field.annotation if field else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return None
    return cast("type[BaseModel]", kind)


def shown(value: object) -> str:
    """Return a value as it may be shown: short, and with nothing secret in it."""
    text = redact(repr(value))
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
