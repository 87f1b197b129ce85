"""`arenainstruct arena`: battles on existing prompts, from the command line to ratings and cost."""

import asyncio
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs.arena.config import ArenaConfig
from arenainstruct.runs.arena.questions import read_questions
from arenainstruct.runs.cli import app
from arenainstruct.runs.config.load import load
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.run import resume
from arenainstruct.runs.store import Store
from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.table import BattleTable
from tests.birds import Birds, verdicts
from tests.boards import board, ratings, said, told, write

ROOT = Path(__file__).resolve().parents[2] / "shared/data"
BIRDS = ("owl", "jay", "tit", "rook")
QUESTIONS = 12


@pytest.fixture
def birds(tmp_path: Path) -> Birds:
    """Answers of four models and a judge's verdicts, one of them an error."""
    place = Birds(tmp_path, BIRDS, QUESTIONS)
    place.verdicts = verdicts(BIRDS, QUESTIONS, seed=5, luck=1.5, place=0.3)
    broken = next(v for v in place.verdicts if (v["model_a"], v["model_b"]) == ("owl", "jay"))
    broken["winner"] = "error"
    return place


def run(birds: Birds, *options: str) -> Any:
    status, found = birds.told(*options)
    assert status == 0, found
    return found


def rated(games: list[dict[str, Any]]) -> dict[str, float]:
    table = BattleTable.from_rows(
        (g["question_id"], g["model_a"], g["model_b"], g["winner"], g.get("weight", 1.0))
        for g in games
    )
    fit = rate(table)
    return dict(zip(fit.models, fit.ratings.tolist(), strict=True))


def test_the_full_tournament_rates_as_the_leaderboard_does(birds: Birds) -> None:
    found = run(birds, "--run-id", "full-1")
    told = ratings(found)
    rows = [row for row in birds.verdicts if row["winner"] != "error"]
    assert told == pytest.approx(rated(rows), abs=1e-6)
    for row in found["models"]:  # nothing is predicted where all was played
        assert row["expected"] == pytest.approx(row["rating"], abs=1e-4)
    assert found["order"] == [row["model"] for row in found["models"]]
    assert found["design"]["share"] == 1
    shares = found["position"]
    assert shares["first"] + shares["second"] + shares["ties"] == pytest.approx(1)
    assert shares["first"] > shares["second"]
    for place in ("runs/full-1", "runs/full-1/dataset/games"):
        again = ratings(board(str(birds.folder / place)))
        assert again == pytest.approx(told, abs=1e-9)


def test_a_recorded_error_is_a_counted_reject_and_never_a_tie(birds: Birds) -> None:
    found = run(birds, "--run-id", "errors-1")
    # What nobody could use is paid like any other call.
    assert found["cost"]["unusable"] > 0
    assert found["cost"]["calls"] == found["calls"]["paid"]
    assert found["counts"]["rejects"] == {"battle/judge": 1, "judge/judge": 1}
    games = pq.read_table(birds.folder / "runs/errors-1/dataset/games/train.parquet").to_pylist()
    assert len(games) == found["counts"]["games"] == 6 * QUESTIONS * 2 - 1
    lost = [
        g for g in games if (g["question_id"], g["model_a"], g["model_b"]) == ("q0", "owl", "jay")
    ]
    assert lost == []
    kept = [
        g for g in games if (g["question_id"], g["model_a"], g["model_b"]) == ("q0", "jay", "owl")
    ]
    assert len(kept) == 1  # the other order was judged, and says what it says
    battles = pq.read_table(birds.folder / "runs/errors-1/dataset/battles/train.parquet").num_rows
    assert battles == found["counts"]["battles"] == 6 * QUESTIONS - 1


@pytest.mark.slow
def test_the_same_command_goes_on_and_pays_nothing_twice(birds: Birds) -> None:
    birds.verdicts = [v for v in birds.verdicts if v["winner"] != "error"]  # those are asked again
    first = run(birds, "--run-id", "again-1", "--battles", "40")
    again = run(birds, "--run-id", "again-1", "--battles", "40")
    assert first["calls"]["paid"] > 0
    assert again["calls"]["paid"] == 0
    for key in ("models", "order", "confidence", "design", "counts"):
        assert again[key] == first[key], key
    more = run(birds, "--run-id", "again-1", "--battles", "60")
    assert more["design"]["played"] == 60
    assert more["cost"]["calls"] == again["cost"]["calls"] + more["calls"]["paid"]


def test_active_ends_at_the_asked_confidence_and_tells_what_it_saved(birds: Birds) -> None:
    found = run(birds, "--run-id", "sure-1", "--confidence", "0.8", "--seed", "2")
    assert found["matchmaking"] == "active"
    assert found["design"]["played"] < found["design"]["battles"]
    assert found["confidence"] >= 0.8
    assert found["order"] == list(BIRDS)
    games = pq.read_table(birds.folder / "runs/sure-1/dataset/games/train.parquet").to_pylist()
    pairs = {frozenset((g["model_a"], g["model_b"])): g["propensity"] for g in games}
    for pair, propensity in pairs.items():
        met = {g["question_id"] for g in games if {g["model_a"], g["model_b"]} == pair}
        assert propensity in (
            len(met) / QUESTIONS,
            (len(met) + 1) / QUESTIONS,
        )  # one may have failed
    assert found["cost"]["judge_calls_per_decided_battle"] == pytest.approx(2, abs=0.2)


def test_swiss_plays_its_rounds(birds: Birds) -> None:
    found = run(birds, "--run-id", "swiss-1", "--matchmaking", "swiss")
    assert found["design"]["played"] == 2 * 2 * QUESTIONS


def test_tables_for_people(birds: Birds) -> None:
    command = birds.command("--battles", "30")
    command[command.index("owl,jay,tit,rook")] = "owl, jay,tit,rook"
    shown = said(*command)
    for words in (
        "Position: shown first wins",
        "Order: ",
        "expected",
        "judge calls",
        "of 72 battles",
    ):
        assert words in shown, words


async def dear(call: Call) -> Reply:
    """Answer any call at a price."""
    text = '{"reason": "r", "score_first": 6, "score_second": 5}'
    return Reply(text=text if call.role == "juror" else f"{call.alias}!", model="s", usd=0.01)


def test_a_spent_budget_stops_with_what_there_is(birds: Birds) -> None:
    # At this price a call may cost what it does: only then nothing in flight can exceed the ceiling.
    scripted = {"provider": "scripted", "script": f"{__name__}:dear", "price": {"output": 10.0}}
    models = {bird: {**scripted, "model": bird} for bird in (*BIRDS, "elk")}
    data = {"models": models, "budget": {"usd": 1.0}, "execution": {"in_flight": 2}}
    command = birds.command("--json")
    (birds.folder / "birds.yaml").write_text(yaml.safe_dump(data))
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 3
    found = json.loads(done.stdout)
    assert found["status"] == "stopped: budget"
    assert 0 < found["cost"]["usd"] <= 1.0
    assert 0 < found["design"]["played"] < found["design"]["battles"]
    assert found["cost"]["usd_per_decided_battle"] > 0


def test_the_embedded_models_can_battle_too(tmp_path: Path) -> None:
    asked = write(tmp_path, "p.jsonl", [{"prompt": f"What is {n} plus {n}?"} for n in range(3)])
    found = told(
        *("arena", asked, "--contenders", "teacher,small", "--jury", "juror-1,juror-2,juror-3"),
        *("--runs-dir", str(tmp_path / "r"), "--set", "arena.verdict=choice"),
    )
    assert found["design"]["battles"] == found["design"]["played"] == 3
    assert {row["model"] for row in found["models"]} == {"teacher", "small"}


def test_games_and_battles_go_by_their_own_names(birds: Birds) -> None:
    found = birds.play("--run-id", "names-1").stdout
    judged = re.search(r"(\d+) got a verdict, (\d+) games were judged", found)
    assert judged and int(judged[2]) > int(judged[1])
    assert f"{judged[2]} games on " in found and f"{judged[2]} battles" not in found


def test_battles_that_no_juror_was_asked_about_are_no_judged_games(birds: Birds) -> None:
    for row in birds.answers:
        if row["question_id"] == "q0":
            row["output"] = "The same."
    found = birds.play("--run-id", "same-1").stdout
    assert "72 got a verdict, 132 games were judged" in found
    assert "6 battles were decided without the jury: the answers are the same, a tie" in found


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        (["contenders=[owl, owk]", "jury=[elk]"], "--contenders: no model 'owk'"),
        (["contenders=[owl]", "jury=[elk]"], "--contenders: found owl; name two"),
        (["contenders=[owl, jay]"], "--jury: found none"),
        (["contenders=[owl, jay]", "jury=[owl]"], "--jury: no juror may judge"),
        (["arena.verdict=best"], "--set arena.verdict=best: arena.verdict"),
    ],
)
def test_what_is_wrong_is_named(birds: Birds, overrides: list[str], why: str) -> None:
    _, _, config, *_ = birds.command()
    with pytest.raises(UserError, match=why):
        load(config, ArenaConfig, overrides)


def test_a_run_of_another_kind_is_left_alone(birds: Birds) -> None:
    run(birds, "--run-id", "kind-1", "--battles", "8")
    store = Store.open(birds.folder / "runs/kind-1/store.sqlite")
    asyncio.run(store.set_meta("arena", False))
    store.close()
    with pytest.raises(UserError, match="is no arena"):
        run(birds, "--run-id", "kind-1", "--battles", "8")


def test_a_start_that_was_killed_before_its_first_word_is_begun_again(birds: Birds) -> None:
    folder = birds.folder / "runs" / "begun-1"
    folder.mkdir(parents=True)
    Store.open(folder / "store.sqlite").close()
    assert run(birds, "--run-id", "begun-1", "--battles", "2")["battles"]


def test_rows_without_a_prompt_are_told_by_number(birds: Birds) -> None:
    birds.asked.insert(1, {"question_id": "x", "instruction": None})
    assert run(birds, "--run-id", "a-1", "--battles", "8")["empty_rows"] == [2]
    shown = birds.play("--run-id", "a-1", "--battles", "8").stdout
    assert "Rows without a prompt, left out: 1 (row 2)" in shown


def test_no_order_is_told_where_all_tie(birds: Birds) -> None:
    birds.verdicts = [row | {"winner": "tie"} for row in birds.verdicts]
    assert run(birds, "--run-id", "a-1")["all_tied"]
    shown = birds.play("--run-id", "a-1").stdout
    assert "No order: all tie" in shown and " > " not in shown


def test_two_starts_of_one_arena_do_not_meet(birds: Birds) -> None:
    run(birds, "--run-id", "kind-1", "--battles", "8")
    with (
        RunFolder(birds.folder / "runs" / "kind-1").locked(),
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
    (one, two), empty = read_questions(Path(write(tmp_path, "p.jsonl", rows)), ())
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
    command += ["--contenders", names, "--jury", "judge", "--runs-dir", str(tmp_path)]
    found = told(*command)
    with gzip.open(battles, "rt") as file:
        head, *rows = (line.rstrip("\n").split(",") for line in file)
    games = [dict(zip(head, row, strict=True)) for row in rows]
    direct = rated([{**g, "weight": 1.0} for g in games if g["winner"] != "error"])
    assert ratings(found) == pytest.approx(direct, abs=1e-6)
    assert found["counts"]["games"] == 4467
    assert found["position"]["first"] == pytest.approx(0.562, abs=0.001)
    assert found["position"]["second"] == pytest.approx(0.303, abs=0.001)
    assert found["order"] == names.split(",")


async def cut_short(call: Call) -> Reply:
    """Let the owl run out of tokens, and juror `elk` too where it judges the jay."""
    said = " ".join(turn.content for turn in call.turns)
    if call.role == "juror":
        text = '{"reason": "r", "score_first": 6, "score_second": 5}'
        cut = "jay!" in said
        return Reply(text=text[:20] if cut else text, model="s", finish="length" if cut else "stop")
    finish = "length" if call.alias == "owl" else "stop"
    return Reply(text=f"{call.alias}! {said[-9:]}", model="s", finish=finish)


def test_answers_and_verdicts_that_were_cut_off_are_told_with_what_mends_it(birds: Birds) -> None:
    command = birds.command("--run-id", "cut-1")
    scripted = {"provider": "scripted", "script": f"{__name__}:cut_short"}
    models = {bird: {**scripted, "model": bird} for bird in (*BIRDS, "elk")}
    (birds.folder / "birds.yaml").write_text(yaml.safe_dump({"models": models}))
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    again = "the same command with --run-id cut-1"
    assert f"Warning: {QUESTIONS} of {QUESTIONS} answers of owl were cut off at 2,048 tokens" in (
        done.stdout
    )
    assert f"{again} --set models.owl.max_tokens=4096" in done.stdout
    assert "raise models.elk.max_tokens: --set models.elk.max_tokens=4096" in done.stdout
    assert f"what failed alone: {again}" in done.stdout
    result = json.loads((birds.folder / "runs/cut-1/result.json").read_text())
    assert result["counts"]["cut"] == {"owl": QUESTIONS}
    assert [doubt["kind"] for doubt in result["warnings"]].count("cut") == 1


def test_a_run_is_not_resumed_where_an_arena_was_played(birds: Birds) -> None:
    run(birds, "--run-id", "kind-2", "--battles", "8")
    with pytest.raises(UserError, match=r"an arena's run.* arena PROMPTS .* --run-id kind-2"):
        resume("kind-2", runs_dir=birds.folder / "runs")
