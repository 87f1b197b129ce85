"""Non-transitive triples: a beats b, b beats c, c beats a. One rating a model cannot show them."""

from dataclasses import dataclass

import numpy as np

from .table import Floats


@dataclass(frozen=True)
class Triples:
    """How often three models beat each other in a circle."""

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
