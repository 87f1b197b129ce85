"""Usage as endpoints tell it, believed only where it can be true; and what went through the door, counted.

A negative count would lift the ceiling, a huge one end the run or overflow the ledger.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Any

from .call import Call, Reply, Usage
from .form import form
from .request import schema
from .settings import ModelSettings

FRAME = 16
"""Tokens that a chat template puts around a turn, at most."""
HIDDEN = 20_000
"""Tokens that an endpoint may count and not show: its own system turn, its tools' texts, thoughts."""


def believed(told: Any, most: int) -> int:
    """Return a count of tokens between 0 and `most`; 0 where what is told is no such number."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not isfinite(told):
        return 0
    return min(max(ceil(told), 0), most)


def most_in(call: Call) -> int:
    """Return how many tokens a call's prompt can have: no tokenizer makes more than a text has bytes."""
    spoken = [turn.content for turn in call.turns]
    spoken += [c.name + c.arguments for turn in call.turns for c in turn.tool_calls]
    spoken += [tool.name + tool.description + tool.parameters for tool in call.tools]
    if call.reply_type is not None:
        spoken += [form(call.reply_type), schema(call.reply_type)]
    return sum(len(text.encode("utf-8", "replace")) for text in spoken) + FRAME * len(call.turns)


def likely_in(call: Call) -> int:
    """Return how many tokens a call's turns have, at four letters each."""
    return sum(len(turn.content) for turn in call.turns) // 4 + 1


def dearest(call: Call, settings: ModelSettings, longest: int = 0) -> float:
    """Return what one attempt can cost at most, in USD.

    `longest` is the longest reply seen of the model: some endpoints heed no `max_tokens`.
    """
    price = settings.price
    if price.free:
        return 0.0
    out = max(settings.max_tokens, longest)
    return (most_in(call) * price.input + out * price.output) / 1e6


@dataclass(slots=True)
class Tally:
    """Calls since this process started, and their tokens and USD."""

    paid: Counter[str] = field(default_factory=Counter)
    """By alias: answered by a provider."""
    served: Counter[str] = field(default_factory=Counter)
    """By alias: answered from the ledger, or shared with an identical call in flight."""
    failed: Counter[str] = field(default_factory=Counter)
    """By alias: given up after retries."""
    attempts_failed: Counter[str] = field(default_factory=Counter)
    """By alias: attempts that gave no reply to use, tried again or not."""
    tokens_in: int = 0
    """Of all replies, the unusable ones too where the endpoint counted them."""
    tokens_out: int = 0
    usd: float = 0.0

    def spend(self, used: Reply | Usage) -> None:
        """Add the tokens and the price of a reply."""
        self.tokens_in += used.tokens_in
        self.tokens_out += used.tokens_out
        self.usd += used.usd

    def calls(self) -> dict[str, int]:
        """Return the totals as `{"paid", "served", "failed", "attempts_failed"}`."""
        return {
            "paid": self.paid.total(),
            "served": self.served.total(),
            "failed": self.failed.total(),
            "attempts_failed": self.attempts_failed.total(),
        }
