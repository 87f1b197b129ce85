"""The trainer that a config's section `training` asks for.

Whatever it makes stands in the run's folder, `checkpoints/VERSION/`, whole or not at all; what is asked
for again and stands there is not trained again.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from ...agents.models.settings import ModelSettings, OpenAISettings, TransformersSettings
from ...agents.models.window import window_of
from ...graphs.supervisor.decisions import TrainedStep, Training
from ...graphs.trainer import Trainer, TrainRequest, Weights
from ..folder import CHECKPOINTS
from .command import train_there
from .marker import mark, marked
from .plan import Plan
from .rows import Draw, write_rows
from .settings import TrainingSettings
from .trl import train_here

Facts = dict[str, Any]
_NEEDED = ("torch", "transformers", "trl", "datasets")
_PACKAGES = ("torch", "transformers", "trl", "peft")


def trainer_of(settings: TrainingSettings, seed: int, folder: Path) -> Trainer | None:
    """Return who trains in a run's folder; None where the rows are only exported."""
    return None if settings.backend == "export" else FolderTrainer(settings, seed, folder)


def refuse_missing(settings: TrainingSettings) -> None:
    """Refuse a training that this Python lacks a package for, before anything is paid.

    Raises:
        UserError: tells what to install.
    """
    if settings.backend != "trl":
        return
    wanted = (*_NEEDED, *(("peft",) if settings.lora else ()))
    if missing := [name for name in wanted if find_spec(name) is None]:
        raise UserError(
            f"training.backend: trl needs {', '.join(missing)}: pip install 'arenainstruct[train]'"
        )


@dataclass(frozen=True)
class FolderTrainer:
    """Trains in a process beside the run: ours, or the user's."""

    settings: TrainingSettings
    seed: int
    folder: Path
    """The run's."""

    async def train(self, request: TrainRequest) -> Weights | None:
        """Train from the weights asked for; None where no row is learned from.

        Raises:
            TrainingFailed: it ended before its end; resumed, it goes on from its last checkpoint.
        """
        work = self.folder / CHECKPOINTS / f".round-{request.round}"
        plan = await prepare(self, request, work)
        made = self.folder / CHECKPOINTS / plan.version
        facts = marked(made)
        if facts is None and any(plan.counts.values()):
            make = _by_command if self.settings.backend == "command" else _here
            facts = await make(plan, work, made, request.notify)
        shutil.rmtree(work, ignore_errors=True)
        if facts is None:
            return None
        steps = tuple(TrainedStep.model_validate(step) for step in facts["steps"])
        done = ", ".join(step.step for step in steps if step.updates) or self.settings.command[0]
        return Weights(
            version=plan.version,
            model=served(request.model, made, plan.version, self.settings, facts["made"]),
            said=f"trained from {plan.origin} by {done}",
            training=Training(
                backend=self.settings.backend,
                base=plan.origin,
                rows=plan.counts,
                digest=plan.digest,
                device=facts["device"],
                versions=facts["versions"],
                settings=self.settings.what(),
                steps=steps,
            ),
        )


async def _here(plan: Plan, work: Path, made: Path, tell: Callable[..., None]) -> Facts | None:
    """Do the steps on this machine."""
    done = await train_here(work, tell)
    if done.model is None:
        return None
    facts = {
        "steps": done.steps, "device": done.device, "versions": _versions(), "made": {}
    }  # fmt: skip
    return _put(done.model, made, facts)


async def _by_command(
    plan: Plan, work: Path, made: Path, tell: Callable[..., None]
) -> Facts | None:
    """Let the user's program do them."""
    told = await train_there(plan, work, tell)
    facts: Facts = {"steps": [], "device": "", "versions": {}, "made": told}
    if "endpoint" not in told and _lies_in(told["model"], work):
        return _put(Path(told["model"]), made, {**facts, "made": {}})
    shutil.rmtree(made, ignore_errors=True)
    os.makedirs(made)
    mark(made, facts)
    return facts


def _lies_in(path: str, folder: Path) -> bool:
    return Path(path).is_relative_to(folder.absolute())


def _put(model: Path, made: Path, facts: Facts) -> Facts:
    """Give a folder of weights its place; it is there whole, or not at all."""
    mark(model, facts)
    shutil.rmtree(made, ignore_errors=True)
    os.rename(model, made)
    return facts


async def prepare(trainer: FolderTrainer, request: TrainRequest, work: Path) -> Plan:
    """Write rows and plan of a round into the folder where the work is done.

    What an interrupted training left there is kept as far as its steps are the same, else removed.
    """
    settings = trainer.settings
    base, origin = base_of(settings, request)
    fresh = work.with_name(f"{work.name}.rows")
    shutil.rmtree(fresh, ignore_errors=True)
    draw = Draw(request.round, settings.replay, trainer.seed)
    rows = await write_rows(request.records, draw, fresh)
    plan = Plan.of(base, origin, work / "rows", rows, trainer.seed, settings)
    try:
        before = Plan.read(work)
    except (OSError, ValueError):
        before = None
    if before is None or before.version != plan.version:
        _forget(work, plan.kept(before) if before else ())
    os.makedirs(work, exist_ok=True)
    shutil.rmtree(work / "rows", ignore_errors=True)
    os.rename(fresh, work / "rows")
    plan.write(work)
    return plan


def _forget(work: Path, kept: tuple[str, ...]) -> None:
    """Remove what lies in a folder, but for the steps that are kept and the lock of who works there."""
    for folder in work.iterdir() if work.is_dir() else ():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder)


def base_of(settings: TrainingSettings, request: TrainRequest) -> tuple[str, str]:
    """Return the weights that a round starts from, and what they are called wherever they lie.

    Raises:
        UserError: nobody says which ones.
    """
    trained = isinstance(request.model, TransformersSettings)
    if settings.base and not (trained and "@" in request.target):
        return settings.base, Path(settings.base).name
    if isinstance(request.model, TransformersSettings):
        return request.model.model, Path(request.model.model).name
    raise UserError(
        f"training.base: {request.target} is no model of provider transformers, so nothing says which "
        "weights to train; name their folder there"
    )


def served(
    model: ModelSettings, made: Path, version: str, settings: TrainingSettings, told: dict[str, str]
) -> ModelSettings:
    """Return how trained weights are served: as the target was, where that was in this process too.

    `told` is what a program of the user's made: a folder elsewhere, or an endpoint.
    """
    kept = model.model_dump(include={"price", "max_tokens", "temperature"})
    if "endpoint" in told:
        own = {"provider": "openai", "base_url": told["endpoint"], "family": model.maker}
        named = {"model": told["model"] or version, "version": version}
        shared = model.model_dump() if isinstance(model, OpenAISettings) else kept
        return OpenAISettings.model_validate({**shared, **own, **named})
    folder = told.get("model", str(made.absolute()))
    own = {
        "provider": "transformers",
        "model": folder,
        "version": version,
        "family": model.maker,
    }
    window = {"context_window": window_of(folder)}
    if isinstance(model, TransformersSettings):
        return model.model_copy(update=own)
    where = settings.model_dump(include={"device", "dtype"})
    return TransformersSettings.model_validate({**kept, **where, **own, **window})


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
