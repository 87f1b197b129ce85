"""Usage as endpoints tell it: believed only where it can be true.

A negative count would lift the ceiling, a huge one end the run or overflow the ledger.
"""

from math import ceil, isfinite
from typing import Any

from .call import Call
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
