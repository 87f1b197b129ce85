"""The matchmakers by name, and how many battles each picks at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from .active import active
from .design import Design, Matchmaker
from .round_robin import round_robin
from .swiss import swiss


@dataclass(frozen=True)
class Matching:
    """A matchmaker and the size of its batches."""

    pick: Matchmaker
    batch: Callable[[Design], int]
    """Depends on the design alone, never on speed: the same battles follow on any machine."""


def _few(design: Design) -> int:
    """Return few enough that each batch learns from the one before, enough to keep jurors busy."""
    return max(8, min(design.pairs, 64))


MATCHMAKERS = {
    "round_robin": Matching(round_robin, lambda design: 256),
    "swiss": Matching(swiss, lambda design: design.questions * (design.models // 2)),
    "active": Matching(active, _few),
}
