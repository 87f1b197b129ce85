"""Choices: the answer settles on the right option, or on the right one of the labels allowed.

Of options the term is the right one's letter; of labels it is the label, and the replacements are all labels
that are allowed.
"""

import re

from .task import CheckTask, Rule
from .text import folded

_SAID = re.compile(
    r"(?:answer|option|choice)(?: (?:is|would be|must be))?[:=]?\s{0,2}[*_(\[]{0,3}([A-F])\b(?![a-z'’])",
    re.I,
)
_BOXED = re.compile(r"\\boxed\{\s?(?:\\text\{)?\(?([A-F])\)?\}{1,2}")
_LOWER = re.compile(r"\(?([a-f])[).]?")
_ALONE = re.compile(r"[*_(\[]{0,3}([A-F])(?:[*_)\].:,]|\Z|\s{1,2}[-–—]\s)")
_MARKED = re.compile(r"(?<![\w'’])([A-F])[)\].*:](?!\w)")


def _problem_options(task: CheckTask) -> str:
    letters = "ABCDEF"[: len(task.options)]
    if len(task.options) < 2:
        return "there are no options to choose from"
    if len(task.terms) != 1 or task.terms[0].strip().upper() not in tuple(letters):
        return f"the term must be one of the letters {', '.join(letters)}"
    if len(set(map(folded, task.options))) < len(task.options):
        return "two options say the same"
    return ""


def _fault_options(answer: str, task: CheckTask) -> str:
    wanted, chosen = task.terms[0].strip().upper(), chosen_letter(answer, task.options)
    if not chosen:
        return "it settles on no option"
    return "" if chosen == wanted else f"it chooses {chosen}"


def chosen_letter(answer: str, options: tuple[str, ...]) -> str:
    """Return the letter of the option that an answer settles on; empty for none or several."""
    letters = "ABCDEF"[: len(options)]
    answer = _BOXED.sub(r"Answer: \1", answer)
    if found := _LOWER.fullmatch(answer.strip()):
        answer = found[1].upper()
    if found := _ALONE.match(answer.strip()):
        return found[1] if found[1] in letters else ""
    said = {m[1].upper() for m in _SAID.finditer(answer)} & set(letters)
    if len(said) == 1:
        return said.pop()
    plain = folded(answer).strip(" .")
    exact = [
        letters[at] for at, option in enumerate(options) if folded(option).strip(" .") == plain
    ]
    if exact:
        return exact[0]
    marked = {m[1] for m in _MARKED.finditer(answer)} & set(letters)
    return marked.pop() if len(marked) == 1 and not said else ""


def _problem_label(task: CheckTask) -> str:
    labels = [folded(label) for label in task.replacements]
    if len(labels) < 2 or len(set(labels)) < len(labels):
        return "two different labels or more must be allowed"
    if len(task.terms) != 1 or folded(task.terms[0]) not in labels:
        return f"the term must be one of the labels {', '.join(task.replacements)}"
    if missing := [label for label in task.replacements if folded(label) not in folded(task.task)]:
        return f"the task does not name the label {missing[0]!r}"
    return ""


def _fault_label(answer: str, task: CheckTask) -> str:
    # The longest first: a label inside a longer one ("positive" in "very positive") is not said by it.
    labels = sorted(map(folded, task.replacements), key=len, reverse=True)
    # One that is denied is not said either.
    pattern = rf"(?<!\w)(not |\w+n['’]t |neither |nor )?({'|'.join(map(re.escape, labels))})(?!\w)"
    said = {label for denied, label in re.findall(pattern, folded(answer)) if not denied}
    if not said:
        return "it names none of the labels"
    if len(said) > 1:
        return f"it names {len(said)} labels"
    (label,) = said
    return "" if label == folded(task.terms[0]) else f"it says {label!r}"


OPTION = Rule(_problem_options, _fault_options, literal=True)
LABEL = Rule(_problem_label, _fault_label, literal=True)
