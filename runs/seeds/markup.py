"""LaTeX, reStructuredText and markdown to markdown: formulas stay as they are, what nobody reads goes."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import takewhile

from .cleaning import FENCED, printable

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


_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_<>])\1{2,}\s*")
_CODE_DIRECTIVE = re.compile(r"( *)\.\. (?:code-block|code|sourcecode)::[ ]*(\S*)\s*")
_HIDDEN_DIRECTIVE = re.compile(
    r"( *)\.\. (?:(?:toctree|contents|image|figure|index|highlight|meta|raw|include|module|only)::"
    r"|_[^:]+:|\|[^|]+\||\[|(?![\w:-]+::)).*"
)
_DIRECTIVE = re.compile(r"( *)\.\. ([\w:-]+?)::(?:\s++(.*))?")
_OPTION = re.compile(r"\s*:[\w-]+:")
_TARGET = re.compile(r"^ *\.\. _`?([^:`\n]{1,200})`?:", re.MULTILINE)
_ROLE = re.compile(r":[\w:.+-]{1,80}:`~?([^`<]{1,500}?)(?:\s{0,9}<[^`>]{0,500}>)?`")
_LINK = re.compile(r"`([^`<]{1,500}?)\s{0,9}<[^`>]{1,500}>`__?")
_PHRASE = re.compile(r"(?<![`\w])`([^`<>]{1,500})`__?(?!\w)")
_NAME = re.compile(r"(?<![\w`.-])([A-Za-z0-9](?:[\w.-]{0,200}[A-Za-z0-9])?)__?(?![\w`])")


_TO = r"(?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])"
_BADGES = re.compile(
    rf"^[ \t]*(?:\[!\[[^\[\]\n]{{0,200}}\]{_TO}\]{_TO}[ \t]*)+(?:\n|\Z)", re.MULTILINE
)
_LABEL = re.compile(r"(?<!!)\[([^\[\]^\n][^\[\]\n]{0,200})\](?!:)")
_DEFINITION = re.compile(
    r"^ {0,3}\[([^\[\]^\n][^\[\]\n]{0,200})\]:[ \t]*\S+(?:[ \t]+[\"'(][^\n]{0,300})?[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)


def rst_to_markdown(text: str) -> str:
    """Rewrite reStructuredText headings, code, notes, roles and links as markdown; drop what is hidden."""
    targets = {" ".join(found[1].split()).lower() for found in _TARGET.finditer(text)}
    text = "\n".join(_blocks(_headings(text.split("\n"))))
    return _outside_code(text, lambda prose: _unlinked(prose, targets))


def without_badges(text: str) -> str:
    """Return markdown without lines of pictures that are links, and without what only those refer to."""
    text = _outside_code(text, lambda prose: _BADGES.sub("", prose))
    used = {" ".join(found[1].split()).lower() for found in _LABEL.finditer(text)}

    def kept(found: re.Match[str]) -> str:
        return found[0] if " ".join(found[1].split()).lower() in used else ""

    return _outside_code(text, lambda prose: _DEFINITION.sub(kept, prose))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed everywhere but in its fenced code."""
    pieces, end = [], 0
    for fence in FENCED.finditer(text):
        pieces += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*pieces, change(text[end:])])


def _unlinked(text: str, targets: set[str]) -> str:
    """Return prose whose roles and links are their text; a name with a target is a link."""
    text = _PHRASE.sub(r"\1", _LINK.sub(r"\1", _ROLE.sub(r"\1", text)))
    return _NAME.sub(lambda found: found[1] if found[1].lower() in targets else found[0], text)


def _blocks(lines: list[str], depth: int = 0) -> Iterator[str]:
    """Yield lines with code fenced and directives written out: what they are called, say and hold."""
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        code = _CODE_DIRECTIVE.fullmatch(line)
        hidden = _HIDDEN_DIRECTIVE.fullmatch(line)
        told = _DIRECTIVE.fullmatch(line) if depth < _DEEPEST else None
        literal = line.rstrip().endswith("::") and not line.lstrip().startswith(("..", ">", "|"))
        if not (code or hidden or told or literal):
            yield line
            continue
        end = _block_end(lines, position, _indent(line))
        block = lines[position:end]
        if literal and not any(map(str.strip, block)):
            yield line
            continue
        position = end
        if literal:
            yield from [*_colon(line), *_fence(block, "")]
        elif code:
            yield from _fence(block, code[2])
        elif hidden is None and told:
            yield from _directive(told[2], (told[3] or "").rstrip(), block, depth)


def _colon(line: str) -> list[str]:
    """Return the line that opens a literal block as it is read."""
    said = line.rstrip().removesuffix("::")
    return [] if not said.strip() else [said if said.endswith(" ") else f"{said}:", ""]


def _directive(name: str, said: str, block: list[str], depth: int) -> Iterator[str]:
    """Yield what a directive says under its name; one that only names something says nothing."""
    if name == "math":
        yield from ["$$", *filter(str.strip, [said, *_held(block)]), "$$"]
    elif block or " " in said:
        yield f"**{name.rpartition(':')[2].capitalize()}:** {said}".rstrip()
        if not (said and block and block[0].strip()):
            yield ""
        yield from _blocks(_held(block), depth + 1)


def _block_end(lines: list[str], start: int, margin: int) -> int:
    """Return where an indented block ends."""
    end = start
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > margin):
        end += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _held(block: list[str]) -> list[str]:
    """Return an indented block without its options and margin."""
    options = takewhile(lambda line: not line.strip() or _OPTION.match(line), block)
    block = block[len(list(options)) :]
    margin = min((_indent(line) for line in block if line.strip()), default=0)
    return [line[margin:] for line in block]


def _fence(block: list[str], language: str) -> list[str]:
    """Return an indented block as fenced code."""
    return [f"```{language}", *_held(block), "```"]


def _headings(lines: list[str]) -> list[str]:
    """Rewrite underlined (and overlined) titles; levels follow the order of their signs."""
    signs: list[str] = []
    out: list[str] = []
    for line in lines:
        title = out[-1].strip() if out else ""
        # A title is a lone line no longer than its underline, as docutils wants it.
        overlined = len(out) > 1 and _UNDERLINE.fullmatch(out[-2]) is not None
        alone = len(out) < 2 or not out[-2].strip() or overlined
        underlines = _UNDERLINE.fullmatch(line) and 0 < len(title) <= len(line.rstrip())
        if not underlines or not alone or _UNDERLINE.fullmatch(title):
            out.append(line)
            continue
        sign = line[0] + ("^" if overlined else "")
        signs += [sign] if sign not in signs else []
        out[-2 if overlined else -1 :] = ["#" * min(signs.index(sign) + 1, 6) + " " + title]
    return out
