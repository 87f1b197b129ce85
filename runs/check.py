"""The check: everything that can be wrong offline, then one token from each model."""

import asyncio
import re
import time
from dataclasses import asdict, dataclass
from typing import Any

from ..agents.errors import ArenaInstructError, ModelError, UserError
from ..agents.models.call import Call
from ..agents.models.door import OpenModel
from ..agents.models.limits import Limits, share_limits
from ..agents.models.opening import open_models
from ..agents.models.provider import NoText
from ..agents.models.secrets import redact
from ..agents.models.settings import EndpointSettings, ModelSettings, RewardModel
from ..agents.records import Seed, Turn
from ..taxonomy.skill import load_skill
from .config.config import RunConfig
from .config.skills import skill_faults
from .seeds import read_seeds

SAMPLE = 20
"""Seeds read: a folder of a million files is not read to its end."""
PING = Turn(role="user", content="ping")
PONG = Turn(role="assistant", content="pong")
"""What a reward model is asked to score."""
PATIENCE_S = 20.0
FEW = 64
"""Tokens asked for where one is too few: some endpoints have a least number."""
_TOO_FEW = re.compile(r"max_(completion_|output_)?tokens|output limit|token limit", re.I)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    by_user: bool = False
    """What is wrong was written so: in the config, the documents or the environment; not an answer."""

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.what}: {self.detail}"

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)


def check(config: RunConfig) -> list[Finding]:
    """Return what was looked at, the offline part first; everything is looked at, whatever fails."""
    seeds, kinds = _seeds(config)
    skills = [_skill(name, kinds) for name in config.skills]
    return [seeds, *skills, *asyncio.run(_models(config))]


def _seeds(config: RunConfig) -> tuple[Finding, set[str]]:
    """Return what the first documents look like, and the kinds among them."""
    read, seeds = 0, []
    try:
        for item in read_seeds(config.seeds):
            read += 1
            seeds += [item] if isinstance(item, Seed) else []
            if seeds and read >= SAMPLE:
                break
    except ArenaInstructError as error:
        return Finding("seeds", False, str(error).removeprefix("seeds: "), by_user=True), set()
    kinds = {seed.kind for seed in seeds}
    detail = f"of the first {read} documents {len(seeds)} are usable ({', '.join(sorted(kinds))})"
    return Finding("seeds", True, detail), set(kinds)


def _skill(name: str, kinds: set[str]) -> Finding:
    try:
        skill = load_skill(name)
    except ValueError as error:
        return Finding(f"skill {name}", False, str(error), by_user=True)
    if faults := list(skill_faults(name)):
        return Finding(f"skill {name}", False, "; ".join(faults), by_user=True)
    detail = f"{len(skill.leaves)} leaves, {len(skill.transformations)} transformations"
    if kinds and not kinds & set(skill.seed_kinds):
        detail += f"; takes {', '.join(skill.seed_kinds)}: none of the documents read is one"
    return Finding(f"skill {name}", True, detail)


async def _models(config: RunConfig) -> list[Finding]:
    """Ask every model at once; each fails by itself."""
    models = {
        alias: settings.model_copy(
            update={"retries": 1, "timeout_s": min(settings.timeout_s, PATIENCE_S)}
        )
        for alias, settings in config.models.items()
    }
    limits = share_limits(models, patience_s=PATIENCE_S, notify=lambda text: None)
    return await asyncio.gather(
        *(_model(alias, settings, limits[alias], config.seed) for alias, settings in models.items())
    )


async def _model(alias: str, settings: ModelSettings, limits: Limits, seed: int) -> Finding:
    """Ask for one token; where the endpoint finds that too little, for a few."""
    what = f"model {alias}"
    for tokens in (1, FEW):
        capped = settings.model_copy(update={"max_tokens": min(tokens, settings.max_tokens)})
        try:
            opened = open_models({alias: capped}, {alias: limits}, seed)[alias]
        except UserError as error:
            return Finding(what, False, redact(str(error)), by_user=True)
        try:
            return Finding(what, True, f"{await _ask(alias, opened)}{_free(settings)}")
        except ModelError as error:
            if error.status != 400 or tokens == FEW or not _TOO_FEW.search(str(error)):
                return Finding(what, False, redact(str(error)))
        except ArenaInstructError as error:
            return Finding(what, False, redact(str(error)))
        finally:
            await opened.provider.aclose()
    raise AssertionError("the last attempt returns")


async def _ask(alias: str, model: OpenModel) -> str:
    """Return how a model answers; recorded and scripted ones are sound once they are open."""
    if model.settings.provider in ("recorded", "scripted"):
        return f"{model.provider.endpoint} is there"
    scored = isinstance(model.settings, RewardModel)
    call = Call(alias, (PING, PONG) if scored else (PING,), role="check")
    started = time.perf_counter()
    try:
        reply = await model.limits.run(lambda: model.provider.complete(call), 10)
    except ModelError as error:
        if not isinstance(error.__cause__, NoText):
            raise
        seconds = time.perf_counter() - started
        return f"answers in {seconds:.2f} s, without text so early (it may think first)"
    said = f"scores a short answer {float(reply.text):.4g}" if scored else "answers"
    return f"{reply.model} {said} in {reply.seconds:.2f} s"


def _free(settings: ModelSettings) -> str:
    """Return a reminder where calls of a served model cost nothing in our books."""
    if settings.price.input or settings.price.output or not isinstance(settings, EndpointSettings):
        return ""
    return "; no price is set: its calls count as 0 USD, and budget.usd does not see them"
