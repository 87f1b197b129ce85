"""PDF and DOCX to text."""

import logging
from pathlib import Path

from .cleaning import join_pages
from .document import Unusable
from .markup import html_to_markdown


def read_pdf(path: Path) -> tuple[str, str]:
    """Return the title and the text of a PDF.

    Raises:
        Unusable: it is encrypted, or has pages but no text.
    """
    from pypdf import PdfReader

    # What it could work around is told for each object; what it could not, it raises.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with PdfReader(path) as reader:
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unusable("unreadable", "the PDF is encrypted; remove its password first")
        pages = [page.extract_text() for page in reader.pages]
        title = reader.metadata.title if reader.metadata else None
    text = join_pages([page for page in pages if page.strip()] or [""])
    if not text.strip():
        raise Unusable("empty", f"no text on its {len(pages)} pages; a scan needs OCR first")
    return (title or "").strip(), text


def read_docx(path: Path) -> tuple[str, str]:
    """Return the title and the text of a Word document as markdown."""
    import mammoth

    with path.open("rb") as file:
        html = mammoth.convert_to_html(file).value
    return html_to_markdown(f"<body>{html}</body>")
