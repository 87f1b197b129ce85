"""Files that are small, and open to far more than a process should hold; made here, never stored."""

import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet


def _packed(parts: int, part: bytes) -> bytes:
    """Return one part many times, packed."""
    file = io.BytesIO()
    with gzip.open(file, "wb", compresslevel=9) as out:
        for _ in range(parts):
            out.write(part)
    return file.getvalue()


def _word(paragraphs: int, size: int) -> bytes:
    """Return a Word document that is small only while it is packed."""
    file = io.BytesIO()
    kinds = "application/vnd.openxmlformats-"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{kinds}package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kinds}officedocument'
            '.wordprocessingml.document.main+xml"/></Types>',
        )
        out.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r" Target="word/document.xml" Type="http://schemas.openxmlformats.org'
            '/officeDocument/2006/relationships/officeDocument"/></Relationships>',
        )
        with out.open("word/document.xml", "w") as text:
            main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            text.write(f'<w:document xmlns:w="{main}"><w:body>'.encode())
            for _ in range(paragraphs):
                text.write(b"<w:p><w:r><w:t>" + b"a" * size + b"</w:t></w:r></w:p>")
            text.write(b"</w:body></w:document>")
    return file.getvalue()


def _columns(rows: int, text: str | None, **others: str) -> bytes:
    """Return a Parquet file of one text in every row, which stands there once."""
    file = io.BytesIO()
    values = pa.array([text], pa.string())
    repeated = pa.array([None] * rows, pa.string())
    if text:
        repeated = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), values)
    told = {name: pa.array([value] * rows) for name, value in others.items()}
    table = pa.table(told | {"prompt" if others else "text": repeated})
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def _aliases() -> bytes:
    """Return YAML of which each line holds the one before ten times."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


def api_of_references() -> bytes:
    """Return an API whose schemas each hold the next one ten times."""
    schemas = {
        f"S{n}": {
            "type": "object",
            "properties": {f"p{i}": {"$ref": f"#/components/schemas/S{n + 1}"} for i in range(10)},
        }
        for n in range(30)
    }
    found = {"$ref": "#/components/schemas/S0"}
    reply = {"description": "x", "content": {"application/json": {"schema": found}}}
    paths = {f"/p{i}": {"get": {"summary": "x", "responses": {"200": reply}}} for i in range(60)}
    api = {"openapi": "3.0.0", "paths": paths, "components": {"schemas": schemas}}
    return json.dumps(api).encode()


def _written(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


def _sparse(head: bytes, size: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, size)

    return write


BOMBS: dict[str, tuple[Callable[[Path], None], str]] = {
    "alias.yaml": (_written(_aliases), "unreadable"),
    "deep.yaml": (_written(lambda: b"- " * 50_000), "unreadable"),
    "deep.json": (_written(lambda: b"[" * 200_000), "unreadable"),
    "deep.html": (_written(lambda: b"<b>" * 20_000 + b"x"), "unreadable"),
    "value.parquet": (_written(lambda: _columns(1000, "x" * 5_000_000)), "too_large"),
    "rows.parquet": (_written(lambda: _columns(3_000_000, None)), "too_large"),
    "word.docx": (_written(lambda: _word(60, 4_000_000)), "too_large"),
    "text.txt.gz": (_written(lambda: _packed(100, b"a" * 1_000_000)), "too_large"),
    "line.jsonl.gz": (_written(lambda: _packed(100, b" " * 1_000_000)), "too_large"),
    "sparse.txt": (_sparse(b"\xff\xfe", 200 << 30), "too_large"),
    "sparse.jsonl": (_sparse(b"\xff\xfe", 200 << 30), "too_large"),
}
"""By the name of the file: how it is written, and the reasons that its reject may have."""


def _repeated(rows: int, size: int) -> bytes:
    """Return one group of rows that share a long value, in a file too large to be measured."""
    long = [f"{os.urandom(800_000).hex()}{'x' * size}"]
    at = pa.array([0] * rows, pa.int32())
    same = pa.DictionaryArray.from_arrays(at, pa.array(long))
    given = {name: [value] * rows for name, value in _ROW.items()}
    table = pa.table(given | {name: same for name in ("question_id", "prompt")})
    file = io.BytesIO()
    # Statistics would hold the value several times more: what a command takes is told, not this.
    parquet.write_table(
        table,
        file,
        compression="zstd",
        dictionary_pagesize_limit=1 << 30,
        write_statistics=False,
    )
    return file.getvalue()


_ROW = {
    "question_id": "q",
    "model_a": "a",
    "model_b": "b",
    "winner": "model_a",
    "prompt": "x" * 900,
}
_LINE = json.dumps(_ROW).encode() + b"\n"
_CELLS = ",".join(_ROW.values()).encode() + b"\n"
TABLES: dict[str, Callable[[Path], None]] = {
    "array.jsonl.gz": _written(lambda: _packed(200, b"[" + b" " * 1_000_000)),
    "rows.jsonl.gz": _written(lambda: _packed(100, _LINE * 1_000)),
    "rows.csv.gz": _written(
        lambda: _packed(1, ",".join(_ROW).encode() + b"\n") + _packed(100, _CELLS * 1_000)
    ),
    "value.parquet": _written(lambda: _columns(1000, "x" * 5_000_000, **_ROW)),
    "group.parquet": _written(lambda: _repeated(200, 68_000_000)),
    "object.json.gz": _written(lambda: _packed(1, b'{"rows": [[]') + _packed(20, b",[]" * 10**6)),
}
"""By the name of the file: tables that commands have to refuse."""
