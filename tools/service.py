"""A service behind an API list, for one conversation: what a call creates, later calls find.

What an API does is read off its name (`create_order`, `findPetsByStatus`): things of a kind are made, found,
listed, changed and removed. What nobody made is answered by the simulator; so any API answers, and the same
calls in the same order get the same answers.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .api_spec import ApiLike, json_schema, spoken
from .simulator import SimResult, most_asked, simulate
from .tool import Given, Tool
from .tool_call import check_call

_VERBS = {
    "make": "create add new register post insert book place open upload make schedule submit start",
    "find": "get find fetch read show retrieve lookup view describe load check",
    "list": "list search query all browse",
    "change": "update edit set patch put change rename modify replace move",
    "remove": "delete remove cancel close drop destroy unregister stop",
}
_ACTS = {word: act for act, words in _VERBS.items() for word in words.split()}
_SMALL = ("a", "the", "id")
_NAME = "service"
_BUSY = {"error": "503: the service is busy; try again"}


@dataclass
class Service:
    """What the calls of one conversation did."""

    apis: Sequence[ApiLike]
    busy: int = 0
    """How many calls, from the first one, find the service busy."""
    things: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What was made or changed, by kind and id."""
    removed: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, name: str, arguments: str) -> SimResult:
        """Answer a call."""
        told = simulate(self.apis, name, arguments)
        if not told.ok:
            return told
        if self.busy > 0:
            self.busy -= 1
            return SimResult(False, json.dumps(_BUSY))
        given = check_call(self.apis, name, arguments).arguments
        act, kind = _read(name)
        result = json.loads(told.content)
        if act == "make":
            optional = {p.name for api in self.apis if api.name == name for p in api.parameters}
            return _told(self._make(kind, given, _without(result, optional - given.keys())))
        id = _id_of(given, kind)
        if act == "list" or (act == "find" and not id):
            return _told(self._listed(kind, given, result))
        if id and (kind, id) in self.removed:
            return SimResult(False, json.dumps({"error": f"404: there is no {kind} {id}"}))
        if act == "find":
            return _told(_merged(result, self.things.get((kind, id), {})))
        if act == "change" and id:
            thing = {**self.things.get((kind, id), {}), **_known(given, result)}
            self.things[kind, id] = thing
            return _told(_merged(result, thing))
        if act == "remove" and id:
            self.removed.add((kind, id))
            self.things.pop((kind, id), None)
        return told

    def _make(self, kind: str, given: Mapping[str, Any], result: Any) -> Any:
        if isinstance(result, dict):
            thing = {**result, **_known(given, result)}
            if id := _id_of(thing, kind):
                self.removed.discard((kind, id))
                self.things[kind, id] = thing
                return thing
        return result

    def _listed(self, kind: str, given: Mapping[str, Any], result: Any) -> Any:
        """Put what was made into a list, first, where it meets the call's filters; leave out what is gone."""
        if isinstance(result, dict):
            held = [key for key, value in result.items() if isinstance(value, list)]
            if not held:
                return result
            return {**result, held[0]: self._listed(kind, given, result[held[0]])}
        if not isinstance(result, list):
            return result
        mine = [
            thing
            for (of, _), thing in self.things.items()
            if of == kind and all(thing[k] == v for k, v in given.items() if k in thing)
        ]
        ids = {_id_of(thing, kind) for thing in mine} | {
            id for of, id in self.removed if of == kind
        }
        others = [row for row in result if not (isinstance(row, dict) and _id_of(row, kind) in ids)]
        return [*mine, *others][: most_asked(given)]


def served(apis: Sequence[ApiLike]) -> list[Tool]:
    """Return a tool for each API; those of one conversation share a service."""
    return [
        Tool(api.name, api.description, json_schema(api), partial(_answer, apis, api.name))
        for api in apis
    ]


async def _answer(apis: Sequence[ApiLike], name: str, given: Given, arguments: str) -> str:
    service: Service = given.held.setdefault(_NAME, Service(apis, given.busy))
    return service.answer(name, arguments).content


def _told(result: Any) -> SimResult:
    return SimResult(True, json.dumps(result, ensure_ascii=False))


def _read(name: str) -> tuple[str, str]:
    """Return what an API does, and to which kind of thing."""
    words = [word for word in spoken(name).partition(" by ")[0].split() if word not in _SMALL]
    at = next((at for at, word in enumerate(words) if word in _ACTS), None)
    if at is None:
        return "", _one(words[-1]) if words else ""
    # A later word that could be an act is a thing: `createBook`, `post_posts`, `cancelOrder`.
    nouns = words[at + 1 :] or words[:at]
    # `getPets` without an id lists them.
    return _ACTS[words[at]], _one(nouns[-1]) if nouns else ""


def _one(noun: str) -> str:
    """Return one of what a plural names, near enough that both meet: `boxes` and `box`."""
    if noun.endswith("ies") and len(noun) > 4:
        return f"{noun[:-3]}y"
    if re.search(r"(ss|x|z|ch|sh|status|bus|campus|bonus|virus)es$", noun):
        return noun[:-2]
    return noun if noun.endswith(("ss", "us", "is")) or len(noun) < 4 else noun.removesuffix("s")


def _without(result: Any, names: Collection[str]) -> Any:
    """Return what was made without what nobody gave: only what the service adds is its own."""
    if not isinstance(result, dict):
        return result
    return {key: value for key, value in result.items() if key not in names}


def _id_of(thing: Mapping[str, Any], kind: str) -> str:
    """Return the id that arguments or an object name; empty without one."""
    plain = {re.sub(r"[^a-z0-9]", "", key.lower()): value for key, value in thing.items()}
    names = [f"{kind}id", "id", *(key for key in plain if key.endswith("id"))]
    return next((str(plain[name]) for name in names if plain.get(name) is not None), "")


def _known(given: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """Return the arguments that an object of this shape has; all of them where it has no shape."""
    if not isinstance(result, dict):
        return dict(given)
    return {key: value for key, value in given.items() if key in result and value is not None}


def _merged(result: Any, thing: Mapping[str, Any]) -> Any:
    return {**result, **thing} if isinstance(result, dict) else result
