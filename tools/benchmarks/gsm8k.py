"""GSM8K: grade-school sums whose solution ends in a number (arXiv 2110.14168)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?|-?\$?\.\d+")
_MARK = "####"


@dataclass(frozen=True, slots=True)
class Item:
    """One sum and its result."""

    key: str
    question: str
    result: float

    @classmethod
    def of(cls, number: int, row: Mapping[str, Any]) -> "Item":
        """Read a row of the published file: `question`, and `answer` with its result after `####`.

        Raises:
            ValueError: a field or the result is missing.
        """
        if not isinstance(row.get("question"), str) or _MARK not in str(row.get("answer")):
            raise ValueError(
                f"row {number}: needs question, and answer with a result after {_MARK}"
            )
        found = last_number(str(row["answer"]).rpartition(_MARK)[2])
        if found is None:
            raise ValueError(f"row {number}: no number after {_MARK} in its answer")
        return cls(f"gsm8k-{number}", row["question"], found)

    @property
    def prompt(self) -> str:
        """The question, and how its answer is to end."""
        return f"{self.question}\n\nThink step by step. End with a line: {_MARK} and the number."

    def solved(self, answer: str) -> bool:
        """Return whether an answer's result is right: the number after its mark, else its last one."""
        after = answer.rpartition(_MARK)[2] if _MARK in answer else answer
        marked = _NUMBER.search(after) if _MARK in answer else None
        found = _value(marked[0]) if marked else last_number(answer)
        return found is not None and abs(found - self.result) < 1e-6


def last_number(text: str) -> float | None:
    """Return the last number of a text; None where there is none."""
    found = _NUMBER.findall(text)
    return _value(found[-1]) if found else None


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("$", ""))
