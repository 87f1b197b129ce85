"""What is told before a cent is spent: calls, tokens, USD and time by step, and how they were found."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from ...agents.models.settings import EndpointSettings, ModelSettings, OfflineSettings
from ...agents.records import Seed
from ...graphs.generation.fitting import fitted, no_room
from ..config.config import RunConfig
from ..control.interrupt import twin
from ..folder import RUNS
from ..ingest import left_by_reason, usable_seeds
from ..screen.progress import clock, short
from .dry_run import DryRun, Uses, dry_run
from .measured import Speed, measured
from .scaling import SEEDS, Scaled, Strata, Stratum, scaled
from .standin import BYTES_PER_TOKEN

WAIT_S, TOKENS_PER_S = 0.8, 60.0
"""Assumed latency of an endpoint: before the first token, and per token after it."""
AUTO_CONCURRENCY = 32
_NO_SPEEDS: Mapping[str, Speed] = {}


@dataclass(frozen=True)
class Amount:
    """What some calls take together."""

    calls: int
    tokens_in: int
    tokens_out: int
    usd: float
    seconds: float

    @classmethod
    def of(
        cls,
        uses: Uses,
        models: Mapping[str, ModelSettings],
        step: str = "",
        speeds: Mapping[str, Speed] = _NO_SPEEDS,
    ) -> "Amount":
        """Sum uses up, all or a step's: models of one endpoint share its time, endpoints do not."""
        own = [
            (models[alias], numbers) for (at, alias), numbers in uses.items() if step in ("", at)
        ]
        busy: dict[str, float] = defaultdict(float)
        for model, numbers in own:
            busy[model.endpoint] += seconds(model, speeds.get(model.endpoint), *numbers)
        usd = sum(n[1] * m.price.input + n[2] * m.price.output for m, n in own) / 1e6
        calls, read, written = (round(sum(n[at] for _, n in own)) for at in range(3))
        return cls(calls, read, written, round(usd, 6), round(max(busy.values(), default=0.0), 1))

    def row(self, name: str) -> str:
        """Return it as a row of a table."""
        return (
            f"{name:<16}{self.calls:>11,}{short(self.tokens_in):>12}{short(self.tokens_out):>12}"
            f"{self.usd:>13,.4f}{clock(self.seconds):>10}"
        )


def seconds(
    model: ModelSettings, speed: Speed | None, calls: float, tokens_in: float, tokens_out: float
) -> float:
    """Return how long calls take when nothing else is asked of their model."""
    if not isinstance(model, EndpointSettings):
        return 0.0
    if speed is not None:
        busy, lanes = tokens_out / speed.tokens_per_s, speed.lanes
    else:
        busy = calls * WAIT_S + tokens_out / TOKENS_PER_S
        lanes = AUTO_CONCURRENCY if model.concurrency == "auto" else model.concurrency
    return max(
        busy / lanes,
        calls * 60 / model.rpm if model.rpm else 0.0,
        (tokens_in + tokens_out) * 60 / model.tpm if model.tpm else 0.0,
    )


@dataclass
class Read:
    """What the documents are, all of them read."""

    kinds: dict[str, Stratum] = field(default_factory=lambda: defaultdict(Stratum))
    rejects: Counter[str] = field(default_factory=Counter)
    """Documents that give no seed, by reason."""
    long: int = 0
    """Documents longer than what fits into a context window."""
    cut: str = ""
    """What was cut of the first one."""

    @property
    def seeds(self) -> int:
        """Documents, or parts of long ones, that a skill takes."""
        return sum(stratum.documents for stratum in self.kinds.values())


@dataclass
class Estimate:
    """What a run would take."""

    config: RunConfig
    read: Read
    dry: DryRun
    strata: Strata
    scaled: Scaled
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    """Of endpoints that earlier runs asked."""

    @property
    def steps(self) -> list[str]:
        """The steps that ask models, in the order in which the sample came to them."""
        return list(dict.fromkeys(step for step, _ in self.scaled.likely))

    @property
    def likely(self) -> Amount:
        """What it would take if all documents took what the sample's did."""
        return self._amount(self.scaled.likely)

    @property
    def most(self) -> Amount:
        """What it would take if all took what the dearest like them did."""
        return self._amount(self.scaled.most)

    def _amount(self, uses: Uses, step: str = "") -> Amount:
        return Amount.of(uses, self.config.players, step, self.speeds)

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        both = {"likely": self.scaled.likely, "most": self.scaled.most}
        return {
            "seeds": self.read.seeds,
            "rejected_seeds": self.read.rejects.total(),
            "rejects": dict(self.read.rejects),
            "cut_seeds": self.read.long,
            "instructions": round(self.scaled.written),
            "stages": [
                {"stage": step, **{n: asdict(self._amount(u, step)) for n, u in both.items()}}
                for step in self.steps
            ],
            "likely": asdict(self.likely),
            "most": asdict(self.most),
            "sample": self._sample(),
            "notes": [*self._assumed(), *self._warnings()],
        }

    def table(self) -> str:
        """Return it as a table for a reader."""
        return "\n".join(
            [
                f"{self.read.seeds:,} seeds ({self.read.rejects.total():,} documents rejected), "
                f"about {round(self.scaled.written):,} instructions",
                "",
                f"{'likely':<16}{'calls':>11}{'tokens in':>12}{'tokens out':>12}"
                f"{'USD':>13}{'time':>10}",
                *(self._amount(self.scaled.likely, step).row(step) for step in self.steps),
                self.likely.row("in all, likely"),
                self.most.row("at most"),
                "",
                *self._assumed(),
                *self._warnings(),
            ]
        )

    def _sample(self) -> dict[str, Any]:
        """Return what was run dry, in numbers."""
        return {
            "documents": sum(len(seeds) for _, seeds in self.strata),
            "calls": self.dry.calls,
            "written": self.dry.written.total(),
            "passed": self.dry.passed.total(),
            "fought": self.dry.fought.total(),
        }

    def _assumed(self) -> Iterator[str]:
        sample = self._sample()
        passed = sample["passed"] / max(1, sample["written"])
        stood = [a for a, m in self.config.players.items() if not isinstance(m, OfflineSettings)]
        who = f"embedded models in place of {', '.join(stood)}" if stood else "its own models"
        yield (
            f"sample: {sample['documents']} of {self.read.seeds:,} seeds were run dry for one round with "
            f"{who}, {sample['calls']:,} calls: {passed:.0%} of {sample['written']} instructions "
            f"passed the gate, and {sample['fought']} were battled over; each of the "
            f"{self.config.rounds} rounds is taken to be like it."
        )
        if self.config.rounds > 1:
            yield (
                "not foretold: how battles steer later rounds (harder and plainer instructions, more of some "
                "leaves), and a call at most for each leaf and skill to find out."
            )
        yield (
            "at most: each seed takes what the dearest like it took, and the gate drops nothing; "
            "retries come on top."
        )
        if stood:
            yield (
                f"tokens: {BYTES_PER_TOKEN} bytes each; replies as long as the embedded models' "
                "(thoughts come on top)."
            )
        for told in self.dry.notices:
            yield f"assumed from the dry run, in which no endpoint was asked: {told}."
        if small := [alias for alias, model in self.config.players.items() if model.small]:
            yield (
                f"{', '.join(small)}: counted as if spoken to in full; `style: small` takes about a third."
            )
        for place, speed in sorted(self.speeds.items()):
            yield (
                f"time: {place}: {speed.tokens_per_s:.3g} tokens/s a call and {speed.lanes:.1f} calls at a "
                f"time, as measured in run {speed.run}."
            )
        places = {
            m.endpoint for m in self.config.players.values() if isinstance(m, EndpointSettings)
        }
        if places - self.speeds.keys():
            yield (
                f"time{' elsewhere' if self.speeds else ''}: nothing is measured yet; assumed are "
                f"{WAIT_S:g} s to the first token, then {TOKENS_PER_S:g} tokens/s, {AUTO_CONCURRENCY} "
                "calls at a time where concurrency is auto, within rpm and tpm."
            )

    def _warnings(self) -> Iterator[str]:
        config, read = self.config, self.read
        if free := [alias for alias, model in config.players.items() if _unpriced(model)]:
            yield f"No price is set for {', '.join(free)}: their calls count as 0 USD."
        usd, ceiling = self.likely.usd, config.budget.usd
        if ceiling is not None and usd > ceiling:
            yield (
                f"budget.usd is {ceiling:g}: the run will probably stop before its end; what it made "
                "until then is kept, and a resume with a higher one goes on."
            )
        if read.cut:
            yield f"{read.long:,} documents are too long, as: {read.cut}."
        if read.rejects:
            yield f"rejected documents: {left_by_reason(read.rejects)}."


async def estimate_async(
    config: RunConfig, *, limit: int | None = None, runs_dir: str | Path = RUNS
) -> Estimate:
    """Return the estimate of a run: no model is asked, and nothing is left behind.

    How fast endpoints are is read from the ledgers of earlier runs in `runs_dir`.

    Raises:
        UserError: there is no usable seed, or a context window leaves no room for any.
    """
    if wrong := no_room(config.cast, config.models):
        raise UserError(wrong)
    read = await asyncio.to_thread(_read, config, limit)
    strata = [(each.documents, each.chosen(SEEDS / read.seeds)) for each in read.kinds.values()]
    seeds = [seed for _, some in strata for seed in some]
    dry = await dry_run(config, seeds, whole=len(seeds) == read.seeds)
    speeds = await measured(config.players, Path(runs_dir))
    return Estimate(config, read, dry, strata, scaled(dry, strata, config), speeds)


estimate = twin(estimate_async)


def _read(config: RunConfig, limit: int | None) -> Read:
    read = Read()
    for item in usable_seeds(config.seeds, config.loaded_skills()):
        if read.seeds == limit:
            break
        if isinstance(item, Seed):
            read.kinds[item.kind].add(item)
            _, said = fitted(item, config.cast, config.models)
            read.long += bool(said)
            read.cut = read.cut or said
        else:
            read.rejects[item.reason] += 1
    return read


def _unpriced(model: ModelSettings) -> bool:
    return isinstance(model, EndpointSettings) and not (model.price.input or model.price.output)
