"""What a checker is given, what it says, and what it is made of."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class CheckTask:
    """A task as a checker sees it: the text it is about and the check's arguments."""

    context: str
    task: str
    terms: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """Files that the answer may cite, as (name, text)."""

    @classmethod
    def from_json(cls, parameters: str) -> Self:
        """Return the task that the column `parameters` of an `rlvr` row holds."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(parameters).items()
        }
        return cls(**given)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether an answer passed; the note names what differs and is empty where nothing does."""

    passed: bool
    note: str = ""


Checker = Callable[[str, CheckTask], CheckResult]
"""What `CHECKERS` holds: from an answer and its task to a result."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The two halves of a checker, both pure: `""` means that nothing is wrong."""

    problem: Callable[[CheckTask], str]
    """Why the arguments cannot be used with this task."""
    fault: Callable[[str, CheckTask], str]
    """What is wrong with one reading of an answer; the arguments are usable."""
    literal: bool = False
    """An answer is taken as it stands, wrapping and all, and the task may be about no text."""
    decides: bool = False
    """Two answers that it passes are equally good, and so are two that it fails: no juror is asked."""
