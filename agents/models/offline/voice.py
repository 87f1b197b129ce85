"""What the engine is asked and what it says, and where its random numbers come from."""

import random
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from ...records import ToolCall, Turn
from ..call import ToolSpec

Strength = Literal["weak", "medium", "strong", "judge"]


@dataclass(frozen=True, slots=True)
class OfflineRequest:
    """One request: the turns and the character of the model that answers them."""

    turns: tuple[Turn, ...]
    reply_name: str = ""
    """Name of the reply type asked for; empty for free text."""
    tools: tuple[ToolSpec, ...] = ()
    strength: Strength = "strong"
    seed: int = 0
    salt: int = 0
    position_bias: float = 0.0
    noise: float = 0.0
    sample: int = 0


@dataclass(frozen=True, slots=True)
class OfflineReply:
    """What the engine says: text, or calls of tools."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()


def dice(request: OfflineRequest) -> random.Random:
    """Return the request's own random numbers: the same turns and character, the same numbers."""
    digest = blake2b(digest_size=8)
    character = (request.seed, request.salt, request.strength, request.sample)
    digest.update(repr(character).encode())
    for turn in request.turns:
        digest.update(f"\x1e{turn.role}\x1f{turn.content}".encode("utf-8", "surrogatepass"))
        for call in turn.tool_calls:
            digest.update(f"\x1f{call.name}\x1f{call.arguments}".encode("utf-8", "surrogatepass"))
    return random.Random(int.from_bytes(digest.digest(), "big"))


def first_user_text(request: OfflineRequest) -> str:
    """Return the first user turn: where the prompt and its tags stand."""
    return next((turn.content for turn in request.turns if turn.role == "user"), "")
