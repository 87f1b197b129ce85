"""One file to its documents: the reader that its name asks for, its origin, kind and title."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path, PurePosixPath

from ...tools.web.markdown import html_to_markdown
from . import api
from .cleaning import clean_text, printable
from .document import Document, Kind, Origin, SeedReject, Unusable, Wanted
from .formats import format_of
from .licence import from_manifest, front_matter
from .markup import latex_to_markdown, rst_to_markdown, without_badges
from .office import read_docx, read_pdf
from .opening import read_text
from .rows import read_records, read_rows, records
from .source import Source
from .table import read_table

Found = Document | SeedReject

_COLON = re.compile(
    r"(?:\W{0,9}\d{1,2}:\d{2}(?::\d{2})?\W{0,9})?[*_>\-\s]{0,9}"
    r"(?P<who>[^\W_][\w.'’ -]{0,30}?)(?: ?\([^)\n]{1,40}\))?[*_]{0,4}[:：][*_]{0,4}\s*+(?P<said>\S.*)"
)
_STAGE = re.compile(r"(?:_(?P<it>[A-Z]\w{0,20})\.?_\.?|(?P<who>[A-Z]{2,20})\.)\s++(?P<said>\S.*)")
# Lines for the formatter only, up to the one that every manual page opens with.
_MANUAL = re.compile(r"(?:[.'][^\n]*\n|\s)*?\.(?:TH|Dd)\s")
_SENTENCE_END = re.compile(r"[.!?…。！？,;:—-][\"'”’)*_]*$")
# Long speeches run over several paragraphs, of which only the first names the speaker.
_SHARE = 0.3


def read_documents(source: Source, wanted: Wanted) -> Iterator[Found]:
    """Yield the documents of one file as they are, one at a time; `finished` cleans them.

    Raises:
        Unusable: nothing more can be read from this file.
    """
    if source.problem:
        raise Unusable(source.reason, source.problem)
    if source.size == 0:
        raise Unusable("empty", "the file has no bytes")
    form, language = format_of(source.name)
    origin = from_manifest(source)
    if form == "unsupported":
        ending = PurePosixPath(source.name).suffix
        raise Unusable("unsupported", f"{ending} files are not read; save it as PDF, DOCX or text")
    if form in ("pdf", "docx") and source.name.lower().endswith(".gz"):
        raise Unusable("unsupported", f"a packed {form.upper()} is not read; unpack it")
    if form in ("jsonl", "parquet"):
        yield from read_rows(source, wanted.text_column, origin)
    elif form == "table":
        yield from read_table(source, wanted, origin)
    elif form in ("json", "yaml"):
        yield from _structured(source, form, wanted.text_column, origin)
    elif form == "code":
        text = read_text(source.path, markup=language in ("xml", "vue"))
        yield _document(source, text, origin, kind="code", language=language)
    elif form == "markdown":
        # What its front matter says comes before the manifest.
        own, text = front_matter(read_text(source.path))
        yield _document(source, without_badges(text), own.over(origin))
    else:
        title, text = _PROSE[form](source.path)
        yield _document(source, text, origin, title=title)


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
    return Document(source.name, text, kind, origin.title or title, language, origin)


def _structured(source: Source, form: str, column: str, origin: Origin) -> Iterator[Found]:
    """Read JSON or YAML: an API description, records with a text column, or text."""
    text = api.joined_escapes(read_text(source.path))
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


def _read_plain(path: Path) -> tuple[str, str]:
    """Return no title and the text of a file.

    Raises:
        Unusable: it is the source of a manual page, whose commands nobody reads.
    """
    text = read_text(path)
    if _MANUAL.match(text):
        raise Unusable(
            "unsupported",
            "the source of a manual page (troff) is not read; save what it shows: "
            "man -l FILE | col -bx > FILE.txt",
        )
    return "", text


_PROSE: dict[str, Callable[[Path], tuple[str, str]]] = {
    "text": _read_plain,
    "rst": lambda path: ("", rst_to_markdown(read_text(path))),
    "latex": lambda path: ("", latex_to_markdown(read_text(path))),
    "html": lambda path: html_to_markdown(read_text(path, markup=True)),
    "pdf": read_pdf,
    "docx": read_docx,
}
"""Readers of a title, empty where the file tells none, and a text."""


def finished(source: Source, document: Document) -> Document:
    """Clean prose, tell a dialogue, give the document a title; no odd character stays anywhere."""
    if document.kind == "text":
        text = clean_text(document.text)
        title = document.title or _title(text)
        kind: Kind = "dialogue" if _is_dialogue(text) else "text"
    else:
        text = printable(document.text).strip("\n")
        title = document.title or PurePosixPath(source.name).name
        kind = document.kind
    title, language = (" ".join(printable(t).split()) for t in (title, document.language))
    origin = Origin(*map(printable, astuple(document.origin)))
    return Document(document.name, text, kind, title, language, origin)


def _title(text: str) -> str:
    """Return the first heading, or a short first line that stands alone like a title."""
    lines = text[:4000].strip().split("\n")
    for line in lines:
        if line.startswith(("# ", "## ")) and (heading := line.strip("# ")):
            return heading
    first = lines[0]
    alone = lines[1:2] == [""] and len(first) <= 80 and not first.rstrip().endswith((".", ":"))
    return first.strip() if alone else ""


def _is_dialogue(text: str) -> bool:
    """Whether at least two people take at least four turns that make up much of the text."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    lines = [line for line in text.split("\n") if line.strip()]
    return _takes_turns(paragraphs) or _takes_turns(lines)


def _takes_turns(units: list[str]) -> bool:
    """Whether the units open turns of speakers who come back, and who speak in sentences."""
    turns = [turn for unit in units if (turn := _turn(unit))]
    count = Counter(who for who, _ in turns)
    regular = {who for who, number in count.items() if number > 1}
    spoken = [said for who, said in turns if who in regular]
    if len(regular) < 2 or len(spoken) < 4 or len(spoken) < _SHARE * len(units):
        return False
    # Key-value lists repeat their labels too, but their values are not sentences.
    return sum(1 for said in spoken if _SENTENCE_END.search(said)) >= len(spoken) / 2


def _turn(unit: str) -> tuple[str, str] | None:
    """Return the speaker and the end of what is said, or None where no turn opens."""
    # However long it is: who speaks is told at its start, how a sentence ends at its end.
    first = unit.lstrip()[:200]
    found = _STAGE.match(first) or _COLON.match(first)
    if not found:
        return None
    who = found.groupdict().get("it") or found["who"]
    return (who.strip().lower(), unit.rstrip()[-20:]) if who else None
