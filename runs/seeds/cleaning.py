"""Takes out what is not the document: boilerplate, page furniture, damaged characters, loose space.

Only prose is cleaned. Code, tables and API descriptions keep every byte but their line endings,
and so do fenced code blocks inside prose.
"""

import re
from collections import Counter

FENCED = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)

_GUTENBERG_START = re.compile(r"\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG[^\n]*\n", re.I)
_GUTENBERG_END = re.compile(
    r"^.{0,20}(?:\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG|End of (?:the )?Project Gutenberg)",
    re.IGNORECASE | re.MULTILINE,
)
_GUTENBERG_CREDITS = re.compile(
    r"\A\s*(?:E-text prepared|Produced by|Transcribed from)[^\n]*(?:\n[^\n]+)*\n", re.I
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\x00-\x08\x0b\x0e-\x1f\x7f]")
_WEB_FURNITURE = re.compile(
    r"[\s>*-]*(?:(?:we|this (?:web)?site) uses? cookies|(?:accept|reject|manage) (?:all )?cookies"
    r"|cookie (?:settings|policy|preferences)|skip to (?:main )?content|back to top"
    r"|share (?:on|this)|subscribe (?:to|now)|sign (?:in|up)\W*$|log ?in\W*$|all rights reserved"
    r"|privacy policy\W*$|(?:©|copyright ©)).{0,120}",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—]\s*)?(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*[-–—])?\s*",
    re.IGNORECASE,
)


def clean_text(text: str) -> str:
    """Return prose repaired, without Project Gutenberg's wrapper, with tidy whitespace."""
    text = _without_gutenberg(_repaired(text))
    pieces, end = [], 0
    for fence in FENCED.finditer(text):
        pieces += [_tidy(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*pieces, _tidy(text[end:])]).strip("\n")


def _repaired(text: str) -> str:
    """Undo text that was decoded with the wrong code page; pure ASCII cannot have been."""
    if text.isascii():
        return text
    import ftfy

    # Quotes and entities are the author's: only damage is repaired.
    return ftfy.fix_text(text, uncurl_quotes=False, unescape_html=False, fix_character_width=False)


def _without_gutenberg(text: str) -> str:
    """Cut the licence before and after a Project Gutenberg book."""
    if start := _GUTENBERG_START.search(text):
        text = _GUTENBERG_CREDITS.sub("", text[start.end() :])
    if end := _GUTENBERG_END.search(text):
        text = text[: end.start()]
    return text


def _tidy(text: str) -> str:
    """Normalise whitespace outside code: no trailing blanks, at most one empty line in a row."""
    text = _INVISIBLE.sub("", text).replace("\u00a0", " ").replace("\x0c", "\n\n")
    # Two trailing blanks are a line break in markdown and stay.
    text = re.sub(r"(?<=\S)(?:[ \t]|[ \t]{3,}|\t+[ \t]*)$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text)


def without_web_furniture(text: str) -> str:
    """Drop the lines of a web page that speak about the site: cookies, sharing, signing in."""
    return "\n".join(line for line in text.split("\n") if not _WEB_FURNITURE.fullmatch(line))


def join_pages(pages: list[str]) -> str:
    """Join the pages of a PDF without page numbers, running heads and words cut at line ends."""
    lines = [[line.rstrip() for line in page.strip().split("\n")] for page in pages]
    edges = Counter(_headline(line) for page in lines for line in {page[0], page[-1]})
    running = {head for head, count in edges.items() if head and count >= max(3, len(pages) / 3)}
    text = "\n".join("\n".join(_body(page, running)) for page in lines)
    return re.sub(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])", "", text)


def _headline(line: str) -> str:
    """Return a line without what changes from page to page."""
    return re.sub(r"[\d\W_]+", " ", line).strip().lower()


def _body(page: list[str], running: set[str]) -> list[str]:
    """Return the lines of a page between its running head and its page number."""

    def furniture(line: str) -> bool:
        return _PAGE_NUMBER.fullmatch(line) is not None or _headline(line) in running

    start, end = 0, len(page)
    while start < end and furniture(page[start]):
        start += 1
    while end > start and furniture(page[end - 1]):
        end -= 1
    return page[start:end]
