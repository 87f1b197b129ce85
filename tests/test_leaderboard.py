"""The command `leaderboard`: what it reads, what it refuses by row, what it tells, what it draws."""

import struct
import sys
import xml.dom.minidom
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.cli import app
from arenainstruct.runs.leaderboard.options import parse_anchor
from tests.boards import MODELS, Row, battle, board, jsonl, ratings, refused, rounds, said, write
from tests.command import command

COLUMNS = ["question_id", "model_a", "model_b", "winner"]


def test_json_holds_what_is_promised(tmp_path: Path) -> None:
    found = board(write(tmp_path, "b.csv", rounds()), "--rounds", "20")
    named = ["model", "rating", "low", "high", "win_rate", "battles"]
    assert list(found["models"][0]) == [*named, "wins", "ties", "losses", "loss_rate"]
    assert [row["model"] for row in found["models"]] == list(MODELS)
    assert {row["battles"] for row in found["models"]} == {72}
    assert sum(ratings(found).values()) == pytest.approx(4000)
    for row in found["models"]:
        assert row["low"] <= row["rating"] <= row["high"] and 0 < row["win_rate"] < 1
    assert found["position"]["first"] + found["position"]["second"] + found["position"]["ties"] == 1
    assert found["position"]["balanced"] == 1
    assert found["agreement"]["kappa"] is None and found["triples"]["decided"] == 4
    assert found["components"] == [list(MODELS)] and not found["regularised"]
    assert found["intervals"]["method"] == "bootstrap" and found["intervals"]["rounds"] == 20
    assert found["dropped"] == {"rows": 0, "by_reason": {}} and found["by"] == {}
    assert found["control"] is None and found["baseline"] is None


def test_a_run_without_a_dataset_says_so_and_nothing_of_its_own_notes(tmp_path: Path) -> None:
    for name in ("store.sqlite", "manifest.json", "result.json"):
        (tmp_path / name).write_text("{}")
    for words in ("leaderboard", "audit"):
        said = command(words, tmp_path, cwd=tmp_path)
        assert said.status == 2 and "a run writes its dataset when it ends" in said.err


def test_several_files_are_one_table(tmp_path: Path) -> None:
    rows = rounds()
    parts = [write(tmp_path, "1.csv", rows[:50]), write(tmp_path, "2.parquet", rows[50:])]
    whole = board(write(tmp_path, "all.jsonl", rows))
    assert ratings(board(*parts)) == pytest.approx(ratings(whole))


@pytest.mark.parametrize(
    ("name", "number", "counted"),
    [
        ("b.csv", 6, "the header is row 1"),
        ("b.jsonl", 5, "the first line"),
        ("b.parquet", 5, "first row"),
    ],
)
def test_an_unknown_winner_names_its_row(
    tmp_path: Path, name: str, number: int, counted: str
) -> None:
    rows = rounds()
    rows[4]["winner"] = "draw"
    told = refused("leaderboard", write(tmp_path, name, rows))
    assert name in told and f"row {number} (" in told and counted in told
    assert "'draw'" in told and "model_a, model_b or tie" in told and "--on-error drop" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model_b": "ant"}, "model_a is 'ant' and model_b is 'ant'"),
        ({"question_id": ""}, "question_id is empty"),
        ({"winner": ""}, "winner is empty"),
        ({"weight": "-1"}, "weight is '-1'"),
        ({"weight": "nan"}, "weight is 'nan'"),
        ({"weight": ""}, "weight is empty"),
        ({"weight": "two"}, "weight is 'two'"),
        ({"preference": "1.4"}, "preference is '1.4'"),
        ({"preference": "0.9"}, "contradict"),
    ],
)
def test_faults_stop_with_the_value_or_are_dropped(
    tmp_path: Path, change: dict[str, str], told: str
) -> None:
    extra = (
        {"weight": 1}
        if "weight" in change
        else {"preference": ""}
        if "preference" in change
        else {}
    )
    rows = [row | extra for row in rounds()]
    faulty = battle(99, "ant", "dog", "model_a", **extra) | change
    path = write(tmp_path, "b.csv", [*rows[:7], faulty, *rows[7:]])
    message = refused("leaderboard", path)
    assert told in message and "row 9 " in message
    dropped = board(path, "--on-error", "drop")
    assert dropped["dropped"]["rows"] == 1
    assert dropped["models"] == board(write(tmp_path, "good.csv", rows))["models"]


def test_rows_keep_their_numbers_past_blank_lines_quotes_and_broken_rows(tmp_path: Path) -> None:
    lines = [
        "question_id,model_a,model_b,winner",
        'q1,ant,bee,model_a\n\n"q\n2",bee,ant,tie',  # row 2, a blank row 3, row 4 over two lines
        "q3,ant,bee",  # row 5
        "q4,ant,bee,won",  # row 6
    ]
    path = tmp_path / "b.csv"
    path.write_text("\n".join(lines))
    assert "row 6 " in refused("leaderboard", str(path))
    path.write_text("\n".join(lines[:3]))
    assert "row 5 " in refused("leaderboard", str(path)) and "3 fields" in refused(
        "leaderboard", str(path)
    )
    path.write_text("\n".join(lines))
    found = board(str(path), "--on-error", "drop")["dropped"]
    assert found["by_reason"] == {"broken row": 1, "unknown winner": 1}


def test_broken_json_lines_are_named_or_dropped(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_bytes(jsonl(rounds()).encode() + b"\n{oops\n")
    assert f"row {len(rounds()) + 2} " in refused("leaderboard", str(path)) and "{oops" in refused(
        "leaderboard", str(path)
    )
    assert board(str(path), "--on-error", "drop")["dropped"]["by_reason"] == {"broken row": 1}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", [{"question_id": 1, "model_a": "ant", "model_b": "bee"}])
    assert "no column 'winner'" in refused("leaderboard", path) and "model_a" in refused(
        "leaderboard", path
    )
    good = write(tmp_path, "g.csv", rounds())
    assert "no column 'topic'" in refused("leaderboard", good, "--by", "topic")
    assert "no column 'len_a'" in refused("leaderboard", good, "--control", "length")
    assert "len_a and len_b" in refused("leaderboard", good, "--control", "style")
    nothing = str(tmp_path / "none.csv")
    assert "no battles at" in refused("leaderboard", nothing)
    path = write(tmp_path, "b.csv", rounds())
    for asked, option in (
        ("leaderboard", "--answers"),
        ("audit", "--answers"),
        ("audit", "--labels"),
    ):
        assert f"{option}: nothing at" in refused(asked, path, option, nothing)
    assert "--answers" in refused("leaderboard", path, "--control", "style")
    assert "no run 'nosuch' here" in refused("audit", "nosuch", "--canaries", "1")
    assert "kind is not known" in refused("leaderboard", str(Path(__file__)))
    assert "'elk'" in refused("leaderboard", good, "--anchor", "elk=1000")
    assert "'elk'" in refused("leaderboard", good, "--baseline", "elk")
    assert "--control length" in refused("leaderboard", good, "--difficulty", good)
    (tmp_path / "empty.csv").write_text(",".join(COLUMNS) + "\n")
    assert "no battles to rate" in refused("leaderboard", str(tmp_path / "empty.csv"))
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert "cannot be read" in refused("leaderboard", str(tmp_path / "cut.parquet"))


def test_the_command_line_exits_with_2_and_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", [battle(1, "ant", "bee", "draw")])
    done = command("leaderboard", path, cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ") and "row 2 " in done.err


def test_an_anchor_and_a_baseline(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    found = board(path, "--anchor", "bee=1100", "--baseline", "cat")
    rows = {row["model"]: row for row in found["models"]}
    assert rows["bee"]["rating"] == rows["bee"]["low"] == rows["bee"]["high"] == 1100
    assert rows["cat"]["win_rate"] == 0.5 and rows["ant"]["win_rate"] > 0.5
    assert found["baseline"] == "cat" and found["anchor"] == {"model": "bee", "rating": 1100.0}
    assert parse_anchor("a=b=3") == ("a=b", 3.0)
    for wrong in ("bee", "bee=", "=5", "bee=high", "bee=nan"):
        with pytest.raises(UserError, match="MODEL=RATING"):
            parse_anchor(wrong)


def test_a_model_in_every_battle_is_the_baseline(tmp_path: Path) -> None:
    rows = [row for row in rounds() if "dog" in (row["model_a"], row["model_b"])]
    found = board(write(tmp_path, "b.csv", rows))
    assert found["baseline"] == "dog" and any("every battle" in note for note in found["notes"])


def test_by_gives_each_value_its_own_board(tmp_path: Path) -> None:
    rows = [
        row | {"category": "odd" if int(row["question_id"][1:]) % 2 else "even"} for row in rounds()
    ]
    found = board(write(tmp_path, "b.csv", rows), "--by", "category")
    assert list(found["by"]) == ["even", "odd"]
    odd = [row for row in rows if row["category"] == "odd"]
    assert found["by"]["odd"]["models"] == board(write(tmp_path, "odd.csv", odd))["models"]
    assert "at most" in refused(
        "leaderboard", write(tmp_path, "m.csv", rounds(120)), "--by", "question_id"
    )


def test_a_disconnected_graph_is_said(tmp_path: Path) -> None:
    rows = [battle(1, "ant", "bee", "model_a"), battle(2, "cat", "dog", "tie")]
    found = board(write(tmp_path, "b.csv", rows))
    assert found["regularised"] and len(found["islands"]) == 2 and len(found["components"]) == 3
    warned = {warning["kind"]: warning["words"] for warning in found["warnings"]}
    assert "ant, bee | cat, dog" in warned["islands"]
    # Nothing bounds what only won, or only lost: a ridge is no evidence.
    assert "only who is ahead" in warned["open_ratings"] and found["open"] == ["ant", "bee"]
    beaten = [battle(n, "ant", "bee", "model_a") for n in range(30)]
    shown = said("leaderboard", write(tmp_path, "c.csv", beaten))
    lines = [line.split() for line in shown.splitlines()]
    ant = next(line for line in lines if line[:2] == ["1", "ant"])
    assert ant[3:] == ["open", "99.7%", "30", "·", "0", "·", "0", "0.0%", "30"]


def test_preference_grades_the_win_of_model_b(tmp_path: Path) -> None:
    rows = [battle(n, "ant", "bee", "", preference=0.25) for n in range(8)]
    found = board(write(tmp_path, "b.csv", rows), "--baseline", "bee")
    assert found["models"][0]["win_rate"] == pytest.approx(0.75)
    graded = [battle(n, "ant", "bee", "model_a", verdict=1.25) for n in range(8)]
    found = board(write(tmp_path, "v.jsonl", graded), "--baseline", "bee")
    assert found["models"][0]["win_rate"] == pytest.approx(0.75)
    assert any("verdict" in note for note in found["notes"])
    # Another scale than AlpacaEval's is left alone.
    plain = [battle(n, "ant", "bee", "model_a", verdict=1 + n % 5) for n in range(8)]
    assert board(write(tmp_path, "p.jsonl", plain))["regularised"]


def test_judges_are_compared(tmp_path: Path) -> None:
    rows = [row | {"judge": judge} for row in rounds() for judge in ("owl", "elk")]
    found = board(write(tmp_path, "b.csv", rows))["agreement"]
    assert found["judges"] == ["elk", "owl"] and found["kappa"] == pytest.approx(1)
    assert found["effective_votes"] == pytest.approx(1)


def test_control_takes_out_what_length_wins(tmp_path: Path) -> None:
    def lengths(row: Row) -> Row:
        won = {"model_a": (300, 100), "model_b": (100, 300), "tie": (200, 200)}[row["winner"]]
        flip = hash_of(row) % 3 == 0
        return row | dict(zip(("len_a", "len_b"), reversed(won) if flip else won, strict=True))

    def hash_of(row: Row) -> int:
        return sum(map(ord, row["question_id"] + row["model_a"])) + 3 * ord(row["model_b"][0])

    rows = [lengths(row) | {"score_a": 1, "score_b": 2} for row in rounds()]
    path = write(tmp_path, "b.csv", rows)
    found = board(path, "--control", "style")
    assert list(found["control"]["coefficients"]) == ["len"]
    assert found["control"]["coefficients"]["len"] > 0.2
    assert found["intervals"]["method"] == "sandwich"
    assert found["models"] == board(path, "--control", "length")["models"]
    drawn = board(path, "--control", "length", "--intervals", "bootstrap", "--rounds", "20")
    assert drawn["intervals"]["method"] == "bootstrap"
    rows[3]["len_b"] = "long"
    assert "row 5 " in refused("leaderboard", write(tmp_path, "w.csv", rows), "--control", "length")


@pytest.mark.slow
def test_plots_are_valid_files(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", [row | {"model_a": row["model_a"]} for row in rounds()])
    board(path, "--plot", str(tmp_path / "p.png"))
    image = (tmp_path / "p.png").read_bytes()
    width, height = struct.unpack(">II", image[16:24])
    assert image[:8] == b"\x89PNG\r\n\x1a\n" and width > 800 and height > 800
    board(path, "--plot", str(tmp_path / "p.html"))
    page = (tmp_path / "p.html").read_text()
    drawings = page.split("<svg")[1:]
    assert len(drawings) == 2
    for drawing in drawings:
        svg = xml.dom.minidom.parseString("<svg" + drawing.split("</svg>")[0] + "</svg>")
        assert svg.documentElement is not None
        assert svg.documentElement.getAttribute("role") == "img"
    assert "prefers-color-scheme: dark" in page and "http" not in page
    assert ".png or .html" in refused("leaderboard", path, "--plot", str(tmp_path / "p.jpg"))


@pytest.mark.slow
def test_every_picture_asked_for_is_drawn(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    plots = [str(tmp_path / name) for name in ("a.html", "b.png", "c.svg")]
    board(path, *(word for plot in plots for word in ("--plot", plot)))
    drawn = [Path(plot).read_bytes() for plot in plots]
    assert min(map(len, drawn)) > 10_000
    board(path, *(word for plot in plots for word in ("--plot", plot)))
    assert [Path(plot).read_bytes() for plot in plots] == drawn, "drawn again, the same bytes"
    assert "is given twice" in refused("leaderboard", path, "--plot", plots[0], "--plot", plots[0])


def test_an_option_that_takes_one_value_is_not_given_twice(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    done = CliRunner().invoke(app, ["leaderboard", path, "--by", "a", "--by", "b"])
    assert done.exit_code == 2 and "--by is given 2 times; it takes one value" in done.stderr


def test_a_tie_of_two_bad_answers_is_a_tie_and_counted_apart(tmp_path: Path) -> None:
    rows = rounds()
    named = ["tie (bothbad)", "both_bad", "bothbad", "tie (both bad)", "tie"]
    plain = [row | {"winner": "tie"} if at < 5 else row for at, row in enumerate(rows)]
    told = [row | {"winner": named[at]} if at < 5 else row for at, row in enumerate(rows)]
    found = board(write(tmp_path, "b.jsonl", told))
    expected = board(write(tmp_path, "p.jsonl", plain))
    assert (found["models"], found["position"]) == (expected["models"], expected["position"])
    assert (found["both_bad"], expected["both_bad"]) == (4, 0)
    assert any("In 4 of the ties the judge called both" in note for note in found["notes"])
    told[7]["winner"] = "both good"
    assert "winner is 'both good'" in refused("leaderboard", write(tmp_path, "o.jsonl", told))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = write(tmp_path, "b.csv", rounds())
    assert 'pip install "arenainstruct[arena]"' in refused(
        "leaderboard", path, "--plot", str(tmp_path / "p.png")
    )


def test_names_are_escaped_in_the_page(tmp_path: Path) -> None:
    rows = [battle(1, "<b>&", "bee", "model_a"), battle(2, "<b>&", "bee", "model_b")]
    board(write(tmp_path, "b.jsonl", rows), "--plot", str(tmp_path / "p.html"))
    page = (tmp_path / "p.html").read_text()
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page


def test_the_table_is_for_people(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    done = CliRunner().invoke(app, ["leaderboard", path], catch_exceptions=False)
    assert done.exit_code == 0
    assert "ant" in done.stdout and "95 % interval" in done.stdout
    assert (
        "resamples of the questions" in done.stdout and "Position: shown first wins" in done.stdout
    )
