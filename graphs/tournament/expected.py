"""What the full tournament is expected to say, from the part of it that was played.

The battles that were not played are predicted: by the strengths of the two models (Bradley–Terry),
and by how well each answered that very question against others. Answers are random effects around
the fitted strengths, on the scale of residuals: residual = strengths + answer a - answer b + chance.
Best linear prediction (Henderson 1975) gives every missing battle and, since this model is linear
and Gaussian, how sure the totals are. When all was played nothing is predicted or uncertain.

Pairs are chosen by what was seen, so the drawn battles are no random sample of the tournament, but
the questions of each pair are: uniform and without replacement. The likelihood conditions on who met
on what, and the choice depends on seen results only, so it needs no weights as long as strengths
describe the pairs. Weights by inverse propensity would not need that, but their variance is so much higher
that they rank worse.
"""

from dataclasses import dataclass

import numpy as np

from ...tools.ratings.connection import Bools
from ...tools.ratings.fit import solve
from ...tools.ratings.newton import fit_wins, sigmoid
from ...tools.ratings.table import Floats, Ints
from .design import Design, Played, wins

PRIOR = 0.5
"""Ridge on the strengths: holds them while there are few battles."""
LOOSE = 0.25
"""Precision of the prior on the strengths' correction."""
GUESS = 40.0
"""Residuals that the first guess of the variances counts for."""
FIRST_GUESS = 0.4
"""Variance of a residual before any was seen; a fifth of it is that of each answer."""


@dataclass(frozen=True, eq=False)
class Expected:
    """The expected outcome of the full tournament."""

    wins: Floats
    """Games won by row model over column model: played ones as they were, the others predicted."""
    predicted: Floats
    """Share of the win that goes to the first model of each pair, shape (pairs, questions)."""
    strengths: Floats
    """Natural log-odds that these wins give, mean 0, shape (models,)."""
    order: Ints
    """Models, best first."""
    doubts: Floats
    """Chance that neighbours of the order belong the other way round, shape (models - 1,)."""

    @property
    def confidence(self) -> float:
        """Least probability that the full tournament gives the whole order (Bonferroni)."""
        return max(0.0, 1.0 - float(self.doubts.sum()))


def expect(design: Design, played: Played) -> Expected:
    """Predict the full tournament; before any game all models are equal."""
    model = _Model(design, played)
    total = model.totals()
    order = np.argsort(-total, kind="stable").astype(np.int64)
    apart = -np.diff(total[order])
    deviation = np.sqrt(np.maximum(model.variances(order), 0.0))
    sure = np.divide(apart, deviation, out=np.where(apart > 0, 99.0, 0.0), where=deviation > 1e-9)
    return Expected(model.wins(), model.predicted, model.strengths(), order, _beyond(sure))


def _beyond(deviates: Floats) -> Floats:
    """Return the upper tail of the normal distribution (logistic approximation, within 0.0002)."""
    return np.asarray(sigmoid(-(1.5976 * deviates + 0.07056 * deviates**3)))


class _Model:
    """The mixed model fitted to what was played."""

    def __init__(self, design: Design, played: Played) -> None:
        self.design = design
        self.seen = np.zeros((design.pairs, design.questions), dtype=np.bool_)
        judged = played.games > 0
        self.pair, self.question = played.pair[judged], played.question[judged]
        self.seen[self.pair, self.question] = True
        # A battle whose games failed is no part of what can be known.
        self.open = ~played.tried(design)
        self.score, self.games = played.score[judged], played.games[judged]
        self.won = wins(design, played)
        self.usual = float(np.median(self.games)) if len(self.games) else 2.0
        base = fit_wins(self.won[None], np.array([PRIOR]))[0]
        self.chance = sigmoid(design.contrasts @ base)
        self.scale = 2.0 * np.sqrt(self.chance * (1.0 - self.chance))
        self._fit()

    def _fit(self) -> None:
        """Find the effects: corrections of the strengths, then the answers question by question."""
        design, contrasts = self.design, self.design.contrasts
        residual = np.zeros((design.pairs, design.questions))
        surprise = self.score - self.chance[self.pair]
        residual[self.pair, self.question] = surprise / self.scale[self.pair]
        self.noise, self.answers = _variances(contrasts, residual, self.seen)
        self.slope = self.scale[:, None] / 4.0 * contrasts
        precision, pull = LOOSE * np.eye(design.models), np.zeros(design.models)
        self.inner = np.zeros((design.questions, design.models, design.models))
        for question in range(design.questions):
            rows = np.flatnonzero(self.seen[:, question])
            here, known = contrasts[rows], self.slope[rows]
            inner = np.linalg.inv(np.eye(design.models) / self.answers + here.T @ here / self.noise)
            self.inner[question] = inner
            sharp = known / self.noise - here @ (inner @ (here.T @ known)) / self.noise**2
            precision += known.T @ sharp
            pull += sharp.T @ residual[rows, question]
        self.covariance = np.linalg.inv(precision)
        common = (self.slope @ (self.covariance @ pull))[:, None]
        left = np.where(self.seen, residual - common, 0.0)
        answer = np.einsum("qij,jq->iq", self.inner, contrasts.T @ left) / self.noise
        expected = self.chance[:, None] + self.scale[:, None] * (common + contrasts @ answer)
        self.predicted = np.clip(expected, 0.0, 1.0)

    def wins(self) -> Floats:
        """Return the wins of the full tournament, as far as it can be played."""
        first, second = self.design.sides.T
        full = self.won.copy()
        full[first, second] += self.usual * np.where(self.open, self.predicted, 0.0).sum(axis=1)
        full[second, first] += self.usual * np.where(self.open, 1.0 - self.predicted, 0.0).sum(
            axis=1
        )
        return full

    def strengths(self) -> Floats:
        """Fit the strengths of the full tournament."""
        return np.asarray(solve(self.wins()[None])[0][0])

    def totals(self) -> Floats:
        """Return each model's expected wins: in a complete tournament they give the order."""
        return np.asarray(self.wins().sum(axis=1) / self.usual)

    def variances(self, order: Ints) -> Floats:
        """Return the variance of the difference in wins between neighbours of the order."""
        contrasts = self.design.contrasts
        ahead = (contrasts[:, order[:-1]] - contrasts[:, order[1:]]).T
        common = np.zeros((len(ahead), self.design.models))
        alone = np.zeros(len(ahead))
        for question in np.flatnonzero(self.open.any(axis=0)):
            unknown = ahead * (self.scale * self.open[:, question])
            load, inner = unknown @ contrasts, self.inner[question]
            rows = np.flatnonzero(self.seen[:, question])
            # What the strengths explain is no longer explained by the answers.
            back = load @ inner @ (contrasts[rows].T @ self.slope[rows]) / self.noise
            common += unknown @ self.slope - back
            alone += ((load @ inner) * load).sum(axis=1) + self.noise * (unknown**2).sum(axis=1)
        return np.asarray(alone + ((common @ self.covariance) * common).sum(axis=1))


def _variances(contrasts: Floats, residual: Floats, seen: Bools) -> tuple[float, float]:
    """Return the variances of chance and of answers, from residuals that share a model's answer."""
    squares = float((residual**2).sum())
    spread = (squares + GUESS * FIRST_GUESS) / (int(seen.sum()) + GUESS)
    # Products of two battles of one model on one question; each battle with itself is taken out.
    shared = float(((contrasts.T @ residual) ** 2).sum()) - 2.0 * squares
    met = np.abs(contrasts).T @ seen
    pairs = float((met * (met - 1.0)).sum())
    answers = (shared + GUESS * spread / 5.0) / (pairs + GUESS)
    answers = min(max(answers, 0.02 * spread), 0.45 * spread)
    return spread - 2.0 * answers, answers
