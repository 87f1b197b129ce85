"""Checkers: programs that verify an answer where a program can.

Ask `usable` first: it says why a check's arguments do not fit the task, and such a task is dropped.
A checker that gets them all the same raises: it never turns them into a verdict on the answer.
"""

from functools import lru_cache

from . import choice, citing, code_tests, edits, formatting, limits, markup, number
from .task import Checker, CheckResult, CheckTask, Rule
from .text import readings

__all__ = [
    "CHECKERS",
    "CHECKER_NAMES",
    "DECIDING",
    "RUNS_CODE",
    "SITE_STATE",
    "TOOL_CALLS",
    "CheckResult",
    "CheckTask",
    "Checker",
    "usable",
]

_RULES: dict[str, Rule] = {
    "keyword_replacement": edits.REPLACING,
    "text_removing": edits.REMOVING,
    "text_capitalization": edits.CAPITALIZATION,
    "data_normalization": edits.NORMALIZATION,
    "vocabulary_limitation": limits.VOCABULARY,
    "text_formatting": formatting.FORMATTING,
    "text_annotation": markup.ANNOTATION,
    "text_styling": markup.STYLING,
    "text_obfuscation": edits.OBFUSCATION,
    "constraints": limits.CONSTRAINTS,
    "extraction": choice.EXTRACTION,
    "json_object": formatting.JSON,
    "option": choice.OPTION,
    "label": choice.LABEL,
    "number": number.RULE,
    "citations": citing.RULE,
    "code_tests": code_tests.RULE,
    "exact_answer": choice.EXACT,
}


@lru_cache(maxsize=64)  # several answers to one task are checked one after another
def usable(name: str, task: CheckTask) -> str:
    """Return "" when the checker can verify answers to this task, else the reason why it cannot.

    Raises:
        KeyError: when there is no checker of that name.
    """
    if name not in _RULES:
        raise KeyError(f"no checker {name!r}; checkers: {', '.join(_RULES)}")
    rule = _RULES[name]
    if not (task.context.strip() or rule.literal):
        return "there is no text to check against"
    return rule.problem(task)


def _checker(name: str) -> Checker:
    rule = _RULES[name]

    def check(answer: str, task: CheckTask) -> CheckResult:
        if reason := usable(name, task):
            raise ValueError(f"the check {name} cannot be used with this task: {reason}")
        read = [answer] if rule.literal else readings(answer, task.context)
        notes = [rule.fault(reading, task) for reading in read]
        # The reading with the least wrapping around it makes the most telling note.
        return CheckResult(passed="" in notes, note="" if "" in notes else notes[-1])

    return check


RUNS_CODE = frozenset({"code_tests"})
"""Checkers that take long enough to be asked in a thread of their own."""
CHECKERS: dict[str, Checker] = {name: _checker(name) for name in _RULES}
"""Every checker of a text by its name, as the taxonomy's leaves call it."""
DECIDING = frozenset(name for name, rule in _RULES.items() if rule.decides)
"""Checkers after which no juror has anything to say."""
TOOL_CALLS = "tool_calls"
"""The checker of a conversation with API calls: `tools.tool_checks.check_tool_use`."""
SITE_STATE = "site_state"
"""The checker of a visit to a website: `tools.site_checks.check_site_task`."""
CHECKER_NAMES = (*CHECKERS, TOOL_CALLS, SITE_STATE)
