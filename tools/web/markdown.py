"""Web pages to markdown: the content without what is around it; lists, tables and code survive.

What looks like furniture goes only while it is the smaller part: whatever holds most of a page's
text is its content, be it called `sidebar` or stand in a form.
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_NEVER = "title script style iframe svg button".split()
_TAGS = "nav footer noscript template aside form dialog".split()
_NAMED = ["div", "section", "ul", "header", "a", "p"]
# Never the page itself, unless nearly all of it stands there.
_CERTAIN = re.compile(
    r"(?:^|[-_ ])(?:nav(?:bar)?|footer|cookies?|consent|gdpr|breadcrumbs?|newsletter"
    r"|advert(?:isement)?|skip-link)(?:$|[-_ ])",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r"(?:^|[-_ ])(?:navigation|menu|sidebar|share|social|banner)(?:$|[-_ ])", re.IGNORECASE
)
_FURNITURE_LINE = re.compile(
    r"[\s>*-]*(?:(?:we|this (?:web)?site) uses? cookies|(?:accept|reject|manage) (?:all )?cookies"
    r"|cookie (?:settings|policy|preferences)|skip to (?:main )?content|back to top"
    r"|share (?:on|this)|subscribe (?:to|now)|sign (?:in|up)\W*$|log ?in\W*$|all rights reserved"
    r"|privacy policy\W*$|(?:©|copyright ©)).{0,120}",
    re.IGNORECASE,
)
_NUMBER = re.compile("[0-9]{1,9}")


def html_to_markdown(html: str) -> tuple[str, str]:
    """Return the title and the main content of a web page as markdown."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    _strip_furniture(soup)
    _write_out(soup)
    _bound(soup)
    lines = _markdown(_main(soup)).split("\n")
    return title, "\n".join(line for line in lines if not _FURNITURE_LINE.fullmatch(line[:300]))


def note(kind: str, title: str = "") -> str:
    """Return what stands in the place of a file that was embedded in a text."""
    title = " ".join(re.sub(r"[\[\]]", "", title).split())
    return f"[{kind or 'data'} left out: {title}]" if title else f"[{kind or 'data'} left out]"


def _strip_furniture(soup: "BeautifulSoup") -> None:
    """Remove scripts and styles, and navigation, banners and the like unless they are the page."""
    for tag in soup(_NEVER):
        kind = str(tag.get("type") or "")
        if tag.name == "script" and kind.startswith("math/tex"):
            mark = "$$" if "display" in kind else "$"
            tag.replace_with(f"{mark}{tag.get_text().strip()}{mark}")
        else:
            tag.extract()
    from bs4 import Tag

    said = _said(soup)
    left = said[id(soup)]
    stack: list[Tag] = [soup]
    while stack:
        inside = [child for child in stack.pop().children if isinstance(child, Tag)]
        for tag in inside:
            if said[id(tag)] <= left * _share(tag):
                left -= said[id(tag)]
                tag.decompose()
            else:
                stack.append(tag)


def _share(tag: "Tag") -> float:
    """Return how much of a page a tag may say at most to be furniture; below 0 what is none."""
    names = f"{tag.name} {_names(tag)}" if tag.name in _NAMED else tag.name
    if _CERTAIN.search(names):
        return 0.9
    return 0.5 if tag.name in _TAGS or _LIKELY.search(names) else -1.0


def _said(soup: "BeautifulSoup") -> Counter[int]:
    """Return how many characters each tag says, by its identity; links say nothing: menus are long."""
    from bs4.element import NavigableString, PreformattedString, Tag

    said: Counter[int] = Counter()
    for node in reversed(list(soup.descendants)):
        if isinstance(node, Tag):
            size = 0 if node.name == "a" else said[id(node)]
        else:
            spoken = isinstance(node, NavigableString) and not isinstance(node, PreformattedString)
            size = len(str(node).strip()) if spoken else 0
        said[id(node.parent)] += size
    return said


def _names(tag: "Tag") -> str:
    """Return the id, classes and role of a tag in one line."""
    values: list[Any] = [tag.get("id"), tag.get("class"), tag.get("role")]
    return " ".join(" ".join(v) if isinstance(v, list) else str(v or "") for v in values)


def _write_out(soup: "BeautifulSoup") -> None:
    """Write formulas as TeX, and a note where a picture stands in the page itself."""
    for tag in soup("img"):
        source = str(tag.get("src") or "")
        if source[:5].lower() == "data:":
            kind = source[5:105].partition(";")[0].partition(",")[0]
            tag.replace_with(note(kind, str(tag.get("alt") or "")))
    for tag in soup("math"):
        if (formula := tag.find("annotation")) is not None:
            tag.replace_with(f"${formula.get_text().strip()}$")
    for tag in soup(class_="katex-html"):
        tag.decompose()


def _bound(soup: "BeautifulSoup") -> None:
    """Leave out numbers that are none, and spans by which a row is far wider than any row has cells.

    Each column that is spanned is written out: some bytes would stand for pages of empty cells.
    """
    for tag in soup("ol", start=True):
        if not _NUMBER.fullmatch(str(tag["start"])):
            del tag["start"]
    rows = [row.find_all(["td", "th"], recursive=False) for row in soup("tr")]
    widest = max(map(len, rows), default=0)
    for cells in rows:
        spans = [str(cell.get("colspan", "1")) for cell in cells]
        plain = all(map(_NUMBER.fullmatch, spans))
        if not plain or sum(map(int, spans)) > 2 * widest:
            for cell in cells:
                del cell["colspan"]


def _main(soup: "BeautifulSoup") -> "Tag":
    """Return the element that holds the content: main, the only article, or the body."""
    articles, said = soup("article"), _said(soup)
    candidates = [soup.find("main"), articles[0] if len(articles) == 1 else None, soup.body]
    for tag in candidates:
        if tag is not None and said[id(tag)] > max(100, said[id(soup)] / 4):
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
        sub_symbol="<sub>",
        sup_symbol="<sup>",
        code_language_callback=_code_language,
    )
    return str(converter.convert_soup(tag))
