"""The check: everything that can be wrong offline, then one token from each model."""

import asyncio
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from ..agents.errors import ArenaInstructError
from ..agents.models.call import Call
from ..agents.models.door import OpenModel
from ..agents.models.limits import share_limits
from ..agents.models.opening import open_models
from ..agents.models.secrets import redact
from ..agents.records import Seed, Turn
from ..prompts.template import load_prompt
from ..taxonomy.skill import load_skill
from .config import RunConfig
from .seeds import read_seeds

SAMPLE = 20
"""Seeds read: a folder of a million files is not read to its end."""
PING = Turn(role="user", content="ping")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.what}: {self.detail}"

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)


def check(config: RunConfig) -> list[Finding]:
    """Return what was looked at, the offline part first; models are asked only when it is sound.

    Raises:
        UserError: a model's settings cannot work (a key that is not set).
    """
    findings = [_seeds(config), *(_skill(name) for name in config.skills)]
    if all(finding.ok for finding in findings):
        findings += asyncio.run(_models(config))
    return findings


def _seeds(config: RunConfig) -> Finding:
    try:
        found = list(islice(read_seeds(config.seeds), SAMPLE))
    except ArenaInstructError as error:
        return Finding("seeds", False, str(error))
    seeds = [item for item in found if isinstance(item, Seed)]
    kinds = ", ".join(sorted({seed.kind for seed in seeds}))
    return Finding(
        "seeds",
        bool(seeds),
        f"of the first {len(found)} documents {len(seeds)} are usable ({kinds})",
    )


def _skill(name: str) -> Finding:
    try:
        skill = load_skill(name)
        for prompt in skill.prompts.model_dump().values():
            load_prompt(prompt)
    except ValueError as error:
        return Finding(f"skill {name}", False, str(error))
    return Finding(
        f"skill {name}",
        True,
        f"{len(skill.leaves)} leaves, {len(skill.transformations)} transformations",
    )


async def _models(config: RunConfig) -> list[Finding]:
    models = {
        a: m.model_copy(update={"retries": 1, "max_tokens": 1}) for a, m in config.models.items()
    }
    limits = share_limits(models, patience_s=20, notify=lambda text: None)
    opened = open_models(models, limits, config.seed)
    try:
        return list(await asyncio.gather(*(_ask(a, m) for a, m in opened.items())))
    finally:
        for model in opened.values():
            await model.provider.aclose()


async def _ask(alias: str, model: OpenModel) -> Finding:
    """Ask for one token; recorded and scripted models are sound once they are open."""
    what = f"model {alias}"
    if model.settings.provider in ("recorded", "scripted"):
        return Finding(what, True, f"{model.provider.endpoint} is there")
    call = Call(alias, (PING,), role="check")
    try:
        reply = await model.limits.run(lambda: model.provider.complete(call), 10)
    except ArenaInstructError as error:
        return Finding(what, False, redact(str(error)))
    return Finding(what, True, f"{reply.model} answers in {reply.seconds:.2f} s")
