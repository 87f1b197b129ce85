"""A store that was edited by hand: whoever reads it names the row, and nothing is paid for twice."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.run import launch
from arenainstruct.runs.store import STORE_FILE
from arenainstruct.runs.store.damage import damage
from tests.command import Said, command


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run that is done."""
    folder = tmp_path_factory.mktemp("done")
    config = load_config(None, ["rounds=1", "skills=[text_modification]"])
    return Path(launch(config, runs_dir=folder, run_id="done-1", limit=1).path)


def edited(done: Path, run: Path, *statements: str) -> Path:
    """Return a copy of a run after some statements of SQL."""
    shutil.copytree(done, run)
    with closing(sqlite3.connect(run / STORE_FILE)) as base, base:
        for sql in statements:
            base.execute(sql)
    return run


def said(run: Path, *words: object) -> Said:
    found = command(*words, cwd=run.parent)
    assert "Traceback" not in found.err
    return found


def body(kind: str, value: str) -> str:
    return f"UPDATE records SET body = {value} WHERE kind = '{kind}'"


SHAPES = {
    "a list": (body("answer", "'[]'"), "records, answer "),
    "nothing": (body("answer", "'null'"), "records, answer "),
    "bytes": (body("answer", "x'ff00fe'"), "body holds bytes where a text stood"),
    "games": (body("battle", "json_set(body, '$.games', 5)"), "records, battle "),
    "a verdict": (body("battle", "json_set(body, '$.winner', json('[1]'))"), "winner"),
    "no verdict": (body("battle", "json_remove(body, '$.winner')"), "winner"),
    "turns": (body("answer", "json_set(body, '$.turns', json('{}'))"), "turns"),
    "another id": (body("answer", "json_set(body, '$.id', '')"), "another record's"),
    "ids": ("UPDATE records SET id = CAST(id AS BLOB)", "id holds bytes where a text stood"),
    "no UTF-8": (body("seed", "CAST(x'ff' AS TEXT)"), "is no UTF-8"),
    "a round": ("UPDATE records SET round = 'x'", "round holds a text where a whole number"),
}


@pytest.mark.parametrize(("sql", "says"), SHAPES.values(), ids=SHAPES)
def test_a_record_of_another_shape_is_found_by_table_kind_and_id(
    sql: str, says: str, done: Path, tmp_path: Path
) -> None:
    run = edited(done, tmp_path / "edited-1", sql)
    found = damage(run / STORE_FILE)
    assert found.startswith("records, ") and says in found


def test_a_store_that_nobody_edited_is_not_damaged(done: Path) -> None:
    assert damage(done / STORE_FILE) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("sql", "says"), SHAPES.values(), ids=SHAPES)
def test_commands_name_a_record_of_another_shape(
    sql: str, says: str, done: Path, tmp_path: Path
) -> None:
    run = edited(done, tmp_path / "edited-1", sql)
    for words in (("diff", run, done), ("export", run, "--html", tmp_path / "x.html")):
        found = said(run, *words)
        if found.status == 0:
            continue  # what it shows does not stand on what was edited
        assert found.status == 2, found.err
        assert f"{run / STORE_FILE}: is damaged (records, " in found.err and says in found.err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a list", "ids", "another id", "no UTF-8"])
@pytest.mark.parametrize("words", [("policy", "show", "{}"), ("replay", "{}")])
def test_pages_of_records_that_were_edited_come_to_an_end(
    name: str, words: tuple[str, ...], done: Path, tmp_path: Path
) -> None:
    run = edited(done, tmp_path / "edited-1", SHAPES[name][0])
    found = said(run, *(word.format(run) for word in words))
    assert found.status in (0, 2)


REPLIES = {
    "text": "UPDATE ledger SET text = x'ff00'",
    "tokens": "UPDATE ledger SET tokens_in = 'many'",
    "tool calls": "UPDATE ledger SET tool_calls = '[1]'",
    "time": "UPDATE ledger SET started_at = 'yesterday'",
}


@pytest.mark.parametrize("sql", REPLIES.values(), ids=REPLIES)
def test_a_reply_of_another_kind_is_named(sql: str, done: Path, tmp_path: Path) -> None:
    run = edited(done, tmp_path / "edited-1", sql)
    found = said(run, "calls", run)
    assert found.status == 2 and f"{run / STORE_FILE}: is damaged (ledger, " in found.err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["text", "tool calls"])
def test_no_reject_comes_of_a_reply_that_cannot_be_read(
    name: str, done: Path, tmp_path: Path
) -> None:
    run = edited(done, tmp_path / "edited-1", REPLIES[name])
    (run / "checkpoints.sqlite").unlink()  # so that each reply is asked of the ledger again
    found = said(run, "resume", run)
    assert found.status == 2 and "is damaged (ledger, " in found.err


LOST = {
    "all replies": (("DELETE FROM ledger",), "has lost what came of"),
    "one reply": (("DELETE FROM ledger WHERE seq = 3",), "has lost what came of 1 calls"),
    "keys": (("UPDATE ledger SET key = CAST(key AS BLOB)",), "has lost what came of"),
    "all calls": (("DELETE FROM ledger", "DELETE FROM requests"), "has lost all its calls"),
}


@pytest.mark.parametrize(("sql", "says"), LOST.values(), ids=LOST)
def test_what_a_ledger_lost_is_not_paid_again(
    sql: tuple[str, ...], says: str, done: Path, tmp_path: Path
) -> None:
    run = edited(done, tmp_path / "edited-1", *sql)
    with closing(sqlite3.connect(run / STORE_FILE)) as base:
        ((event,),) = base.execute("SELECT max(id) FROM events WHERE kind = 'call'")
    forked = ("fork", run, "--at", event, "--run-id", "fork-1", "--runs-dir", tmp_path)
    for words in (("resume", run, "--set", "rounds=2"), forked):
        found = said(run, *words)
        assert found.status == 2 and says in found.err and "put a copy of it back" in found.err


def test_another_config_in_the_place_of_a_run_s_own_is_noticed(done: Path, tmp_path: Path) -> None:
    run = edited(done, tmp_path / "edited-1")
    other = load_config(None, ["rounds=1", "skills=[reading_comprehension]", "seed=8"])
    (run / "config.yaml").write_text(other.placed().yaml())
    found = said(run, "resume", run)
    assert found.status == 2
    assert "config.yaml is not what the run began with (seed, skills)" in found.err
    assert "say what changes by --set" in found.err


@pytest.mark.slow
def test_how_a_run_is_executed_may_be_edited(done: Path, tmp_path: Path) -> None:
    run = edited(done, tmp_path / "edited-1")
    config = load_config(run / "config.yaml").model_dump(mode="json")
    config["execution"]["in_flight"] = 3
    (run / "config.yaml").write_text(json.dumps(config))
    assert said(run, "resume", run).status == 0
