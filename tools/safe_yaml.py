"""YAML from anywhere: what is nested too deeply or grows without end is refused, not loaded."""

from typing import Any

import yaml

# Both are safe loaders; the one in C is ten times faster, but deep nesting ends its process.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 500
_MOST = 100_000
"""Values beyond one a character, with every alias written out."""


def load_yaml(text: str) -> Any:
    """Return the value of a single YAML document.

    Raises:
        yaml.YAMLError: it is none.
        RecursionError: it is nested more than 500 levels deep.
        MemoryError: its aliases stand for far more values than it could hold.
    """
    _measure(text)
    return yaml.load(text, Loader=_Loader)


def _measure(text: str) -> None:
    """Walk over a text without building anything, and refuse what could not be built."""
    most = len(text) + _MOST
    sizes: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            if len(open_nodes) > _DEEPEST:
                raise RecursionError(f"YAML that is nested more than {_DEEPEST} levels deep")
            continue
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_nodes.pop()
            sizes |= {anchor: size} if anchor else {}
        else:
            continue
        anchor, before = open_nodes.pop()
        if before + size > most:
            raise MemoryError(f"YAML whose aliases stand for more than {most:,} values")
        open_nodes.append((anchor, before + size))
