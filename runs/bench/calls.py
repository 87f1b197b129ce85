"""The bench: what the full stack costs per call, beside a bare `ChatOpenAI.ainvoke` loop.

    make bench        or        python -m arenainstruct.runs.bench.calls --calls 3000 --repeats 5

Both clients run in processes of their own, in turn on one machine, against one mock server with
50 ms latency and 64 calls in flight. CPU is user + system of the client process; start-up is taken
out as the slope between a small and a large run. Take the ratios: the machine may be shared.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

SMALL = 0.2
"""The small run's share of the large one."""
TEXT = (
    "Part {n}. The mill at Ashford number {n} was built in {year} by {name}. It ground {tons} tons of "
    "wheat a year until the river changed its bed. The engine that replaced the wheel burned coal from "
    "the north, and the owners paid {tons} pounds for it. Nobody expected that the bridge downstream "
    "would fall in the same winter. After that the flour went by rail. The station opened in {later}."
)
NAMES = ("Ada Brook", "Tom Hale", "Ines Roth", "Paul Marsh", "Lena Ford")


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=3000, help="calls of the large run")
    parser.add_argument("--repeats", type=int, default=5, help="turns of all clients")
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        say(json.dumps(CHILDREN[options.child](options.url, options.calls)))
        return
    with server() as url:
        report(
            [
                {name: slope(name, url, options.calls) for name in CHILDREN}
                for _ in range(options.repeats)
            ]
        )


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextmanager
def server(*flags: str) -> Iterator[str]:
    """Run the mock server in a process of its own; yield its base URL. The last of a flag wins."""
    command = [sys.executable, "-m", "arenainstruct.runs.mock", "--port", "0", "--latency-ms", "50"]
    with subprocess.Popen(
        [*command, "--replies", "canned", *flags], stdout=subprocess.PIPE, text=True
    ) as mock:
        assert mock.stdout is not None
        try:
            yield json.loads(mock.stdout.readline())["url"]
        finally:
            mock.terminate()


Turn = dict[str, dict[str, float]]
"""What each client cost, one after the other: what else the machine did weighs on all alike."""


def medians(turns: list[Turn]) -> Turn:
    """Return the medians of each client: CPU ms a call, beside its turn's bare loop, calls a second."""
    return {
        name: {
            "cpu_ms": median(turn[name]["cpu_ms"] for turn in turns),
            "ratio": median(turn[name]["cpu_ms"] / turn[BARE]["cpu_ms"] for turn in turns),
            "rate": median(turn[name]["rate"] for turn in turns),
            "peak_mb": max(turn[name]["peak_mb"] for turn in turns),
        }
        for name in CHILDREN
    }


def slope(name: str, url: str, calls: int) -> dict[str, float]:
    """Return what a call of a client costs, from a small run and a large one."""
    small, large = (child(name, url, count) for count in (int(calls * SMALL), calls))
    more = large["calls"] - small["calls"]
    return {
        "cpu_ms": (large["cpu_s"] - small["cpu_s"]) / more * 1000,
        "rate": more / (large["wall_s"] - small["wall_s"]),
        "peak_mb": large["peak_mb"],
    }


def child(name: str, url: str, calls: int) -> dict[str, float]:
    """Run one client in a process of its own."""
    found: dict[str, float] = spawned("calls", name, "--url", url, "--calls", calls)
    return found


def spawned(bench: str, child: str, *options: object) -> dict[str, Any]:
    """Return what one side of a bench tells, from a process of its own."""
    command = [sys.executable, "-m", f"arenainstruct.runs.bench.{bench}", "--child", child]
    done = subprocess.run(
        [*command, *map(str, options)], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def used() -> dict[str, float]:
    """Return this process's CPU seconds and peak memory so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}


def bare_loop(url: str, calls: int) -> dict[str, float]:
    """Call `ChatOpenAI.ainvoke` in a loop with 64 workers; nothing is kept."""
    import asyncio

    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    model = ChatOpenAI(model="mock-strong", base_url=url, api_key=SecretStr("none"), max_retries=0)
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await model.ainvoke(document(number) + "\n\nSummarise this in three sentences.")

    async def loop() -> None:
        await asyncio.gather(*(worker() for _ in range(64)))

    started = time.perf_counter()
    asyncio.run(loop())
    return {"calls": calls, "wall_s": time.perf_counter() - started, **used()}


def full_run(url: str, calls: int) -> dict[str, float]:
    """Launch a whole run: seeds to dataset, graphs, actors, ledger and trace."""
    from ..run import launch

    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds.jsonl"
        write_seeds(seeds, max(1, calls // CALLS_PER_SEED))
        started = time.perf_counter()
        result = launch(config(url, seeds), runs_dir=folder, run_id="bench-run")
        wall = time.perf_counter() - started
    if not result.completed or result.calls["failed"]:
        raise SystemExit(f"the bench run went wrong: {result.status}, {result.calls}")
    return {"calls": result.calls["paid"], "wall_s": wall, **used()}


def untraced_run(url: str, calls: int) -> dict[str, float]:
    """Launch the same run with nobody tracing: no event is made or written."""
    from .. import trace

    with patch.object(trace, "span", lambda *_, **__: nullcontext()):
        return full_run(url, calls)


CALLS_PER_SEED = 40
"""About what one seed of the config below leads to."""


def config(url: str, seeds: Path, **sections: Any) -> Any:
    """Return the bench's config: one skill, one round, five models on one endpoint."""
    from ..config.config import load_config

    def model(name: str) -> dict[str, Any]:
        return {"provider": "openai", "model": name, "base_url": url, "concurrency": 64}

    data = {
        "seeds": str(seeds),
        "skills": ["reading_comprehension"],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 2, "refinements": 1, "directions": 1},
        "models": {n: model(n) for n in ("teacher", "other", "target", "juror-one", "juror-two")},
        "cast": {
            "default": "teacher",
            "target": "target",
            "contenders": ["teacher", "other"],
            "jury": ["juror-one", "juror-two"],
        },
        "arena": {"battles_per_instruction": 2},
        "execution": {"in_flight": 64},
    }
    return load_config(data | sections)


def write_seeds(path: Path, count: int) -> None:
    """Write distinct documents as JSONL."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({"text": document(number)}) + "\n")


def document(number: int) -> str:
    """Return a document of about 1,200 characters that is no near duplicate of another."""
    parts = (
        TEXT.format(
            n=number * 31 + part * 7919,
            year=1500 + (number * 37 + part) % 400,
            name=NAMES[(number + part) % len(NAMES)],
            tons=(number * 7919 + part * 104729) % 99991,
            later=1840 + (number + part) % 90,
        )
        for part in range(3)
    )
    return "\n\n".join(parts)


BARE, FULL, UNTRACED = "bare ChatOpenAI loop", "full run", "full run, untraced"
CHILDREN = {BARE: bare_loop, FULL: full_run, UNTRACED: untraced_run}


def report(turns: list[Turn]) -> None:
    """Print the table; what tracing costs is a small difference, so its turns are told apart."""
    say(f"{'client':<24}{'calls/s':>10}{'CPU ms/call':>14}{'x bare loop':>14}{'peak MB':>10}")
    for name, row in medians(turns).items():
        cpu, ratio = row["cpu_ms"], row["ratio"]
        say(f"{name:<24}{row['rate']:>10.0f}{cpu:>14.2f}{ratio:>14.2f}{row['peak_mb']:>10.0f}")
    shares = [1 - turn[UNTRACED]["cpu_ms"] / turn[FULL]["cpu_ms"] for turn in turns]
    low, high = min(shares), max(shares)
    say(f"tracing: {median(shares):.1%} of the run's CPU (turns from {low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
