"""Web pages to markdown: the content without what is around it; lists, tables and code survive.

What looks like furniture goes only while it is the smaller part: whatever holds most of a page's
text is its content, be it called `sidebar` or stand in a form.
"""

import re
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_NEVER = "title script style iframe svg button".split()
_TAGS = "nav footer noscript template aside form dialog".split()
_NAMED = ["div", "section", "ul", "header", "a", "p"]
# Never the page itself, unless nearly all of it stands there.
_CERTAIN = re.compile(
    r"(?:^|[-_ ])(?:nav(?:bar|header|footer)?|footer|cookies?|consent|gdpr|breadcrumbs?|newsletter"
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
_LISTING = "ul ol dl div nav section details".split()
_LEAST_CONTENTS = 3
"""Links from which on a list of them is a table of contents."""


def html_to_markdown(html: str) -> tuple[str, str]:
    """Return the title and the main content of a web page as markdown."""
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        # XHTML is a page like any other.
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(html, "lxml")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    _strip_furniture(soup)
    _strip_contents(soup)
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


def _strip_contents(soup: "BeautifulSoup") -> None:
    """Remove lists that only lead to places of the page itself: all they say is said again there.

    What is around a list goes with it where it says little else: its own heading, mostly.
    """
    from bs4 import Tag

    places = {str(tag[name]) for tag in soup(True) for name in ("id", "name") if tag.has_attr(name)}
    links = {id(a) for a in soup("a", href=True) if str(a["href"]).rpartition("#")[2] in places}
    said, led, count = Counter[int](), Counter[int](), Counter[int]()
    for node in reversed(list(soup.descendants)):
        if not isinstance(node, Tag):
            said[id(node.parent)] += sum(map(str.isalpha, str(node)))
            continue
        at, above, is_link = id(node), id(node.parent), id(node) in links
        said[above] += said[at]
        led[above] += said[at] if is_link else led[at]
        count[above] += 1 if is_link else count[at]
    # A page that is little else is what it leads to.
    stack: list[Tag] = [soup] if said[id(soup)] > 2 * led[id(soup)] else []
    while stack:
        inside = [child for child in stack.pop().children if isinstance(child, Tag)]
        for tag in inside:
            listed = count[id(tag)] >= _LEAST_CONTENTS and said[id(tag)] <= 1.2 * led[id(tag)]
            if tag.name in _LISTING and listed:
                tag.decompose()
            else:
                stack.append(tag)


def _write_out(soup: "BeautifulSoup") -> None:
    """Write formulas as TeX, a note where a picture stands in the page itself, and marks of notes.

    A link inside the page that says no word is a sign to click on, or the number of a note.
    """
    for tag in soup("a", href=re.compile("^#")):
        said = tag.get_text().strip()
        if said.isdigit() and tag.find_parent("sup") is None:
            before = str(tag.previous_sibling or "")
            tag.replace_with(said if before.endswith(("[", "(")) else f"[{said}]")
        elif not re.search(r"\w", said) and tag.find("img") is None:
            tag.decompose()
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
    """Leave out empty rows, numbers that are none, and spans far wider than any row has cells.

    Each column that is spanned is written out: some bytes would stand for pages of empty cells.
    """
    for tag in soup("ol", start=True):
        if not _NUMBER.fullmatch(str(tag["start"])):
            del tag["start"]
    for row in soup("tr"):
        if not row.get_text(strip=True):
            row.decompose()
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
        table_infer_header=True,
    )
    return str(converter.convert_soup(tag))
