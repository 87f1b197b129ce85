"""The units of a forecast: calls of one model in one stage, and how long prompts and replies are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..agents.models.settings import ModelSettings
from ..prompts.template import FOLDER
from ..taxonomy.skill import PromptFile

BYTES_PER_TOKEN = 4
"""Of UTF-8: three quarters of a token for a Chinese character, a quarter for a Latin letter."""
REPLY = {
    "describe": 350,
    "find": 15,
    "hypothesise": 230,
    "instruction": 90,
    "suggestion": 42,
    "edit": 130,
    "curation": 45,
    "question": 35,
    "answer": 130,
    "tool_step": 70,
    "statement": 110,
    "game": 65,
    "own_answer": 20,
}
"""Typical tokens of a reply: per instruction, per suggestion, per edit, …"""


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls of one model in one stage; tokens are those of one call."""

    stage: str
    model: ModelSettings
    most: float
    likely: float
    tokens_in: float
    tokens_out: float


Spend = Callable[[Spending], None]


@dataclass(frozen=True, slots=True)
class Drafts:
    """Instructions, at most and probably, and the tokens of their context."""

    most: float
    likely: float
    context: float


def prompt_tokens(file: PromptFile | str) -> float:
    """Return the length of a prompt file, one of our own by its name."""
    file = PromptFile(name=file) if isinstance(file, str) else file
    return _size(Path(file.folder or FOLDER) / f"{file.name}.j2") / BYTES_PER_TOKEN


@cache
def _size(path: Path) -> int:
    return path.stat().st_size
