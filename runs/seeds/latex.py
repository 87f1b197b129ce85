"""A light clean-up of LaTeX: headings and emphasis as markdown, mathematics untouched."""

import re
import unicodedata
from collections.abc import Iterator

from .cleaning import printable

_OPENERS = re.compile(
    r"\\begin\{((?:equation|align|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting)\*?)\}"
    r"|\\\[|\\\(|\$\$|(?<!\\)\$"
)
_CLOSERS = {"\\[": "\\]", "\\(": "\\)", "$$": "$$"}
_DOLLAR = re.compile(r"(?:\\.|[^$\\])+\$", re.DOTALL)
# Commands inside commands are followed so far.
_DEEPEST = 50
_ARGUMENT = r"\s*\{((?:[^{}\\]|\\.)*)\}"
_HEADING = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\]]{0,500}\])?"
    rf"(?:\s*\{{[IVXLC\d]*\}})?{_ARGUMENT}[ \t]*",
    re.IGNORECASE,
)
_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3}
_DROPPED = re.compile(
    r"\\(?:label|ref|eqref|pageref|autoref|cite\w*|index|bibliography\w*|usepackage|documentclass"
    r"|input|include\w*|[vh]space\*?|pagestyle|thispagestyle|setcounter|addtocounter|begin|end"
    rf"|PageSep|Pagelabel)(?:\[[^\]]{{0,500}}\])*{_ARGUMENT}(?:\s*\{{[^{{}}]*\}})?",
    re.IGNORECASE,
)
_DROPPED_LINE = re.compile(rf"^[ \t]*(?:{_DROPPED.pattern})[ \t]*\n", re.I | re.MULTILINE)
_EMPHASIS = re.compile(rf"\\(textbf|textit|emph|texttt|textsl){_ARGUMENT}")
_MARKS = {"textbf": "**", "texttt": "`"}
_NOTE = re.compile(rf"\\footnote(?:\[[^\]]{{0,500}}\])?{_ARGUMENT}")
_COMMAND = re.compile(rf"\\[A-Za-z]+\*?(?:\[[^\]]{{0,500}}\])*{_ARGUMENT}")
_ACCENT = re.compile(r"\\([`'^\"~=.]|[cvuH](?=\{))\{?\\?([A-Za-z])\}?")
_COMBINING = dict(
    zip(
        "`'^\"~=.cvuH",
        "\u0300\u0301\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b",
        strict=True,
    )
)


def latex_to_markdown(text: str) -> str:
    """Return the body of a LaTeX document as markdown, its formulas byte for byte."""
    text = _body(re.sub(r"(?<!\\)%[^\n]*(?:\n[ \t]*(?=\S))?", "", printable(text)))
    spans = list(_formulas(text))
    parts, end = [], 0
    for number, (start, stop) in enumerate(spans):
        parts += [text[end:start], f"\x02{number}\x03"]
        end = stop
    prose = _prose("".join([*parts, text[end:]]))
    return re.sub("\x02(\\d+)\x03", lambda found: text[slice(*spans[int(found[1])])], prose)


def _formulas(text: str) -> Iterator[tuple[int, int]]:
    """Yield where formulas and listings begin and end; a sign that opens none is text."""
    end = 0
    unclosed: set[str] = set()
    while opener := _OPENERS.search(text, end):
        end = opener.end()
        closer = f"\\end{{{opener[1]}}}" if opener[1] else _CLOSERS.get(opener[0], "$")
        if closer in unclosed:
            continue
        if closer == "$":
            closed = _DOLLAR.match(text, end)
            stop = closed.end() if closed else -1
        else:
            found = text.find(closer, end)
            stop = found + len(closer) if found >= 0 else -1
        if stop < 0:
            unclosed.add(closer)
            continue
        yield opener.start(), stop
        end = stop


def _body(text: str) -> str:
    """Return what stands between begin and end of the document, or all of it."""
    text = text.split(r"\begin{document}", 1)[-1]
    return text.split(r"\end{document}", 1)[0]


def _prose(text: str) -> str:
    """Rewrite commands, innermost first, until none with an argument is left."""
    text = _ACCENT.sub(lambda f: unicodedata.normalize("NFC", f[2] + _COMBINING[f[1]]), text)
    text = re.sub(r"\\item(?:\[([^\]]{0,500})\])?\s*", r"- \1", text)
    for _ in range(_DEEPEST):
        before, text = text, _known(text)
        # Commands that nobody knows give their argument, once the known ones are through.
        if text == before and (text := _COMMAND.sub(r"\1", text)) == before:
            break
    return _signs(text)


def _known(text: str) -> str:
    text = _DROPPED.sub("", _DROPPED_LINE.sub("", text))
    text = _EMPHASIS.sub(_emphasis, text)
    text = _HEADING.sub(_heading, text)
    return _NOTE.sub(r" (\1)", text)


def _heading(found: re.Match[str]) -> str:
    level = _LEVELS.get(found[1].lower(), 4)
    return f"\n\n{'#' * level} {' '.join(found[2].split())}\n\n"


def _emphasis(found: re.Match[str]) -> str:
    mark = _MARKS.get(found[1], "*")
    return f"{mark}{found[2].strip()}{mark}" if found[2].strip() else ""


def _signs(text: str) -> str:
    """Rewrite quotes, dashes, spaces and escaped signs; drop commands without an argument."""
    text = re.sub(r"\\\\(?:\[[^\]]{0,500}\])?", "\n", text)
    text = re.sub(r"\\[,;:!/@ ]", lambda f: " " if f[0] == "\\ " else "", text)
    text = re.sub(r"\\(?:ldots|dots)\b ?", "…", text)
    text = re.sub(r"\\[A-Za-z]+\*? ?", "", text)
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    text = re.sub(r"(?<!\\)~", " ", text).replace("`", "‘")
    text = re.sub(r"(?<!\\)[{}]", "", text)
    return re.sub(r"\\([%&$#_{}~])", r"\1", text)
