"""reStructuredText to markdown: headings, code and roles; what a reader never sees goes."""

import re
from itertools import takewhile

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_<>])\1{2,}\s*")
_CODE_DIRECTIVE = re.compile(r"( *)\.\. (?:code-block|code|sourcecode)::[ ]*(\S*)\s*")
_HIDDEN_DIRECTIVE = re.compile(
    r"( *)\.\. (?:(?:toctree|contents|image|figure|index|highlight|meta|raw|include|module|only)::"
    r"|_[^:]+:|\|[^|]+\||\[|(?![\w:-]+::)).*"
)
_ROLE = re.compile(r":[\w:.+-]{1,80}:`~?([^`<]{1,500}?)(?:\s{0,9}<[^`>]{0,500}>)?`")
_LINK = re.compile(r"`([^`<]{1,500}?)\s{0,9}<[^`>]{1,500}>`__?")


def rst_to_markdown(text: str) -> str:
    """Rewrite reStructuredText headings, code blocks and roles as markdown; drop what is hidden."""
    lines = _headings(text.split("\n"))
    out: list[str] = []
    position = 0
    while position < len(lines):
        code = _CODE_DIRECTIVE.fullmatch(lines[position])
        hidden = _HIDDEN_DIRECTIVE.fullmatch(lines[position])
        if not code and not hidden:
            out.append(_LINK.sub(r"\1", _ROLE.sub(r"\1", lines[position])))
            position += 1
            continue
        margin = len((code or hidden or [""])[1])
        end = _block_end(lines, position + 1, margin)
        if code:
            out += _fence(lines[position + 1 : end], code[2])
        position = end
    return "\n".join(out)


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


def _fence(block: list[str], language: str) -> list[str]:
    """Return an indented block as fenced code, without its options and margin."""
    options = takewhile(lambda line: not line.strip() or re.match(r"\s*:[\w-]+:", line), block)
    block = block[len(list(options)) :]
    margin = min((_indent(line) for line in block if line.strip()), default=0)
    return [f"```{language}", *(line[margin:] for line in block), "```"]


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
