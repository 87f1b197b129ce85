"""PDF and DOCX to text; pages lose their numbers and running heads."""

import logging
import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from ...tools.tables.allowance import Allowance
from ...tools.web.markdown import html_to_markdown
from .document import Unusable
from .opening import open_regular

if TYPE_CHECKING:
    from pypdf import PdfReader

_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—]\s*)?(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*[-–—])?\s*",
    re.IGNORECASE,
)


def read_pdf(path: Path) -> tuple[str, str]:
    """Return the title and the text of a PDF.

    Raises:
        Unusable: it is encrypted, or has pages but no text.
    """
    from pypdf import PdfReader

    # What it could work around is told for each object; what it could not, it raises.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with open_regular(path) as file, PdfReader(file) as reader:
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unusable("unreadable", "the PDF is encrypted; remove its password first")
        pages = [page.extract_text() for page in reader.pages]
        title = _pdf_title(reader)
    text = _joined([page for page in pages if page.strip()] or [""])
    if not text.strip():
        raise Unusable("empty", f"no text on its {len(pages)} pages; a scan needs OCR first")
    return title, text


def _pdf_title(reader: "PdfReader") -> str:
    """Return what a PDF says of itself, which may be of any form: its text does not depend on that."""
    from pypdf.errors import PyPdfError

    try:
        told = reader.metadata.title if reader.metadata else None
    except (PyPdfError, AttributeError, LookupError, TypeError, ValueError):
        return ""
    return told.strip() if isinstance(told, str) else ""


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
    """Join the pages of a PDF without page numbers, running heads and words cut at line ends."""
    lines = [[line.rstrip() for line in page.strip().split("\n")] for page in pages]
    edges = Counter(_headline(line) for page in lines for line in {page[0], page[-1]})
    often = max(2 if len(pages) == 2 else 3, len(pages) / 3)
    running = {head for head, count in edges.items() if head and count >= often}
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
