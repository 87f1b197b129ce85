"""Round robin: every pair meets on every question, in a random order that the seed fixes."""

import numpy as np

from .design import Cells, Design, Played


def round_robin(design: Design, played: Played, size: int) -> Cells:
    """Return the next battles of the full tournament."""
    order = np.random.default_rng([design.seed, 0]).permutation(design.battles)
    tried = played.tried(design).ravel()
    chosen = order[~tried[order]][:size]
    return Cells(chosen // design.questions, chosen % design.questions)
