"""Choices: the answer settles on what is right among options, labels, spans of the text or given answers."""

import json
import re
from collections.abc import Sequence

from .spans import find
from .task import CheckTask, Rule
from .text import canonical, folded, trimmed

_SAID = re.compile(
    r"(?:answer|option|choice)(?: (?:is|would be|must be))?[:=]?\s{0,2}[*_(\[]{0,3}([A-F])\b(?![a-z'’])",
    re.I,
)
_BOXED = re.compile(r"\\boxed\{\s?(?:\\text\{)?\(?([A-F])\)?\}{1,2}")
_LOWER = re.compile(r"\(?([a-f])[).]?")
_ALONE = re.compile(r"[*_(\[]{0,3}([A-F])(?:[*_)\].:,]|\Z|\s{1,2}[-–—]\s)")
_MARKED = re.compile(r"(?<![\w'’])([A-F])[)\].*:](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
_VERDICT = 12
"""Words that a sentence may have beside the label that it settles on."""


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
    found = re.findall(pattern, "\n".join(map(folded, _verdicts(answer, labels))))
    said = {label for denied, label in found if not denied}
    if not said:
        return "it names none of the labels, alone or in a short first or last sentence"
    if len(said) > 1:
        return f"it names {len(said)} labels"
    (label,) = said
    return "" if label == folded(task.terms[0]) else f"it says {label!r}"


def _verdicts(answer: str, labels: Sequence[str]) -> list[str]:
    """Return what of an answer may say a label: all where it is short, else its ends that are.

    A label that stands somewhere in a long sentence is a word of it, and no verdict.
    """
    most = _VERDICT + max(len(label.split()) for label in labels)
    parts = [answer]
    if len(answer.split()) > most:
        whole = [part for part in _SENTENCE_END.split(answer) if re.search(r"\w", part)]
        parts = [*whole[:1], *whole[-1:]]
    return [part for part in parts if len(part.split()) <= most]


OPTION = Rule(_problem_options, _fault_options, literal=True)
"""The answer settles on the right option: the term is its letter."""
LABEL = Rule(_problem_label, _fault_label, literal=True)
"""The answer settles on the right label: the term is it, the replacements are all labels that are allowed."""


_BULLET = re.compile(r"\A(?:[-*•–]|\d{1,3}[.)]|\([a-z\d]{1,2}\)) ")


def _problem_extraction(task: CheckTask) -> str:
    if not task.terms:
        return "no spans are given"
    if len(set(map(canonical, task.terms))) < len(task.terms):
        return "a span is given twice"
    context = canonical(task.context)
    for term in task.terms:
        if not term.strip() or not find((term.strip(),), context):
            return f"the span {term!r} does not stand in the text as it is"
    return ""


def _fault_extraction(answer: str, task: CheckTask) -> str:
    given = [canonical(item).strip() for item in items(answer)]
    wanted = [canonical(term).strip() for term in task.terms]
    for term in wanted:
        if term not in given:
            return f"{term!r} is not listed"
    if extra := [item for item in given if item not in wanted]:
        return f"{extra[0][:80]!r} is not one of the spans asked for"
    if len(given) > len(wanted):
        return "a span is listed twice"
    return ""


def items(answer: str) -> list[str]:
    """Return what an answer lists."""
    try:
        value = json.loads(answer)
    except ValueError:
        lines = [_BULLET.sub("", line.strip()) for line in answer.splitlines() if line.strip()]
        return [_unquoted(line.strip()) for line in lines]
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _unquoted(text: str) -> str:
    pairs = {'"': '"', "'": "'", "“": "”", "«": "»", "`": "`"}
    return text[1:-1] if len(text) > 2 and pairs.get(text[0]) == text[-1] else text


EXTRACTION = Rule(_problem_extraction, _fault_extraction)
"""Extraction: the answer lists exactly the spans of the text that are asked for, each as the text has it.

The terms are the spans; a list in JSON, a bullet list, or a line each is read, in any order.
"""


def _problem_exact(task: CheckTask) -> str:
    if not task.terms:
        return "no right answer is given"
    if any(not trimmed(term).strip() for term in task.terms):
        return "a right answer is empty"
    return ""


def _fault_exact(answer: str, task: CheckTask) -> str:
    right = [trimmed(term).strip() for term in task.terms]
    if answer.strip() in right:
        return ""
    return f"expected {' or '.join(map(repr, right[:3]))}, found {answer[:60]!r}"


EXACT = Rule(_problem_exact, _fault_exact, literal=True, decides=True)
"""Exact answer: the answer is one of the terms, letter by letter; there is no text to look at."""
