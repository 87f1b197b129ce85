"""Answers in a file of their own: what they say and how they look, joined to battles by model and question.

A row an answer, as this project, AlpacaEval (`model_outputs.json`), FastChat and Arena-Hard
(`model_answer/MODEL.jsonl`) write them. The style of an answer is what numbers its row has, also those in
`metadata` or `conv_metadata`, counts by kind summed; else its text is measured.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ...agents.errors import UserError
from ...tools.audit.canned import Sayings
from ...tools.audit.evidence import looks
from ...tools.tables import Batch, Reject
from ..options import Control
from .arrays import coded
from .files import battle_files, opened, place
from .values import count, text_of

QUESTION = ("question_id", "uid", "id", "instruction", "prompt")
MODEL = ("model", "model_id", "generator")
TEXT = ("output", "answer", "choices", "messages", "response", "text")
METADATA = ("metadata", "conv_metadata")
NO_STYLE = frozenset({"tstamp", "timestamp", "index", "turn", "answer_id", *QUESTION})
LENGTHS, TOKENS = ("len", "length"), ("token_len", "tokens")
"""Names of a length that is told, and of one that stands in where there is no text to measure."""
MEASURED = ("len", "headings", "items", "bold")
Place = tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """One answer."""

    question: str
    model: str
    text: str
    asked: str
    numbers: Mapping[str, float]


@dataclass
class Answers:
    """What is known of the answers to battles."""

    path: str
    style: tuple[str, ...]
    """Names of the columns to hold equal."""
    looks: dict[Place, tuple[float | None, ...]] = field(default_factory=dict)

    def joined(self, batch: Batch) -> Batch:
        """Return battles with the style columns of both answers; null where there is no answer."""
        if not self.style or not batch.columns:
            return batch
        questions = coded(batch.columns["question_id"]).to_pylist()
        more: dict[str, pa.Array] = {}
        for side in "ab":
            models = coded(batch.columns[f"model_{side}"]).to_pylist()
            nothing = (None,) * len(self.style)
            found = [self.looks.get(at, nothing) for at in zip(questions, models, strict=True)]
            for number, name in enumerate(self.style):
                more[f"{name}_{side}"] = pa.array([row[number] for row in found], pa.float64())
        return Batch(batch.columns | more, batch.numbers, batch.broken)


def answer_of(row: Mapping[str, Any]) -> Answer | None:
    """Return the answer that a row holds; None where it names no question or no model."""
    question = next((row[k] for k in QUESTION if row.get(k) not in (None, "")), None)
    model = next((row[k] for k in MODEL if row.get(k) not in (None, "")), None)
    if question is None or model is None:
        return None
    said = next((row[k] for k in TEXT if row.get(k) is not None), "")
    asked = str(row.get("instruction") or row.get("prompt") or "")
    if isinstance(said, list) and said and isinstance(said[0], Mapping):
        first, last = said[0], said[-1]
        asked = asked or text_of(first.get("content")) * (first.get("role") == "user")
        said = first["turns"] if "turns" in first else last.get("content")
    numbers = {k: v for k, v in row.items() if k not in NO_STYLE and _is_number(v)}
    for name in METADATA:
        if isinstance(held := row.get(name), Mapping):
            numbers |= {k: v for k in held if (v := count(held[k])) is not None}
    return Answer(str(question), str(model).strip(), text_of(said), asked, numbers)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def answers_in(paths: Sequence[str]) -> Iterator[Answer]:
    """Yield the answers that files, folders and runs hold.

    Raises:
        UserError: a file cannot be read, or a row of it is no answer.
    """
    for file in battle_files(paths, ("answers",), "--answers"):
        with opened(file) as table:
            for row in table.rows():
                told = None if isinstance(row, Reject) else answer_of(row.values)
                if told is None:
                    lacks = "is no answer: it needs question_id, model and output"
                    what = row.reason if isinstance(row, Reject) else lacks
                    raise UserError(f"--answers {place(table, row.number)}{what}")
                yield told


def read_answers(paths: Sequence[str], control: Control | None, said: Sayings) -> Answers:
    """Read answers; what they say is noted in `said`.

    Raises:
        UserError: a file cannot be read, or a row of it is no answer.
    """
    found = Answers(", ".join(paths), ())
    for told in answers_in(paths):
        said.add(told.question, told.model, told.text, told.asked)
        found.style = found.style or _style(told, control)
        found.looks[told.question, told.model] = _look(told, found.style)
    if not found.looks:
        raise UserError(f"--answers {found.path}: holds no answers")
    return found


def _style(told: Answer, control: Control | None) -> tuple[str, ...]:
    """Decide by the first answer what is held equal."""
    if control == "length":
        return ("len",)
    if control == "style":
        return tuple(sorted(told.numbers)) or MEASURED
    return ()


def _look(told: Answer, style: tuple[str, ...]) -> tuple[float | None, ...]:
    if style == ("len",):
        names = (*LENGTHS, *(() if told.text else TOKENS))
        return (next((told.numbers[n] for n in names if n in told.numbers), float(len(told.text))),)
    if style == MEASURED and not told.numbers:
        seen = looks(told.text)
        return (seen.length, seen.headings, seen.items, seen.bold)
    return tuple(told.numbers.get(name) for name in style)
