"""Swiss: on each question a few rounds in which neighbours of the standing meet.

A question has ceil(log2 models) rounds, as many as a knock-out needs; nobody meets the same rival
twice on one question. The standing is that of all battles so far, so it soon matches equals.
"""

import math
from collections.abc import Mapping

import numpy as np

from ...tools.ratings.connection import Bools
from ...tools.ratings.newton import fit_wins
from ...tools.ratings.table import Ints
from .design import Cells, Design, Played, wins

PRIOR = np.array([0.5])
"""Ridge on the strengths while there are few battles."""


def swiss(design: Design, played: Played, size: int) -> Cells:
    """Return the next rounds, one for each of several questions."""
    rounds = math.ceil(math.log2(design.models))
    done = np.bincount(played.question, minlength=design.questions) // (design.models // 2)
    shuffled = np.random.default_rng([design.seed, 0]).permutation(design.questions)
    # The question that is furthest behind comes first: all of them finish a round together.
    waiting = [int(q) for q in shuffled[np.argsort(done[shuffled], kind="stable")]]
    behind = [q for q in waiting if done[q] == done[waiting[0]] < rounds]
    strengths = fit_wins(wins(design, played)[None], PRIOR)[0]
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
