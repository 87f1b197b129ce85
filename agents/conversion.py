"""Between what models write and what lives on: replies to record values, record values to prompt text."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from ..taxonomy.skill import Leaf
from ..tools.api_spec import ApiSpec, plain_apis, slug
from .environment import Api, ApiParameter
from .records import Check, Instruction
from .replies import ApiReply, CheckReply


def apis_json(apis: tuple[Api, ...]) -> str:
    """Return an API list as JSON text for a prompt; empty for none."""
    return orjson.dumps(plain_apis(apis)).decode() if apis else ""


def check_of(checker: str, reply: CheckReply) -> Check | None:
    """Return the check that a leaf's checker and a writer's arguments make; None without a checker."""
    if not checker:
        return None
    return Check(name=checker, terms=tuple(reply.terms), replacements=tuple(reply.replacements))


LATER = "\n\nuser_turns, in order:\n"
"""Stands between a task and its later user turns where both are told as one."""


def told_task(instruction: Instruction) -> str:
    """Return a task as those read it who change it: with its later user turns, where it has any."""
    turns = "\n".join(f"- {' '.join(turn.split())}" for turn in instruction.user_turns)
    return f"{instruction.task}{LATER}{turns}" if turns else instruction.task


def task_bounds(leaf: Leaf) -> dict[str, dict[str, Any]]:
    """Return the schemas of what a task of a leaf has: as many options and arguments as it asks for."""
    least, most = leaf.options
    texts = {"type": "array", "items": {"type": "string", "maxLength": 120}}
    asked = {"terms": leaf.check_terms, "replacements": leaf.check_replacements}
    check = {
        "type": "object",
        "properties": {
            name: {**texts, "minItems": int(bool(said)), "maxItems": 6 if said else 0}
            for name, said in asked.items()
        },
    }
    return {"options": {**texts, "minItems": least, "maxItems": most}, "check": check}


def api_of(reply: ApiReply, *, hypothesised: bool = False) -> Api:
    """Return a reply's API as a record value, under a name that every endpoint accepts."""
    return Api(
        name=slug(reply.name) or "api",
        description=reply.description,
        parameters=tuple(
            ApiParameter(
                name=slug(p.name) or "value",
                type=p.type,
                description=p.description,
                required=p.required,
            )
            for p in reply.parameters
        ),
        returns=reply.returns,
        hypothesised=hypothesised,
    )


def distinct(apis: Iterable[Api]) -> tuple[Api, ...]:
    """Return the APIs without those whose name came before: endpoints refuse a tool named twice."""
    return tuple({api.name: api for api in reversed(list(apis))}.values())[::-1]


def api_from(spec: ApiSpec) -> Api:
    """Return an API that a program parsed as a record value."""
    return Api(
        name=spec.name,
        description=spec.description,
        parameters=tuple(ApiParameter(**asdict(p)) for p in spec.parameters),
        returns=spec.returns,
        hypothesised=spec.hypothesised,
    )
