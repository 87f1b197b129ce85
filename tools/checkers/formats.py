"""Parsers of the formats that an answer can be asked for; anything else raises ValueError."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.etree import ElementTree

import yaml


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a formatted text holds."""

    names: frozenset[str]
    """Keys, column heads, element and attribute names."""
    content: str
    """All keys and values as text."""


def _json(text: str) -> Parsed:
    return _of_tree(_load_json(text))


def _jsonl(text: str) -> Parsed:
    return _of_tree([_load_json(line) for line in text.splitlines() if line.strip()])


def _load_json(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    value = json.loads(text, parse_constant=refuse)
    if not isinstance(value, dict | list):
        raise ValueError(f"a lone {type(value).__name__} is no object or array")
    return value


def _yaml(text: str) -> Parsed:
    try:
        # Aliases could unfold without end, and no task asks for them.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise ValueError("it uses aliases")
        value = yaml.load(text, Loader=yaml.BaseLoader)  # texts only, no objects
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if not isinstance(value, dict | list):
        raise ValueError("a lone text is no mapping or sequence")
    return _of_tree(value)


def _of_tree(tree: Any) -> Parsed:
    """Collect names and content of nested dicts and lists."""
    if not tree:
        raise ValueError("it is empty")
    leaves = list(_walk(tree))
    names = frozenset(text for is_name, text in leaves if is_name)
    return Parsed(names, "\n".join(text for _, text in leaves))


def _walk(tree: Any) -> Iterator[tuple[bool, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield True, str(key)
            yield from _walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _walk(value)
    else:
        yield False, str(tree)


def _csv(text: str) -> Parsed:
    try:
        rows = [row for row in csv.reader(text.splitlines(keepends=True), strict=True) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return _of_rows(rows)


def _markdown_table(text: str) -> Parsed:
    rows = []
    for line in text.splitlines():
        if "|" not in line:
            raise ValueError(f"the line {line[:60]!r} is no table row")
        inner = re.sub(r"^\s*\||(?<!\\)\|\s*$", "", line)
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", inner)])
    if len(rows) < 2 or not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
        raise ValueError("the second line does not separate head from rows")
    return _of_rows([rows[0], *rows[2:]])


def _of_rows(rows: list[list[str]]) -> Parsed:
    if len(rows) < 2 or len(rows[0]) < 2:
        raise ValueError("it needs a head, a row and at least two columns")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(f"row {number} has {len(row)} cells, the head {len(rows[0])}")
    content = "\n".join(cell for row in rows for cell in row)
    return Parsed(frozenset(cell.strip() for cell in rows[0]), content)


# Comments and raw text, to the end where they have none.
_UNREAD = r"<!--(?:[^-]|-(?!-))*+(?:-->|\Z)|<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>|\Z)"


def _xml(text: str) -> Parsed:
    # A document type could define entities that unfold without end, and no task asks for one.
    if "<!" in re.sub(_UNREAD, "", text):
        raise ValueError("it declares a document type")
    try:
        elements = list(ElementTree.fromstring(text.strip()).iter())
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    names = {element.tag for element in elements} | {key for e in elements for key in e.attrib}
    content = [t for e in elements for t in (*e.attrib.values(), e.text or "", e.tail or "")]
    return Parsed(frozenset(names), "\n".join(content))


def _numbered_list(text: str) -> Parsed:
    items = _items(text, r"(\d+)[.)]\s+\S")
    if [int(number) for number in items] != list(range(1, len(items) + 1)):
        raise ValueError(f"the items are numbered {', '.join(items)}")
    return Parsed(frozenset(), text)


def _bullet_list(text: str) -> Parsed:
    if len(set(_items(text, r"([-*+•])\s+\S"))) > 1:
        raise ValueError("it mixes bullets")
    return Parsed(frozenset(), text)


def _items(text: str, mark: str) -> list[str]:
    """Return the marks of the items; lines that are indented continue an item."""
    lines = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]
    found = []
    for line in lines:
        match = re.match(mark, line)
        if match is None:
            raise ValueError(f"the line {line[:60]!r} is no item")
        found.append(match[1])
    if len(found) < 2:
        raise ValueError("it has fewer than two items")
    return found


FORMATS: dict[str, Callable[[str], Parsed]] = {
    "json": _json,
    "jsonl": _jsonl,
    "yaml": _yaml,
    "csv": _csv,
    "xml": _xml,
    "markdown_table": _markdown_table,
    "numbered_list": _numbered_list,
    "bullet_list": _bullet_list,
}
