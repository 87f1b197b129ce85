"""The tools over the given files: search, by BM25, and reading lines; all come with marks to cite them by."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from .full_text import clean, match
from .tool import Given

SHOWN = 5
_LONGEST = 1_200
"""Characters of a paragraph that are shown; the rest can be read by its lines."""


async def search_files(
    given: Given,
    query: Annotated[str, Field(description="A few words that the passage would contain.")],
) -> str:
    """Search the given files. Returns the best paragraphs, each with a mark such as [notes.txt:12].

    Cite what an answer rests on by these marks.
    """
    if not given.files:
        raise ValueError("there are no files to search here")
    wanted = match(query)
    if not wanted:
        raise ValueError("search_files needs one parameter, query: a few words")
    rows = _best(given.files, wanted)
    if not rows:
        return f"Nothing in {', '.join(given.files)} matches {query!r}. Try other or fewer words."
    return "\n\n".join(f"[{name}:{line}] {text[:_LONGEST]}" for name, line, text in rows)


def _best(files: Mapping[str, str], wanted: str) -> list[tuple[str, int, str]]:
    base = sqlite3.connect(":memory:")
    try:
        base.execute(
            "CREATE VIRTUAL TABLE parts USING fts5"
            "(text, name UNINDEXED, line UNINDEXED, tokenize = 'porter unicode61')"
        )
        rows = (
            (clean(text), clean(name), line)
            for name, whole in files.items()
            for line, text in paragraphs(whole)
        )
        base.executemany("INSERT INTO parts (text, name, line) VALUES (?, ?, ?)", rows)
        found = base.execute(
            "SELECT name, line, text FROM parts WHERE parts MATCH ? ORDER BY bm25(parts), rowid LIMIT ?",
            (wanted, SHOWN),
        )
        return [(str(name), int(line), str(text)) for name, line, text in found]
    finally:
        base.close()


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of a text with the numbers of their first lines, from 1."""
    first, held = 1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            first = first if held else number
            held.append(line)
        elif held:
            yield first, "\n".join(held)
            held = []
    if held:
        yield first, "\n".join(held)


MOST_LINES = 200


async def read_file(
    given: Given,
    name: Annotated[str, Field(description="The file; leave it out where there is only one.")] = "",
    first: Annotated[int, Field(ge=1, description="The first line to read, from 1.")] = 1,
    last: Annotated[int, Field(ge=1, description="The last line to read.")] = MOST_LINES,
) -> str:
    """Read lines of a given file. Each comes with the mark to cite it by, such as [notes.txt:12]."""
    files = given.files
    name = name or next(iter(files), "")
    if name not in files:
        raise ValueError(f"there is no file {name!r}; files: {', '.join(files) or 'none'}")
    lines = files[name].splitlines()
    if not first <= min(last, len(lines)):
        raise ValueError(f"{name} has {len(lines)} lines; {first} to {last} holds none of them")
    last = min(last, len(lines), first + MOST_LINES - 1)
    shown = [f"[{name}:{n}] {lines[n - 1]}" for n in range(first, last + 1)]
    if last < len(lines):
        shown.append(f"({len(lines) - last} more lines)")
    return "\n".join(shown)
