"""Every prompt tried on SmolLM2: the share of replies that can be used, with a grammar and without.

    make prompt-trial        or        python -m arenainstruct.runs.real.trial --samples 1 --minutes 3

What is tried are requests as runs send them: of all skills, with a debate, and in the words for small
models, written beforehand by the embedded models. Each is sent twice: with the reply's JSON schema as a
grammar, and with the form said in words. The first samples of all prompts come before the second ones, so
that a cut of the time meets as many prompts as it can.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path
from typing import Any, Literal

from ...agents.errors import ModelError, UserError
from ...agents.models.call import Call
from ...agents.models.door import Door
from ...agents.models.request import Request
from ...agents.models.structured import parses
from ...prompts.template import prompt_names
from ...taxonomy.finding import skill_names
from ..bench.calls import say
from ..benchmark.measure import BenchmarkConfig
from ..config.config import RunConfig, load_config
from ..config.load import load
from ..folder import RunFolder
from ..mock import MockOptions, MockServer
from ..opening import Opening, stored
from ..run import launch_async
from .scenes import MODEL
from .table import reply_type

_DEMO = Path(__file__).parents[1] / "demo"
_LITTLE = (
    *("per_seed.passages=1", "per_seed.instructions=2", "per_seed.directions=1"),
    *("arena.battles_per_instruction=1", "evaluation.held_out=0", "curation.shuffled_options=true"),
)
Way = Literal["schema", "prompt"]
WAYS: tuple[Way, ...] = ("schema", "prompt")
"""How structure is asked for, as `models.X.structured`: by a grammar, or in words."""


@dataclass
class Tried:
    """One prompt file, and what came back."""

    prompt: str
    """`name@hash`."""
    requests: dict[str, list[Request]]
    """By the way they are sent."""
    usable: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    tokens_in: int = 0
    tokens_out: int = 0

    def line(self) -> str:
        """Return its row of the table."""
        calls = max(1, sum(self.asked.values()))
        shares = [
            f"{self.usable[way]} of {self.asked[way]}" if self.asked[way] else "–" for way in WAYS
        ]
        means = f"{self.tokens_in / calls:,.0f} | {self.tokens_out / calls:,.0f}"
        return f"| {self.prompt} | {' | '.join(shares)} | {means} |"


def table(tried: Sequence[Tried]) -> Iterator[str]:
    """Yield the table, a prompt a row, and the sums."""
    yield "| prompt | usable, grammar | usable, words | tokens in | out |"
    yield "|---|---|---|---|---|"
    yield from (one.line() for one in tried)
    for way, name in zip(WAYS, ("with a grammar", "in words"), strict=True):
        asked = sum(one.asked[way] for one in tried)
        usable = sum(one.usable[way] for one in tried)
        yield f"\n{name}: {usable} of {asked} replies can be used ({usable / max(1, asked):.0%})"


def unmet(tried: Sequence[Tried]) -> list[str]:
    """Return the names of the prompts that the runs do not send from which requests are taken, sorted."""
    return sorted(set(prompt_names()) - {one.prompt.partition("@")[0] for one in tried})


async def sampled(scratch: Path, samples: int, only: str) -> list[Tried]:
    """Return the prompts that runs of the embedded models send, each with its first requests."""
    skills = json.dumps(skill_names())
    found: dict[str, dict[str, list[Request]]] = {}
    wide = load_config(None, [f"seeds={_DEMO}", f"skills={skills}", "rounds=1", *_LITTLE])
    debate = ("arena.protocol=peer_battle", "skills=[reading_comprehension]", "rounds=2")
    deep = load_config(None, [f"seeds={_DEMO / 'sourdough.txt'}", *_LITTLE, *debate])
    await _collect(scratch / "trial-wide", wide, WAYS, found)
    await _collect(scratch / "trial-deep", deep, WAYS, found)
    for way in WAYS:
        # A small model that no grammar holds is asked for less.
        async with MockServer(MockOptions(schema=way)) as mock:
            await _collect(scratch / f"trial-{way}", _small(mock.url, way), (way,), found)
    return [
        Tried(prompt, {way: _spread(found[prompt].get(way, []), samples) for way in WAYS})
        for prompt in sorted(found, key=lambda name: (not name.startswith("small/"), name))
        if only in prompt
    ]


async def _collect(
    run: Path, config: RunConfig, ways: Sequence[Way], found: dict[str, dict[str, list[Request]]]
) -> None:
    """Make a run, and take over what it sent with a prompt file."""
    await launch_async(config, runs_dir=run.parent, run_id=run.name)
    with stored(RunFolder(run).store()) as store:
        for entry in store.entries():
            request = await store.request(entry.key.partition("/")[0])
            if request is not None and request.prompt:
                for way in ways:
                    found.setdefault(request.prompt, {}).setdefault(way, []).append(request)


def _small(url: str, way: Way) -> RunConfig:
    """Return the config of a run whose models are spoken to as small ones; any reply will do."""
    model = {"provider": "openai", "base_url": url, "style": "small", "structured": way}
    aliases = ("author", "target", "other", "juror")
    return load_config(
        {
            "seeds": str(_DEMO / "sourdough.txt"),
            "skills": ["reading_comprehension", "text_modification"],
            "rounds": 1,
            "per_seed": {"passages": 4, "instructions": 4, "directions": 1},
            "models": {alias: {**model, "model": alias, "family": alias} for alias in aliases},
            "cast": {
                **{"default": "author", "target": "target"},
                **{"contenders": ["other"], "jury": ["juror"]},
            },
        }
    )


def _spread(requests: Sequence[Request], samples: int) -> list[Request]:
    """Return so many of them, from the whole of them."""
    step = max(1, len(requests) // samples)
    return list(islice(requests[::step], samples))


def small_model(threads: int) -> dict[str, dict[str, Any]]:
    """Return the settings of SmolLM2, by the way in which structure is asked for."""
    real = {
        **{"provider": "local", "model": MODEL, "threads": threads, "slots": 1},
        **{"context_window": 8192, "max_tokens": 400, "temperature": 0.3},
        "params": {"frequency_penalty": 0.5},
    }
    return {way: {**real, "structured": way, "version": way} for way in WAYS}


async def run_trial(
    tried: Sequence[Tried], models: Mapping[str, Any], scratch: Path, minutes: float
) -> None:
    """Send the requests both ways until they are through or the time is over."""
    config = load({"models": models}, BenchmarkConfig)
    ends = time.monotonic() + 60 * minutes
    run = RunFolder(scratch / "trial-1")
    run.path.mkdir(exist_ok=True)
    async with Opening(config.models, config).at(run.store()) as opened:
        most = max((len(some) for one in tried for some in one.requests.values()), default=0)
        for number, one, way in product(range(most), tried, WAYS):
            if time.monotonic() > ends:
                return
            for request in one.requests[way][number : number + 1]:
                await _ask(opened.door, one, request, way)


async def _ask(door: Door, one: Tried, request: Request, way: str) -> None:
    kind = reply_type(request)
    call = Call(way, request.turns, kind, request.tools, role=request.role, prompt=request.prompt)
    one.asked[way] += 1
    try:
        reply = await door.complete(call)
    except ModelError as error:
        say(f"{one.prompt}, {way}: {error}")
        return
    one.tokens_in += reply.tokens_in
    one.tokens_out += reply.tokens_out
    if kind is None:
        one.usable[way] += bool(reply.text.strip() or reply.tool_calls) and not reply.cut
    else:
        one.usable[way] += parses(reply.text, kind)


def main() -> None:
    """Try the prompts and tell the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=3, help="requests of each prompt")
    parser.add_argument("--minutes", type=float, default=30.0, help="for the replies, at most")
    parser.add_argument("--threads", type=int, default=2, help="of the model server")
    parser.add_argument("--only", default="", help="prompts whose name holds this")
    parser.add_argument("--to", type=Path, help="file for the table too")
    parser.add_argument("--keep", type=Path, help="where the runs are to stand")
    options = parser.parse_args()

    async def trial() -> list[Tried]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            tried = await sampled(folder, options.samples, options.only)
            await run_trial(tried, small_model(options.threads), folder, options.minutes)
            return tried

    try:
        tried = asyncio.run(trial())
    except UserError as error:
        sys.exit(f"error: {error}")
    text = "\n".join(table(tried))
    if not options.only:
        text += f"\n\nnot sent by the runs that requests are taken from: {', '.join(unmet(tried))}"
    say(text)
    if options.to:
        options.to.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
