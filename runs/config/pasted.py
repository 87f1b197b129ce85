"""Keys pasted into a config, where they do not belong: found before anything of it is written down."""

import re
from collections.abc import Iterator
from typing import Any

from ...agents.models.secrets import is_secret
from ...taxonomy.lines import Location

_KEY_NAMES = re.compile(r"(.*[-_])?(api[-_]?key|authorization|password|secret|token)", re.I)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*|[A-Za-z_]{1,40}")
_QUERY = re.compile(r"[?&](api[-_]?key|key|token)=", re.I)
_STORE = ("execution", "store")
"""Where an address may hold a password: `store_url` sees to it."""
_MOVE = "export it as an environment variable and name that one in api_key_env"


def pasted_keys(value: Any, loc: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield location and words of everything in raw config data that is, or looks like, a key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from pasted_keys(inner, (*loc, str(name)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from pasted_keys(inner, (*loc, number))
    elif loc == _STORE:
        return
    elif isinstance(value, str) and (why := _why(str(loc[-1]) if loc else "", value)):
        yield loc, f"{'.'.join(map(str, loc))}: {why}"


def _why(name: str, value: str) -> str:
    """Return why a text must not stand under this name; empty when it may."""
    if name == "api_key_env":
        if is_secret(value) or not _VARIABLE.fullmatch(value):
            return "needs the name of an environment variable, such as OPENAI_API_KEY, not the key"
        return ""
    if _KEY_NAMES.fullmatch(name) and value:
        return f"a key never stands in a config (its value is not shown); {_MOVE}"
    if is_secret(value) or _QUERY.search(value):
        return f"holds what looks like a key or a password (not shown); {_MOVE}"
    return ""
