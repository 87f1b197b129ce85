"""Numbers: the last number of the answer is the right one, in the unit asked for, within a tolerance.

The first term is the value, a second one its unit. The replacement is the tolerance: a share (`0.01`), a
factor (`x10`: between a tenth and ten times, as Fermi estimates allow), or nothing where the value is exact.
"""

import re
from math import isclose

from .task import CheckTask, Rule
from .text import folded

_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,40})(?:\.\d{1,40})?"
    r"(?: ?(?:[x×*] ?10 ?\^? ?|e)([-+−]?\d{1,4}))?(?: (hundred|thousand|million|billion|trillion))?",
    re.I,
)
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SCALE = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}


def _problem(task: CheckTask) -> str:
    if not 1 <= len(task.terms) <= 2:
        return "the terms must be a value and, where it has one, its unit"
    try:
        value = float(task.terms[0].replace(",", ""))
        share, factor = _tolerance(task)
    except ValueError:
        return f"{[task.terms[0], *task.replacements]} are not a number and a tolerance"
    if share < 0 or factor < 1 or (factor > 1 and value == 0):
        return "the tolerance must be a share from 0 or a factor above 1 of a value that is not 0"
    return ""


def _tolerance(task: CheckTask) -> tuple[float, float]:
    """Return the share and the factor that are allowed."""
    text = next(iter(task.replacements), "").strip().lower()
    if text.startswith(("x", "×")):
        return 0.0, float(text[1:])
    return (float(text.rstrip("%")) / (100 if text.endswith("%") else 1) if text else 0.0), 1.0


def _fault(answer: str, task: CheckTask) -> str:
    wanted = float(task.terms[0].replace(",", ""))
    share, factor = _tolerance(task)
    found = last_number(answer)
    if found is None:
        return "there is no number in it"
    if factor > 1:
        near = found * wanted > 0 and 1 / factor <= found / wanted <= factor
    else:
        near = isclose(found, wanted, rel_tol=max(share, 1e-9), abs_tol=1e-9)
    if not near:
        return f"its last number is {found:g}, not {wanted:g}"
    if len(task.terms) == 2 and folded(task.terms[1]) not in folded(answer):
        return f"the unit {task.terms[1]!r} is missing"
    return ""


def last_number(answer: str) -> float | None:
    """Return the last number in a text, with its power of ten or its scale word; None without one."""
    numbers = list(_NUMBER.finditer(answer.translate(_SUPER)))
    if not numbers:
        return None
    found = numbers[-1]
    digits = re.match(r"[-+−]?[\d,]+(?:\.\d+)?", found[0])
    assert digits is not None
    value = float(digits[0].replace(",", "").replace("−", "-"))
    power = int(found[1].replace("−", "-")) if found[1] else 0
    if abs(power) > 300:
        return None
    return value * 10.0**power * _SCALE.get((found[2] or "").lower(), 1.0)


RULE = Rule(_problem, _fault, literal=True)
