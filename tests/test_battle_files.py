"""Files of battles as people really have them: each gives right figures or one clear refusal."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.errors import UserError
from tests.boards import Row, csv, jsonl, kept, ratings, refused, told

HEAD = "question_id,model_a,model_b,winner"
SIDES = {"model_a": 1.0, "tie": 0.5, "model_b": 0.0}


def battles(count: int = 60, **more: Callable[[Any], Any]) -> list[Row]:
    """Random battles; the earlier letter is the stronger model."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(count):
        one, other = (str(m) for m in rng.choice(list("abcd"), 2, replace=False))
        lead = 0.5 * (ord(other) - ord(one))
        chance = rng.random() * (1 + np.exp(-lead))
        winner = "tie" if rng.random() < 0.15 else "model_a" if chance < 1 else "model_b"
        row = {"question_id": f"q{number // 3}", "model_a": one, "model_b": other, "winner": winner}
        rows.append(row | {name: make(rng) for name, make in more.items()})
    return rows


def reference(rows: list[Row], features: Any = None, ridge: float = 0.0) -> tuple[Any, Any]:
    """Fit the same model by a general optimiser."""
    optimize = pytest.importorskip("scipy.optimize")
    models = sorted({row[side] for row in rows for side in ("model_a", "model_b")})
    a, b = (np.array([models.index(row[s]) for row in rows]) for s in ("model_a", "model_b"))
    won = np.array([1 - row.get("preference", 1 - SIDES[row["winner"]]) for row in rows])
    weight = np.array([row.get("weight", 1.0) for row in rows])
    extra = np.zeros((len(rows), 0)) if features is None else features
    count = len(models)

    def loss(point: Any) -> tuple[float, Any]:
        odds = point[a] - point[b] + extra @ point[count:]
        surprise = weight * (1 / (1 + np.exp(-odds)) - won)
        slope = np.bincount(a, surprise, count) - np.bincount(b, surprise, count)
        total = (weight * (np.logaddexp(0, odds) - won * odds)).sum()
        style = point[count:]
        penalty = ridge * style
        return total + penalty @ style / 2, np.concatenate([slope, extra.T @ surprise + penalty])

    start = np.zeros(count + extra.shape[1])
    point = optimize.minimize(loss, start, jac=True, options={"gtol": 1e-9}).x
    elo = 1000 + 400 / np.log(10) * (point[:count] - point[:count].mean())
    return dict(zip(models, elo, strict=True)), point[count:]


def test_spaces_around_a_name_make_no_other_model(tmp_path: Path) -> None:
    rows = battles(300)
    plain = kept(tmp_path, "p.jsonl", jsonl([r | {"judge": "x"} for r in rows]))
    loose = [
        r
        | {"judge": "x " if at % 2 else "x"}
        | ({"model_a": r["model_a"] + " ", "model_b": "\u00a0" + r["model_b"]} if at % 3 else {})
        for at, r in enumerate(rows)
    ]
    file = kept(tmp_path, "l.jsonl", jsonl(loose))
    assert told("leaderboard", file)["models"] == told("leaderboard", plain)["models"]
    one, two = told("audit", file), told("audit", plain)
    assert (one["jurors"], one["models"]) == (two["jurors"], two["models"])


@pytest.mark.parametrize("kind", ["plain", "weighted", "graded"])
def test_ratings_and_win_rates_are_those_of_a_general_optimiser(tmp_path: Path, kind: str) -> None:
    rows = battles(300)
    if kind == "weighted":
        rows = battles(300, weight=lambda rng: float(rng.uniform(0, 3)))
    if kind == "graded":
        rows = [r | {"preference": 0.1 + 0.8 * (1 - SIDES[r["winner"]])} for r in rows]
    found = told("leaderboard", kept(tmp_path, "b.jsonl", jsonl(rows)))
    expected, _ = reference(rows)
    assert ratings(found) == pytest.approx(expected, abs=1e-3)
    assert np.mean(list(ratings(found).values())) == pytest.approx(1000)
    chances = [1 / (1 + 10 ** ((expected[m] - expected["a"]) / 400)) for m in "bcd"]
    best = next(model for model in found["models"] if model["model"] == "a")
    assert best["win_rate"] == pytest.approx(np.mean(chances), abs=1e-6)


def test_style_coefficients_are_those_of_a_general_optimiser(tmp_path: Path) -> None:
    sizes: dict[str, Callable[[Any], Any]] = {
        f"{name}_{side}": lambda rng: int(rng.integers(1, 500))
        for name in ("len", "bold")
        for side in "ab"
    }
    rows = battles(400, **sizes)
    found = told("leaderboard", kept(tmp_path, "b.csv", csv(rows)), "--control", "style")
    ratio = np.array(
        [
            [(r[f"{n}_a"] - r[f"{n}_b"]) / (r[f"{n}_a"] + r[f"{n}_b"]) for n in ("len", "bold")]
            for r in rows
        ]
    )
    scaled = ratio / np.sqrt((ratio**2).mean(axis=0))
    expected, style = reference(rows, scaled, ridge=1e-3 * len(rows))
    assert ratings(found) == pytest.approx(expected, abs=1e-3)
    assert list(found["control"]["coefficients"].values()) == pytest.approx(style, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("bom.csv", lambda rows: b"\xef\xbb\xbf" + csv(rows).encode()),
        ("crlf.csv", lambda rows: csv(rows).replace("\n", "\r\n")),
        ("open_end.csv", lambda rows: csv(rows).rstrip()),
        ("semicolons.csv", lambda rows: csv(rows).replace(",", ";")),
        ("quoted.csv", lambda rows: csv(rows).replace("model_a", '"model_a"')),
        ("tabs.tsv", lambda rows: csv(rows).replace(",", "\t")),
        ("array.json", json.dumps),
        ("object.json", lambda rows: json.dumps({"source": "x", "rows": rows})),
        ("lines.json", jsonl),
        ("zstd.jsonl.zst", lambda rows: pa.compress(jsonl(rows).encode(), "zstd", asbytes=True)),
        ("lines.jsonl", jsonl),
        ("packed.csv.gz", lambda rows: gzip.compress(csv(rows).encode())),
        ("packed.jsonl.gz", lambda rows: gzip.compress(jsonl(rows).encode())),
        ("packed.csv", lambda rows: gzip.compress(csv(rows).encode())),
        ("not_packed.csv.gz", csv),
        ("bom.jsonl", lambda rows: b"\xef\xbb\xbf" + jsonl(rows).encode()),
        ("packed.jsonl", lambda rows: gzip.compress(jsonl(rows).encode())),
        ("not_packed.jsonl.gz", jsonl),
    ],
)
def test_the_same_battles_however_written(
    tmp_path: Path, name: str, written: Callable[[list[Row]], str | bytes]
) -> None:
    rows = battles()
    plain = told("leaderboard", kept(tmp_path, "plain.csv", csv(rows)))
    found = told("leaderboard", kept(tmp_path, name, written(rows)))
    assert found | {"files": []} == plain | {"files": []}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()])
def test_parquet_text_of_every_kind(tmp_path: Path, kind: pa.DataType) -> None:
    rows = battles()
    expected = told("leaderboard", kept(tmp_path, "plain.csv", csv(rows)))["models"]
    columns = {name: pa.array([row[name] for row in rows]).cast(kind) for name in rows[0]}
    pq.write_table(pa.table(columns), tmp_path / "b.parquet")
    assert told("leaderboard", str(tmp_path / "b.parquet"))["models"] == expected


def test_keys_that_come_late_count(tmp_path: Path) -> None:
    rows = battles()
    late = [*rows, {**rows[0], "weight": 5.0}]
    five = [*rows, *[rows[0]] * 5]
    found = (told("leaderboard", kept(tmp_path, "b.jsonl", jsonl(r))) for r in (late, five))
    one, other = (ratings(f) for f in found)
    assert one == pytest.approx(other)
    graded = [{k: v for k, v in rows[0].items() if k != "winner"} | {"preference": 0.5}, *rows]
    assert told("leaderboard", kept(tmp_path, "g.jsonl", jsonl(graded)))["battles"] == 61


def test_a_broken_first_line_is_a_row_like_others(tmp_path: Path) -> None:
    path = kept(tmp_path, "b.jsonl", "{bad\n" + jsonl(battles()))
    assert "row 1 (the first line is row 1): no JSON object: '{bad'" in refused("leaderboard", path)
    found = told("leaderboard", path, "--on-error", "drop")
    assert found["dropped"] == {"rows": 1, "by_reason": {"broken row": 1}}


def test_a_style_value_missing_in_the_first_row_is_named(tmp_path: Path) -> None:
    rows = [row | {"len_a": 1, "len_b": 2} for row in battles()]
    rows[0]["len_a"] = ""
    said = refused("leaderboard", kept(tmp_path, "b.csv", csv(rows)), "--control", "style")
    assert "row 2 (the header is row 1): len_a is empty" in said


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("b.csv", HEAD + ",winner\nq,a,b,tie,model_a\n", "'winner' stands in the header twice"),
        ("b.csv", HEAD.replace("model_a", " model_a") + "\nq,a,b,tie\n", "rename ' model_a'"),
        ("b.csv", (HEAD + "\nq,\xe4,b,tie\n").encode("latin-1"), "is not written in UTF-8"),
        ("b.csv", (HEAD + "\nq,a,b,tie\n").encode("utf-16"), "save it as UTF-8"),
        ("b.csv", "", "holds nothing"),
        ("b.csv", HEAD, "holds nothing"),
        ("b.csv", "\n\n", "holds nothing"),
        ("b.jsonl", "", "holds nothing"),
        ("b.csv", HEAD + "\nq,a,\x1b[31mb,tie\n", "row 2 (the header is row 1): model_b is"),
        ("b.jsonl", '[{"question_id": "q"}]', "no column 'model_a'; its columns are: question_id"),
        ("b.json", "[]", "holds nothing"),
        (
            "b.jsonl",
            f'{{"question_id": {2**70}, "model_a": "a", "model_b": "b", "winner": "tie"}}\n',
            "write a number of so many digits as text",
        ),
        (
            "b.jsonl",
            '{"question_id": 1, "model_a": "a", "model_b": "b", "winner": ["tie"]}\n',
            "winner is \"['tie']\"; it must be model_a, model_b or tie",
        ),
    ],
)
def test_what_is_no_table_of_battles_is_refused_with_the_next_move(
    tmp_path: Path, name: str, data: str | bytes, words: str
) -> None:
    path = kept(tmp_path, name, data)
    said = refused("leaderboard", path)
    assert words in said
    assert said.startswith(path)


@pytest.mark.parametrize("ending", ["csv.gz", "jsonl.gz"])
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_damaged_archive_is_refused(tmp_path: Path, ending: str, harm: str) -> None:
    rows = battles(3000)
    packed = gzip.compress((csv(rows) if "csv" in ending else jsonl(rows)).encode())
    harmed = packed[:2000] if harm == "cut" else packed[:300] + b"\0" * 4 + packed[304:]
    said = refused("leaderboard", kept(tmp_path, f"b.{ending}", harmed))
    assert f"b.{ending}: cannot be read: " in said


def test_a_column_of_lists_is_refused(tmp_path: Path) -> None:
    columns = {name: [row[name] for row in battles()] for name in battles()[0]}
    pq.write_table(pa.table({**columns, "tags": [["x"]] * 60}), tmp_path / "b.parquet")
    said = refused("leaderboard", str(tmp_path / "b.parquet"), "--by", "tags")
    assert "column 'tags' holds list" in said


def test_pandas_is_not_imported_to_rate_battles(tmp_path: Path) -> None:
    """It takes longer than a million battles."""
    import subprocess

    path = kept(tmp_path, "b.csv", csv([row | {"weight": 1.5} for row in battles()]))
    pq.write_table(
        pa.table({k: [r[k] for r in battles()] for k in battles()[0]}), f"{path}.parquet"
    )
    code = (
        "import sys; from arenainstruct.runs.leaderboard.reading import load; "
        f"load([{path!r}, {path + '.parquet'!r}]); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_long_and_odd_names_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = {"a": "n" * 300, "b": r"cost $\frac{", "c": "模型", "d": "<script>alert(1)</script>"}
    rows = [row | {side: names[row[side]] for side in ("model_a", "model_b")} for row in battles()]
    path = kept(tmp_path, "b.jsonl", jsonl(rows))
    told("leaderboard", path, "--plot", str(tmp_path / "p.png"))
    assert int.from_bytes((tmp_path / "p.png").read_bytes()[16:20]) < 3000, "pixels wide"
    told("leaderboard", path, "--plot", str(tmp_path / "p.html"))
    assert "<script>alert" not in (tmp_path / "p.html").read_text()


JUDGED = [row | {"judge": judge} for row in battles() for judge in ("j1", "j2")]
GAME = {"juror": "x", "shown_first": "model_a", "score_a": 7, "score_b": 5}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"len_a": "abc"}, "len_a is 'abc'; it must be empty or a number of 0 or more"),
        ({"len_b": -5}, "len_b is -5"),
        ({"checked_a": "maybe"}, "checked_a is 'maybe'; it must be empty, passed or failed"),
        ({"games": [{"juror": "x"}]}, "games is [{'juror': 'x'}]; it must be empty or a list"),
        ({"games": [GAME | {"score_a": "7"}]}, "it must be empty or a list of games"),
        ({"games": [GAME | {"shown_first": "a"}]}, "it must be empty or a list of games"),
    ],
)
def test_an_audit_refuses_what_it_cannot_read(tmp_path: Path, more: Row, words: str) -> None:
    said = refused("audit", kept(tmp_path, "b.jsonl", jsonl([r | more for r in JUDGED])))
    assert "row 1 (the first line is row 1): " in said
    assert words in said


def test_an_audit_refuses_answers_of_other_battles(tmp_path: Path) -> None:
    path = kept(tmp_path, "b.jsonl", jsonl(JUDGED))
    other = kept(tmp_path, "a.csv", "question_id,model,output\nz,a,hello\n")
    assert "none of its 1 rows is an answer to a battle here" in refused(
        "audit", path, "--answers", other
    )
    torn = kept(tmp_path, "t.csv", "question_id,model,output\nq0,a\n")
    assert "2 fields where the header has 3" in refused("audit", path, "--answers", torn)


PROMPTS = [f"Explain how a {thing} works" for thing in ("lock", "kite", "bell", "pump", "lens")]


def drawn(folder: Path, path: str, *more: str) -> Any:
    return told("testset", path, "--diverse", "3", "--runs-dir", str(folder / "runs"), *more)


def test_a_test_set_that_is_all_in_the_training_rows_is_empty(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    path = kept(tmp_path, "p.jsonl", jsonl([{"prompt": prompt} for prompt in PROMPTS]))
    found = drawn(tmp_path, path, "--against", path)
    assert found["parts"]["all"] == 0


def test_a_prompt_cut_by_a_comma_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, "p.csv", "prompt,category\nWrite a poem, please,a\n")
    with pytest.raises(UserError, match="row 2: 3 fields where the header has 2; put quotes"):
        drawn(tmp_path, path)


def test_a_prompt_file_may_open_with_a_byte_order_mark(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    text = jsonl([{"prompt": prompt} for prompt in PROMPTS]).encode()
    assert drawn(tmp_path, kept(tmp_path, "p.jsonl", b"\xef\xbb\xbf" + text))["read"] == 5


def test_a_folder_as_the_test_sets_file_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    path = kept(tmp_path, "p.jsonl", jsonl([{"prompt": prompt} for prompt in PROMPTS]))
    with pytest.raises(UserError, match="is a folder; name a file"):
        drawn(tmp_path, path, "--out", str(tmp_path))
