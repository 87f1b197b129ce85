"""Long source code into parts: cut between top-level definitions, never inside a line."""

import ast
import warnings
from collections.abc import Iterator
from itertools import pairwise

from .chunks import even, pack, pieces

_GENERIC_BREAKS = [r"\n\n\n", r"\n\n", r"\n"]
_SPLITTER_NAMES = {"javascript": "js", "typescript": "ts", "solidity": "sol", "protobuf": "proto"}


def split_code(text: str, language: str, limit: int) -> list[str]:
    """Split code into parts of at most `limit` characters where its lines allow."""
    if len(text) <= limit:
        return [text]
    blocks = _python_blocks(text, limit) if language == "python" else None
    if blocks is None:
        parts = pieces(text, limit, _breaks(language))
    else:
        parts = list(pack(blocks, even(len(text), limit), limit))
    return [part.strip("\n") for part in parts if part.strip()]


def _breaks(language: str) -> list[str]:
    """Return where a language is cut: before definitions, then at blank lines, then at lines."""
    from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

    name = _SPLITTER_NAMES.get(language, language)
    if name not in {known.value for known in Language}:
        return _GENERIC_BREAKS
    own = RecursiveCharacterTextSplitter.get_separators_for_language(Language(name))
    return [mark for mark in own if mark.strip()] + _GENERIC_BREAKS


def _python_blocks(text: str, limit: int) -> list[str] | None:
    """Return top-level definitions, or None where the code does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
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
