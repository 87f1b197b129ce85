r"""Takes out what is not the document: boilerplate, embedded files, damaged characters, loose space.

Only prose is cleaned. Code, tables and API descriptions keep every byte but their line endings,
and so do fenced code blocks inside prose, where no file of a thousand characters is embedded.

Control characters are kept nowhere: a form feed or vertical tab ends a line, lone surrogates become
U+FFFD, what else is below U+0020 (but tab and newline) or from U+007F to U+009F goes.
"""

import re

from ...tools.web.markdown import note

FENCED = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)

_GUTENBERG_START = re.compile(
    r"\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG(?:[^\n*]|\*(?!\*\* ?START))*+\n", re.I
)
_GUTENBERG_END = re.compile(
    r"^.{0,20}(?:\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG|End of (?:the )?Project Gutenberg)",
    re.IGNORECASE | re.MULTILINE,
)
_GUTENBERG_CREDITS = re.compile(
    r"\A\s*(?:E-text prepared|Produced by|Transcribed from)[^\n]*(?:\n[^\n]+)*\n", re.I
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_SVG = r"<svg(?:[^<\n]|<(?!/svg>))*+(?:</svg>)?|%3Csvg(?:[^%\n]|%(?!3C/svg%3E))*+(?:%3C/svg%3E)?"
_BASE64 = r"[\w+/%-]*+(?:\n[ \t>]*[A-Za-z0-9+/]{40,})*+(?:\n[ \t>]*[A-Za-z0-9+/]{1,80}(?==|[)\"'>]))?={0,2}"
_DATA_URI = re.compile(
    r"\bdata:((?:image|audio|video|font|application|text|model|multipart)/[\w.+-]{1,80})?"
    rf"(?:;(?!base64,)[\w.+=-]{{1,60}}){{0,4}}(?:;base64,\s?{_BASE64}|(?<=[\w-]),(?:{_SVG}|[^\s\"'<>)\]}}]+))",
    re.IGNORECASE,
)
_BARE_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{200,}={0,2}"
    r"|^(?:[ \t>]*[A-Za-z0-9+/]{60,80}\n){3,}(?:[ \t>]*[A-Za-z0-9+/]{1,80}={0,2}$)?",
    re.MULTILINE,
)
# What a data URI leaves at first, so that the link or tag around it can be found.
_LEFT = "\x02([^\x02\x03]*)\x03"
_LEFT_LINK = re.compile(
    rf'!?\[([^\[\]\n]{{0,300}})\]\([ \t<]{{0,3}}{_LEFT}>?(?:[ \t]{{1,3}}"[^"\n]{{0,300}}")?[ \t]{{0,3}}\)'
)
_LEFT_TAG = re.compile(rf"<[a-z]{{1,10}}\b[^<>\x02]{{0,300}}{_LEFT}[^<>]{{0,300}}>", re.IGNORECASE)
_ALT = re.compile(r"\balt=[\"']([^\"'<>]{1,300})")
_FENCE_HOLDS = 1_000


def printable(text: str) -> str:
    """Return any text without control characters and lone surrogates; see the top of this file."""
    if not _CONTROLS.search(text):
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", whole.replace("\f", "\n").replace("\v", "\n"))


def clean_text(text: str) -> str:
    """Return prose repaired, without Project Gutenberg's wrapper, with tidy whitespace."""
    text = _without_gutenberg(printable(_repaired(text.replace("\f", "\n\n"))))
    pieces, end = [], 0
    for fence in FENCED.finditer(text):
        pieces += [_tidy(text[end : fence.start()]), _without_files(fence[0], _FENCE_HOLDS)]
        end = fence.end()
    return "".join([*pieces, _tidy(text[end:])]).strip("\n")


def _without_files(text: str, least: int = 0) -> str:
    """Replace data URIs and blocks of base64 of at least so many characters by a note."""

    def leave(found: re.Match[str]) -> str:
        return found[0] if len(found[0]) < least else f"\x02{found[1] or 'data'}\x03"

    def leave_bare(found: re.Match[str]) -> str:
        block = found[0]
        mixed = all(re.search(kind, block) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if len(block) < least or not mixed or block.count("/") > len(block) / 20:
            return block
        return note("base64") + block[len(block.rstrip()) :]

    text = _DATA_URI.sub(leave, text)
    if "\x02" in text:
        text = _LEFT_LINK.sub(lambda found: note(found[2], found[1]), text)
        text = _LEFT_TAG.sub(_tag_note, text)
        text = re.sub(_LEFT, lambda found: note(found[1]), text)
    return _BARE_BASE64.sub(leave_bare, text)


def _tag_note(found: re.Match[str]) -> str:
    title = _ALT.search(found[0])
    return note(found[1], title[1] if title else "")


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
    """Tidy what is outside code: no embedded files or trailing blanks, one empty line in a row."""
    text = _without_files(_INVISIBLE.sub("", text).replace("\u00a0", " "))
    # Two trailing blanks are a line break in markdown and stay.
    text = re.sub(r"(?<=\S)[ \t]++$", _line_end, text, flags=re.MULTILINE)
    text = re.sub(r"^[ \t]++$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text)


def _line_end(blanks: re.Match[str]) -> str:
    return blanks[0] if len(blanks[0]) == 2 and blanks[0][0] == " " else ""
