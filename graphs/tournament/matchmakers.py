"""The matchmakers by name, and how many battles each picks at a time; the shortest, round robin, is here."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .active import active
from .design import Cells, Design, Matchmaker, Played
from .swiss import swiss


def round_robin(design: Design, played: Played, size: int) -> Cells:
    """Return the next battles of the full tournament."""
    order = np.random.default_rng([design.seed, 0]).permutation(design.battles)
    tried = played.tried(design).ravel()
    chosen = order[~tried[order]][:size]
    return Cells(chosen // design.questions, chosen % design.questions)


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
