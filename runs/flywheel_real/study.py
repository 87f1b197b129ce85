"""The study: rounds of one run, with the target measured before the first and after each.

What is known is written after every step, so that a study that is cut off tells what it came to.
"""

import asyncio
import json
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from ...agents.errors import UserError
from ...graphs import kinds
from ..benchmark.measure import BenchmarkConfig, Order, measure
from ..config.config import load_config
from ..config.load import MOST_IN_FLIGHT, load
from ..disk import write_whole
from ..folder import RunFolder
from ..opening import stored
from ..run import launch_async, resume_async
from .recipe import Sizes, at_once, run_config, served

RUN = "flywheel-real"
FREE = {"rounds", "at_once"}
"""Sizes that may be others when a study goes on."""
T = TypeVar("T")


class OutOfTime(Exception):
    """The study's time is over."""


@dataclass
class Study:
    """One study: where it stands and what it found so far."""

    out: Path
    base: Path
    seeds: Path
    benchmarks: dict[str, Path]
    """Files of IFEval and GSM8K, by name; what is not there is not measured."""
    sizes: Sizes
    seconds: float
    seed: int = 7
    tell: Callable[[str], object] = lambda text: None
    found: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @property
    def file(self) -> Path:
        """Where what was found is written."""
        return self.out / "flywheel-real.json"

    async def run(self) -> dict[str, Any]:
        """Go as far as there is time, from where an earlier start ended; return what was found.

        Raises:
            UserError: the folder holds a study of other sizes.
        """
        load_config(run_config(self.base, self.seeds, self.sizes, self.seed))
        self.found |= {"rounds": []} | self._before()
        self.found |= {"sizes": self.sizes.data(), "of": self._of, "device": _device(), "ended": ""}
        rounds = self.found["rounds"]
        try:
            self.found["base"] = await self._measured("base", self.base)
            for number in range(1, self.sizes.rounds + 1):
                if len(rounds) < number:
                    rounds.append({"round": number})
                told = rounds[number - 1]
                if "folder" not in told and not await self._round(number, told):
                    break
                told |= await self._measured(f"round-{number}", Path(told["folder"]))
            else:
                self.found["ended"] = "all rounds are done"
        except OutOfTime as over:
            self.found["ended"] = f"the time was over in {over}"
        self._write()
        return self.found

    @property
    def _of(self) -> dict[str, str]:
        """What is trained from, on what, and measured by."""
        files = {name: str(file) for name, file in self.benchmarks.items()}
        told = {"base": str(self.base), "documents": str(self.seeds), "seed": str(self.seed)}
        return told | files

    def _before(self) -> dict[str, Any]:
        """Return what an earlier start found."""
        if not self.file.is_file() or not (self.out / RUN).exists():
            return {}
        before: dict[str, Any] = json.loads(self.file.read_text())
        held = before["sizes"] | before["of"]
        for name, value in (self.sizes.data() | self._of).items():
            if name not in FREE and held.get(name) != value:
                raise UserError(
                    f"--out {self.out}: holds a study with {name} {held.get(name)!r}, not {value!r}; say the "
                    "same, or another folder"
                )
        return before

    async def _round(self, number: int, told: dict[str, Any]) -> bool:
        """Do a round of the run; return whether it trained a target, which is to be measured."""
        before = time.monotonic()
        made: dict[str, Any] = {
            "runs_dir": self.out,
            "on_event": lambda kind, data: self._heard(told, kind, data),
        }
        if not (self.out / RUN).exists():
            config = load_config(run_config(self.base, self.seeds, self.sizes, self.seed))
            work = launch_async(config, run_id=RUN, limit=self.sizes.seeds, **made)
        else:
            memory = (f"training.{step}.at_once={at_once(self.sizes)}" for step in ("sft", "dpo"))
            work = resume_async(RUN, overrides=(f"rounds={number}", *memory), **made)
        result = await self._in_time(f"round {number}", work)
        told |= {"status": result.status, "reason": result.reason, "counts": result.counts}
        told["ratings"] = [r for r in result.ratings if r.get("purpose") == "evaluation"]
        told["seconds"] = round(time.monotonic() - before, 1)
        self._write()
        trained = await self._trained(number)
        if not result.completed or trained is None:
            self.found["ended"] = f"round {number}: {result.status}; {result.reason}"
            return False
        told |= trained
        self._write()
        return True

    async def _measured(self, name: str, folder: Path) -> dict[str, Any]:
        """Measure a folder's weights on the benchmarks, beside the base's, and write it down."""
        models = {"base": served(self.base, "base", self.sizes)}
        models[name] = served(folder, name, self.sizes)
        for model in models.values():
            model |= {"temperature": 0, "max_tokens": self.sizes.benchmark_tokens}
        settings = {"models": models, "execution": {"in_flight": MOST_IN_FLIGHT}}
        config = load({**settings, "seed": self.seed}, BenchmarkConfig)
        run = self.out / RUN
        against = (run,) if (run / "dataset").is_dir() else ()
        told: dict[str, Any] = {}
        for benchmark, file in self.benchmarks.items():
            if limit := getattr(self.sizes, benchmark):
                order = Order(file, tuple(models), limit, against)
                work = measure(config, order, self.out / "benchmark" / "ledger.sqlite")
                data = (await self._in_time(f"{benchmark} of {name}", work)).data()
                told[benchmark] = {
                    **data["models"][name],
                    "prompts": data["prompts"],
                    "decontamination": data["decontamination"],
                }
                self.found.setdefault("measured", {})[f"{name}/{benchmark}"] = told[benchmark]
                self._write()
                self.tell(f"{name}: {benchmark} {line(told[benchmark])}")
        return told

    async def _in_time(self, what: str, work: Awaitable[T]) -> T:
        left = self.seconds - (time.monotonic() - self.started)
        self.tell(f"{what}: {max(0.0, left):.0f} s are left")
        # For whoever reads what a killed study has left.
        self.found["ended"] = f"never: it was in {what}"
        self._write()
        try:
            async with asyncio.timeout(left):
                return await work
        except TimeoutError:
            raise OutOfTime(what) from None

    def _heard(self, told: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
        if kind in ("trained", "gated"):
            told[kind] = data
            self.tell(f"{kind}: {data.get('reason', '')}")
            self._write()

    async def _trained(self, number: int) -> dict[str, Any] | None:
        """Return what a round's training made; None where it made nothing."""
        with stored(RunFolder(self.out / RUN).store()) as store:
            async for one in store.stream(kinds.TRAINED, number):
                if one.trained:
                    rows = {"sft": one.sft, "pairs": one.preference}
                    return {"trained": one.reason, "folder": dict(one.model)["model"], **rows}
        return None

    def _write(self) -> None:
        self.found["elapsed_s"] = round(time.monotonic() - self.started, 1)
        self.out.mkdir(parents=True, exist_ok=True)
        write_whole(self.file, json.dumps(self.found, default=str, indent=2))


def line(measured: dict[str, Any]) -> str:
    """Return the main figure of a benchmark, with what it gained on the base."""

    def told(figure: dict[str, float]) -> str:
        return (
            f"{100 * figure['value']:.1f} ({100 * figure['low']:.1f} to {100 * figure['high']:.1f})"
        )

    figure = told(next(iter(measured["scores"].values())))
    return f"{figure}, gained {told(measured['gain'])}" if "gain" in measured else figure


def table(found: dict[str, Any]) -> list[str]:
    """Return what a study found, a line a version of the target."""
    lines = [f"target on {found['device']}; percent, 95 % intervals"]
    versions = [
        ("base", found.get("base") or {}),
        *((f"round {r['round']}", r) for r in found["rounds"]),
    ]
    for name, told in versions:
        parts = [f"{b} {line(told[b])}" for b in ("ifeval", "gsm8k") if b in told]
        if "gated" in told:
            parts.append(f"gate: {told['gated'].get('word')}, {told['gated'].get('reason')}")
        lines.append(f"{name}: {'; '.join(parts) or 'not measured'}")
    lines.append(f"{found['elapsed_s']:.0f} s; {found['ended']}")
    return lines


def _device() -> str:
    """Return what the models run on, in words."""
    try:
        torch: Any = import_module("torch")
    except ModuleNotFoundError:
        return platform.machine()
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"
