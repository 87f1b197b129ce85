"""Long documents into parts: prose by paragraphs and headings, code between its definitions.

Fenced code stays unbroken where it fits, and code is never cut inside a line.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil

from .cleaning import FENCED

_HEADING = re.compile(r"#{1,6} \S")
_GENERIC_BREAKS = [r"\n\n\n", r"\n\n", r"\n"]
_SPLITTER_NAMES = {"javascript": "js", "typescript": "ts", "solidity": "sol", "protobuf": "proto"}
_PROSE_BREAKS = ["\n\n", "\n", r"(?<=[.!?…])\s+", r"(?<=[。！？])", " ", ""]


def split_text(text: str, limit: int) -> list[str]:
    """Split prose into parts of about equal length, each at most `limit` characters."""
    if len(text) <= limit:
        return [text]
    target = _even(len(text), limit)
    whole = (b for block in _blocks(text) for b in _fitting(block, limit, _PROSE_BREAKS))
    return [part.strip("\n") for part in _pack(whole, target, limit) if part.strip()]


def _even(length: int, limit: int) -> int:
    """Return the length that parts should have so that no small one is left over."""
    return min(limit, ceil(1.1 * length / ceil(length / limit)))


def _pack(blocks: Iterable[str], target: int, limit: int) -> Iterator[str]:
    """Join blocks up to the target length; a heading opens a new part once half is full."""
    part = ""
    waiting = ""
    for block in blocks:
        turns = _HEADING.match(block) is not None and len(part) > target / 2
        if part and (turns or len(part) + len(block) > target):
            # A short part joins the next one where both fit.
            if len(waiting) + len(part) <= limit and len(part) < target / 4:
                part = waiting + part
            elif waiting:
                yield waiting
            waiting, part = part, ""
        part += block
    if len(waiting) + len(part) <= limit and min(len(waiting), len(part)) < target / 4:
        yield waiting + part
        return
    yield from (p for p in (waiting, part) if p)


def _cut(text: str, size: int, breaks: list[str]) -> list[str]:
    """Cut at the first break that stands in a text, what is still too long at the next ones.

    Pieces are joined up to the size; the empty break cuts anywhere, and what no break cuts is whole.
    """
    at = next((at for at, mark in enumerate(breaks) if re.search(mark, text)), None)
    if at is None:
        return [text]
    if not breaks[at]:
        return [text[start : start + size] for start in range(0, len(text), size)]
    bounds = [0, *(found.start() for found in re.finditer(breaks[at], text)), len(text)]
    cut: list[str] = []
    joined = ""
    for start, end in pairwise(bounds):
        if len(joined) + end - start > size:
            cut += [joined] if joined else []
            joined = ""
        if end - start > size:
            cut += _cut(text[start:end], size, breaks[at + 1 :])
        else:
            joined += text[start:end]
    return [*cut, joined] if joined else cut


def _fitting(block: str, limit: int, breaks: list[str]) -> list[str]:
    """Return a block, cut where it is too long at the coarsest of the given breaks that helps."""
    return [block] if len(block) <= limit else _cut(block, _even(len(block), limit), breaks)


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs with the blank lines after them, a heading with the paragraph after it."""
    heading = ""
    for block in _paragraphs(text):
        heading += block
        if _HEADING.match(block) and "\n" not in block.strip():
            continue
        yield heading
        heading = ""
    if heading:
        yield heading


def _paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs and fenced code blocks; joined they are the text again."""
    end = 0
    for fence in FENCED.finditer(text):
        yield from re.findall(r".+?(?:\n\s*\n|\Z)", text[end : fence.start()], re.DOTALL)
        yield fence[0]
        end = fence.end()
    yield from re.findall(r".+?(?:\n\s*\n|\Z)", text[end:], re.DOTALL)


def split_code(text: str, language: str, limit: int) -> list[str]:
    """Split code into parts of at most `limit` characters where its lines allow."""
    if len(text) <= limit:
        return [text]
    blocks = _python_blocks(text, limit) if language == "python" else None
    if blocks is None:
        parts = _fitting(text, limit, _breaks(language))
    else:
        parts = list(_pack(blocks, _even(len(text), limit), limit))
    return [part.strip("\n") for part in parts if part.strip()]


def _breaks(language: str) -> list[str]:
    """Return where a language is cut: before definitions, then at blank lines, then at lines."""
    from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

    name = _SPLITTER_NAMES.get(language, language)
    try:
        own = RecursiveCharacterTextSplitter.get_separators_for_language(Language(name))
    except ValueError:
        # It knows no such language, or one by name only.
        return _GENERIC_BREAKS
    return [mark for mark in own if mark.strip()] + _GENERIC_BREAKS


def _python_blocks(text: str, limit: int) -> list[str] | None:
    """Return top-level definitions, or None where the code does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # Lines as Python counts them: a form feed or a separator inside a string ends none.
    lines = text.split("\n")
    lines = [line + "\n" for line in lines[:-1]] + lines[-1:]
    starts = _starts(tree.body, lines, limit)
    bounds = sorted({0, len(lines), *starts})
    return ["".join(lines[start:end]) for start, end in pairwise(bounds)]


def _starts(body: list[ast.stmt], lines: list[str], limit: int) -> Iterator[int]:
    """Yield the line (from 0) where each definition begins; a class too long is opened up."""
    for node in body:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        line = min([node.lineno, *(item.lineno for item in decorators)]) - 1
        while line and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        yield line
        size = sum(map(len, lines[line : node.end_lineno]))
        if isinstance(node, ast.ClassDef) and size > limit:
            # The class line stays with its docstring or first member.
            yield from _starts(node.body[1:], lines, limit)
