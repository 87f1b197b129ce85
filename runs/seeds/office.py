"""PDF and DOCX to text; pages lose their numbers and running heads."""

import re
import unicodedata
from collections import Counter
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from ...tools.tables.allowance import Allowance
from ...tools.web.markdown import html_to_markdown
from .document import Unusable
from .opening import open_regular

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—]\s*)?(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*[-–—])?\s*",
    re.IGNORECASE,
)

_CUT = re.compile(r"(?<=\w)(?:-\n|\x02)(?=(\w))")
"""A hyphen at the end of a line; where PDFium tells one, it has joined the lines already."""
_COMBINING = {
    "´": "\u0301",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "ˇ": "\u030c",
    "¸": "\u0327",
}
_ACCENT = re.compile(rf"([{''.join(_COMBINING)}])([A-Za-zı])")
"""Fonts of TeX set an accent and its letter one after the other."""
_LEADS = re.compile(r"(?<![ .])(?: ?\.){5,}+ ?(?:\d{1,4}|[ivxlc]{1,7})$")
"""Dots that lead to the number of a page."""


def read_pdf(path: Path) -> tuple[str, str]:
    """Return the title and the text of a PDF.

    Raises:
        Unusable: it is encrypted, or has pages but no text.
        PdfiumError: it is no PDF, or too damaged.
    """
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    with open_regular(path) as file:
        try:
            document = PdfDocument(file)
        except PdfiumError as error:
            if error.err_code == FPDF_ERR_PASSWORD:
                wanted = "the PDF is encrypted; remove its password first"
                raise Unusable("unreadable", wanted) from error
            raise
        with closing(document):
            pages = [_page_text(page) for page in document]
            title = document.get_metadata_value("Title").strip()
    text = _joined([page for page in pages if page.strip()] or [""])
    if not text.strip():
        raise Unusable("empty", f"no text on its {len(pages)} pages; a scan needs OCR first")
    return title, text


def _page_text(page: "PdfPage") -> str:
    with closing(page), closing(page.get_textpage()) as text:
        said = str(text.get_text_bounded()).replace("\r\n", "\n")
    return _ACCENT.sub(_composed, said)


def _composed(accent: re.Match[str]) -> str:
    """Return a letter with the accent that stands before it, where there is such a letter."""
    letter = "i" if accent[2] == "ı" else accent[2]
    made = unicodedata.normalize("NFC", letter + _COMBINING[accent[1]])
    return made if len(made) == 1 else accent[0]


def read_docx(path: Path) -> tuple[str, str]:
    """Return the title and the text of a Word document as markdown.

    Raises:
        TooLarge: its parts open to far more than they are.
    """
    import mammoth

    with open_regular(path) as file:
        with ZipFile(file) as parts:
            Allowance(path).spend(sum(part.file_size for part in parts.infolist()))
        file.seek(0)
        # A file opened by its number has no name, and mammoth asks for one.
        html = mammoth.convert_to_html(BytesIO(file.read())).value
    return html_to_markdown(f"<body>{html}</body>")


def _joined(pages: list[str]) -> str:
    """Join the pages of a PDF without page numbers, contents, running heads and words cut at line ends."""
    lines = [[line.rstrip() for line in page.strip().split("\n")] for page in pages]
    edges = Counter(_headline(line) for page in lines for line in {page[0], page[-1]})
    often = max(2 if len(pages) == 2 else 3, len(pages) / 3)
    running = {head for head, count in edges.items() if head and count >= often}
    text = "\n".join("\n".join(_body(page, running)) for page in lines)
    return _CUT.sub(lambda cut: "" if cut[1].islower() else "-", text)


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
    return [line for line in page[start:end] if not _LEADS.search(line)]
