"""The design of a tournament: every pair of models on every question, and what was played of it.

A matchmaker is a pure function: given what was played so far it returns the next batch of battles.
All matchmakers have one shape, `(design, played, size) -> Cells`; an empty batch is the end.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Floats, Ints


@dataclass(frozen=True)
class Design:
    """The full tournament; models, pairs and questions are counted from 0."""

    models: int
    questions: int
    seed: int = 0
    """What is drawn by chance follows from it alone."""

    @property
    def pairs(self) -> int:
        """How many pairs of models there are."""
        return self.models * (self.models - 1) // 2

    @property
    def battles(self) -> int:
        """How many battles the full tournament has."""
        return self.pairs * self.questions

    @cached_property
    def sides(self) -> Ints:
        """The two models of each pair, the lower number first, shape (pairs, 2)."""
        return np.stack(np.triu_indices(self.models, 1), axis=1).astype(np.int64)

    @cached_property
    def contrasts(self) -> Floats:
        """1 for the first model of each pair and -1 for the second, shape (pairs, models)."""
        rows = np.arange(self.pairs)
        found = np.zeros((self.pairs, self.models))
        found[rows, self.sides[:, 0]] = 1.0
        found[rows, self.sides[:, 1]] = -1.0
        return found

    @cached_property
    def draws(self) -> Ints:
        """The order in which each pair draws its questions, uniform, shape (pairs, questions)."""
        chances = np.random.default_rng([self.seed, 1]).random((self.pairs, self.questions))
        return np.argsort(chances, axis=1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Cells:
    """Battles as columns: which pair meets on which question."""

    pair: Ints
    question: Ints

    def __len__(self) -> int:
        """Return the number of battles."""
        return len(self.pair)


@dataclass(frozen=True, eq=False)
class Played(Cells):
    """Battles that were tried; one whose games all failed has no games and is not tried again."""

    games: Floats
    """Judged games of each battle."""
    score: Floats
    """Mean share of the win that went to the pair's first model; any number without games."""

    @classmethod
    def nothing(cls) -> "Played":
        """Return the start of a tournament."""
        none = np.zeros(0)
        return cls(none.astype(np.int64), none.astype(np.int64), none, none)

    def tried(self, design: Design) -> Bools:
        """Tell which battles of the design were tried, shape (pairs, questions)."""
        found = np.zeros((design.pairs, design.questions), dtype=np.bool_)
        found[self.pair, self.question] = True
        return found

    def counts(self, design: Design) -> Ints:
        """Return the battles tried by each pair."""
        return np.bincount(self.pair, minlength=design.pairs).astype(np.int64)


class Matchmaker(Protocol):
    """Who battles next."""

    def __call__(self, design: Design, played: Played, size: int) -> Cells:
        """Return about `size` battles that were not tried yet; none when there is nothing to do."""
        ...


def wins(design: Design, played: Played) -> Floats:
    """Return the games won by row model over column model, ties half, shape (models, models)."""
    found = np.zeros((design.models, design.models))
    first, second = design.sides[played.pair].T
    np.add.at(found, (first, second), played.games * played.score)
    np.add.at(found, (second, first), played.games * (1.0 - played.score))
    return found
