"""A provider that reads answers or verdicts from a file, so that what was published can battle.

Answers: rows with `model`, `output` (a text, or a list of texts for several turns), and `prompt` or
`question_id`. Verdicts: rows with `question_id`, `model_a` (shown first), `model_b` and `winner`, and
`judge` where the file holds more than one. A winner is `model_a`, `model_b` or `tie`, or a grade from
`A>>B` to `B>>A` as Arena-Hard's judges give it, or `error` where the judge gave none. What is asked but
not recorded is a failure, and a recorded error is no verdict; nothing is ever guessed.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b, file_digest
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from ...tools.ratings.verdict import BOTH_BAD
from ...tools.tables import Reject, TableError, read_rows
from ..fence import untokened
from ..replies import FiveGradeReply
from ..verdicts import KINDS
from .call import Call, Reply
from .provider import AttemptFailed
from .settings import RecordedSettings
from .thoughts import split_thoughts

Row = Mapping[str, Any]
BY_ID = ("question_id", "id", "instruction_id")
"""Columns that may name the question."""
WINNERS = {"model_a": "A>B", "model_b": "B>A", **dict.fromkeys(("tie", *BOTH_BAD), "A=B")}
"""A recorded winner as a grade: it says nothing of how much better it is."""
CHOICES = {"A>>B": "first", "A>B": "first", "A=B": "tie", "B>A": "second", "B>>A": "second"}
"""What a grade says to who asks for the better one only."""
RECORDED = (*WINNERS, *CHOICES, "error")


class RecordedProvider:
    """Answers a contender's call with a recorded answer, a juror's with a recorded verdict.

    A call is found by what it is about: a question's id or text, and for a juror the two models in
    the order shown.
    """

    def __init__(self, settings: RecordedSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self._answers: dict[object, tuple[str, ...]] = {}
        self._verdicts: dict[tuple[str, ...], str] = {}
        path = Path(settings.file)
        self._read(path, settings)
        self.params: dict[str, Any] = {
            # Two calls with one text may be about different models: the ledger must tell them apart.
            "about": True,
            "column": settings.column,
            # What the file holds counts, not where it lies.
            "file": _file_digest(path),
        }

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        if self._verdicts:
            return Reply(text=self._verdict(call), model=f"recorded/{self.model}")
        thoughts, text = split_thoughts(self._answer(call))
        return Reply(text=text, model=f"recorded/{self.model}", thoughts=thoughts)

    async def aclose(self) -> None:
        """Hold nothing."""

    def _read(self, path: Path, settings: RecordedSettings) -> None:
        rows = _sound(path)
        first = next(rows, None)
        if first is None:
            raise ValueError(f"file: {path} holds no rows")
        verdicts = "winner" in first[1]
        for where, row in chain([first], rows):
            if verdicts:
                self._take_verdict(row, where)
            elif _text(row, "model", where) == settings.model:
                self._take_answer(row, settings.column, where)
        if not self._answers and not self._verdicts:
            who = "judge" if verdicts else "model"
            raise ValueError(f"file: {path} holds no row whose {who} is {settings.model!r}")

    def _take_answer(self, row: Row, column: str, where: str) -> None:
        keys = list(_keys(row))
        if not keys:
            raise ValueError(f"{where}: needs a prompt or one of {', '.join(BY_ID)}")
        # A shortened version that a model does not need is null.
        said = row.get(column) if row.get(column) is not None else row.get("output")
        turns = said if isinstance(said, list) else [said]
        texts = tuple(turn for turn in turns if isinstance(turn, str))
        if not texts or len(texts) < len(turns):
            raise ValueError(f"{where}: {column} must be a text, or a list of texts, one a turn")
        self._answers |= dict.fromkeys(keys, texts)

    def _take_verdict(self, row: Row, where: str) -> None:
        if row.get("judge", self.model) != self.model:
            return
        key = tuple(_text(row, name, where) for name in ("question_id", "model_a", "model_b"))
        winner = _text(row, "winner", where)
        if winner not in RECORDED:
            allowed = ", ".join(name for name in RECORDED if name not in BOTH_BAD)
            raise ValueError(f"{where}: winner is {winner!r}; it must be one of {allowed}")
        self._verdicts[key] = WINNERS.get(winner, winner)

    def _answer(self, call: Call) -> str:
        asked = [turn.content for turn in call.turns if turn.role == "user"]
        found = self._answers.get(call.about[:1]) if call.about else None
        found = found or self._answers.get(_digest(asked[0] if asked else ""))
        if found is None:
            raise self._lacking(f"answer of {self.model} to {' '.join(call.about) or asked[:1]}")
        if len(asked) > len(found):
            raise self._lacking(f"answer of {self.model} to turn {len(asked)} of {call.about}")
        return found[len(asked) - 1]

    def _verdict(self, call: Call) -> str:
        grade = self._verdicts.get(call.about)
        if grade is None:
            raise self._lacking(f"verdict about {', '.join(call.about) or 'an unnamed question'}")
        if grade == "error":
            return "The judge's verdict was recorded as an error."
        return orjson.dumps(_reply(grade, call)).decode()

    def _lacking(self, what: str) -> AttemptFailed:
        return AttemptFailed(f"{self.endpoint} has no {what}", final=True)


def _sound(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows with the words that name them.

    Raises:
        ValueError: the file is no table, or a row is broken: what it recorded must not be guessed.
    """
    try:
        for row in read_rows(path):
            where = f"file: {path}: row {row.number}"
            if isinstance(row, Reject):
                raise ValueError(f"{where}: {row.reason}")
            yield where, row.values
    except TableError as error:
        raise ValueError(f"file: {error}") from error


def _reply(grade: str, call: Call) -> Mapping[str, Any]:
    """Return a recorded grade in the fields of the reply that is asked for."""
    asked = call.reply_type.__name__ if call.reply_type else ""
    graded = {"reason": "recorded verdict", "grade": grade}
    if asked == "FiveGradeReply":
        return graded
    if asked == "ScoreReply":
        first, second = KINDS["five_grade"].scores(FiveGradeReply.model_validate(graded))
        return {"reason": graded["reason"], "score_first": first, "score_second": second}
    return {"reason": graded["reason"], "choice": CHOICES[grade]}


def _keys(row: Row) -> Iterator[object]:
    """Yield what an answer is found by: its question's id, and the prompt's text."""
    for name in BY_ID:
        if row.get(name) is not None:
            yield (str(row[name]),)
            break
    if isinstance(prompt := row.get("prompt"), str):
        yield _digest(prompt)


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()[:32]


def _digest(text: str) -> bytes:
    return blake2b(
        untokened(text).strip().encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()


def _text(row: Row, name: str, where: str) -> str:
    value = row.get(name)
    if value is None or value == "":
        raise ValueError(f"{where}: has no {name}")
    return str(value)
