"""Seeds: every format becomes clean text, each drop has a reason, and nothing is read ahead."""

import csv
import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from arenainstruct.agents.records import Seed
from arenainstruct.runs.seeds import (
    SeedReject,
    SeedSettings,
    fingerprint,
    iter_sources,
    read_seeds,
    source,
)

RIVER = (
    "The Rhine rises in the Swiss Alps and reaches the North Sea after about 1,230 kilometres. "
    "It passes Lake Constance, turns north at Basel, and carries more freight than any other "
    "river of western Europe. Floods in 1993 and 1995 led to new retention basins upstream."
)
WORDS = [f"station {n * 7919 % 1000}" for n in range(30)]
DEMO = Path(source.__file__).parent.parent / "demo"


def read(path: Path | str, **further: object) -> list[Seed | SeedReject]:
    return list(read_seeds(SeedSettings.model_validate({"path": str(path), **further})))


def only(path: Path, **further: object) -> Seed:
    (found,) = read(path, **further)
    assert isinstance(found, Seed)
    return found


def reasons(found: list[Seed | SeedReject]) -> dict[str, str]:
    return {item.name: item.reason for item in found if isinstance(item, SeedReject)}


def paragraphs(count: int) -> str:
    return "\n\n".join(
        f"Paragraph {n} says {n * 7919} things. {RIVER[n % 50 :]}" for n in range(count)
    )


def pdf(pages: list[list[str]]) -> bytes:
    """Build a small PDF by hand: a catalogue, a font, and one stream of text lines a page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont",
    ]
    objects[2] += b" /Helvetica >>"
    kids = []
    for lines in pages:
        shown = b" ".join(f"({line}) Tj 0 -14 Td".encode() for line in lines)
        stream = b"BT /F1 10 Tf 50 750 Td " + shown + b" ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources"
        page += " << /Font << /F1 3 0 R >> >> >>"
        objects.append(page.format(len(objects)).encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + head + tail


# --- settings ------------------------------------------------------------------------------------


def test_a_plain_path_is_enough() -> None:
    class Config(BaseModel):
        seeds: SeedSettings

    assert Config.model_validate({"seeds": "docs/"}).seeds == SeedSettings(path="docs/")


def test_a_window_that_nothing_fits_is_refused() -> None:
    with pytest.raises(ValidationError, match="min_chars is 900 and max_chars is 600"):
        SeedSettings(path="docs/", min_chars=900, max_chars=600)


def test_a_missing_path_is_named_before_anything_is_read() -> None:
    with pytest.raises(ValueError, match=r"seeds: 'no/such/place' .* does not exist"):
        read_seeds(SeedSettings(path="no/such/place"))


def test_a_folder_without_a_seed_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("too short")
    with pytest.raises(ValueError, match=r"no usable document \(1 too_short\).*min_chars=200"):
        read(tmp_path)


# --- sources -------------------------------------------------------------------------------------


def test_folders_are_walked_in_slices_and_hidden_files_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.txt", "a.txt", "sub/c.md", ".git/x.txt", "LICENSE", "MANIFEST.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [s.name for s in iter_sources(str(tmp_path))] == ["a.txt", "b.txt", "sub/c.md"]
    monkeypatch.setattr(source, "BATCH", 2)
    assert {s.name for s in iter_sources(str(tmp_path))} == {"a.txt", "b.txt", "sub/c.md"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.md", ["a.md"]),
        ("**/*.md", ["a.md", "x/b.md", "x/y/c.md"]),
        ("x/*", ["b.md", "b.txt"]),
        ("*/y/[cd].md", ["x/y/c.md"]),
    ],
)
def test_globs(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    (tmp_path / "x/y").mkdir(parents=True)
    for name in ("a.md", "x/b.md", "x/b.txt", "x/y/c.md"):
        (tmp_path / name).write_text("x")
    assert [s.name for s in iter_sources(f"{tmp_path}/{pattern}")] == expected


def test_the_fingerprint_tells_names_and_sizes(tmp_path: Path) -> None:
    settings = SeedSettings(path=str(tmp_path))
    (tmp_path / "a.txt").write_text("one")
    before = fingerprint(settings)
    (tmp_path / "a.txt").touch()
    assert fingerprint(settings) == before
    (tmp_path / "b.txt").write_text("two")
    assert fingerprint(settings) != before


# --- formats -------------------------------------------------------------------------------------


def test_html_keeps_its_content_only(tmp_path: Path) -> None:
    page = tmp_path / "river.html"
    page.write_text(
        f"<title>The Rhine</title><script>track()</script><nav>Home</nav><h2>Course</h2><p>{RIVER}"
        "</p><ul><li>Basel</li></ul><pre><code class='language-py'>x = a_b * 2\n</code></pre>"
        "<div id='cookie-consent'>Accept</div><p>Privacy policy</p><footer>Imprint</footer>"
    )
    seed = only(page)
    assert seed.title == "The Rhine"
    assert seed.text.startswith("## Course")
    assert "- Basel" in seed.text
    assert "```py\nx = a_b * 2\n```" in seed.text
    for noise in ("track", "Home", "Accept", "Privacy", "Imprint"):
        assert noise not in seed.text


def test_pdf_text_loses_page_numbers_and_running_heads(tmp_path: Path) -> None:
    body = [RIVER[i : i + 60] for i in range(0, len(RIVER), 60)]
    pages = [["Rivers of Europe", *body, f"Page {n} of 3"] for n in (1, 2, 3)]
    (tmp_path / "river.pdf").write_bytes(pdf(pages))
    text = only(tmp_path / "river.pdf").text
    assert "Rhine rises" in text
    assert "Rivers of Europe" not in text
    assert "Page 2" not in text


def test_docx_becomes_markdown(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading("The Rhine", 1)
    document.add_paragraph(RIVER)
    document.save(str(tmp_path / "river.docx"))
    seed = only(tmp_path / "river.docx")
    assert seed.text == f"# The Rhine\n\n{RIVER}"
    assert seed.title == "The Rhine"


def test_latex_keeps_its_formulas(tmp_path: Path) -> None:
    formula = r"\begin{align} a_1 &= \frac{1}{2}~b \% c \\ d &= e \end{align}"
    (tmp_path / "flow.tex").write_text(
        r"\documentclass{article} \begin{document} \section{Flow \emph{rate}} % note to self" + "\n"
        rf"Costs 5\% --- as \textbf{{Darcy}} wrote\cite{{d56}}. $q = k \cdot i$ {formula} {RIVER}"
        r"\end{document}"
    )
    text = only(tmp_path / "flow.tex").text
    assert text.startswith("## Flow *rate*\n\nCosts 5% — as **Darcy** wrote. $q = k \\cdot i$")
    assert formula in text
    assert "note to self" not in text


def test_restructured_text_becomes_markdown(tmp_path: Path) -> None:
    (tmp_path / "use.rst").write_text(
        "=====\nGuide\n=====\n\n.. _start:\n\nSetup\n-----\n\nSee :func:`run` and `site <http://x>`_."
        f"\n\n.. code-block:: python\n   :linenos:\n\n   if x:\n       y()\n\n{RIVER}\n"
    )
    text = only(tmp_path / "use.rst").text
    assert text.startswith(
        "# Guide\n\n## Setup\n\nSee run and site.\n\n```python\nif x:\n    y()\n```"
    )


def test_code_keeps_every_byte_between_its_ends(tmp_path: Path) -> None:
    code = "def f(x):\n\tif x:  \n\n\n\n\t\treturn 'â€™ \u00a0'\n" + "# padding\n" * 20
    (tmp_path / "f.py").write_text(code)
    seed = only(tmp_path / "f.py")
    assert (seed.kind, seed.language, seed.title) == ("code", "python", "f.py")
    assert seed.text == code.strip("\n")


def test_a_table_is_one_seed_and_a_big_one_repeats_its_header(tmp_path: Path) -> None:
    rows = [[f"town {n}", str(n * 37), "a|b"] for n in range(200)]
    with (tmp_path / "towns.csv").open("w") as file:
        csv.writer(file, delimiter=";").writerows([["town", "people", "note"], *rows])
    seeds = [
        item for item in read(tmp_path / "towns.csv", max_chars=1500) if isinstance(item, Seed)
    ]
    assert len(seeds) > 1
    assert all(seed.kind == "table" and len(seed.text) <= 1500 for seed in seeds)
    assert all(seed.text.startswith("| town | people | note |\n|---|") for seed in seeds)
    assert sum(seed.text.count("town ") - 1 for seed in seeds) == 200
    assert seeds[1].name == "towns.csv#part-2"
    assert only(tmp_path / "towns.csv").name == "towns.csv"


def test_dialogue_is_told_from_text_and_from_key_value_lists(tmp_path: Path) -> None:
    talk = ["Ada: Did you measure the flow?", "Ben: Yes, it is lower than last year."] * 5
    (tmp_path / "talk.txt").write_text(
        "\n".join(f"{line} Item {n}." for n, line in enumerate(talk))
    )
    people = [f"Name: Person {n}\nTown: Basel {n}\n" for n in range(20)]
    (tmp_path / "list.txt").write_text("\n".join(people))
    (tmp_path / "river.txt").write_text(RIVER)
    kinds = {item.name: item.kind for item in read(tmp_path) if isinstance(item, Seed)}
    assert kinds == {"talk.txt": "dialogue", "list.txt": "text", "river.txt": "text"}


# --- rows ----------------------------------------------------------------------------------------


def test_jsonl_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"text": RIVER, "license": "CC0", "source": "atlas", "title": "Rhine"}
    with path.open("w") as file:
        for number in range(3000):
            file.write(json.dumps({**row, "text": f"Number {number}. {RIVER}"}) + "\n")
    seeds = read_seeds(SeedSettings(path=str(path), near_duplicate=1.0))
    first = list(islice(seeds, 10))
    # What was not read yet can still change: had the file been read at once, this would not show.
    with path.open("r+") as file:
        file.truncate(path.stat().st_size - 1000)
        file.seek(0, 2)
        file.write("\nbroken")
    rest = list(seeds)
    assert isinstance(first[9], Seed)
    assert (first[9].name, first[9].licence, first[9].source, first[9].title) == (
        "rows.jsonl#row-10",
        "CC0",
        "atlas",
        "Rhine",
    )
    assert isinstance(rest[-1], SeedReject)
    assert rest[-1].reason == "unreadable"


def test_packed_rows_and_other_columns(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt") as file:
        file.write(json.dumps({"body": RIVER}) + "\n\n" + json.dumps({"body": None}) + "\n")
    (tmp_path / "wrong.jsonl").write_text('{"content": "x"}\n' * 5)
    found = read(tmp_path, text_column="body")
    assert reasons(found) == {
        "rows.jsonl.gz#row-3": "unreadable",
        "wrong.jsonl": "no_text_column",
    }
    assert isinstance(found[0], Seed)


def test_a_row_without_text_costs_itself_only(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"note": "no text"}, {"text": RIVER}, {"text": None}, {}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    found = read(tmp_path, near_duplicate=1.0)
    assert {item.name for item in found if isinstance(item, Seed)} == {"rows.json#row-2"}
    told = {"1": "no_text_column", "3": "unreadable", "4": "no_text_column"}
    expected = {
        f"rows.{kind}#row-{n}": why for kind in ("json", "jsonl") for n, why in told.items()
    }
    assert reasons(found) == {**expected, "rows.jsonl#row-2": "exact_duplicate"}


def test_a_very_long_field_costs_no_other_row(tmp_path: Path) -> None:
    long = "tide " * 40_000
    rows = [["town", "note"], ["Bern", RIVER], ["Brest", long], ["Basel", RIVER[::-1]]]
    with (tmp_path / "towns.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    found = read(tmp_path / "towns.csv", max_chars=1500)
    texts = "".join(item.text for item in found if isinstance(item, Seed))
    assert "Bern" in texts and "Basel" in texts
    assert [item.reason for item in found if isinstance(item, SeedReject)] == ["too_long"]


def test_parquet_and_json_records(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"text": [RIVER, "Zweitens: " + RIVER[::-1]], "licence": ["MIT", None]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text(json.dumps({"data": [{"text": paragraphs(2)}]}))
    (tmp_path / "other.json").write_text(json.dumps({"stations": WORDS}))
    seeds = {item.name: item for item in read(tmp_path) if isinstance(item, Seed)}
    assert seeds["rows.parquet#row-1"].licence == "MIT"
    assert "rows.parquet#row-2" in seeds
    assert seeds["other.json"].text.startswith('{\n  "stations": [')


# --- api -----------------------------------------------------------------------------------------


def specification(count: int) -> dict[str, object]:
    reply = {"description": "ok", "schema": {"$ref": "#/components/schemas/Thing"}}
    operation = {"summary": "Do one thing with care.", "responses": {"200": reply}}
    schemas = {
        "Thing": {"type": "object", "properties": {"part": {"$ref": "#/components/schemas/Part"}}},
        "Part": {"type": "object", "properties": {"size": {"type": "integer"}}},
        "Unused": {"type": "object", "properties": {"x": {"type": "string"}}},
    }
    paths = {
        f"/things/{n}": {"get": {"operationId": f"get_{n}", **operation}} for n in range(count)
    }
    info = {"title": "Things", "version": "1"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def test_an_api_keeps_its_text_and_its_title(tmp_path: Path) -> None:
    text = "# a comment\n" + yaml.safe_dump(specification(2))
    (tmp_path / "things.yaml").write_text(text)
    seed = only(tmp_path / "things.yaml")
    assert (seed.kind, seed.title, seed.text) == ("api", "Things", text.strip("\n"))


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_long_api_is_split_by_paths_with_their_schemas(tmp_path: Path, form: str) -> None:
    value = specification(40)
    text = yaml.safe_dump(value) if form == "yaml" else json.dumps(value, indent=1)
    (tmp_path / f"things.{form}").write_text(text)
    found = read(tmp_path, max_chars=2000)
    parts = [yaml.safe_load(item.text) for item in found if isinstance(item, Seed)]
    assert len(parts) > 1 and not reasons(found)
    assert sorted(path for part in parts for path in part["paths"]) == sorted(
        f"/things/{n}" for n in range(40)
    )
    assert all(set(part["components"]["schemas"]) == {"Thing", "Part"} for part in parts)


def test_schema_fragments_are_apis_and_other_yaml_is_not(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}, "description": RIVER}
    (tmp_path / "models.yml").write_text(yaml.safe_dump({"Thing": schema, "Other": schema}))
    (tmp_path / "compose.yml").write_text(yaml.safe_dump({"services": {"web": {"image": RIVER}}}))
    kinds = {item.name: item.kind for item in read(tmp_path) if isinstance(item, Seed)}
    assert kinds == {"models.yml": "api", "compose.yml": "code"}


# --- cleaning and splitting ----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8-sig", "utf-16"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = "Der Rhein fließt über Köln. " + RIVER
    (tmp_path / "river.txt").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert only(tmp_path / "river.txt").text == text


def test_prose_is_repaired_and_fenced_code_is_not(tmp_path: Path) -> None:
    fence = "```\nx  \n\n\n\ny = 'â€™'\n```"
    (tmp_path / "a.md").write_text(
        f"Itâ€™s  here.\u00a0\n\n\n\n{RIVER}\n\n{fence.replace('â€™', '_')}"
    )
    text = only(tmp_path / "a.md").text
    assert text.startswith("It’s  here.\n\nThe Rhine")
    assert "```\nx  \n\n\n\ny = '_'\n```" in text


def test_gutenberg_wrappers_are_cut(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(
        "The Project Gutenberg eBook of X\nThis ebook is for anyone.\n"
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\nProduced by A. Volunteer\n\n\n"
        f"{RIVER}\n\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\nSection 1. General Terms\n"
    )
    assert only(tmp_path / "book.txt").text == RIVER


def test_long_text_is_split_at_headings_and_paragraphs(tmp_path: Path) -> None:
    text = "# One\n\n" + paragraphs(8) + "\n\n## Two\n\n" + paragraphs(8).replace("says", "tells")
    (tmp_path / "long.md").write_text(text)
    seeds = [item for item in read(tmp_path, max_chars=2500) if isinstance(item, Seed)]
    assert [seed.name for seed in seeds[:2]] == ["long.md#part-1", "long.md#part-2"]
    assert all(len(seed.text) <= 2500 for seed in seeds)
    assert any(seed.text.startswith("## Two") for seed in seeds)
    assert "\n\n".join(seed.text for seed in seeds) == text


@pytest.mark.parametrize(("name", "head"), [("a.py", "def f{}():"), ("a.js", "function f{}() {{")])
def test_long_code_is_split_before_definitions(tmp_path: Path, name: str, head: str) -> None:
    bodies = [head.format(n) + f"\n    call({n});\n" * 12 + "\n" for n in range(20)]
    text = "".join(bodies).replace(";", "" if name == "a.py" else ";")
    (tmp_path / name).write_text(text)
    seeds = [item for item in read(tmp_path, max_chars=1000) if isinstance(item, Seed)]
    assert len(seeds) > 3
    assert all(seed.text.startswith(head.split("{")[0]) for seed in seeds)
    assert "".join(seed.text for seed in seeds).count("call(") == 240


# --- origin --------------------------------------------------------------------------------------


def test_licence_and_source_come_from_front_matter_or_the_nearest_manifest(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "MANIFEST.csv").write_text(
        "file,source_repo,source_path,commit,licence\n"
        "docs/a.txt,github.com/x/y,a.txt,abc,MIT\ndocs/b.md,github.com/x/y,b.md,abc,MIT\n"
    )
    (tmp_path / "docs/a.txt").write_text(RIVER)
    front = "---\ntitle: Rhine\nlicense: CC BY 4.0\nsource: https://example.org\n---\n"
    (tmp_path / "docs/b.md").write_text(front + RIVER[::-1])
    first, second = read(tmp_path / "docs")
    assert isinstance(first, Seed) and isinstance(second, Seed)
    assert (first.licence, first.source) == ("MIT", "github.com/x/y/a.txt@abc")
    assert (second.title, second.licence) == ("Rhine", "CC BY 4.0")
    assert (second.source, second.text) == ("https://example.org", RIVER[::-1])


def test_a_manifest_without_its_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.csv").write_text("name,rights\na.txt,MIT\n")
    (tmp_path / "a.txt").write_text(RIVER)
    with pytest.raises(ValueError, match=r"MANIFEST\.csv has the columns name, rights"):
        read(tmp_path)


# --- rejects -------------------------------------------------------------------------------------


def test_broken_files_are_rejects_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = {
        "broken.pdf": (b"%PDF-1.4 and then nothing", "unreadable"),
        "scan.pdf": (pdf([[""]]), "empty"),
        "broken.docx": (b"PK\x03\x04 no archive", "unreadable"),
        "broken.parquet": (b"PAR1", "unreadable"),
        "broken.json": (b'{"a": ', "unreadable"),
        "broken.jsonl.gz": (b"\x1f\x8b\x08", "unreadable"),
        "empty.txt": (b"", "empty"),
        "blank.txt": (b"\n \n", "empty"),
        "photo": (b"\x89PNG\r\n\x00\x00", "binary"),
        "slides.pptx": (b"PK", "unsupported"),
        "header.csv": (b"a,b\n", "empty"),
        "short.md": (b"too short", "too_short"),
    }
    for name, (data, _) in broken.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "river.txt").write_text(RIVER)
    found = read(tmp_path)
    expected = {name: reason for name, (_, reason) in broken.items()}
    assert reasons(found) == {**expected, "gone.txt": "unreadable"}
    assert [item.name for item in found if isinstance(item, Seed)] == ["river.txt"]


def test_duplicates_name_the_earlier_seed_whatever_the_file_is_called(tmp_path: Path) -> None:
    long = paragraphs(12)
    (tmp_path / "a.txt").write_text(long)
    (tmp_path / "b.txt").write_text(long + "\n")
    (tmp_path / "c.txt").write_text(long.replace("Paragraph 3", "Section 3"))
    found = read(tmp_path)
    assert reasons(found) == {"b.txt": "exact_duplicate", "c.txt": "near_duplicate"}
    assert isinstance(found[0], Seed) and isinstance(found[2], SeedReject)
    assert found[0].id in found[2].detail
    # Again, and under another name: the same decisions and the same id.
    assert read(tmp_path) == found
    (tmp_path / "a.txt").rename(tmp_path / "a2.txt")
    assert isinstance(renamed := read(tmp_path)[0], Seed) and renamed.id == found[0].id
    assert reasons(read(tmp_path, near_duplicate=1.0)) == {"b.txt": "exact_duplicate"}


def test_the_demo_documents_show_every_kind_and_two_rejects() -> None:
    found = read(DEMO)
    seeds = [item for item in found if isinstance(item, Seed)]
    assert {seed.kind for seed in seeds} == {"text", "dialogue", "code", "table", "api"}
    assert {seed.licence for seed in seeds} == {"CC0-1.0"}
    assert reasons(found) == {"note.txt": "too_short", "sourdough_copy.txt": "exact_duplicate"}


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(RIVER)
    (tmp_path / "b.txt").write_text(RIVER[::-1])
    seeds: Iterator[Seed | SeedReject] = read_seeds(SeedSettings(path=str(tmp_path)))
    next(seeds)
    (tmp_path / "b.txt").write_text("now too short")
    assert reasons(list(seeds)) == {"b.txt": "too_short"}
