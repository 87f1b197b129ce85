"""YAML that knows its lines, so that what is wrong in it can be said with its place."""

import re
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]
"""Keys and list positions, from the top: pydantic's `loc`."""

_MOST = 100_000
"""Values of a file, with every alias written out: many times what any config or skill has."""


class _Words(yaml.SafeLoader):
    """YAML in which only true and false are truth values, as in YAML 1.2: off, on, yes and no are words."""

    yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Words.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def load(text: str) -> Any:
    """Return the value of a text; a setting may be called off, or no.

    Raises:
        yaml.YAMLError: it is no YAML, or stands for more than a file of settings could hold.
    """
    loader = _Words(text)
    try:
        node = loader.get_single_node()
        _measure(node)
        return None if node is None else loader.construct_document(node)
    except RecursionError as error:
        raise yaml.YAMLError("nested too deeply") from error
    finally:
        loader.dispose()


def compose(text: str, path: str | Path) -> yaml.Node | None:
    """Return a file's nodes; None where it is empty.

    Raises:
        ValueError: it is not YAML, or a key stands twice in one mapping; names file and line.
    """
    try:
        node: yaml.Node | None = yaml.compose(text)
        _measure(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error
    _refuse_repeated_keys(node, path)
    return node


def _measure(top: yaml.Node | None) -> None:
    """Refuse what would never end to be looked through: aliases of aliases, or one that holds itself."""
    sizes: dict[int, int] = {}
    above: set[int] = set()

    def size(node: yaml.Node) -> int:
        if not isinstance(node, yaml.CollectionNode):
            return 1
        if id(node) in above:
            raise yaml.YAMLError(f"line {_line(node)}: an alias stands within what it stands for")
        if id(node) not in sizes:
            above.add(id(node))
            parts = chain.from_iterable(v if isinstance(v, tuple) else (v,) for v in node.value)
            sizes[id(node)] = 1 + sum(map(size, parts))
            above.discard(id(node))
        if sizes[id(node)] > _MOST:
            raise yaml.YAMLError(
                f"line {_line(node)}: with its aliases written out it has more than {_MOST:,} values"
            )
        return sizes[id(node)]

    if top is not None:
        size(top)


def line_of(node: yaml.Node | None, loc: Location) -> int:
    """Return the 1-based line of the deepest existing node along a location."""
    line = 1
    for key in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
            if found is None:
                return line
            line, node = _line(found[0]), found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            item: yaml.Node = node.value[key]
            line, node = _line(item), item
        else:
            return line
    return line


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _refuse_repeated_keys(top: yaml.Node | None, path: str | Path) -> None:
    """Refuse a key that stands twice in one mapping: YAML would keep the last one silently."""
    looked_at: set[int] = set()  # an alias is the same node again, and may lead back to itself
    below = [top]
    while below:
        node = below.pop()
        if node is None or id(node) in looked_at:
            continue
        looked_at.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _refuse_repeated(node, path)
            below += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            below += reversed(node.value)


def _refuse_repeated(node: yaml.MappingNode, path: str | Path) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise ValueError(
                f"{path}:{_line(key)}: the key {key.value!r} stands here a second time"
            )
        seen.add(str(key.value))
