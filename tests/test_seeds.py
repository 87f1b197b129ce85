"""Seeds: every format becomes clean text, each drop has a reason, and nothing is read ahead."""

import contextlib
import csv
import gzip
import json
import os
import re
import socket
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from arenainstruct.agents.records import Seed
from arenainstruct.graphs import kinds
from arenainstruct.runs import ingest as ingesting
from arenainstruct.runs import load_config
from arenainstruct.runs.ingest import ingest
from arenainstruct.runs.seeds import (
    SeedReject,
    SeedSettings,
    child,
    fingerprint,
    iter_sources,
    read_seeds,
    reading,
    source,
)
from arenainstruct.runs.seeds.cleaning import clean_text
from arenainstruct.runs.seeds.licence import front_matter
from arenainstruct.runs.seeds.markup import latex_to_markdown, rst_to_markdown, without_badges
from arenainstruct.runs.store import Store
from arenainstruct.tools.openapi import parse_openapi
from arenainstruct.tools.retrieval import ApiIndex
from arenainstruct.tools.web.markdown import html_to_markdown

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


def seeds_of(found: list[Seed | SeedReject]) -> dict[str, Seed]:
    return {item.name: item for item in found if isinstance(item, Seed)}


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
    objects[2] += b" /Helvetica /Encoding /WinAnsiEncoding >>"
    kids = []
    for lines in pages:
        shown = b" ".join(f"({line}) Tj 0 -14 Td".encode("cp1252") for line in lines)
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
    said = r"no usable document \(1 too_short\): a.txt: 9 characters; .*min_chars=200"
    with pytest.raises(ValueError, match=said):
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
    # Two pages that begin or end alike have it from their frame.
    (tmp_path / "river.pdf").write_bytes(pdf(pages[:2]))
    assert "Rivers of Europe" not in only(tmp_path / "river.pdf").text


def test_words_cut_at_the_ends_of_lines_of_a_pdf_are_whole_and_contents_are_left_out(
    tmp_path: Path,
) -> None:
    contents = [
        "Contents",
        "By J\xb4anos Br\xa8oker.",
        "1.1 Where it rises . . . . . . . . . . . . 3",
        "2 Mouth ........ iv",
    ]
    cut = [
        "It leaves the moun-",
        "tains at Basel, and the Rhine-",
        "Main canal joins it. Dots ... stay.",
    ]
    body = [RIVER[i : i + 60] for i in range(0, len(RIVER), 60)]
    (tmp_path / "river.pdf").write_bytes(pdf([[*contents, *cut, *body]]))
    text = only(tmp_path / "river.pdf").text
    assert "the mountains at Basel, and the Rhine-Main canal joins it. Dots ... stay." in text
    assert "By János Bröker." in text
    assert "Contents" in text and "Where it rises" not in text and "Mouth" not in text
    assert not re.search("[\x00-\x08\x0e-\x1f]", text)


def test_what_is_odd_beside_the_text_of_a_pdf_or_a_page_costs_no_text(tmp_path: Path) -> None:
    made = pdf([[RIVER[at : at + 80]] for at in range(0, len(RIVER), 80)])
    for told in (b"<< /Title [1 2] >>", b"[1]", b"7", b"99 0 R", b"<< /Title 2 0 R >>", b"(a)"):
        titled = made.replace(b"trailer <<", b"trailer << /Info " + told)
        assert titled != made
        (tmp_path / "river.pdf").write_bytes(titled)
        assert "Rhine rises" in only(tmp_path / "river.pdf").text
    for odd in ("\u00b2", "9" * 5000, "-1", "x"):
        page = tmp_path / "page.html"
        row = f"<table><tr><td colspan={odd}>a<td>b</table>"
        page.write_text(f"<p>{RIVER}</p>{row}<ol start={odd}><li>one</ol>")
        assert RIVER[:40] in only(page).text and "| a | b |" in only(page).text


def test_spans_of_a_table_are_not_pages_of_empty_cells(tmp_path: Path) -> None:
    cells = "<td colspan=1000>a</td>" * 100
    (tmp_path / "wide.html").write_text(
        f"<p>{RIVER}</p><table>{f'<tr>{cells}</tr>' * 10}</table>"
        "<table><tr><th colspan=2>Head</th></tr><tr><td>c</td><td>d</td></tr></table>"
    )
    text = only(tmp_path / "wide.html").text
    assert len(text) < 8_000 and text.count("| a") == 1000
    assert "| Head | |" in text


def test_docx_becomes_markdown(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading("The Rhine", 1)
    document.add_paragraph(RIVER)
    document.save(str(tmp_path / "river.docx"))
    seed = only(tmp_path / "river.docx")
    assert seed.text == f"# The Rhine\n\n{RIVER}"
    assert seed.title == "The Rhine"
    table = document.add_table(rows=2, cols=2)
    for at, cell in enumerate(("Town", "Length", "Basel", "1036")):
        table.cell(at // 2, at % 2).text = cell
    document.save(str(tmp_path / "river.docx"))
    assert (
        "| Town | Length |\n| --- | --- |\n| Basel | 1036 |" in only(tmp_path / "river.docx").text
    )


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


def test_what_restructured_text_marks_for_its_tools_is_read_as_a_page_shows_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "use.rst").write_text(
        "Ask in the `user\nforum`_ or read the guide_, whose name_ stays.\n\n"
        ".. currentmodule:: tools.pump\n\n.. note:: Oil it\n   each week.\n\n"
        ".. warning::\n   :class: red\n\n   Run it so::\n\n       pump `on`_\n\n   Then wait.\n\n"
        f".. _user forum: http://x\n.. _guide: http://y\n\n{RIVER}\n"
    )
    assert only(tmp_path / "use.rst").text.startswith(
        "Ask in the user\nforum or read the guide, whose name_ stays.\n\n"
        "**Note:** Oil it\neach week.\n\n"
        "**Warning:**\n\nRun it so:\n\n```\npump `on`_\n```\n\nThen wait.\n\n"
    )


def test_a_readme_is_read_without_its_badges(tmp_path: Path) -> None:
    inline = "[![Docs](https://x/d.svg)](https://x/d)"
    badges = f"[![Build][b-img]][b]\n{inline} [![PyPI][p]](https://x)\n"
    links = "[b-img]: https://x/b.svg\n[B]: https://x/b\n[p]: https://x/p.svg\n"
    kept = f"See [the guide][g] and ![a map](m.png).[^1]\n\n```\n{inline}\n```\n\n{RIVER}\n\n"
    shown = '[g]: <https://x/g> "Guide"\n[^1]: A note.'
    (tmp_path / "README.md").write_text(f"# Pump\n\n{badges}\n{kept}{links}{shown}\n")
    assert only(tmp_path / "README.md").text == f"# Pump\n\n{kept}{shown}"


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
    seeds = list(seeds_of(read(tmp_path / "towns.csv", max_chars=1500)).values())
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
    kinds = {name: seed.kind for name, seed in seeds_of(read(tmp_path)).items()}
    assert kinds == {"talk.txt": "dialogue", "list.txt": "text", "river.txt": "text"}


# --- rows ----------------------------------------------------------------------------------------


@pytest.mark.slow
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
    assert reasons(found) == {"rows.jsonl.gz#row-3": "unreadable", "wrong.jsonl": "no_text_column"}
    assert isinstance(found[0], Seed)


def test_a_row_without_text_costs_itself_only(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"note": "no text"}, {"text": RIVER}, {"text": None}, {}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    found = read(tmp_path, near_duplicate=1.0)
    assert list(seeds_of(found)) == ["rows.json#row-2"]
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
    texts = "".join(seed.text for seed in seeds_of(found).values())
    assert "Bern" in texts and "Basel" in texts
    assert [item.reason for item in found if isinstance(item, SeedReject)] == ["too_long"]


def test_parquet_and_json_records(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"text": [RIVER, "Zweitens: " + RIVER[::-1]], "licence": ["MIT", None]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text(json.dumps({"data": [{"text": paragraphs(2)}]}))
    (tmp_path / "other.json").write_text(json.dumps({"stations": WORDS}))
    seeds = seeds_of(read(tmp_path))
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
    parts = [yaml.safe_load(seed.text) for seed in seeds_of(found).values()]
    assert len(parts) > 1 and not reasons(found)
    assert sorted(path for part in parts for path in part["paths"]) == sorted(
        f"/things/{n}" for n in range(40)
    )
    assert all(set(part["components"]["schemas"]) == {"Thing", "Part"} for part in parts)


def test_schema_fragments_are_apis_and_other_yaml_is_not(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}, "description": RIVER}
    (tmp_path / "models.yml").write_text(yaml.safe_dump({"Thing": schema, "Other": schema}))
    (tmp_path / "compose.yml").write_text(yaml.safe_dump({"services": {"web": {"image": RIVER}}}))
    kinds = {name: seed.kind for name, seed in seeds_of(read(tmp_path)).items()}
    assert kinds == {"models.yml": "api", "compose.yml": "code"}


# --- cleaning and splitting ----------------------------------------------------------------------


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
    seeds = list(seeds_of(read(tmp_path, max_chars=2500)).values())
    assert [seed.name for seed in seeds[:2]] == ["long.md#part-1", "long.md#part-2"]
    assert all(len(seed.text) <= 2500 for seed in seeds)
    assert any(seed.text.startswith("## Two") for seed in seeds)
    assert "\n\n".join(seed.text for seed in seeds) == text


@pytest.mark.parametrize(("name", "head"), [("a.py", "def f{}():"), ("a.js", "function f{}() {{")])
def test_long_code_is_split_before_definitions(tmp_path: Path, name: str, head: str) -> None:
    bodies = [head.format(n) + f"\n    call({n});\n" * 12 + "\n" for n in range(20)]
    text = "".join(bodies).replace(";", "" if name == "a.py" else ";")
    (tmp_path / name).write_text(text)
    seeds = list(seeds_of(read(tmp_path, max_chars=1000)).values())
    assert len(seeds) > 3
    assert all(seed.text.startswith(head.split("{")[0]) for seed in seeds)
    assert "".join(seed.text for seed in seeds).count("call(") == 240


def test_long_code_of_every_language_is_split(tmp_path: Path) -> None:
    text = "\n\n".join(f"block {n} {{\n    call({n});\n}}" for n in range(60))
    endings = (
        "pm sh js ts go rb php lua hs ex ps1 cob swift kt scala cs sol proto xml toml zig m".split()
    )
    for ending in endings:
        (tmp_path / f"{ending}.{ending}").write_text(f"{ending}\n{text}")
    parts = Counter(item.name.partition(".")[0] for item in read(tmp_path, max_chars=1000))
    assert set(parts) == set(endings) and all(count >= 2 for count in parts.values())


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


@pytest.mark.slow
def test_the_source_of_a_manual_page_is_a_reject_that_says_how_to_render_it(tmp_path: Path) -> None:
    for name, head in (
        ("cat.1", ".\n.de X\n..\n.TH CAT 1\n"),
        ("ls.1", '.\\" a note\n.Dd May 1, 2001\n'),
        ("a", "'\\\" t\n.TH a 1"),
    ):
        (tmp_path / name).write_text(f"{head}\n.SH NAME\n{RIVER}")
    (tmp_path / "plain.1").write_text(f".THE river\n{RIVER}")
    found = {item.name: item for item in read(tmp_path)}
    assert isinstance(found.pop("plain.1"), Seed) and len(found) == 3
    for item in found.values():
        assert isinstance(item, SeedReject) and item.reason == "unsupported"
        assert "man -l" in item.detail


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
    assert list(seeds_of(found)) == ["river.txt"]


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


def test_a_seed_has_one_id_though_its_document_says_the_same_again_and_again(
    tmp_path: Path,
) -> None:
    # Parts of one document may be much alike, but the same one comes once, from whatever file.
    parts = [paragraphs(8).replace("Paragraph 3", f"Section {n % 2}") for n in range(6)]
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("\n\n".join(f"# Same\n\n{part}" for part in parts))
    found = read(tmp_path, max_chars=len(parts[0]) + 40)
    ids = [item.id for item in found if isinstance(item, Seed)]
    assert len(ids) == len(set(ids)) == 2
    assert set(reasons(found).values()) == {"exact_duplicate"} and len(found) == 12


def test_the_demo_documents_show_every_kind_and_two_rejects() -> None:
    found = read(DEMO)
    seeds = seeds_of(found).values()
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


# --- odd documents -------------------------------------------------------------------------------


def unlike(number: int) -> str:
    """A text that is no near duplicate of the others."""
    return " ".join(f"{word} {number}{n}" for n, word in enumerate(RIVER.split()))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.txt", "caf%E9.txt"),
        (b"two\nlines.txt", "two%0Alines.txt"),
        (b"a.txt#part-2", "a.txt%23part-2"),
        (b"50%41.txt", "50%2541.txt"),
        ("Köln 50% C#.txt".encode(), "Köln 50% C#.txt"),
        ("x\u202etxt.exe.txt".encode(), "x%E2%80%AEtxt.exe.txt"),
    ],
)
def test_names_are_printable_and_can_be_turned_back(
    tmp_path: Path, name: bytes, shown: str
) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_text(RIVER)
    assert only(tmp_path).name == shown
    only(tmp_path).model_dump_json().encode()
    assert unquote_to_bytes(re.sub(r"%(?![0-9A-F]{2})", "%25", shown)) == name


def test_lone_surrogates_anywhere_cost_nothing(tmp_path: Path) -> None:
    half = "\\ud800"
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": "Body \udc80. " + unlike(1), "title": "T\ud800", "source": "\udfff"})
    )
    (tmp_path / "b.md").write_text(f'---\ntitle: "T {half}"\nsource: "{half}"\n---\n{unlike(2)}')
    value = specification(2)
    text = json.dumps(value, indent=1).replace("with care", f"with {half} care \\ud83d\\ude00")
    (tmp_path / "c.json").write_text(text)
    (tmp_path / "d.yaml").write_text(text.replace("/things/", "/other/").replace("Things", "Other"))
    (tmp_path / "e.json").write_text(f'{{"notes": ["{half}", "{unlike(5)}"]}}')
    turns = [f'"Ada {half}: {unlike(n)}."' for n in range(6, 12)]
    (tmp_path / "f.json").write_text(f'[{{"text": {json.dumps("x")[:-1]} {unlike(12)} {half}"}}]')
    (tmp_path / "g.json").write_text(f'{{"talk": [{", ".join(turns)}]}}')
    found = read(tmp_path)
    assert not reasons(found)
    for seed in seeds_of(found).values():
        assert "\ufffd" in seed.text or "\ufffd" in seed.title
        seed.model_dump_json().encode()
    apis = [
        api for name in ("c.json", "d.yaml") for api in parse_openapi(seeds_of(found)[name].text)
    ]
    assert {api.description for api in apis} == {"Do one thing with \ufffd care 😀."}


def test_control_characters_are_kept_nowhere(tmp_path: Path) -> None:
    odd = "A text\x00 with NUL. " * 9 + "One\x00 two\x1b[0m\x07 three\x7f.\fNext page \x85. "
    (tmp_path / "a.txt").write_text(odd + unlike(1))
    (tmp_path / "b.py").write_text("x = 1\x00\n\f\ny = '\x1b'\n" + "# padding of a file\n" * 20)
    (tmp_path / "c.csv").write_text("a,b\n" + "\n".join(f"\x01{n},{unlike(n)}" for n in range(3)))
    seeds = seeds_of(read(tmp_path))
    assert seeds["a.txt"].text.startswith("A text with NUL. " * 9 + "One two three.\n\nNext page")
    assert seeds["b.py"].text.startswith("x = 1\n\n\ny = ''\n")
    for seed in seeds.values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", seed.text)


@pytest.mark.parametrize("error", [MemoryError, RecursionError, ValueError, UnicodeError])
@pytest.mark.parametrize(
    "where", ["child.finished", "child.split_text", "child.frame", "reading.read_text"]
)
def test_whatever_breaks_in_one_document_is_one_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception], where: str
) -> None:
    module = {"child": child, "reading": reading}[where.split(".")[0]]
    original = getattr(module, where.split(".")[1])
    broken = False

    def breaks(*given: object) -> object:
        nonlocal broken
        about = "odd" in str(given) and given[0] not in ("begun", "reject")
        if about and not broken:
            broken = True
            raise error("far too much")
        return original(*given)

    for file in ("a", "odd", "z"):
        (tmp_path / f"{file}.txt").write_text(f"{file}: {unlike(ord(file[0]))}")
    monkeypatch.setattr(module, where.split(".")[1], breaks)
    wanted = SeedSettings(path=str(tmp_path)).wanted()
    frames = [
        json.loads(frame)
        for file in iter_sources(str(tmp_path))
        for frame in child.contained(file, wanted)
    ]
    assert [told[0][0][2] for word, *told in frames if word == "seeds"] == ["a.txt", "z.txt"]
    ((name, reason, detail),) = (told for word, *told in frames if word == "reject")
    assert (name, reason) == ("odd.txt", "unreadable")
    assert f"{error.__name__}: far too much" in detail


@pytest.mark.slow
def test_nested_and_growing_documents_are_rejects(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines) + "\n# " + "padding " * 2000)
    (tmp_path / "dashes.yaml").write_text("- " * 20_000 + "x")
    (tmp_path / "deep.html").write_text("<div>" * 5_000 + RIVER)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "deep.md").write_text("---\na: " + "[" * 100_000 + "\n---\n" + RIVER)
    (tmp_path / "deep.py").write_text("(" * 20_000 + "\n")
    (tmp_path / "river.txt").write_text(RIVER)
    found = read(tmp_path, max_chars=8000)
    assert seeds_of(found)["river.txt"].text == RIVER
    expected = {"bomb.yaml", "dashes.yaml", "deep.html", "deep.json", "deep.md"}
    assert {name for name, reason in reasons(found).items() if reason == "unreadable"} == expected


# --- encodings -----------------------------------------------------------------------------------

SCRIPTS = {
    "zh": "老桥在山谷变窄的地方跨过河流。一九三一年的洪水冲走了两座桥墩，工程师们后来重新修建了它们。",
    "zh-hant": "老橋在山谷變窄的地方跨過河流。一九三一年的洪水沖走了兩座橋墩，工程師們後來重新修建了它們。",
    "ja": "古い橋は谷が狭くなるところで川を渡っている。技師たちは洪水のあとで橋脚を建て直した。",
    "ko": "오래된 다리는 골짜기가 좁아지는 곳에서 강을 건넌다. 기술자들은 홍수 뒤에 교각을 다시 세웠다.",
    "ru": "Старый мост пересекает реку там, где долина сужается. Инженеры перестроили его опоры.",
    "el": "Η παλιά γέφυρα περνά τον ποταμό εκεί όπου στενεύει η κοιλάδα και έχει δύο βάθρα.",
    "cs": "Starý most překračuje řeku tam, kde se údolí zužuje. Každý pilíř stojí na dubových kůlech.",
    "fr": "Le vieux pont traverse la rivière là où la vallée se resserre; ses piles ont été rebâties.",
}
CODECS = [
    *(("zh", codec) for codec in ("gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be")),
    *(("ja", codec) for codec in ("shift_jis", "euc_jp", "iso2022_jp", "utf-16-le")),
    *(("ru", codec) for codec in ("cp1251", "koi8_r", "iso8859_5", "cp866", "utf-16-be")),
    *(("cs", codec) for codec in ("iso8859_2", "cp1250", "utf-8-sig", "utf-32")),
    *(("ko", "euc_kr"), ("zh-hant", "big5"), ("el", "iso8859_7")),
    *(("fr", "latin-1"), ("fr", "cp1252")),
]


@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize(("script", "codec"), CODECS)
def test_encodings_are_recognised_in_short_and_long_texts(
    tmp_path: Path, script: str, codec: str, times: int
) -> None:
    text = "\n\n".join([SCRIPTS[script]] * times)
    (tmp_path / "bridge.txt").write_bytes(text.replace("\n", "\r\n").encode(codec))
    assert only(tmp_path / "bridge.txt", min_chars=20).text == text


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ("<meta charset='gb2312'>", "gbk"),
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=gbk">', "gbk"),
        ('<?xml version="1.0" encoding="Big5"?>', "gbk"),
        ("<meta charset=iso-8859-1>", "utf-8"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=gbk>", "utf-8-sig"),
        ("<meta charset=utf-8>", "gbk"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_read_as_declared_unless_its_bytes_say_otherwise(
    tmp_path: Path, head: str, codec: str
) -> None:
    name = "zh-hant" if "Big5" in head else "zh"
    page = f"{head}<html><body><p>{SCRIPTS[name]}</p></body></html>"
    (tmp_path / "a.html").write_bytes(page.encode("big5" if "Big5" in head else codec))
    assert only(tmp_path / "a.html", min_chars=20).text == SCRIPTS[name]


def test_a_short_page_needs_its_declaration(tmp_path: Path) -> None:
    for codec in ("cp1251", "koi8_r", "iso8859_5"):
        page = f"<meta charset={codec.replace('_', '-').replace('iso', 'iso-')}><p>Мост у реки.</p>"
        (tmp_path / f"{codec}.html").write_bytes(page.encode(codec))
        assert only(tmp_path / f"{codec}.html", min_chars=5).text == "Мост у реки."


def test_an_encoding_that_nobody_can_tell_is_a_reject_and_never_a_guess(tmp_path: Path) -> None:
    noise = bytes((n * n * 31 + n * 7) % 224 + 32 for n in range(600))
    (tmp_path / "noise.txt").write_bytes(noise)
    (tmp_path / "noise.html").write_bytes(b"<meta charset=klingon>" + noise)
    (tmp_path / "noise.csv").write_bytes(b"a,b\n" * 99 + noise)
    (tmp_path / "wide.txt").write_bytes(b"\xff\xfe" + b"\x00\xd8" * 300)
    (tmp_path / "river.txt").write_text(RIVER)
    found = read(tmp_path)
    names = ["noise.csv", "noise.html", "noise.txt", "wide.txt"]
    assert reasons(found) == dict.fromkeys(names, "encoding")
    assert list(seeds_of(found)) == ["river.txt"]


@pytest.mark.parametrize("codec", ["idna", "punycode", "undefined", "unicode_escape", "rot13"])
def test_what_python_calls_a_codec_is_no_charset(codec: str, tmp_path: Path) -> None:
    page = f"<meta charset={codec}><p>{RIVER} \\ud800 Z\u00fcrich caf\u00e9</p>"
    (tmp_path / "page.html").write_bytes(page.encode("cp1252"))
    found = read(tmp_path, min_chars=20)
    assert all(not isinstance(item, SeedReject) or item.reason == "encoding" for item in found)
    assert all(isinstance(item, SeedReject) or "\\ud800" in item.text for item in found)


def test_ascii_and_utf8_stay_byte_identical(tmp_path: Path) -> None:
    code = "".join(f"name_{n} = 'Köln – {n}'  # ½ of {SCRIPTS['ja']}\n" for n in range(20))
    for name, text in (("a.py", code), ("b.py", code.encode("ascii", "replace").decode())):
        (tmp_path / name).write_text(text)
        assert "".join(s.text + "\n" for s in seeds_of(read(tmp_path / name)).values()) == text


def test_a_table_is_read_in_its_encoding(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{SCRIPTS['ru']}" for n in range(5))
    (tmp_path / "a.csv").write_bytes(f"номер,текст\n{rows}".encode("cp1251"))
    assert only(tmp_path / "a.csv").text.startswith("| номер | текст |")


# --- folders -------------------------------------------------------------------------------------


def test_what_cannot_be_read_in_a_folder_is_a_reject_and_the_rest_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    for number, name in enumerate(["a.txt", "m.txt", "sub/n.txt", "z.txt"]):
        (root / name).write_text(unlike(number))
    (root / "b-loop").symlink_to("b-loop")
    (root / "c-up").symlink_to("..")
    (root / "d-gone.txt").symlink_to("nowhere.txt")
    (root / "sub" / "e-back").symlink_to("..")
    os.mkfifo(root / "f-pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(root)
        listener.bind("g-socket.txt")
        os.chdir(here)
    (root / "h-device.txt").symlink_to("/dev/null")
    found = read(root)
    assert list(seeds_of(found)) == ["a.txt", "m.txt", "sub/n.txt", "z.txt"]
    assert reasons(found) == {
        "b-loop": "unreadable",
        "c-up": "outside",
        "d-gone.txt": "unreadable",
        "f-pipe.txt": "unreadable",
        "g-socket.txt": "unreadable",
        "h-device.txt": "outside",
    }
    assert read(root) == found


def test_a_folder_that_cannot_be_listed_is_a_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.txt").write_text(RIVER)
    (tmp_path / "z.txt").write_text(unlike(1))
    scan = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = read(tmp_path)
    assert list(seeds_of(found)) == ["a.txt", "z.txt"]
    assert reasons(found) == {"closed/": "unreadable"}


def test_a_file_that_is_reached_twice_is_read_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / ".store").mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "docs/a.txt").write_text(unlike(1))
    (root / ".store/blob").write_text(unlike(2))
    (root / "1-link.txt").symlink_to("docs/a.txt")
    (root / "2-folder").symlink_to("docs")
    (root / "3-blob.txt").symlink_to(".store/blob")
    (root / "4-blob.txt").symlink_to(".store/blob")
    os.link(root / "docs/a.txt", root / "docs/b.txt")
    assert [s.name for s in iter_sources(str(root))] == ["3-blob.txt", "docs/a.txt"]
    assert [s.name for s in iter_sources(f"{root}/2*/*.txt")] == ["2-folder/a.txt"]


def test_links_that_leave_the_folder_are_followed_when_asked(tmp_path: Path) -> None:
    (tmp_path / "other/deep").mkdir(parents=True)
    (tmp_path / "other/deep/b.txt").write_text(unlike(2))
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.txt").write_text(unlike(1))
    (tmp_path / "root/more").symlink_to("../other")
    (tmp_path / "root/again").symlink_to("../other")
    (tmp_path / "root/up").symlink_to("..")
    assert reasons(read(tmp_path / "root")) == dict.fromkeys(("again", "more", "up"), "outside")
    names = list(seeds_of(read(tmp_path / "root", follow_links=True)))
    assert names == ["a.txt", "again/deep/b.txt"]


# --- what is embedded, and what is around --------------------------------------------------------


def base64(size: int) -> str:
    return b64encode(bytes(n * n * 7919 % 251 for n in range(size))).decode()


def test_embedded_files_leave_prose_with_a_note(tmp_path: Path) -> None:
    wrapped = "\n".join(base64(900)[start : start + 76] for start in range(0, 1200, 76))
    uri = f"data:image/png;base64,{base64(900)}"
    shown = {
        f"![The bridge]({uri})": "[image/png left out: The bridge]",
        f"[a file](data:application/pdf;base64,{base64(300)} 'x')": "[application/pdf left out]",
        f"![wrapped](data:image/gif;base64,{wrapped})": "[image/gif left out: wrapped]",
        '![s](data:image/svg+xml;utf8,<svg a="b"><g/></svg>)': "[image/svg+xml left out: s]",
        f"<img alt='A map' src='{uri}'>": "[image/png left out: A map]",
        f"a {{ src: url({uri}) }}": "a { src: url([image/png left out]) }",
        f"Content:\n\n{wrapped}": "Content:\n\n[base64 left out]",
        f"Key {base64(300)} end": "Key [base64 left out] end",
    }
    for number, (given, left) in enumerate(shown.items()):
        (tmp_path / f"{number}.md").write_text(f"{given}\n\n{unlike(number)}")
        text = only(tmp_path / f"{number}.md").text
        assert left in text and unlike(number) in text
        assert len(text) < len(unlike(number)) + 60


def test_what_only_looks_embedded_stays(tmp_path: Path) -> None:
    text = (
        f"{RIVER}\n\n{'GATTACA' * 60}\n\nSee data: image/png, or https://a.org/{'x/y2/Z' * 60}\n\n"
    )
    text += (
        "![map](map.png)\n\n```html\n<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>\n```"
    )
    (tmp_path / "a.md").write_text(text)
    assert only(tmp_path / "a.md").text == text


@pytest.mark.parametrize(
    "page",
    [
        "<form id='aspnetForm'><input name='__VIEWSTATE' value='iVBORw0KGgo'>{}</form>",
        "<template>{}</template><div id='app'></div>",
        "<noscript>{}</noscript>",
        "<div class='layout sidebar-right'><div>{}</div><div class='sidebar'>More</div></div>",
        "<aside>{}</aside><nav><a href='/'>Home</a></nav>",
        "<div class='cookies-on'>{}</div>",
        "<main></main><article>{}</article>",
        "<main><p>Loading</p></main><div class='menu'>{}</div>",
        "<img src='data:image/png;base64,iVBORw0KGgo='>{}",
    ],
)
def test_whatever_holds_most_of_a_page_is_its_content(tmp_path: Path, page: str) -> None:
    (tmp_path / "a.html").write_text(page.format(f"<p>{RIVER}</p><pre>a\n\n  b</pre>"))
    text = only(tmp_path / "a.html").text
    assert RIVER in text and "```\na\n\n  b\n```" in text
    for noise in ("iVBOR", "More", "Home"):
        assert noise not in text


def test_a_page_is_read_without_what_only_leads_about_in_it(tmp_path: Path) -> None:
    links = "".join(
        f"<li>{n}. <a href='page.html#s{n}'>The {n} part of the page</a></li>" for n in "123"
    )
    parts = "".join(
        f"<h2 id='s{n}'>The {n} part of the page<a href='#s{n}'>¶</a></h2>"
        f"<p>Said{n}.<a href='#f1'>{n}</a>"
        for n in "123"
    )
    rows = "<table><tr><td> </td></tr><tr><td>Load</td><td>Reach</td></tr>"
    rows += "<tr><td>4</td><td>9</td></tr></table>"
    (tmp_path / "page.html").write_text(
        "<?xml version='1.0'?><html><body><div class='wrap'>"
        f"<div><b>Contents</b><ul>{links}</ul></div>{parts}<p>{RIVER}</p>{rows}"
        "<p id='f1'>See <a href='#s2'>part 2</a>, <a href='#s3'>part 3</a>, <a href='#s1'>1</a></p>"
    )
    text = only(tmp_path / "page.html").text
    assert text.startswith(
        "## The 1 part of the page\n\nSaid1.[1]\n\n## The 2 part of the page\n\nSaid2.[2]"
    )
    assert "| Load | Reach |\n| --- | --- |\n| 4 | 9 |" in text
    assert text.endswith("See part 2, part 3, [1]")
    (tmp_path / "page.html").write_text(f"<ul>{links * 9}</ul><p id=s1><p id=s2><p id=s3>")
    assert only(tmp_path / "page.html").text.count("The 1 part of the page") == 9


def test_furniture_goes_even_where_it_is_longer_than_a_short_page(tmp_path: Path) -> None:
    banner = "<div class='cookie-banner'>" + "We would like to know you better. " * 20 + "</div>"
    banner += "<button><svg><title>x</title></svg><script>y()</script></button>"
    menu = "<div class='menu'>" + "<a href='/'>Another page of this site</a> " * 40 + "</div>"
    (tmp_path / "a.html").write_text(f"{banner}{menu}<p>{RIVER}</p>")
    assert only(tmp_path / "a.html").text == RIVER


def test_formulas_and_indices_of_a_page_survive(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        f"<p>H<sub>2</sub>O, 10<sup>3</sup>, \\(a_1^2\\). {RIVER}</p><p><math><mi>E</mi><annotation"
        " encoding='application/x-tex'>E=mc^2</annotation></math></p>"
        "<script type='math/tex; mode=display'>x_1 &lt; 2</script>"
        "<table><tr><th>n</th></tr><tr><td>1</td></tr></table><ol><li>One</li></ol>"
    )
    text = only(tmp_path / "a.html").text
    for kept in ("H<sub>2</sub>O, 10<sup>3</sup>, \\(a_1^2\\)", "$E=mc^2$", "| 1 |", "1. One"):
        assert kept in text


GROWING = [
    " ",
    "\t",
    "* ",
    "`",
    "```\n",
    "\\[",
    "\\begin{math}",
    "\\emph{",
    "\\section[",
    "![",
    "- ",
]
GROWING += ["data:image/png;base64,", "data:image/svg+xml,<svg ", "aB1", "<a href=", "<!--", ":a:"]
GROWING += ["A: b\n", '<div class="menu">', "$", "`a <", "---\n", "=\n", '"']


@pytest.mark.slow
@pytest.mark.parametrize(
    "convert",
    [
        clean_text,
        latex_to_markdown,
        rst_to_markdown,
        without_badges,
        html_to_markdown,
        front_matter,
    ],
)
def test_no_text_takes_more_time_than_its_length(convert: Callable[[str], object]) -> None:
    def once(text: str) -> float:
        start = time.process_time()
        with contextlib.suppress(RecursionError):
            convert(text)
        return time.process_time() - start

    def seconds(unit: str, size: int) -> float:
        # The best of three: what Python collects of other tests' garbage falls on one of them.
        return min(once(unit * (size // len(unit))) for _ in range(3))

    for unit in GROWING:
        # Sixteen times the text, at most 64 times the time: its square would be 256.
        assert seconds(unit, 128_000) < 64 * max(seconds(unit, 8_000), 0.003), unit


@pytest.mark.slow
async def test_a_second_start_keeps_what_was_read_and_reads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "BATCH", 2)
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(5):
        (docs / f"{number}.txt").write_text(unlike(number))
    (docs / "loop").symlink_to("loop")
    (docs / os.fsdecode(b"caf\xe9.py")).write_text("def f(x):\n    return x\n" * 20)

    async def read_in(file: str, fail_after: int) -> tuple[list[str], list[str]]:
        store = Store.open(tmp_path / file)
        index = ApiIndex()
        batches = 0

        def told(_: int) -> None:
            nonlocal batches
            if (batches := batches + 1) == fail_after:
                raise KeyError("killed")

        try:
            with contextlib.suppress(KeyError):
                settings = SeedSettings(path=str(docs))
                await ingest(store, index, settings, load_config().loaded_skills(), None, told=told)
            seeds = [seed.id async for seed in store.stream(kinds.SEED)]
            return seeds, [reject.id async for reject in store.stream(kinds.REJECT)]
        finally:
            index.close()
            store.close()

    whole = await read_in("whole", 0)
    assert (len(whole[0]), len(whole[1])) == (6, 1)
    killed = await read_in("killed", 2)
    assert 0 < len(killed[0]) < 6 and set(killed[0]) < set(whole[0])
    assert await read_in("killed", 0) == whole
