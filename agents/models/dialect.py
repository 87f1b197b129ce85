"""What an endpoint was found to understand: how structure is asked for, and what fields are called.

Endpoints differ and do not say so beforehand; each refusal that speaks of a field moves the dialect
one step, once per provider.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import orjson
from pydantic import BaseModel

from ..replies import LENGTHS, strict_schema, unbounded
from .concurrency import Pace

Mode = Literal["schema", "json", "prompt"]
_DOWN: dict[Mode, Mode] = {"schema": "json", "json": "prompt"}
_REFUSALS = frozenset({400, 404, 415, 422})
_BROKEN = frozenset({500, 501})
"""Some servers break where they should refuse: they are believed where they name the field."""
_STRUCTURE = re.compile(
    r"response_?format|json[ _-]?schema|json[ _-]?(mode|object|output|format)|structured|guided|grammar"
    r"|\bschemas?\b"
    r"|(un(supported|known|recogni[sz]ed)|extra|requested|invalid).{0,20}(param|field|argument)",
    re.IGNORECASE,
)
_LENGTHS = re.compile("|".join(sorted(LENGTHS)))
_GRAMMAR = re.compile(
    r"grammar|schema.{0,60}(features|states|complex|keyword)|invalid schema", re.IGNORECASE
)
"""A schema that a server cannot turn into a grammar: it may be its bounds, whatever is named."""
_NAMED = re.compile(r"response_?format|json[ _-]?schema|json_object|grammar", re.IGNORECASE)
_NO_TEMPERATURE = re.compile(
    r"\btemperature\b.{0,40}(does not|doesn't|not|un)[ -]?support"
    r"|\btemperature\b.{0,12}deprecated|unsupported.{0,40}\btemperature\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"failed_generation|generated json", re.IGNORECASE)
"""The endpoint speaks of what the model wrote: it understood what was asked."""
_NO_SYSTEM = re.compile(r"system (role|message|prompt)s?.{0,20}not.{0,10}support", re.IGNORECASE)
_TOO_LONG = re.compile(r"too large|too long|context.{0,10}length|maximum", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this endpoint is spoken to."""

    mode: Mode = "schema"
    cap: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The name of the field that bounds the reply."""
    seeds: bool = True
    """Whether `seed` may be sent."""
    system: bool = True
    """Whether there is a system turn: some templates know none."""
    lengths: bool = True
    """Whether a schema may bound lists and texts."""
    temperature: bool = True
    """Whether one may be sent: models that think have their own."""

    def corrected(
        self, status: int, text: str, *, structured: bool, seeded: bool
    ) -> "Dialect | None":
        """Return the dialect to try after a refusal, None where it is not about the dialect."""
        if _WRITTEN.search(text):
            return None
        if self.lengths and structured and self.mode == "schema" and _refuses_lengths(status, text):
            return replace(self, lengths=False)
        if status in _BROKEN and structured and self.mode in _DOWN and _NAMED.search(text):
            return replace(self, mode=_DOWN[self.mode])
        if status not in _REFUSALS:
            return None
        if (
            self.cap == "max_tokens"
            and "max_completion_tokens" in text
            and not _TOO_LONG.search(text)
        ):
            return replace(self, cap="max_completion_tokens")
        if seeded and self.seeds and re.search(r"\bseed\b", text):
            return replace(self, seeds=False)
        if self.system and _NO_SYSTEM.search(text):
            return replace(self, system=False)
        if self.temperature and _NO_TEMPERATURE.search(text):
            return replace(self, temperature=False)
        if structured and self.mode in _DOWN and _STRUCTURE.search(text):
            return replace(self, mode=_DOWN[self.mode])
        return None


def _refuses_lengths(status: int, text: str) -> bool:
    told = _LENGTHS.search(text) or _GRAMMAR.search(text)
    return status in _REFUSALS | _BROKEN and told is not None


@dataclass(slots=True)
class Learned:
    """The dialect and the pace of one model at one endpoint by now, shared by its aliases."""

    dialect: Dialect
    pace: Pace = field(default_factory=Pace)

    @classmethod
    def of(cls, structured: Literal["auto", "schema", "json", "prompt"]) -> "Learned":
        """Return what is known before the first call: nothing but the setting."""
        return cls(Dialect(mode="schema" if structured == "auto" else structured))


@cache
def response_format(reply: type[BaseModel], mode: Mode, *, lengths: bool = True) -> Any:
    """Return the request's `response_format` as ready JSON, None where the prompt alone asks."""
    if mode == "prompt":
        return None
    if mode == "json":
        return orjson.Fragment(b'{"type":"json_object"}')
    strict = strict_schema(reply)
    schema = {
        "name": reply.__name__,
        "strict": True,
        "schema": strict if lengths else unbounded(strict),
    }
    return orjson.Fragment(orjson.dumps({"type": "json_schema", "json_schema": schema}))
