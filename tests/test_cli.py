"""The command line as a user meets it: what it prints, where, and its exit status."""

import asyncio
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from arenainstruct.runs.mock import MockOptions, MockServer
from tests.command import Said, command

TOOL = Path(sys.executable).with_name("arenainstruct")
DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
KEY = "sk-notarealkey0123456789"
SMALL = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=2")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for name in ("photosynthesis.md", "panama_canal.md"):
        shutil.copy(DEMO / name, tmp_path / "docs")
    return tmp_path


def small(*more: str) -> list[str]:
    return [word for field in (*SMALL, *more) for word in ("--set", field)]


def test_the_console_script_is_installed(tmp_path: Path) -> None:
    done = subprocess.run([TOOL, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert all(c in done.stdout for c in ("run", "resume", "check", "estimate", "export"))


@pytest.mark.parametrize(
    "words",
    [
        ("resume", "{}"),
        ("resume", "{s}"),
        ("run", "--run-id", "{}"),
        ("run", "--set", "{}=1"),
        ("run", "--set", "cast.default={}"),
        ("run", "--set", "skills=[{}]"),
        ("run", "{}"),
        ("new", "skill", "{}"),
        ("leaderboard", "{}"),
        ("arena", "{}"),
        ("arena", "prompts.jsonl", "--matchmaking", "{}"),
        ("arena", "prompts.jsonl", "--{}"),
        ("{}",),
    ],
    ids=" ".join,
)
def test_no_message_holds_a_long_value(tmp_path: Path, words: tuple[str, ...]) -> None:
    given = [word.format("x" * 10_000, s="some words " * 1_000) for word in words]
    said = command(*given, cwd=tmp_path)
    assert said.status == 2 and 0 < len(said.err) < 3_000, said.err
    assert "…" in said.err, said.err


def test_version(tmp_path: Path) -> None:
    done = command("--version", cwd=tmp_path)
    assert re.fullmatch(r"arenainstruct \d+\.\d+\.\d+\S*\n", done.out)


def test_a_run_its_json_and_what_can_follow(docs: Path) -> None:
    done = command("run", "--seeds", "docs", "--run-id", "my-1", "--json", *small(), cwd=docs)
    assert done.status == 0, done.err
    (line,) = done.out.splitlines()
    result = json.loads(line)
    assert (result["run_id"], result["path"]) == ("my-1", "runs/my-1")
    assert result["status"] == "completed"
    assert result["counts"]["seed"] == 2
    assert isinstance(result["counts"]["rejects"], dict)
    assert result["calls"].keys() == {"paid", "served", "failed", "attempts_failed"}
    assert result["calls_in_all"] == result["calls"]["paid"]
    assert result["tokens_this_start"] == result["tokens"]
    assert result["tokens"]["input"] > result["tokens"]["output"] > 0
    assert result["usd"] == 0
    assert {r["model"] for r in result["ratings"]} == {"teacher", "other", "small"}
    assert isinstance(result["policy_changes"], list)
    assert 0 < result["elapsed_s"] < 120

    said = done.err.splitlines()
    assert "rounds: 1" in said
    assert any(re.match(r"round 1/1 battle (\d+)/\1 → \d+ battles · \d+ calls", s) for s in said)
    assert "\x1b" not in done.err

    status = command("ctl", "my-1", "status", cwd=docs)
    assert status.status == 0, status.err
    assert status.out.startswith("my-1: completed, 1 of 1 rounds, ")
    pause = command("ctl", "my-1", "pause", cwd=docs)
    assert pause.status == 2 and "it is completed, 1 of 1 rounds" in pause.err
    assert "budget" not in pause.err

    again = command("run", "--seeds", "docs", "--run-id", "my-1", *small(), cwd=docs)
    assert again.status == 2
    assert (
        "error: run 'my-1' exists: take it up with `" in again.err
        and "arenainstruct resume runs/my-1`" in again.err
    )

    resumed = command("resume", "my-1", "--json", cwd=docs)
    assert resumed.status == 0, resumed.err
    assert json.loads(resumed.out)["calls"]["paid"] == 0
    assert json.loads(resumed.out)["counts"] == result["counts"]

    page = command("resume", "my-1", cwd=docs).out
    assert page.startswith("my-1: completed")
    assert "Cost of this start: 0 calls paid" in page
    assert f"Cost of all starts: {result['calls']['paid']:,} calls paid\n" in page
    assert all(word in page for word in ("seeds read", "Ratings", "Policy", "Cost", "Next:"))

    changed = command("resume", "my-1", "--set", "seed=8", cwd=docs)
    assert changed.status == 2
    assert "seed cannot change in a run that has begun" in changed.err

    for format in ("trl", "openai"):
        export = command("export", "my-1", "--format", format, "--to", format, cwd=docs)
        assert export.status == 0, export.err
        assert f"sft: {result['counts']['sft']}\n" in export.out
        rows = (docs / format / "sft.jsonl").read_text().splitlines()
        assert len(rows) == result["counts"]["sft"]
        assert all("messages" in json.loads(row) for row in rows)
    assert command("export", "my-1", "--to", "/proc/no", cwd=docs).status == 2
    odd = command("export", "my-1", "--format", "csv", "--to", "x", cwd=docs)
    assert odd.status == 2
    assert "formats: trl, axolotl, llamafactory, openrlhf, openai, atif" in odd.err

    longer = command("resume", "my-1", "--set", "rounds=2", "--json", cwd=docs)
    assert longer.status == 0, longer.err
    more = json.loads(longer.out)
    assert more["reached"]["round"] == 2
    assert more["counts"]["instruction"] > result["counts"]["instruction"]
    shorter = command("resume", "my-1", "--set", "rounds=1", cwd=docs)
    assert shorter.status == 2
    assert "rounds cannot change" in shorter.err


@pytest.mark.slow
def test_dry_run_and_limit(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # By this seed the gate drops something of the one document, which `most` does not count on.
    dry = ("--dry-run", "--json", "--limit", "1", "--set", "seed=1")
    done = command("run", "--seeds", "docs", *dry, cwd=docs)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["seeds"] == 1
    assert found["most"]["calls"] > found["likely"]["calls"] > 0
    assert not (docs / "runs").exists()
    monkeypatch.setattr("arenainstruct.runs.screen.views.LINE_EVERY_S", 0)
    limited = command("run", "--seeds", "docs", "--limit", "1", "--json", *small(), cwd=docs)
    assert json.loads(limited.out)["counts"]["seed"] == 1
    assert "round 1/1 generate 1/1 · " in limited.err, "how far it is, also within a stage"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resume", "no-such"], "error: no run 'no-such' here or in runs/; runs: none"),
        (["export", "no-such", "--to", "x"], "error: no run 'no-such'"),
        (["run", "absent.yaml"], "error: absent.yaml: cannot be read: No such file or directory"),
        (["run", "docs"], "--seeds docs"),
        (["run", "--seeds", "nowhere"], "'nowhere' does not exist"),
        (["estimate", "--seeds", "nowhere"], "'nowhere' does not exist"),
        (["run", "--run-id", "plain"], "error: --run-id 'plain': letters"),
        (["run", "--seeds", "docs", "--runs-dir", "/proc/no"], "no folder"),
        (["run", "--set", "rounds=two", "--set", "seed=x"], "error: --set seed=x: seed: found 'x'"),
        (["run", "--limit", "0"], "'--limit'"),
        (["run", "--colour"], "--colour"),
        (["fly"], "fly"),
        (["run", "--set", f"models.teacher.api_key={KEY}"], "a key never stands in a config"),
    ],
)
def test_what_the_user_wrote_wrongly_is_one_message_and_status_2(
    docs: Path, arguments: list[str], said: str
) -> None:
    done = command(*arguments, cwd=docs)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert KEY not in done.err
    assert done.out == ""
    assert not list((docs / "runs").glob("*"))


async def test_check_finds_what_is_wrong_and_says_what_is_right(docs: Path) -> None:
    def check(server: MockServer, *more: str, key: str) -> Said:
        model = f"{{provider: openai, model: strong, base_url: '{server.url}'}}"
        return command(
            *("check", "--json", "--set", "seeds=docs", "--set", f"models.teacher={model}"),
            *(word for field in more for word in ("--set", field)),
            cwd=docs,
            OPENAI_API_KEY=key,
        )

    async with MockServer(MockOptions(key=KEY, replies="offline")) as server:
        good = await asyncio.to_thread(check, server, key=KEY)
        assert good.status == 0, good.out
        found = json.loads(good.out)
        assert found["ok"]
        details = {f["what"]: f["detail"] for f in found["findings"]}
        assert details["seeds"] == "of the first 2 documents 2 are usable (text)"
        assert "none of the documents read is one" in details["skill tool_use"]
        assert details["model teacher"].startswith("openai/strong answers in ")
        assert "no price is set" in details["model teacher"]
        assert "TasksReply by JSON schema" in details["model teacher"]
        assert server.counters.paid.total() <= 5, "a few short calls"

        broken = [
            "models.other={provider: recorded, model: m, file: absent.jsonl}",
            "models.small={provider: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}",
            "seeds=nowhere",
        ]
        bad = await asyncio.to_thread(check, server, *broken, key="sk-another-key-000000")
        assert bad.status == 2
        failed = {f["what"]: f["detail"] for f in json.loads(bad.out)["findings"] if not f["ok"]}
        assert failed.keys() == {"seeds", "model teacher", "model other", "model small"}
        assert "Incorrect API key" in failed["model teacher"]
        assert "absent.jsonl: does not exist" in failed["model other"]
        assert "connection failed" in failed["model small"]
        assert "sk-another" not in bad.out + bad.err

        nowhere = await asyncio.to_thread(command, "check", "--runs-dir", "/proc/no", cwd=docs)
        assert nowhere.status == 2 and "/proc/no cannot be written: " in nowhere.out

        # 2 is what the user wrote; 1 is an endpoint that answers wrongly, or not at all.
        assert (await asyncio.to_thread(check, server, key="sk-another-key-000000")).status == 1
        assert (await asyncio.to_thread(check, server, broken[1], key=KEY)).status == 1
        assert (await asyncio.to_thread(check, server, broken[0], key=KEY)).status == 2
        unkeyed = "models.other={provider: openai, model: m, api_key_env: ABSENT_KEY}"
        without = await asyncio.to_thread(check, server, unkeyed, key=KEY)
        assert without.status == 2 and "ABSENT_KEY" in without.out


@pytest.mark.slow
async def test_no_key_reaches_a_file_or_the_screen(docs: Path) -> None:
    async with MockServer(MockOptions(key=KEY, replies="offline")) as server:
        model = f"{{provider: openai, model: strong, base_url: '{server.url}'}}"
        arguments = (
            "run",
            "--seeds",
            "docs",
            "--run-id",
            "k-1",
            "--set",
            f"models.teacher={model}",
        )
        done = await asyncio.to_thread(command, *arguments, *small(), cwd=docs, OPENAI_API_KEY=KEY)
        assert done.status == 0, done.err
        refused = await asyncio.to_thread(
            command, *arguments[:3], *arguments[5:], *small(), cwd=docs, OPENAI_API_KEY=KEY + "-old"
        )
        assert refused.status == 3
        assert "stopped: endpoint" in refused.out
    said = done.out + done.err + refused.out + refused.err
    assert KEY not in said
    files = [path for path in (docs / "runs").rglob("*") if path.is_file()]
    assert len(files) > 8
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_spent_budget_stops_and_a_raised_one_goes_on(docs: Path) -> None:
    prices = [f"models.{m}.price={{input: 1, output: 4}}" for m in ("teacher", "other", "small")]
    first = command(
        *("run", "--seeds", "docs", "--run-id", "b-1", *small(*prices, "budget.usd=0.02")), cwd=docs
    )
    assert first.status == 3
    assert first.out.startswith("b-1: stopped: budget")
    assert re.search(
        r"\n  stopped in round 1 of 1, (\w+): \d+ of \d+ (seeds|drafts|instructions) done; the dataset",
        first.out,
    )
    assert "select" not in first.err, "what a stop decides on what it has is no stage of the run"
    assert "arenainstruct resume runs/b-1 --set budget.usd=<more>" in first.out
    second = command("resume", "runs/b-1", "--set", "budget.usd=9", "--json", cwd=docs)
    assert second.status == 0, second.err
    result = json.loads(second.out)
    assert result["status"] == "completed"
    assert result["usd"] > result["usd_this_start"] > 0
    said = second.err.splitlines()
    assert re.fullmatch(r"round 1/1 goes on with its stage \w+", said[1])
    assert not [line for line in said if "0/0" in line and line.startswith("round 0")]
    assert any(line.endswith("of 9 USD in all starts") for line in said)


def on_a_terminal(*arguments: object, cwd: Path) -> tuple[Said, str]:
    """Run a command with its standard error on a pseudo-terminal; return what that one got too."""
    main, side = pty.openpty()
    pieces: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(main, 65536):
                pieces.append(piece)
        except OSError:  # the other side is closed
            os.close(main)

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(side, "w") as terminal:
        said = command(
            *arguments, cwd=cwd, terminal=terminal, TERM="xterm-256color", COLUMNS="110", LINES="40"
        )
    reader.join()
    return said, b"".join(pieces).decode()


@pytest.mark.slow
def test_a_terminal_gets_a_live_view_that_leaves_nothing_behind(docs: Path) -> None:
    fields = small("budget.usd=5", "models.teacher.price={input: 1}")
    said, stream = on_a_terminal("run", "--seeds", "docs", "--run-id", "t-1", *fields, cwd=docs)
    assert said.status == 0
    assert "\x1b" not in said.out
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream)
    for part in ("t-1  round 1 of 1", "in flight", "waiting", "left", "instructions written"):
        assert part in shown
    assert re.search(r"\d+ calls (\(\d+/s\) )?· \S+ \+ \S+ tokens · 0\.\d{4} of 5 USD", shown)
    # At the end: the cursor is back, and the last frame was wiped line by line.
    assert stream.rindex("\x1b[?25h") > stream.rindex("\x1b[?25l")
    assert stream.rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize(
    "words",
    [
        ["ctl", "some-run", "budget", "nan"],
        ["fork", "some-run", "--at", "e", "--budget", "inf"],
        ["leaderboard", "battles.csv", "--strong", "inf"],
        ["policy", "pin", "some-run", "a/b", "--weight", "inf"],
    ],
    ids=lambda words: words[0],
)
def test_a_number_without_end_is_refused_on_the_command_line(
    words: list[str], tmp_path: Path
) -> None:
    """A ceiling that is no number holds nothing back: every comparison with it is false."""
    (tmp_path / "battles.csv").write_text("question_id,model_a,model_b,winner\nq,a,b,model_a\n")
    said = command(*words, cwd=tmp_path)
    assert said.status == 2 and ("finite number" in said.err or "is no weight" in said.err)
