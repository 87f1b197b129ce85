"""The matchmakers by name, and how many battles each picks at a time.

What choosing battles saved: how many a round robin would have needed to be as sure of its order.

It was not played, so it is played in the mind: what was not seen is drawn from what is expected of
it, a few times over, and a round robin goes through these results until it is as sure.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from ...tools.ratings.connection import Bools
from ...tools.ratings.newton import fit_wins, sigmoid
from ...tools.ratings.table import Floats, Ints
from .design import Cells, Design, Matchmaker, Played, wins
from .expected import PRIOR, Expected, expect

_RIDGE = np.array([0.5])
"""Ridge on the strengths while there are few battles."""


def swiss(design: Design, played: Played, size: int) -> Cells:
    """Return the next rounds, one for each of several questions, in which neighbours of the standing meet.

    A question has ceil(log2 models) rounds, as many as a knock-out needs; nobody meets the same rival
    twice on one question. The standing is that of all battles so far, so it soon matches equals.
    """
    rounds = math.ceil(math.log2(design.models))
    done = np.bincount(played.question, minlength=design.questions) // (design.models // 2)
    shuffled = np.random.default_rng([design.seed, 0]).permutation(design.questions)
    # The question that is furthest behind comes first: all of them finish a round together.
    waiting = [int(q) for q in shuffled[np.argsort(done[shuffled], kind="stable")]]
    behind = [q for q in waiting if done[q] == done[waiting[0]] < rounds]
    strengths = fit_wins(wins(design, played)[None], _RIDGE)[0]
    standing = np.argsort(-strengths, kind="stable")
    met = played.tried(design)
    found: list[tuple[int, int]] = []
    for question in behind:
        if len(found) >= size:
            break
        found += [(pair, question) for pair in _round(design, standing, met[:, question])]
    pairs, questions = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return Cells(pairs, questions)


def _round(design: Design, standing: Ints, met: Bools) -> list[int]:
    """Pair everyone with a neighbour not met yet; of an odd number, who played most sits out."""
    number = {frozenset(sides): pair for pair, sides in enumerate(design.sides.tolist())}
    new = {sides: pair for sides, pair in number.items() if not met[pair]}
    waiting = [int(model) for model in standing]
    if len(waiting) % 2 == 0:
        return _pairs(waiting, new) or []
    unmet = [sum(model in sides for sides in new) for model in waiting]
    for _, sitting in sorted(zip(unmet, waiting, strict=True)):
        if (found := _pairs([m for m in waiting if m != sitting], new)) is not None:
            return found
    return []


def _pairs(waiting: list[int], new: Mapping[frozenset[int], int]) -> list[int] | None:
    """Pair all from the top, each with the nearest rival that leaves the rest a way; None if none does."""
    if not waiting:
        return []
    first, *others = waiting
    for rival in others:
        if (pair := new.get(frozenset((first, rival)))) is None:
            continue
        rest = _pairs([model for model in others if model != rival], new)
        if rest is not None:
            return [pair, *rest]
    return None


START = 2
"""Battles of each pair before anything is concluded; with many models fewer (see `FIRST`)."""
FIRST = 8
"""Battles of each model to begin with, at most."""
ORDERS = 1.5
"""Independent games that both orders of one battle are worth."""
LOOSE = 0.05
"""Prior precision of the strengths."""


def active(design: Design, played: Played, size: int) -> Cells:
    """Return the battles that should tell most about what is undecided; at the start a few of every pair.

    Undecided is the order of neighbours in the standing. A battle of a pair carries Fisher information
    about the difference of its two strengths; the drop in the variance of each neighbours' difference
    that it brings, weighted by how doubtful that order is, is its gain (weighted A-optimality, greedily).

    A pair draws its question uniformly and without replacement. So the propensity of a battle is known:
    the share of all questions that its pair drew; see `expected` for what that is good for. Questions are
    not chosen by how well they discriminate: that ranks models worse than chance does.
    """
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


WORLDS = 5
STEPS = 20
MOST_BATTLES = 200_000
"""Of a design; with more the calculation would take longer than a reader waits."""


def round_robin_battles(design: Design, played: Played, found: Expected) -> int | None:
    """Return about how many battles a round robin needs to be as sure of an order as this.

    None where the design is too large, or nothing was played.
    """
    if not played.games.any() or design.battles > MOST_BATTLES:
        return None
    return round(median(_needed(design, played, found, world) for world in range(WORLDS)))


def _needed(design: Design, played: Played, found: Expected, world: int) -> int:
    everything = round_robin(design, Played.nothing(), design.battles)
    games, score = _drawn(design, played, found, world)
    for step in range(1, STEPS):
        count = design.battles * step // STEPS
        pair, question = everything.pair[:count], everything.question[:count]
        at = (pair, question)
        seen = expect(design, Played(pair, question, games[at], score[at]))
        if seen.confidence >= found.confidence:
            return count
    return design.battles


def _drawn(design: Design, played: Played, found: Expected, world: int) -> tuple[Floats, Floats]:
    """Return games and score of every battle: as they were, or drawn from what is expected."""
    rng = np.random.default_rng([design.seed, 2, world])
    usual = max(1, round(float(np.median(played.games[played.games > 0]))))
    games = np.full(found.predicted.shape, float(usual))
    score = rng.binomial(usual, found.predicted) / usual
    games[played.pair, played.question] = played.games
    score[played.pair, played.question] = played.score
    return games, score
