"""Constraints on the form of an answer that a program can verify, and tasks with some of them.

`KINDS` holds every kind by its name; a check names the kinds, and holds their parameters as JSON texts:
`read(kind, '{"count": 3}')`. `drawn` adds constraints of a family to a task, seeded.
"""

from pydantic import ValidationError

from .casing import CASING
from .constraint import Constraint, Material
from .content import CONTENT, Choice
from .draw import FAMILIES, Constrained, drawn, telling_words
from .frame import FRAME
from .keywords import KEYWORDS
from .layout import LAYOUT
from .lengths import LENGTHS

__all__ = [
    "FAMILIES",
    "KINDS",
    "Constrained",
    "Constraint",
    "Material",
    "conflict",
    "drawn",
    "faults",
    "read",
    "telling_words",
]

KINDS: dict[str, type[Constraint]] = {
    kind.KIND: kind for kind in (*LENGTHS, *KEYWORDS, *CASING, *LAYOUT, *FRAME, *CONTENT, Choice)
}


def read(kind: str, parameters: str) -> Constraint:
    """Return a constraint from its kind's name and its parameters as JSON.

    Raises:
        ValueError: there is no such kind, or its parameters are wrong; says which.
    """
    if kind not in KINDS:
        raise ValueError(f"no constraint {kind!r}; constraints: {', '.join(KINDS)}")
    try:
        return KINDS[kind].model_validate_json(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (kind, *first["loc"])))
        raise ValueError(f"{where}: {first['msg']}, found {parameters}") from error


def conflict(constraints: tuple[Constraint, ...]) -> str:
    """Return which two constraints decide the same of an answer; empty where none do."""
    for place, one in enumerate(constraints):
        for other in constraints[:place]:
            if shared := one.TOUCHES & other.TOUCHES:
                return f"{other.KIND} and {one.KIND} both decide {', '.join(sorted(shared))}"
    return ""


def faults(text: str, constraints: tuple[Constraint, ...]) -> tuple[str, ...]:
    """Return what is wrong with an answer, one entry a constraint, empty where it is kept.

    An empty answer keeps none.
    """
    if not text.strip():
        return tuple("the answer is empty" for _ in constraints)
    return tuple(constraint.fault(text) for constraint in constraints)
