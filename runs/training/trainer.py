"""The trainer that a config's section `training` asks for.

Whatever it makes stands in the run's folder, `checkpoints/VERSION/`, whole or not at all; what is asked
for again and stands there is not trained again.
"""

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...agents.errors import UserError
from ...agents.models.settings import ModelSettings, TransformersSettings
from ...agents.models.window import window_of
from ...graphs.supervisor.decisions import TrainedStep, Training
from ...graphs.trainer import Trainer, TrainRequest, Weights
from .marker import mark, marked
from .plan import Plan
from .rows import Draw, write_rows
from .settings import TrainingSettings
from .trl import train_here

CHECKPOINTS = "checkpoints"
_PACKAGES = ("torch", "transformers", "trl", "peft")


def trainer_of(settings: TrainingSettings, seed: int, folder: Path) -> Trainer | None:
    """Return who trains in a run's folder; None where the rows are only exported."""
    match settings.backend:
        case "export":
            return None
        case "trl":
            return HereTrainer(settings, seed, folder)
        case "command":
            raise NotImplementedError


@dataclass(frozen=True)
class HereTrainer:
    """Trains on this machine, in a process beside the run."""

    settings: TrainingSettings
    seed: int
    folder: Path
    """The run's."""

    async def train(self, request: TrainRequest) -> Weights | None:
        """Train from the target in force; None where no row is learned from.

        Raises:
            TrainingFailed: it ended before its end; resumed, it goes on from its last checkpoint.
        """
        work = self.folder / CHECKPOINTS / f".round-{request.round}"
        plan = await prepare(self, request, work)
        made = self.folder / CHECKPOINTS / plan.version
        facts = marked(made)
        if facts is None:
            done = await train_here(work, request.notify)
            if done.model is None:
                shutil.rmtree(work)
                return None
            facts = {"steps": done.steps, "device": done.device, "versions": _versions()}
            shutil.rmtree(made, ignore_errors=True)
            mark(done.model, {**(marked(done.model) or {}), **facts})
            os.rename(done.model, made)
        shutil.rmtree(work, ignore_errors=True)
        steps = tuple(TrainedStep.model_validate(step) for step in facts["steps"])
        return Weights(
            version=plan.version,
            model=served(request.model, made, plan.version, self.settings),
            said=f"trained from {plan.origin} by {', '.join(s.step for s in steps if s.updates)}",
            training=Training(
                backend=self.settings.backend,
                base=plan.origin,
                rows=plan.counts,
                digest=plan.digest,
                device=facts.get("device", ""),
                versions=facts["versions"],
                settings=self.settings.model_dump(mode="json", exclude_defaults=True),
                steps=steps,
            ),
        )


async def prepare(trainer: HereTrainer, request: TrainRequest, work: Path) -> Plan:
    """Write rows and plan of a round into the folder where the work is done.

    What an interrupted training left there is kept where the plan is the same, else removed.
    """
    settings = trainer.settings
    base, origin = base_of(settings, request)
    fresh = work.with_name(f"{work.name}.rows")
    shutil.rmtree(fresh, ignore_errors=True)
    draw = Draw(request.round, settings.replay, trainer.seed)
    rows = await write_rows(request.records, draw, fresh)
    plan = Plan.of(base, origin, work / "rows", rows, trainer.seed, settings)
    try:
        same = Plan.read(work).version == plan.version
    except (OSError, ValueError):
        same = False
    if not same:
        shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work, exist_ok=True)
    shutil.rmtree(work / "rows", ignore_errors=True)
    os.rename(fresh, work / "rows")
    plan.write(work)
    return plan


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
    model: ModelSettings, made: Path, version: str, settings: TrainingSettings
) -> ModelSettings:
    """Return how trained weights are served: as the target was, where that was in this process too."""
    own = {
        "provider": "transformers",
        "model": str(made.absolute()),
        "version": version,
        "context_window": window_of(str(made)),
        "family": model.maker,
    }
    if isinstance(model, TransformersSettings):
        return model.model_copy(update=own)
    kept = model.model_dump(include={"price", "max_tokens", "temperature"})
    return TransformersSettings.model_validate({**kept, "device": settings.device, **own})


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
