"""Limits that a free answer keeps: on its vocabulary, and constraints on its form."""

import re
from collections.abc import Callable
from functools import lru_cache

from ..constraints import Constraint, conflict, faults, read
from .task import CheckTask, Rule
from .text import canonical, first_unnamed, folded

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")


def words(text: str) -> list[str]:
    """Return the words of a text in lower case: letters, with apostrophes and hyphens inside."""
    return [word.casefold() for word in _WORD.findall(canonical(text))]


def _avoid_letter(text: str, letter: str) -> str:
    found = next((word for word in words(text) if letter.casefold() in word), "")
    return found and f"the word {found!r} has the letter {letter!r}"


def _has_phrase(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(folded(phrase))}(?!\w)", folded(text)) is not None


def _avoid_word(text: str, word: str) -> str:
    return f"the text has {word!r}" if _has_phrase(text, word) else ""


def _use_word(text: str, word: str) -> str:
    return "" if _has_phrase(text, word) else f"the text lacks {word!r}"


def _longest_word(text: str, limit: str) -> str:
    # The parts of a hyphenated word count one by one: readers disagree, so be lenient.
    parts = (part for word in words(text) for part in word.split("-"))
    found = next((part for part in parts if sum(map(str.isalpha, part)) > int(limit)), "")
    return found and f"the word {found!r} has more than {limit} letters"


def _count(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _most_words(text: str, limit: str) -> str:
    count = _count(text)
    return f"{count} words, more than {limit}" if count > int(limit) else ""


def _fewest_words(text: str, limit: str) -> str:
    count = _count(text)
    return f"{count} words, fewer than {limit}" if count < int(limit) else ""


def _longest_sentence(text: str, limit: str) -> str:
    sentences = re.split(r"(?<=[.!?…])[\"'”’)]*\s+|\n+", text)
    found = next((s for s in sentences if _count(s) > int(limit)), "")
    return found and f"more than {limit} words in the sentence {found[:60]!r}"


RULES: dict[str, Callable[[str, str], str]] = {
    "avoid_letter": _avoid_letter,
    "avoid_word": _avoid_word,
    "use_word": _use_word,
    "longest_word": _longest_word,
    "longest_sentence": _longest_sentence,
    "most_words": _most_words,
    "fewest_words": _fewest_words,
}
_NUMERIC = {"longest_word", "longest_sentence", "most_words", "fewest_words"}


def _problem_vocabulary(task: CheckTask) -> str:
    if not task.terms or len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} rules but {len(task.replacements)} arguments"
    pairs = list(zip(task.terms, task.replacements, strict=True))
    if found := next((p for rule, value in pairs if (p := _argument_problem(rule, value))), ""):
        return found
    told = tuple(value for rule, value in pairs if rule != "avoid_letter")
    if missing := first_unnamed(told, task.task):
        return f"the task does not name {missing!r}"
    return _contradiction(pairs) or _already_kept(pairs, task.context)


def _argument_problem(rule: str, value: str) -> str:
    if rule not in RULES:
        return f"no rule {rule!r}; rules: {', '.join(RULES)}"
    if rule in _NUMERIC and not re.fullmatch(r"[1-9][0-9]{0,4}", value):
        return f"{rule} needs a number above 0, found {value!r}"
    if rule == "avoid_letter" and not (len(canonical(value)) == 1 and value.isalpha()):
        return f"avoid_letter needs one letter, found {value!r}"
    if rule not in _NUMERIC and not words(value):
        return f"{rule} needs a word, found {value!r}"
    return ""


def _contradiction(pairs: list[tuple[str, str]]) -> str:
    """Refuse a word that must be used although another rule forbids it, and empty ranges."""
    limits = {rule: int(value) for rule, value in pairs if rule in _NUMERIC}
    if len(limits) < sum(rule in _NUMERIC for rule, _ in pairs):
        return "a rule with a number is given twice"
    if limits.get("fewest_words", 0) > limits.get("most_words", 10**6):
        return "fewest_words is above most_words"
    for word in (value for rule, value in pairs if rule == "use_word"):
        for rule, value in pairs:
            if rule not in {"use_word", "fewest_words"} and RULES[rule](word, value):
                return f"use_word {word!r} contradicts {rule} {value!r}"
    return ""


def _already_kept(pairs: list[tuple[str, str]], context: str) -> str:
    """Refuse a limit that the text keeps as it stands: it would limit nothing."""
    limiting = [(rule, value) for rule, value in pairs if rule not in {"use_word", "fewest_words"}]
    if not limiting:
        return "use_word and fewest_words alone limit no vocabulary"
    for rule, value in limiting:
        if not RULES[rule](context, value):
            return f"the text already keeps {rule} {value!r}"
    return ""


def _fault_vocabulary(answer: str, task: CheckTask) -> str:
    if not words(answer):
        return "the answer has no words"
    pairs = zip(task.terms, task.replacements, strict=True)
    return "; ".join(found for rule, value in pairs if (found := RULES[rule](answer, value)))


VOCABULARY = Rule(_problem_vocabulary, _fault_vocabulary)
"""Vocabulary limits: rules over the words and letters of a free rewriting.

Each term is the name of a rule, the replacement at its place is what the rule is about.
"""


@lru_cache(maxsize=256)  # several answers to one task are checked one after another
def _constraints(terms: tuple[str, ...], parameters: tuple[str, ...]) -> tuple[Constraint, ...]:
    return tuple(read(kind, given) for kind, given in zip(terms, parameters, strict=True))


def _problem_constraints(task: CheckTask) -> str:
    if not task.terms or len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} constraints but {len(task.replacements)} sets of parameters"
    try:
        return conflict(_constraints(task.terms, task.replacements))
    except ValueError as error:
        return str(error)


def _fault_constraints(answer: str, task: CheckTask) -> str:
    found = faults(answer, _constraints(task.terms, task.replacements))
    return "; ".join(fault for fault in found if fault)


CONSTRAINTS = Rule(_problem_constraints, _fault_constraints, literal=True)
"""Constraints on form: each term is a kind, the replacement at its place its parameters as JSON."""
