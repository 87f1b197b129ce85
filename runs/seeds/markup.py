"""HTML and reStructuredText to markdown: headings, lists, tables and code survive."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_FURNITURE_TAGS = (
    "title script style noscript template nav footer aside form button iframe svg dialog"
)
_FURNITURE_NAMES = re.compile(
    r"(?:^|[-_ ])(?:cookies?|consent|gdpr|nav(?:bar|igation)?|menu|breadcrumbs?|sidebar|share"
    r"|social|newsletter|advert(?:isement)?|banner|skip-link)(?:$|[-_ ])",
    re.IGNORECASE,
)
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_<>])\1{2,}\s*")
_CODE_DIRECTIVE = re.compile(r"( *)\.\. (?:code-block|code|sourcecode)::[ ]*(\S*)\s*")
_HIDDEN_DIRECTIVE = re.compile(
    r"( *)\.\. (?:(?:toctree|contents|image|figure|index|highlight|meta|raw|include|module|only)::"
    r"|_[^:]+:|\|[^|]+\||\[|(?![\w:-]+::)).*"
)
_ROLE = re.compile(r":[\w:.+-]+:`~?([^`<]+?)(?:\s*<[^`>]*>)?`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`>]+>`__?")


def html_to_markdown(html: str) -> tuple[str, str]:
    """Return the title and the main content of a web page as markdown."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    _strip_furniture(soup)
    return title, _markdown(_main(soup))


def _strip_furniture(soup: "BeautifulSoup") -> None:
    """Remove what is around the content: scripts, navigation, banners."""
    for tag in soup(_FURNITURE_TAGS.split()):
        tag.decompose()
    for tag in soup(["div", "section", "ul", "header", "a", "p"]):
        if not tag.decomposed and _FURNITURE_NAMES.search(_names(tag)):
            tag.decompose()


def _names(tag: "Tag") -> str:
    """Return the id, classes and role of a tag in one line."""
    values: list[Any] = [tag.get("id"), tag.get("class"), tag.get("role")]
    return " ".join(" ".join(v) if isinstance(v, list) else str(v or "") for v in values)


def _main(soup: "BeautifulSoup") -> "Tag":
    """Return the element that holds the content: main, the only article, or the body."""
    articles = soup("article")
    candidates = [soup.find("main"), articles[0] if len(articles) == 1 else None, soup.body]
    for tag in candidates:
        if tag is not None and len(tag.get_text(strip=True)) > 100:
            return tag
    return soup


def _code_language(tag: "Tag") -> str:
    """Return the language that a code block's class names, as highlighters write it."""
    code = tag.find("code") or tag
    found = re.search(r"\b(?:language|lang|highlight)-(\w+)", _names(tag) + " " + _names(code))
    return found[1] if found else ""


def _markdown(tag: "Tag") -> str:
    """Convert an element to markdown; links and images give only their text."""
    from markdownify import MarkdownConverter

    converter = MarkdownConverter(
        heading_style="ATX",
        bullets="-",
        strip=["a", "img"],
        escape_asterisks=False,
        escape_underscores=False,
        code_language_callback=_code_language,
    )
    return str(converter.convert_soup(tag))


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
    while block and (not block[0].strip() or re.match(r"\s*:[\w-]+:", block[0])):
        block = block[1:]
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
