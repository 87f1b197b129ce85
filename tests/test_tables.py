"""One reader of tables: what is sound is read, what is not is told with its number, however it is written."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arenainstruct.tools.tables import Reject, TableError, open_table, read_rows

ROWS = [{"name": "Aare", "km": "295"}, {"name": "Rhône, the", "km": "813"}]
CSV = 'name,km\nAare,295\n"Rhône, the",813\n'
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)


def kept(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path: Path) -> list[Any]:
    """Numbers with values, or with what is wrong."""
    rows = read_rows(path)
    return [(r.number, r.reason if isinstance(r, Reject) else r.values) for r in rows]


def columns(path: Path, names: Sequence[str]) -> list[Any]:
    """The same by batches of columns."""
    found: list[Any] = []
    with open_table(path) as table:
        for batch in table.batches(names):
            found += batch.broken
            values = zip(*(batch.columns[name].to_pylist() for name in names), strict=True)
            rows = [dict(zip(names, row, strict=True)) for row in values]
            found += zip(batch.numbers.tolist(), rows, strict=True) if rows else []
    return [tuple(item) for item in sorted(found, key=lambda item: item[0])]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", CSV),
        ("a.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        ("a.csv", CSV.rstrip()),
        ("a.csv", CSV.replace('"', "'").replace("name,", "'name',")),
        ("a.csv", "name;km\nAare;295\nRhône, the;813\n"),
        ("a.tsv", "name\tkm\nAare\t295\nRhône, the\t813\n"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("a.csv", gzip.compress(CSV.encode(), mtime=0)),
        ("a.csv.gz", CSV),
        ("a.csv.zst", pa.compress(CSV.encode(), "zstd", asbytes=True)),
        ("a.jsonl", JSONL),
        ("a.jsonl", "\ufeff" + JSONL),
        ("a.jsonl", json.dumps(ROWS, indent=1)),
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps({"about": "rivers", "rows": ROWS}, indent=1)),
        ("a.json", JSONL),
    ],
)
def test_the_same_rows_however_written(tmp_path: Path, name: str, data: str | bytes) -> None:
    path = kept(tmp_path, name, data)
    first = 2 if "csv" in name or "tsv" in name else 1
    assert read(path) == [(first, ROWS[0]), (first + 1, ROWS[1])]
    assert columns(path, ["name", "km"]) == read(path)


@pytest.mark.parametrize("packed", [False, True])
def test_parquet_is_read_packed_and_plain(tmp_path: Path, packed: bool) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    path = tmp_path / "a.parquet"
    if packed:
        path = kept(tmp_path, "b.parquet.gz", gzip.compress(path.read_bytes()))
    assert read(path) == columns(path, ["name", "km"]) == [(1, ROWS[0]), (2, ROWS[1])]


WIDTH = "{} fields where the header has 2; put quotes around a text that holds a separator"
FOREIGN = "is not written in UTF-8: save it as UTF-8"


def test_a_faulty_row_of_csv_costs_itself_only(tmp_path: Path) -> None:
    long = "x" * 400_000
    data = f'name,km\na,1\n\nb\nc,2,3\n"d\n\nd",4\ne,{long}\n'.encode() + b"\xff,5\nf,6"
    expected = [
        (2, {"name": "a", "km": "1"}),
        (4, WIDTH.format(1)),
        (5, WIDTH.format(3)),
        (6, {"name": "d\n\nd", "km": "4"}),
        (7, {"name": "e", "km": long}),
        (8, FOREIGN),
        (9, {"name": "f", "km": "6"}),
    ]
    path = kept(tmp_path, "a.csv", data)
    assert read(path) == expected
    assert columns(path, ["name", "km"]) == expected


@pytest.mark.slow
def test_rows_without_quotes_are_numbered_alike(tmp_path: Path) -> None:
    path = kept(tmp_path, "a.csv", "name,km\n" + "a,1\nb\nc,2,3\n" * 40_000)
    assert columns(path, ["name", "km"]) == read(path)
    assert read(path)[-1] == (120_001, WIDTH.format(3))


def test_a_faulty_line_of_jsonl_costs_itself_only(tmp_path: Path) -> None:
    path = kept(tmp_path, "a.jsonl", b'{bad\n{"a": 1}\n\n[1]\n{"a": "x", "b": [2]}\n\xff\n{"b": 3}')
    expected = [
        (1, "no JSON object: '{bad' (unexpected character, expected a string key)"),
        (2, {"a": 1}),
        (4, "no JSON object: '[1]'"),
        (5, {"a": "x", "b": [2]}),
        (6, FOREIGN),
        (7, {"b": 3}),
    ]
    assert read(path) == expected
    assert [told[0] for told in columns(path, ["a"])] == [1, 2, 4, 5, 6, 7]


def test_a_line_too_long_to_be_held_is_a_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arenainstruct.tools.tables.table.MOST", 1 << 20)
    long = "x" * (3 << 20)
    lines = kept(tmp_path, "a.jsonl", f'{{"a": 1}}\n{{"a": "{long}"}}\n{{"a": 2}}\n')
    table = kept(tmp_path, "a.csv", f"a,b\n1,1\n2,{long}\n3,3\n")
    assert [(n, isinstance(told, str)) for n, told in read(lines)] == [
        (1, False), (2, True), (3, False)
    ]  # fmt: skip
    assert [(n, isinstance(told, str)) for n, told in read(table)] == [
        (2, False), (3, True), (4, False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", "a,b,a\n1,2,3\n", "column 'a' stands in the header twice"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "is not written in UTF-8"),
        ("a.csv", b"a,\xe4\n1,2\n", "is not written in UTF-8"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], "cannot be read"),
        ("a.csv.zst", pa.compress(CSV.encode(), "zstd", asbytes=True)[:-5], "cannot be read"),
        ("a.json", '{"a": ', "is no JSON"),
        ("a.json", '{"a": 1}', "holds no list of rows"),
        ("a.parquet", b"PAR1", "cannot be read"),
    ],
)
def test_what_is_no_table_is_named(
    tmp_path: Path, name: str, data: str | bytes, words: str
) -> None:
    path = kept(tmp_path, name, data)
    with pytest.raises(TableError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no\.csv: does not exist"):
        read(tmp_path / "no.csv")


def test_a_device_has_no_end_to_read_to() -> None:
    with pytest.raises(TableError, match="/dev/zero: is a device"):
        list(read_rows(Path("/dev/zero")))
