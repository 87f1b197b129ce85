"""Requests and responses of scoring routes, in the shapes that servers really give.

`/pooling` answers with one number, with a row of labels, or with a row a token, of which the last one
has read the whole answer; `/classify` with labels as `probs` or `logits`; `/score` with `score`. Of two
labels the second is the good one, and the reward is how far it is ahead.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import orjson

from ..records import Turn
from .provider import AttemptFailed
from .usage import believed

MOST_READ = 10_000_000
"""Tokens of an answer and its question, at most."""
_FIELDS = ("data", "logits", "probs", "score")


def encode(turns: Sequence[Turn], route: str) -> dict[str, Any]:
    """Return the fields of a request that hold the conversation; its last turn is the answer."""
    if route != "score":
        return {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}
    *asked, answer = turns
    return {"text_1": "\n\n".join(turn.content for turn in asked), "text_2": answer.content}


def counted(body: bytes) -> int:
    """Return the tokens that a response says it read; 0 where it does not say."""
    try:
        return believed(orjson.loads(body)["usage"]["prompt_tokens"], MOST_READ)
    except (KeyError, TypeError, ValueError):
        return 0


def reward_in(body: bytes) -> float:
    """Return the reward in a response.

    Raises:
        AttemptFailed: it holds no finite number; `refused` where the model is no reward model.
    """
    try:
        item = orjson.loads(body)["data"][0]
        said = next(item[name] for name in _FIELDS if item.get(name) is not None)
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {body[:200]!r}"
        raise AttemptFailed(f"no reward in the response: {why}", status=200) from error
    reward = _reward(_last_row(said, counted(body)))
    if not isfinite(reward):
        raise AttemptFailed(f"the reward is {reward}, no finite number", status=200)
    return reward


def _last_row(said: Any, tokens: int) -> list[Any]:
    """Return the numbers of the last token, or of the whole text where there is one row."""
    rows = said if isinstance(said, list) else [said]
    if rows and isinstance(rows[-1], list):
        return _last_row(rows[-1], 0)
    # A number a token, without a list around each.
    return rows[-1:] if len(rows) == tokens else rows


def _reward(row: list[Any]) -> float:
    if not row or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in row):
        raise AttemptFailed(f"the reward is {row[:3]!r}, no number", status=200)
    if len(row) > 2:
        raise AttemptFailed(
            f"the model gives {len(row)} numbers where a reward model gives one, or two labels; "
            "check its name, and route",
            status=200,
            refused=True,
        )
    return float(row[-1]) - float(row[0]) if len(row) == 2 else float(row[0])
