"""The estimate: calls, tokens, USD and time per stage before a cent is spent, from the seeds themselves.

Seeds are read as a run would read them; `forecast.py` says what each of them will cause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..agents.errors import UserError
from ..agents.models.settings import EndpointSettings, ModelSettings
from ..agents.records import Seed
from ..graphs import stages
from ..graphs.generation.fitting import fitted, no_room
from .config.config import RunConfig
from .forecast import Forecast
from .progress import clock, short
from .seeds import read_seeds
from .spending import Spending

WAIT_S, TOKENS_PER_S = 0.8, 60.0
"""Assumed latency of an endpoint: before the first token, and per token after it."""
AUTO_CONCURRENCY = 32
STAGES = tuple(
    step
    for stage in (stages.GENERATE, stages.CURATE, stages.BATTLE)
    for step in stage.steps
    if step != stages.BATTLE.name  # the verdict: a count, no call
)


@dataclass
class Amount:
    """Calls with what they take."""

    calls: float = 0.0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    usd: float = 0.0
    seconds: float = 0.0
    _busy: dict[str, float] = field(default_factory=dict)
    """Seconds by endpoint: models of one share it, endpoints work side by side."""

    def add(self, calls: float, spending: Spending) -> None:
        """Add a number of calls."""
        model = spending.model
        read, written = calls * spending.tokens_in, calls * spending.tokens_out
        self.calls += calls
        self.tokens_in += read
        self.tokens_out += written
        self.usd += (read * model.price.input + written * model.price.output) / 1e6
        busy = self._busy.get(model.endpoint, 0.0)
        self._busy[model.endpoint] = busy + _seconds(calls, spending)
        self.seconds = max(self._busy.values())

    def __iadd__(self, other: "Amount") -> "Amount":
        """Add what comes after this."""
        for name in ("calls", "tokens_in", "tokens_out", "usd", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def data(self) -> dict[str, Any]:
        """Return it as plain data, rounded."""
        return {
            "calls": round(self.calls),
            "tokens_in": round(self.tokens_in),
            "tokens_out": round(self.tokens_out),
            "usd": round(self.usd, 6),
            "seconds": round(self.seconds, 1),
        }

    def row(self, name: str) -> str:
        """Return it as a row of a table."""
        return (
            f"{name:<16}{round(self.calls):>11,}{short(round(self.tokens_in)):>12}"
            f"{short(round(self.tokens_out)):>12}{self.usd:>13,.4f}{clock(self.seconds):>10}"
        )


def _seconds(calls: float, spending: Spending) -> float:
    """Return how long calls take when nothing else is asked of their model."""
    model = spending.model
    if not isinstance(model, EndpointSettings):
        return 0.0
    lanes = AUTO_CONCURRENCY if model.concurrency == "auto" else model.concurrency
    seconds = calls * (WAIT_S + spending.tokens_out / TOKENS_PER_S) / lanes
    if model.rpm:
        seconds = max(seconds, calls * 60 / model.rpm)
    if model.tpm:
        tokens = spending.tokens_in + spending.tokens_out
        seconds = max(seconds, calls * tokens * 60 / model.tpm)
    return seconds


@dataclass
class Estimate:
    """What a run would take: `most` if nothing is dropped, `likely` with the usual losses."""

    seeds: int = 0
    rejects: int = 0
    cut: int = 0
    """Documents longer than what fits into a context window."""
    instructions: float = 0.0
    """Before the gate, at most."""
    most: dict[str, Amount] = field(default_factory=lambda: {s: Amount() for s in STAGES})
    likely: dict[str, Amount] = field(default_factory=lambda: {s: Amount() for s in STAGES})
    notes: list[str] = field(default_factory=list)
    """What a reader should know beside the numbers."""

    def spend(self, spending: Spending) -> None:
        """Take calls in."""
        self.most[spending.stage].add(spending.most, spending)
        self.likely[spending.stage].add(spending.likely, spending)

    def total(self, amounts: dict[str, Amount]) -> Amount:
        """Return the sum over all stages."""
        total = Amount()
        for amount in amounts.values():
            total += amount
        return total

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "seeds": self.seeds,
            "rejected_seeds": self.rejects,
            "cut_seeds": self.cut,
            "instructions": round(self.instructions),
            "stages": [
                {"stage": s, "likely": self.likely[s].data(), "most": self.most[s].data()}
                for s in STAGES
            ],
            "likely": self.total(self.likely).data(),
            "most": self.total(self.most).data(),
            "notes": self.notes,
        }

    def table(self) -> str:
        """Return it as a table for a reader."""
        head = (
            f"{'likely':<16}{'calls':>11}{'tokens in':>12}{'tokens out':>12}{'USD':>13}{'time':>10}"
        )
        lines = [
            f"{self.seeds:,} seeds ({self.rejects:,} documents rejected), "
            f"at most {round(self.instructions):,} instructions",
            "",
            head,
            *(self.likely[stage].row(stage) for stage in STAGES if self.most[stage].calls),
            self.total(self.likely).row("in all, likely"),
            self.total(self.most).row("at most"),
            "",
            "likely: some instructions fail the gate, checkers and identical answers spare the jury.",
            "at most: nothing is dropped, everything is judged; retries come on top.",
            f"time: {WAIT_S:g} s to the first token, then {TOKENS_PER_S:g} tokens/s, within rpm and tpm.",
            *self.notes,
        ]
        return "\n".join(lines)


def estimate(config: RunConfig, *, limit: int | None = None) -> Estimate:
    """Return the estimate of a run; no model is asked.

    Raises:
        UserError: there is no usable seed, or a context window leaves no room for any.
    """
    found = Estimate()
    forecast = Forecast(config, found.spend)
    if wrong := no_room(config.cast, config.models):
        raise UserError(wrong)
    cut = ""
    for whole in islice(_seeds(config, found), limit):
        found.seeds += 1
        seed, said = fitted(whole, config.cast, config.models)
        found.cut += bool(said)
        cut = cut or said
        found.instructions += forecast.add(seed)
    found.notes += _notes(config, found)
    if cut:
        found.notes.append(f"{found.cut:,} documents are too long, as: {cut}.")
    return found


def _seeds(config: RunConfig, found: Estimate) -> Iterator[Seed]:
    for item in read_seeds(config.seeds):
        if isinstance(item, Seed):
            yield item
        else:
            found.rejects += 1


def _notes(config: RunConfig, found: Estimate) -> Iterator[str]:
    free = [alias for alias, model in config.models.items() if _unpriced(model)]
    if free:
        yield f"No price is set for {', '.join(free)}: their calls count as 0 USD."
    usd, ceiling = found.total(found.likely).usd, config.budget.usd
    if ceiling is not None and usd > ceiling:
        yield (
            f"budget.usd is {ceiling:g}: the run will probably stop before its end; what it made "
            "until then is kept, and a resume with a higher one goes on."
        )


def _unpriced(model: ModelSettings) -> bool:
    return isinstance(model, EndpointSettings) and not (model.price.input or model.price.output)
