"""`arenainstruct arena`: battles on existing prompts, from the command line to ratings and cost."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs.arena.config import load_arena_config
from arenainstruct.runs.arena.questions import read_questions
from arenainstruct.runs.cli import app
from arenainstruct.runs.folder import RunFolder
from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.table import BattleTable

ROOT = Path(__file__).resolve().parents[2] / "shared/data"
BIRDS = ("owl", "jay", "tit", "rook")
QUESTIONS = 12


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A folder with prompts, answers of four models and a judge's verdicts, one of them an error."""
    rng = random.Random(5)
    asked = [
        {
            "question_id": f"q{n}",
            "category": "odd" if n % 2 else "even",
            "instruction": f"Tell {n}.",
        }
        for n in range(QUESTIONS)
    ]
    lines(tmp_path / "prompts.jsonl", asked)
    answers = [
        {"question_id": row["question_id"], "model": bird, "output": f"{bird} says {row}"}
        for row in asked
        for bird in BIRDS
    ]
    lines(tmp_path / "answers.jsonl", answers)
    verdicts = []
    for row in asked:
        for a in BIRDS:
            for b in BIRDS:
                better = BIRDS.index(b) - BIRDS.index(a) + rng.gauss(0.3, 1.5)
                winner = "model_a" if better > 0.3 else "model_b" if better < -0.3 else "tie"
                verdicts.append(
                    {
                        "question_id": row["question_id"],
                        "model_a": a,
                        "model_b": b,
                        "winner": winner,
                    }
                )
    broken = next(v for v in verdicts if (v["model_a"], v["model_b"]) == ("owl", "jay"))
    broken["winner"] = "error"
    lines(tmp_path / "verdicts.jsonl", [v for v in verdicts if v["model_a"] != v["model_b"]])
    models: dict[str, Any] = {
        bird: {"provider": "recorded", "model": bird, "file": str(tmp_path / "answers.jsonl")}
        for bird in BIRDS
    }
    models["elk"] = {
        "provider": "recorded",
        "model": "elk",
        "file": str(tmp_path / "verdicts.jsonl"),
    }
    config = {"models": models, "arena": {"verdict": "choice"}}
    (tmp_path / "birds.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def run(folder: Path, *options: str, expect: int = 0, config: str = "birds.yaml") -> Any:
    command = ["arena", str(folder / "prompts.jsonl"), str(folder / config)]
    command += [
        "--contenders",
        ",".join(BIRDS),
        "--jury",
        "elk",
        "--runs-dir",
        str(folder / "runs"),
    ]
    done = CliRunner().invoke(app, [*command, *options, "--json"], catch_exceptions=False)
    assert done.exit_code == expect, done.output
    return json.loads(done.stdout.splitlines()[-1])


def rated(games: list[dict[str, Any]]) -> dict[str, float]:
    table = BattleTable.from_rows(
        (g["question_id"], g["model_a"], g["model_b"], g["winner"], g.get("weight", 1.0))
        for g in games
    )
    fit = rate(table)
    return dict(zip(fit.models, fit.ratings.tolist(), strict=True))


def test_the_full_tournament_rates_as_the_leaderboard_does(birds: Path) -> None:
    found = run(birds, "--run-id", "full-1")
    told = {row["model"]: row["rating"] for row in found["models"]}
    rows = [json.loads(line) for line in (birds / "verdicts.jsonl").read_text().splitlines()]
    assert told == pytest.approx(rated([r for r in rows if r["winner"] != "error"]), abs=1e-6)
    for row in found["models"]:  # nothing is predicted where all was played
        assert row["expected"] == pytest.approx(row["rating"], abs=1e-4)
    assert found["order"] == [row["model"] for row in found["models"]]
    assert found["design"]["share"] == 1
    shares = found["position"]
    assert shares["first"] + shares["second"] + shares["ties"] == pytest.approx(1)
    assert shares["first"] > shares["second"]
    for place in ("runs/full-1", "runs/full-1/dataset/games"):
        done = CliRunner().invoke(app, ["leaderboard", str(birds / place), "--json"])
        again = {row["model"]: row["rating"] for row in json.loads(done.stdout)["models"]}
        assert again == pytest.approx(told, abs=1e-9)


def test_a_recorded_error_is_a_counted_reject_and_never_a_tie(birds: Path) -> None:
    found = run(birds, "--run-id", "errors-1")
    assert found["counts"]["rejects"] == {"battle/judge": 1, "judge/judge": 1}
    games = pq.read_table(birds / "runs/errors-1/dataset/games/train.parquet").to_pylist()
    assert len(games) == found["counts"]["games"] == 6 * QUESTIONS * 2 - 1
    lost = [
        g for g in games if (g["question_id"], g["model_a"], g["model_b"]) == ("q0", "owl", "jay")
    ]
    assert lost == []
    kept = [
        g for g in games if (g["question_id"], g["model_a"], g["model_b"]) == ("q0", "jay", "owl")
    ]
    assert len(kept) == 1  # the other order was judged, and says what it says
    battles = pq.read_table(birds / "runs/errors-1/dataset/battles/train.parquet").num_rows
    assert battles == found["counts"]["battles"] == 6 * QUESTIONS - 1


def test_the_same_command_goes_on_and_pays_nothing_twice(birds: Path) -> None:
    first = run(birds, "--run-id", "again-1", "--battles", "40")
    again = run(birds, "--run-id", "again-1", "--battles", "40")
    assert first["calls"]["paid"] > 0
    assert again["calls"]["paid"] == 0
    for key in ("models", "order", "confidence", "design", "counts"):
        assert again[key] == first[key], key
    more = run(birds, "--run-id", "again-1", "--battles", "60")
    assert more["design"]["played"] == 60
    # A verdict that was recorded as an error is paid, and no call that anyone could use.
    paid = [found["cost"]["calls"] + found["cost"]["unusable"] for found in (again, more)]
    assert paid[1] == paid[0] + more["calls"]["paid"]


def test_active_ends_at_the_asked_confidence_and_tells_what_it_saved(birds: Path) -> None:
    found = run(birds, "--run-id", "sure-1", "--confidence", "0.8", "--seed", "2")
    assert found["matchmaking"] == "active"
    assert found["design"]["played"] < found["design"]["battles"]
    assert found["confidence"] >= 0.8
    assert found["order"] == list(BIRDS)
    games = pq.read_table(birds / "runs/sure-1/dataset/games/train.parquet").to_pylist()
    pairs = {frozenset((g["model_a"], g["model_b"])): g["propensity"] for g in games}
    for pair, propensity in pairs.items():
        met = {g["question_id"] for g in games if {g["model_a"], g["model_b"]} == pair}
        assert propensity in (
            len(met) / QUESTIONS,
            (len(met) + 1) / QUESTIONS,
        )  # one may have failed
    assert found["cost"]["judge_calls_per_decided_battle"] == pytest.approx(2, abs=0.2)


def test_swiss_plays_its_rounds(birds: Path) -> None:
    found = run(birds, "--run-id", "swiss-1", "--matchmaking", "swiss")
    assert found["design"]["played"] == 2 * 2 * QUESTIONS


def test_tables_for_people(birds: Path) -> None:
    command = ["arena", str(birds / "prompts.jsonl"), str(birds / "birds.yaml"), "--battles", "30"]
    command += ["--contenders", "owl, jay,tit,rook", "--jury", "elk"]
    command += ["--runs-dir", str(birds / "runs"), "--run-id", "table-1"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0
    for words in (
        "Position: shown first wins",
        "Order: ",
        "expected",
        "judge calls",
        "of 72 battles",
    ):
        assert words in done.stdout, words


async def dear(call: Call) -> Reply:
    """Answer any call at a price."""
    text = '{"reason": "r", "score_first": 6, "score_second": 5}'
    return Reply(text=text if call.role == "juror" else f"{call.alias}!", model="s", usd=0.01)


def test_a_spent_budget_stops_with_what_there_is(birds: Path) -> None:
    scripted = {"provider": "scripted", "script": f"{__name__}:dear", "price": {"output": 4.0}}
    models = {bird: {**scripted, "model": bird} for bird in (*BIRDS, "elk")}
    data = {"models": models, "budget": {"usd": 1.0}, "execution": {"in_flight": 2}}
    (birds / "dear.yaml").write_text(yaml.safe_dump(data))
    found = run(birds, "--run-id", "poor-1", config="dear.yaml", expect=3)
    assert found["status"] == "stopped: budget"
    assert 0 < found["cost"]["usd"] <= 1.0
    assert 0 < found["design"]["played"] < found["design"]["battles"]
    assert found["cost"]["usd_per_decided_battle"] > 0


def test_the_embedded_models_can_battle_too(tmp_path: Path) -> None:
    lines(tmp_path / "p.jsonl", [{"prompt": f"What is {n} plus {n}?"} for n in range(3)])
    command = ["arena", str(tmp_path / "p.jsonl"), "--contenders", "teacher,small"]
    command += ["--jury", "juror-1,juror-2,juror-3", "--runs-dir", str(tmp_path / "r")]
    command += ["--set", "arena.verdict=choice", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    found = json.loads(done.stdout)
    assert found["design"]["battles"] == found["design"]["played"] == 3
    assert {row["model"] for row in found["models"]} == {"teacher", "small"}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"contenders": ("owl", "owk"), "jury": ("elk",)}, "--contenders: no model 'owk'"),
        ({"contenders": ("owl",), "jury": ("elk",)}, "--contenders: found owl; name two"),
        ({"contenders": ("owl", "jay")}, "--jury: found none"),
        ({"contenders": ("owl", "jay"), "jury": ("owl",)}, "--jury: no juror may judge"),
        ({"overrides": ("arena.verdict=best",)}, "arena.verdict"),
    ],
)
def test_what_is_wrong_is_named(birds: Path, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        load_arena_config(birds / "birds.yaml", **fields)


def test_a_run_of_another_kind_is_left_alone(birds: Path) -> None:
    run(birds, "--run-id", "kind-1", "--battles", "8")
    from arenainstruct.runs.store import Store

    store = Store.open(birds / "runs/kind-1/store.sqlite")
    try:
        import asyncio

        asyncio.run(store.set_meta("arena", False))
    finally:
        store.close()
    with pytest.raises(UserError, match="is no arena"):
        run(birds, "--run-id", "kind-1", "--battles", "8")


def test_rows_without_a_prompt_are_told_by_number(birds: Path) -> None:
    path = birds / "prompts.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text(first + '{"question_id": "x", "instruction": null}\n' + "".join(rest))
    assert run(birds, "--battles", "8")["empty_rows"] == [2]
    command = ["arena", str(path), str(birds / "birds.yaml"), "--contenders", "owl,jay"]
    done = CliRunner().invoke(app, [*command, "--jury", "elk", "--runs-dir", str(birds / "r")])
    assert "Rows without a prompt, left out: 1 (row 2)" in done.stdout


def test_no_order_is_told_where_all_tie(birds: Path) -> None:
    path = birds / "verdicts.jsonl"
    rows = [json.loads(line) | {"winner": "tie"} for line in path.read_text().splitlines()]
    lines(path, rows)
    assert run(birds)["all_tied"]
    command = ["arena", str(birds / "prompts.jsonl"), str(birds / "birds.yaml"), "--jury", "elk"]
    command += ["--contenders", ",".join(BIRDS), "--runs-dir", str(birds / "r")]
    done = CliRunner().invoke(app, command)
    assert "No order: all tie" in done.stdout and " > " not in done.stdout


def test_two_starts_of_one_arena_do_not_meet(birds: Path) -> None:
    run(birds, "--run-id", "kind-1", "--battles", "8")
    with (
        RunFolder(birds / "runs" / "kind-1").locked(),
        pytest.raises(UserError, match="in use by another process"),
    ):
        run(birds, "--run-id", "kind-1", "--battles", "8")


def test_given_conversations_are_context(tmp_path: Path) -> None:
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Tell the time."},
    ]
    rows: list[dict[str, Any]] = [
        {"id": "a", "messages": talk},
        {"id": "b", "instruction": "One?", "turn_2": "Two?"},
    ]
    (one, two), empty = read_questions(lines(tmp_path / "p.jsonl", rows), ())
    assert (
        one.instruction.prompt() == "Be brief.\n\n[user] Hi\n\n[assistant] Yes?\n\nTell the time."
    )
    assert (two.instruction.id, two.instruction.user_turns, empty) == ("b", ("Two?",), ())


@pytest.mark.slow
@pytest.mark.skipif(not ROOT.is_dir(), reason=f"the recorded data is not there: {ROOT}")
def test_the_recorded_tournament_both_ways(tmp_path: Path) -> None:
    models: dict[str, Any] = {
        name: {
            "provider": "recorded",
            "model": name,
            "file": str(ROOT / "answers/vicuna80_8models.jsonl.gz"),
        }
        for name in (
            *("gpt-4", "guanaco-65b", "guanaco-33b", "vicuna-13b"),
            *("gpt-3.5-turbo", "guanaco-13b", "bard", "guanaco-7b"),
        )
    }
    names = ",".join(models)
    battles = ROOT / "battles/qlora_vicuna_battles.csv.gz"
    models["judge"] = {
        "provider": "recorded",
        "model": "gpt-4",
        "file": str(battles),
        "family": "the-record",
    }
    (tmp_path / "c.yaml").write_text(
        yaml.safe_dump({"models": models, "arena": {"verdict": "choice"}})
    )
    command = ["arena", str(ROOT / "instructions/vicuna_80.jsonl.gz"), str(tmp_path / "c.yaml")]
    command += ["--contenders", names, "--jury", "judge", "--runs-dir", str(tmp_path), "--json"]
    found = json.loads(CliRunner().invoke(app, command, catch_exceptions=False).stdout)
    with gzip.open(battles, "rt") as file:
        head, *rows = (line.rstrip("\n").split(",") for line in file)
    games = [dict(zip(head, row, strict=True)) for row in rows]
    direct = rated([{**g, "weight": 1.0} for g in games if g["winner"] != "error"])
    told = {row["model"]: row["rating"] for row in found["models"]}
    assert told == pytest.approx(direct, abs=1e-6)
    assert found["counts"]["games"] == 4467
    assert found["position"]["first"] == pytest.approx(0.562, abs=0.001)
    assert found["position"]["second"] == pytest.approx(0.303, abs=0.001)
    assert found["order"] == names.split(",")
