"""Whether the battles connect the models, so that a maximum-likelihood rating exists.

It exists exactly when every model has won something, directly or over others, from every other one:
when the graph of wins is strongly connected (Ford 1957).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .table import Floats

Bools = npt.NDArray[np.bool_]

NOTHING = 1e-8
"""A share of a model's battles too small to hold its rating in place."""


def edges(wins: Floats) -> Bools:
    """Tell who has beaten whom, shape (..., models, models); a tie is an edge each way."""
    games = wins.sum(axis=-1) + wins.sum(axis=-2)
    return np.asarray(wins > NOTHING * np.minimum(games[..., :, None], games[..., None, :]))


def closure(links: Bools) -> Bools:
    """Tell who is reached from whom over any number of links, oneself included."""
    count = links.shape[-1]
    reach = (links | np.eye(count, dtype=bool)).astype(np.float32)
    while True:
        further = np.minimum(reach @ reach, 1.0)
        if (further == reach).all():
            return np.asarray(reach > 0)
        reach = further


def is_connected(wins: Floats) -> Bools:
    """Tell for each win matrix whether its ratings have a finite maximum likelihood."""
    return np.asarray(closure(edges(wins)).all(axis=(-2, -1)))


def components(wins: Floats) -> tuple[tuple[int, ...], ...]:
    """Group the models that have chains of wins both ways; the largest group first."""
    reach = closure(edges(wins))
    return _groups(reach & reach.T)


def islands(wins: Floats) -> tuple[tuple[int, ...], ...]:
    """Group the models that are joined by any battles at all; the largest group first."""
    met = edges(wins)
    return _groups(closure(met | met.T))


def _groups(together: Bools) -> tuple[tuple[int, ...], ...]:
    label = together.argmax(axis=1)
    groups = [tuple(int(i) for i in np.flatnonzero(label == first)) for first in np.unique(label)]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))


@dataclass(frozen=True)
class Triples:
    """How often three models beat each other in a circle, which one rating a model cannot show."""

    cyclic: int
    decided: int
    """Triples in which each of the three pairs has a winner."""


def triples(wins: Floats) -> Triples:
    """Count the triples of a win matrix; a pair's winner has more than half of its weight."""
    # Halves and weights do not sum to exact equality: a hair's breadth is no victory.
    lead = wins - wins.T
    beats = (lead > 1e-9 * (wins + wins.T)).astype(np.float64)
    either = beats + beats.T
    cyclic = float(np.trace(beats @ beats @ beats)) / 3.0
    decided = float(np.trace(either @ either @ either)) / 6.0
    return Triples(round(cyclic), round(decided))
