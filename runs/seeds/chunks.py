"""Long prose into parts: whole paragraphs, headings with what follows, fenced code unbroken."""

import re
from collections.abc import Iterable, Iterator
from math import ceil

from .cleaning import FENCED

_HEADING = re.compile(r"#{1,6} \S")
_PROSE_BREAKS = ["\n\n", "\n", r"(?<=[.!?…])\s+", r"(?<=[。！？])", " ", ""]


def split_text(text: str, limit: int) -> list[str]:
    """Split prose into parts of about equal length, each at most `limit` characters."""
    if len(text) <= limit:
        return [text]
    target = even(len(text), limit)
    whole = (b for block in _blocks(text) for b in _fitting(block, limit, _PROSE_BREAKS))
    return [part.strip("\n") for part in pack(whole, target, limit) if part.strip()]


def even(length: int, limit: int) -> int:
    """Return the length that parts should have so that no small one is left over."""
    return min(limit, ceil(1.1 * length / ceil(length / limit)))


def pack(blocks: Iterable[str], target: int, limit: int) -> Iterator[str]:
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


def pieces(text: str, limit: int, breaks: list[str]) -> list[str]:
    """Cut a block that is too long at the coarsest of the given breaks that helps."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=breaks,
        is_separator_regex=True,
        keep_separator=True,
        chunk_size=even(len(text), limit),
        chunk_overlap=0,
        strip_whitespace=False,
    )
    return splitter.split_text(text)


def _fitting(block: str, limit: int, breaks: list[str]) -> list[str]:
    return [block] if len(block) <= limit else pieces(block, limit, breaks)


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
