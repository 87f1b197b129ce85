"""Numbers: the last number of the answer is the right one, in the unit asked for, within a tolerance.

The first term is the value, a second one its unit. The replacement is the tolerance: a share (`0.01`), a
factor (`x10`: between a tenth and ten times, as Fermi estimates allow), or nothing where the value is exact.
"""

import re
from math import isclose

from .task import CheckTask, Rule
from .text import folded

_GROUPED = r"\d{1,3}(?:[,'’\u00a0\u2009\u202f]\d{3}){1,9}(?:\.\d{1,40})?"
_DOTTED = r"\d{1,3}(?:\.\d{3}){1,9},\d{1,40}|\d{1,3}(?:\.\d{3}){2,9}|\d{1,40},\d{1,2}(?![\d,])"
"""As in German: points part thousands, a comma begins the decimals."""
_NUMBER = re.compile(
    rf"(?<![\w.^])([-+−]?)(?:({_DOTTED})(?!\d)|({_GROUPED}(?!\d|,\d)|\d{{1,40}}(?:\.\d{{1,40}})?|\.\d{{1,40}}))"
    r"(?:/(\d{1,9})(?![\d/.]))?"
    r"(?: ?(?:[x×*] ?10 ?\^? ?|e)([-+−]?\d{1,4})|(?<=(?<!\d)10)\^([-+−]?\d{1,4}))?"
    r"(?: (hundred|thousand|million|billion|trillion))?",
    re.I,
)
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_FRACTION = re.compile(r"\\[dt]?frac\{(\d{1,9})\}\{(\d{1,9})\}")
_MINUS = re.compile(r"\b(?:minus|negative) (?=[\d.])", re.I)
_UNITS = (
    ("%", "percent", "per cent", "pct"),
    ("m", "metre", "meter"),
    ("km", "kilometre", "kilometer"),
    ("cm", "centimetre", "centimeter"),
    ("mm", "millimetre", "millimeter"),
    ("g", "gram", "gramme"),
    ("kg", "kilogram", "kilogramme"),
    ("l", "litre", "liter"),
    ("ml", "millilitre", "milliliter"),
    ("s", "sec", "second"),
    ("min", "minute"),
    ("h", "hr", "hour"),
    ("€", "eur", "euro"),
    ("$", "usd", "dollar", "us dollar"),
    ("°c", "degree celsius", "degrees celsius"),
)
"""Names of one unit; a plural is the same."""
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
    if len(task.terms) == 2 and not _names(folded(answer), folded(task.terms[1])):
        return f"the unit {task.terms[1]!r} is missing"
    return ""


def _names(answer: str, unit: str) -> bool:
    """Return whether a text names a unit, by any of its names and not inside of another word."""
    own = next((of for of in _UNITS if {unit, unit.removesuffix("s")} & set(of)), (unit,))
    names = "|".join(map(re.escape, {unit, *own}))
    return re.search(rf"(?<![^\W\d_])(?<!['’])(?:{names})s?(?![^\W\d_])", answer) is not None


def last_number(answer: str) -> float | None:
    """Return the last number in a text, with its power of ten or its scale word; None without one."""
    plain = _RAISED.sub(lambda m: f"^{m[0].translate(_SUPER)}", answer)
    plain = _MINUS.sub("-", _FRACTION.sub(r"\1/\2", plain))
    numbers = list(_NUMBER.finditer(plain))
    if not numbers:
        return None
    sign, dotted, digits, below, power, of_ten, scale = numbers[-1].groups()
    if dotted:
        digits = dotted.replace(".", "").replace(",", ".")
    value = float(re.sub(r"[^\d.]", "", digits)) * (-1 if sign in ("-", "−") else 1)
    if below:
        if not int(below):
            return None
        value /= int(below)
    exponent = int((power or of_ten or "0").replace("−", "-")) - (1 if of_ten else 0)
    if abs(exponent) > 300:
        return None
    return value * 10.0**exponent * _SCALE.get((scale or "").lower(), 1.0)


RULE = Rule(_problem, _fault, literal=True)
