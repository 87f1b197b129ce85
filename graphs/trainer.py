"""The trainer: what makes a new version of the target out of a round's rows.

class Mine:
async def train(self, request: TrainRequest) -> Weights | None: ...

launch(config, trainer=Mine())

The one that a config's section `training` asks for is in `runs/training/`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..agents.models.settings import ModelSettings
from .records import Records
from .supervisor.decisions import Training


@dataclass(frozen=True)
class TrainRequest:
    """What a trainer gets: the round, the weights to start from, and where the rows are."""

    round: int
    target: str
    """Whose weights to start from, `alias@version`: the target in force, or a candidate that was held
    although it won more than it lost against it."""
    model: ModelSettings
    """How these are served."""
    records: Records
    """The run's rows: kinds `sft` and `preference`, by round."""
    notify: Callable[..., None]
    """`notify("training", step=, at=, of=, loss=)`: how far it is, for the live view."""


@dataclass(frozen=True)
class Weights:
    """What a trainer gives back: a new version of the target and how it is served."""

    version: str
    """Letters, digits, dots and hyphens; the target is then called `alias@version`."""
    model: ModelSettings
    said: str
    """What was trained on what, in a sentence."""
    training: Training | None = None
    """How it was trained, for the record."""


class Trainer(Protocol):
    """Trains the target on a round's rows. The same request gives the same version."""

    async def train(self, request: TrainRequest) -> Weights | None:
        """Return the new weights; None where there was nothing to train on.

        Raises:
            StopRun: it cannot go on now; taken up again, it is asked the same.
        """
        ...
