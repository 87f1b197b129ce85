"""How hard each question is for one model: Bradley-Terry with a term for the question.

    hard = question_difficulty(table, studied=("owl@1", "owl@2"), group=leaf_of_question)
    hard.question, hard.spread      # natural log-odds, and their standard deviations

    logit P(x beats y on q) = strength x - strength y - side x (group of q + own of q)

where `side` is 1 if x is studied, -1 if y is, and 0 where both or neither are: a battle of two others
tells of their strengths alone. So a question is hard where the studied model loses more than the
strengths say. Several versions of it have a strength each and share the questions: whatever they all
answered joins their scales, and difficulties of different rounds can be compared.

Both terms shrink to 0 by normal priors, the group's first: a question with one battle is as hard as
its group, with a little of its own. What is asked in different rounds stands in different groups, or a
prior that expects them to be alike would outweigh what joins them. `length.py` takes difficulties as
known; here they are found.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from .newton import damping, sigmoid
from .table import BattleTable, Floats, Ints, add_up

GROUP_SPREAD = 1.0
"""Standard deviation of the prior of a group's difficulty, in log-odds."""
OWN_SPREAD = 1.0
"""Of what a question has beyond its group."""
STRENGTH_SPREAD = 3.0
"""Of a model's strength: weak, and enough to keep those finite that win everything."""
STEPS = 100
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Difficulty:
    """Difficulties in log-odds for the studied model; 0 is where the prior's mean lies."""

    strengths: Floats
    """Shape (models,)."""
    group: Floats
    """Shape (groups,)."""
    question: Floats
    """Of the whole question, its group's included, shape (questions,)."""
    spread: Floats
    """Standard deviation of each question's difficulty, shape (questions,)."""
    expected: Floats
    """Each battle's probability that `a` wins, shape (battles,)."""


@dataclass(frozen=True, eq=False)
class _Design:
    """The rows as indices; `side` is 0 where the question says nothing."""

    a: Ints
    b: Ints
    side: Floats
    question: Ints
    group: Ints
    """Of each question."""
    score: Floats
    weight: Floats
    models: int
    groups: int
    questions: int

    def eta(self, point: "_Point") -> Floats:
        hard = point.group[self.group] + point.own
        lead = point.strength[self.a] - point.strength[self.b]
        return np.asarray(lead - self.side * hard[self.question])


@dataclass(frozen=True, eq=False)
class _Point:
    strength: Floats
    group: Floats
    own: Floats

    def moved(self, step: "_Point", share: float) -> "_Point":
        return _Point(
            self.strength + share * step.strength,
            self.group + share * step.group,
            self.own + share * step.own,
        )


def question_difficulty(
    table: BattleTable, studied: Collection[str], group: Ints, questions: int
) -> Difficulty:
    """Fit strengths, groups and questions together by Newton's method.

    Args:
        table: The battles; a question's number counts from 0.
        studied: Names of the models that questions are hard for: versions of one.
        group: The group of each question, shape (questions,).
        questions: How many there are; those without a battle are as hard as their group.

    Raises:
        ArithmeticError: The search did not settle.
    """
    mine = np.array([name in studied for name in table.models], dtype=np.float64)
    design = _Design(
        table.a,
        table.b,
        mine[table.a] - mine[table.b],
        table.question,
        group,
        table.score,
        table.weight,
        len(table.models),
        int(group.max()) + 1,
        questions,
    )
    point = _Point(np.zeros(design.models), np.zeros(design.groups), np.zeros(questions))
    for _ in range(STEPS):
        step, variance = _newton(design, point)
        reach = np.abs(design.eta(step)).max()
        point = point.moved(step, float(damping(np.asarray(reach))))
        if reach <= TOLERANCE:
            hard = point.group[group] + point.own
            won = sigmoid(design.eta(point))
            return Difficulty(point.strength, point.group, hard, np.sqrt(variance), won)
    raise ArithmeticError(f"the difficulties did not settle in {STEPS} Newton steps")


def _newton(design: _Design, point: _Point) -> tuple[_Point, Floats]:
    """Return the Newton step, and the variance of each question's difficulty at this point.

    A question meets one group only, so its own terms are eliminated first: what is left to solve has
    the size of models and groups, however many questions there are.
    """
    models, groups, questions = design.models, design.groups, design.questions
    expected = sigmoid(design.eta(point))
    pull = design.weight * (design.score - expected)
    curve = design.weight * expected * (1.0 - expected)
    up = -add_up(design.question, design.side * pull, questions)
    own = add_up(design.question, design.side**2 * curve, questions)
    pivot = own + 1.0 / OWN_SPREAD**2
    # How each model's strength bears on each question, shape (models, questions).
    cross = _cross(design, -design.side * curve)
    slope_own = up - point.own / OWN_SPREAD**2
    slope = np.concatenate(
        [
            add_up(design.a, pull, models)
            - add_up(design.b, pull, models)
            - point.strength / STRENGTH_SPREAD**2,
            add_up(design.group, up, groups) - point.group / GROUP_SPREAD**2,
        ]
    )
    # What the questions' own terms take up of each part, before the rest is solved for.
    shared, kept = cross / pivot, own / pivot
    inverse = np.linalg.inv(
        np.block(
            [
                [_of_strengths(design, curve) - shared @ cross.T, _summed(design, cross, 1 - kept)],
                [
                    _summed(design, cross, 1 - kept).T,
                    np.diag(add_up(design.group, own * (1 - kept), groups) + 1 / GROUP_SPREAD**2),
                ],
            ]
        )
    )
    taken = np.concatenate([shared @ slope_own, add_up(design.group, kept * slope_own, groups)])
    top = inverse @ (slope - taken)
    strength, group = top[:models], top[models:]
    left = slope_own - cross.T @ strength - own * group[design.group]
    # The variance of group + own: what is left of its own, and how the others' errors bear on it.
    of_group = models + design.group
    bears = np.einsum("mq,mn,nq->q", shared, inverse[:models, :models], shared, optimize=True)
    both = (shared * inverse[:models, of_group]).sum(axis=0)
    variance = 1 / pivot + bears - 2 * (1 - kept) * both
    variance += (1 - kept) ** 2 * inverse[of_group, of_group]
    return _Point(strength, group, left / pivot), np.asarray(variance)


def _summed(design: _Design, cross: Floats, share: Floats) -> Floats:
    """Return how strengths bear on groups, shape (models, groups): a share of each question's."""
    rows = [add_up(design.group, row * share, design.groups) for row in cross]
    return np.asarray(rows)


def _cross(design: _Design, value: Floats) -> Floats:
    """Return the mixed derivatives of strengths and questions, shape (models, questions)."""
    size = design.models * design.questions
    forth = add_up(design.a * design.questions + design.question, value, size)
    back = add_up(design.b * design.questions + design.question, value, size)
    return np.asarray((forth - back).reshape(design.models, design.questions))


def _of_strengths(design: _Design, curve: Floats) -> Floats:
    size = design.models
    met = add_up(design.a * size + design.b, curve, size * size).reshape(size, size)
    met = met + met.T
    block = np.diag(met.sum(axis=1) + 1.0 / STRENGTH_SPREAD**2) - met
    return np.asarray(block)
