"""Active: the next pair is the one whose battle is expected to tell most about what is undecided.

Undecided is the order of neighbours in the standing. A battle of a pair carries Fisher information
about the difference of its two strengths; the drop in the variance of each neighbours' difference
that it brings, weighted by how doubtful that order is, is its gain (weighted A-optimality, greedily).

A pair draws its question uniformly and without replacement. So the propensity of a battle is known:
the share of all questions that its pair drew; see `expected` for what that is good for. Questions are
not chosen by how well they discriminate: that ranks models worse than chance does.
"""

import numpy as np

from ...tools.ratings.newton import fit_wins, sigmoid
from ...tools.ratings.table import Floats, Ints
from .design import Cells, Design, Played, wins
from .expected import PRIOR, Expected, expect

START = 2
"""Battles of each pair before anything is concluded; with many models fewer (see `FIRST`)."""
FIRST = 8
"""Battles of each model to begin with, at most."""
ORDERS = 1.5
"""Independent games that both orders of one battle are worth."""
LOOSE = 0.05
"""Prior precision of the strengths."""


def active(design: Design, played: Played, size: int) -> Cells:
    """Return the battles from which most is expected; at the start a few of every pair."""
    counts = played.counts(design)
    if (chosen := _start(design, counts)) is None:
        chosen = _greedy(design, played, counts, size)
    counts = counts.copy()
    questions = np.zeros(len(chosen), dtype=np.int64)
    for at, pair in enumerate(chosen):
        questions[at] = design.draws[pair, counts[pair]]
        counts[pair] += 1
    return Cells(chosen, questions)


def _start(design: Design, counts: Ints) -> Ints | None:
    """Return the first pairs, in a random order; None once they were played."""
    if counts.any():
        return None
    shuffled = np.random.default_rng([design.seed, 0]).permutation(design.pairs)
    turns = min(START, design.questions)
    count = min(turns * design.pairs, max(FIRST * design.models, design.models))
    return np.tile(shuffled, turns)[:count].astype(np.int64)


def _greedy(design: Design, played: Played, counts: Ints, size: int) -> Ints:
    """Pick pair by pair, each time counting the information of those picked before."""
    doubts = expect(design, played)
    contrasts, left = design.contrasts, design.questions - counts
    strengths = fit_wins(wins(design, played)[None], np.array([PRIOR]))[0]
    slope = _slope(contrasts @ strengths)
    known = contrasts.T @ (contrasts * (slope * ORDERS * counts)[:, None])
    covariance = np.linalg.inv(known + LOOSE * np.eye(design.models))
    ahead = _neighbours(doubts)
    chosen: list[int] = []
    gained = ORDERS * slope
    for _ in range(size):
        reach = contrasts @ covariance
        drop = (doubts.doubts[:, None] * (ahead @ reach.T) ** 2).sum(axis=0) * gained
        drop /= 1.0 + gained * (reach * contrasts).sum(axis=1)
        drop = np.where(left > 0, drop, -1.0)
        pair = int(drop.argmax())
        if drop[pair] < 0:
            break
        chosen.append(pair)
        left[pair] -= 1
        moved = reach[pair]
        share = gained[pair] / (1.0 + gained[pair] * float(moved @ contrasts[pair]))
        covariance = covariance - share * np.outer(moved, moved)
    return np.array(chosen, dtype=np.int64)


def _slope(differences: Floats) -> Floats:
    """Return chance times counter-chance: the information of one game."""
    chance = sigmoid(differences)
    return np.asarray(chance * (1.0 - chance))


def _neighbours(expected: Expected) -> Floats:
    """Return the contrast of each two neighbours of the order, shape (models - 1, models)."""
    every = np.eye(len(expected.order))[expected.order]
    return np.asarray(every[:-1] - every[1:])
