"""YAML that knows its lines, so that what is wrong in it can be said with its place."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]
"""Keys and list positions, from the top: pydantic's `loc`."""

_MOST = 100_000
"""Values of a file, with every alias written out: many times what any config or skill has."""

_LARGEST = 1 << 20
"""Bytes of a file: data given in its place would take hours to be looked through."""


class _Words(yaml.SafeLoader):
    """YAML in which only true and false are truth values, as in YAML 1.2: off, on, yes and no are words."""

    yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _checked(build: Callable[[yaml.SafeLoader, yaml.Node], Any]) -> Callable[..., Any]:
    """Return a constructor whose every failure has its line: 2001-99-99 is no date."""

    def built(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
        try:
            value = build(loader, node)
            if isinstance(value, int) and value.bit_length() > 63:
                raise ValueError("a number of at most 64 bits is needed")
            return value
        except (ValueError, ArithmeticError, AttributeError, LookupError) as error:
            kind = node.tag.rpartition(":")[2]
            words = f"{str(node.value)[:40]!r} cannot be read as {kind}: {str(error)[:60]}"
            raise yaml.constructor.ConstructorError(None, None, words, node.start_mark) from error

    return built


for _kind in ("bool", "int", "float", "timestamp"):
    _tag = f"tag:yaml.org,2002:{_kind}"
    _Words.add_constructor(_tag, _checked(yaml.SafeLoader.yaml_constructors[_tag]))
_Words.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _refused(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    """Refuse a kind of value that no setting has."""
    kind = node.tag.rpartition(":")[2]
    words = f"a setting is no !!{kind}: write a list, a section or a text"
    raise yaml.constructor.ConstructorError(None, None, words, node.start_mark)


for _kind in ("set", "omap", "pairs", "binary"):
    _Words.add_constructor(f"tag:yaml.org,2002:{_kind}", _refused)


def text_of(path: str | Path) -> str:
    """Return the text of a file of settings.

    Raises:
        OSError: it cannot be read.
        ValueError: it is far too large, or (UnicodeDecodeError) not UTF-8.
    """
    with Path(path).open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"{path}: larger than {_LARGEST >> 20} MiB, as no file of settings is")
    return data.decode("utf-8").replace("\r\n", "\n")


def load(text: str, path: str | Path = "") -> Any:
    """Return the value of a text; a setting may be called off, or no.

    Raises:
        ValueError: it is no YAML, or stands for more than a file of settings could hold; names the line
            where it comes from a file.
    """
    with _told(path, text):
        loader = _Words(text)
        try:
            node = loader.get_single_node()
            _measure(node)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()


def compose(text: str, path: str | Path) -> yaml.Node | None:
    """Return a file's nodes; None where it is empty.

    Raises:
        ValueError: it is not YAML, or a key stands twice in one mapping; names file and line.
    """
    with _told(path, text):
        node: yaml.Node | None = yaml.compose(text)
        _measure(node)
    _refuse_repeated_keys(node, path)
    return node


@contextmanager
def _told(path: str | Path, text: str) -> Iterator[None]:
    """Say in one line what is wrong with a YAML text, and where."""
    where = f"{path}:" if str(path) else ""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{where}{line}: {error.problem}" if where else error.problem) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = f"the character U+{error.character:04X} may stand in no YAML"
        raise ValueError(f"{where}{line}: {words}" if where else words) from error
    except RecursionError as error:
        raise ValueError(f"{where} nested too deeply".strip()) from error
    except yaml.YAMLError as error:
        raise ValueError(f"{where} {error}".strip()) from error


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
