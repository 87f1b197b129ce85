"""The viewer at scale: a store of a million rows and a hundred thousand traces, and how long pages take.

    make bench-view        or        python -m arenainstruct.runs.bench.view --rows 100000 --traces 10000

The store is made up, of the shapes a run writes; what is measured is the viewer itself: taking the run in
once, then pages in a headless Chromium (where there is one, with playwright) and by plain HTTP.
"""

import argparse
import asyncio
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from random import Random
from socket import socket
from typing import Any

import orjson

from ...tools.browser.launch import FLAGS, on_path
from ..folder import RunFolder
from ..opening import stored
from ..store import STORE_FILE
from ..store.requests import pack
from ..view.indexing import catch_up
from ..view.rows import Wanted, rows
from ..view.source import Source
from ..view.trace import trace, traces
from .calls import say

_PER_TASK = 10
"""Rows of one instruction: itself, answers, battles, decision, training rows."""
LONG = 5_000
"""Events of the one long trace."""
_PARTS = ("ca", "nal", "bre", "ad", "ti", "de", "ri", "ver", "lo", "ck", "en", "gine")
_WORDS = [a + b + c for a in _PARTS for b in _PARTS for c in ("", *_PARTS)]
_WEIGHTS = [1 / (place + 3) for place in range(len(_WORDS))]
"""As words are in texts: few are in most of them, most are in few."""
_ASKED = "skill=skill_1&leaf=leaf_11&outcome=lost&text=canal"


def main() -> None:
    """Make the store, measure, and print the table."""
    parser = argparse.ArgumentParser(description="The viewer at scale.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--traces", type=int, default=100_000)
    parser.add_argument(
        "--keep", type=Path, help="folder to make the run in, kept for the next time"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-view-") as scratch:
        runs_dir = options.keep or Path(scratch)
        folder = RunFolder(runs_dir / f"scale-{options.rows}")
        if not folder.has_store:
            started = time.perf_counter()
            make(folder, options.rows, options.traces)
            say(
                f"store of {options.rows:,} rows, {options.traces:,} traces made in {took(started)}"
            )
        report(Source(folder))
        with serving(runs_dir) as (process, port):
            for path in ("/", f"/run/{folder.run_id}/rows"):  # the first of all load the libraries
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
            asyncio.run(browse(folder.run_id, f"http://127.0.0.1:{port}", Source(folder)))
            say(f"{'server memory':<46}{memory(process.pid):>10.0f} MB")


def took(started: float) -> str:
    """Return the time since."""
    seconds = time.perf_counter() - started
    return f"{seconds:.1f} s" if seconds >= 10 else f"{1000 * seconds:.0f} ms"


def make(folder: RunFolder, size: int, traces: int) -> None:
    """Write a run of so many rows and traces."""
    folder.path.mkdir(parents=True)
    with stored(folder.store()):
        pass  # makes the tables
    with closing(sqlite3.connect(folder.path / STORE_FILE)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        random = Random(7)
        connection.executemany(
            "INSERT INTO records (kind, id, round, state, body) VALUES (?, ?, ?, ?, ?)",
            (row for n in range(size // _PER_TASK) for row in _rows(n, random)),
        )
        connection.executemany(
            "INSERT INTO events (id, parent, at, kind, run, round, graph, node, actor, message, records, "
            "keys, outcome, seconds, data) VALUES (?, ?, ?, ?, 'scale', 1, ?, ?, ?, '', ?, ?, ?, 0.1, '')",
            _events(traces),
        )
        connection.executemany(
            "INSERT INTO requests (key, model, version, sample, alias, role, subject, prompt, message, "
            "about, schema, tools, params, turns) VALUES (?, 'm/strong', '', 0, 'strong', 'juror', ?, "
            "'arena/judge@0', '', '', '', '', '', ?)",
            ((_key(n), f"instruction-{n:020x}", _TURNS) for n in range(traces)),
        )
        connection.executemany(
            "INSERT INTO ledger (key, alias, role, model, tokens_in, tokens_out, usd, finish, cap, "
            "seconds, started_at, text, thoughts, tool_calls) VALUES (?, 'strong', 'juror', 'm/strong', 900, "
            "90, ?, 'stop', 2048, 1.0, 0.0, ?, '', '')",
            ((_key(n), random.random() / 100, '{"score_first": 7}') for n in range(traces)),
        )


_TURNS = pack(orjson.dumps([{"role": "user", "content": "Which answer is better? " * 40}]))


def _key(n: int) -> str:
    return f"{n:032x}"


def _rows(n: int, random: Random) -> Iterator[tuple[str, str, int, str, str]]:
    """Yield the rows of one instruction."""
    leaf, round = f"leaf_{n % 40:02}", 1 + n % 4
    id, names = f"instruction-{n:020x}", ("teacher", "other", "small")
    common = {"skill": f"skill_{n % 40 // 10}", "leaf": leaf, "round": round}

    def row(
        kind: str, id: str, parents: list[str], **fields: Any
    ) -> tuple[str, str, int, str, str]:
        body = orjson.dumps({"id": id, "parents": parents, **common, **fields})
        return kind, id, round, "instruction" if kind == "draft" else "", body.decode()

    text = " ".join(random.choices(_WORDS, _WEIGHTS, k=60))
    yield row(
        "draft", id, [f"passage-{n // 8:020x}"], task=text, complexity=1 + n % 5, model="m/strong"
    )
    answers = [f"answer-{n:018x}{i:02x}" for i in range(3)]
    for name, answer in zip(names, answers, strict=True):
        said = [{"role": "assistant", "content": " ".join(random.choices(_WORDS, _WEIGHTS, k=40))}]
        yield row("answer", answer, [id], instruction_id=id, contender=name, turns=said)
    battles = [f"battle-{n:018x}{i:02x}" for i in range(3)]
    for i, battle in enumerate(battles):
        a, b = i, (i + 1) % 3
        yield row(
            "battle",
            battle,
            [id, answers[a], answers[b]],
            instruction_id=id,
            purpose="selection",
            model_a=names[a],
            model_b=names[b],
            answer_a=answers[a],
            answer_b=answers[b],
            question_id="",
            winner=random.choice(("model_a", "model_b", "tie")),
            margin=random.random(),
            agreement=random.choice((1.0, 1.0, 0.67)),
            disputed=random.random() < 0.05,
            games=[],
        )
    outcome = random.choice(("lost", "lost", "won", "even", "broken"))
    yield row(
        "decision",
        f"decision-{n:020x}",
        [id, *battles],
        instruction_id=id,
        outcome=outcome,
        reason="r",
    )
    yield row("sft", f"sft-{n:020x}", [id, answers[0]], instruction_id=id, answer_id=answers[0])
    yield row(
        "preference", f"preference-{n:020x}", [id, *answers[:2]], instruction_id=id, margin=2.0
    )


def _events(traces: int) -> Iterator[tuple[Any, ...]]:
    """Yield the events of all traces, the long one first."""
    number, at = 0, time.time() - 100_000.0

    def event(
        parent: str, kind: str, node: str = "", actor: str = "", about: str = "", key: str = ""
    ) -> tuple[Any, ...]:
        nonlocal number, at
        number, at = number + 1, at + 0.01
        records = f'["{about}"]' if about else ""
        keys, done = (
            f'["{key}"]' if key else "",
            "" if kind.endswith("started") or kind == "sent" else "ok",
        )
        outcome = "paid" if kind == "call" else done
        return f"event-0-{number}", parent, at, kind, "battle", node, actor, records, keys, outcome

    yield event("", "run_opened")
    for n in range(traces):
        about, key = f"instruction-{n:020x}", _key(n)
        yield event("event-0-1", "episode_started", about=about)
        episode = f"event-0-{number}"
        for turn in range((LONG - 2) // 4 if n == 0 else 3):
            actor = f"juror/juror-{turn % 3 + 1}"
            yield event(episode, "node_started" if turn == 0 else "sent", "judge", actor, about)
            opened = f"event-0-{number}"
            yield event(opened, "call", "judge", actor, about, key)
            yield event(opened, "tool", "judge", actor, about, key)
            yield event(
                opened, "node_finished" if turn == 0 else "replied", "judge", actor, about, key
            )
        yield event(episode, "episode_finished", about=about)


def report(source: Source) -> None:
    """Take the run in and print what queries take."""
    started = time.perf_counter()
    behind = catch_up(source)
    say(f"{'taken in, once':<46}{took(started):>13}  ({behind.total:,} rows, events and calls)")
    say(f"{'its own file':<46}{source.index.stat().st_size / 1e6:>10.0f} MB")
    for name, wanted in (
        ("first page", Wanted()),
        ("a page by leaf and outcome", Wanted(skill="skill_1", leaf="leaf_11", outcome="lost")),
        ("the dearest", Wanted(sort="usd", descending=True)),
        ("battles jurors disagreed on", Wanted("battle", disputed=True, sort="agreement")),
        ("a page by common words", Wanted(text="caca canal")),
        ("a page by rare words", Wanted(text="lockengine ginead")),
    ):
        started = time.perf_counter()
        rows(source, wanted)
        say(f"{'query: ' + name:<46}{took(started):>13}")
    first = traces(source)[0]
    started = time.perf_counter()
    found = trace(source, first.id)
    say(
        f"{f'query: a trace of {len(found.steps) if found else 0:,} events':<46}{took(started):>13}"
    )


@contextmanager
def serving(runs_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the viewer in a process of its own."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "arenainstruct.runs",
        "view",
        str(runs_dir),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process, port
        finally:
            process.terminate()


async def browse(run: str, address: str, source: Source) -> None:
    """Open pages and print what they take, from the request to what a person reads."""
    chromium = on_path()
    if not chromium or find_spec("playwright") is None:
        say("no chromium or no playwright here: pages in a browser are not measured")
        return
    from playwright.async_api import async_playwright

    number = traces(source)[0].id
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = await browser.new_page()
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        for name, path, seen in (
            ("runs", "/", "text=scale-"),
            ("rows", f"/run/{run}/rows", "tbody tr"),
            ("rows by leaf, outcome and word", f"/run/{run}/rows?{_ASKED}", "tbody tr"),
            ("a row", f"/run/{run}/row/instruction-{7:020x}", "text=Lineage"),
            ("arena", f"/run/{run}/arena", "text=Jurors"),
            (f"a trace of {LONG:,} events", f"/run/{run}/trace/{number}", "text=/step 0 of/"),
        ):
            started = time.perf_counter()
            await page.goto(address + path)
            await page.wait_for_selector(seen)
            ready = took(started)
            painted = await (await page.wait_for_function(paint)).json_value()
            say(f"{'page: ' + name:<46}{ready:>13}  (first paint {painted:.0f} ms)")
        await page.goto(f"{address}/run/{run}/rows")
        await page.wait_for_selector("tbody tr")
        before = await page.text_content("tbody")
        started = time.perf_counter()
        await page.get_by_label("Outcome").select_option("won")
        await page.wait_for_function(
            "b => document.querySelector('tbody').textContent !== b", arg=before
        )
        say(f"{'filter changed on the page':<46}{took(started):>13}")
        await browser.close()


def memory(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main()
