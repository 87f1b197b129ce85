"""One file to its documents: the reader that its name asks for, its origin, and its title."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from . import api
from .cleaning import clean_text, without_web_furniture
from .document import Document, Kind, SeedReject, Unusable
from .formats import format_of
from .kind import is_dialogue
from .latex import latex_to_markdown
from .licence import Origin, from_manifest, front_matter
from .markup import html_to_markdown, rst_to_markdown
from .office import read_docx, read_pdf
from .opening import read_text
from .rows import read_records, read_rows, records
from .settings import SeedSettings
from .source import Source
from .table import read_table

Found = Document | SeedReject


def read_documents(source: Source, settings: SeedSettings) -> Iterator[Found]:
    """Yield the cleaned documents of one file, one at a time.

    Raises:
        Unusable: nothing more can be read from this file.
    """
    if source.problem:
        raise Unusable("unreadable", source.problem)
    if source.size == 0:
        raise Unusable("empty", "the file has no bytes")
    for found in _found(source, settings):
        yield _finished(found) if isinstance(found, Document) else found


def _found(source: Source, settings: SeedSettings) -> Iterator[Found]:
    """Yield what the reader for this format finds."""
    form, language = format_of(source.name)
    origin = from_manifest(source)
    if form == "unsupported":
        ending = PurePosixPath(source.name).suffix
        raise Unusable("unsupported", f"{ending} files are not read; save it as PDF, DOCX or text")
    if form in ("jsonl", "parquet"):
        yield from read_rows(source, settings.text_column, origin)
    elif form == "table":
        yield from read_table(source, settings, origin)
    elif form in ("json", "yaml"):
        yield from _structured(source, form, settings.text_column, origin)
    elif form == "code":
        yield _document(source, read_text(source.path), origin, kind="code", language=language)
    else:
        yield _PROSE[form](source, origin)


def _document(
    source: Source,
    text: str,
    origin: Origin,
    *,
    kind: Kind = "text",
    title: str = "",
    language: str = "",
) -> Document:
    """Make a document; a title that the manifest gives comes first."""
    title = origin.title or title
    return Document(source.name, text, kind, title, language, origin.licence, origin.source)


def _structured(source: Source, form: str, column: str, origin: Origin) -> Iterator[Found]:
    """Read JSON or YAML: an API description, records with a text column, or text."""
    text = read_text(source.path)
    try:
        value = api.parse(text)
    except ValueError as error:
        if form == "json":
            raise Unusable("unreadable", str(error)) from error
        value = None
    rows = records(value, column)
    if api.is_api(value):
        yield _document(source, text, origin, kind="api", title=api.title(value))
    elif rows is not None:
        yield from read_records(source, rows, column, origin)
    elif form == "json":
        yield _document(source, json.dumps(value, ensure_ascii=False, indent=2), origin)
    else:
        yield _document(source, text, origin, kind="code", language="yaml")


def _plain(source: Source, origin: Origin) -> Document:
    return _document(source, read_text(source.path), origin)


def _markdown(source: Source, origin: Origin) -> Document:
    """Read markdown; what its front matter says comes before the manifest."""
    own, text = front_matter(read_text(source.path))
    return Document(
        source.name,
        text,
        title=own.title or origin.title,
        licence=own.licence or origin.licence,
        source=own.source or origin.source,
    )


def _rst(source: Source, origin: Origin) -> Document:
    return _document(source, rst_to_markdown(read_text(source.path)), origin)


def _latex(source: Source, origin: Origin) -> Document:
    return _document(source, latex_to_markdown(read_text(source.path)), origin)


def _html(source: Source, origin: Origin) -> Document:
    title, text = html_to_markdown(read_text(source.path))
    return _document(source, without_web_furniture(text), origin, title=title)


def _pdf(source: Source, origin: Origin) -> Document:
    title, text = read_pdf(source.path)
    return _document(source, text, origin, title=title)


def _docx(source: Source, origin: Origin) -> Document:
    title, text = read_docx(source.path)
    return _document(source, text, origin, title=title)


_PROSE: dict[str, Callable[[Source, Origin], Document]] = {
    "text": _plain,
    "markdown": _markdown,
    "rst": _rst,
    "latex": _latex,
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
}


def _finished(document: Document) -> Document:
    """Clean prose, tell a dialogue, and give the document a title."""
    if document.kind != "text":
        stem = PurePosixPath(document.name.split("#")[0]).name
        return replace(document, text=document.text.strip("\n"), title=document.title or stem)
    text = clean_text(document.text)
    title = document.title or _title(text)
    kind: Kind = "dialogue" if is_dialogue(text) else "text"
    return replace(document, text=text, title=title, kind=kind)


def _title(text: str) -> str:
    """Return the first heading, or a short first line that stands alone like a title."""
    head = text[:4000]
    heading = re.search(r"^#{1,2} +(.+?)[ #]*$", head, re.MULTILINE)
    if heading:
        return heading[1].strip()
    first, _, rest = head.lstrip().partition("\n")
    alone = rest.startswith("\n") and len(first) <= 80 and not first.rstrip().endswith((".", ":"))
    return first.strip() if alone else ""
