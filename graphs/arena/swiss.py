"""Swiss: on each question a few rounds in which neighbours of the standing meet.

A question has ceil(log2 models) rounds, as many as a knock-out needs; nobody meets the same rival
twice on one question. The standing is that of all battles so far, so it soon matches equals.
"""

import math

import numpy as np

from ..ratings.connection import Bools
from ..ratings.newton import fit_wins
from ..ratings.table import Ints
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
    """Pair neighbours from the top who have not met; with an odd number of models one sits out."""
    number = {(int(a), int(b)): pair for pair, (a, b) in enumerate(design.sides)}
    waiting = [int(model) for model in standing]
    found: list[int] = []
    while len(waiting) > 1:
        first = waiting.pop(0)
        for rival in waiting:
            pair = number[min(first, rival), max(first, rival)]
            if not met[pair]:
                waiting.remove(rival)
                found.append(pair)
                break
    return found
