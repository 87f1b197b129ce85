"""Constraints on form: each term is a kind, the replacement at its place its parameters as JSON."""

from functools import lru_cache

from ..constraints import Constraint, conflict, faults, read
from .task import CheckTask, Rule


@lru_cache(maxsize=256)  # several answers to one task are checked one after another
def _constraints(terms: tuple[str, ...], parameters: tuple[str, ...]) -> tuple[Constraint, ...]:
    return tuple(read(kind, given) for kind, given in zip(terms, parameters, strict=True))


def _problem(task: CheckTask) -> str:
    if not task.terms or len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} constraints but {len(task.replacements)} sets of parameters"
    try:
        return conflict(_constraints(task.terms, task.replacements))
    except ValueError as error:
        return str(error)


def _fault(answer: str, task: CheckTask) -> str:
    found = faults(answer, _constraints(task.terms, task.replacements))
    return "; ".join(fault for fault in found if fault)


RULE = Rule(_problem, _fault, literal=True)
