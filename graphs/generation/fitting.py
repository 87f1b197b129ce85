"""What a document may take of the context windows of those who read it, and how it is cut to that."""

import re
from collections.abc import Iterable, Mapping

from ...agents.cast import Cast
from ...agents.models.settings import ModelSettings
from ...agents.records import Seed

BYTES_PER_TOKEN = 3
"""Cautious: most texts have more bytes a token, none should turn out too long."""
FRAME = 1650
"""Tokens of the longest prompt around a text, with a task in it."""
ANSWER = 600
"""Tokens of an answer as jurors are shown two of them."""
LEAST = 200
"""Tokens of a text that are worth asking about."""
_ENDS = (r"\n\s*\n", r"\n", r"(?<=[.!?。！？])\s*", r"\s")


def readers(cast: Cast) -> Iterable[tuple[str, int]]:
    """Yield every alias that reads documents, with what else stands in its prompt, in tokens."""
    jurors = {*cast.jury, *cast.evaluation_jury}
    for alias in dict.fromkeys(alias for _, alias in cast.aliases()):
        yield alias, FRAME + 2 * ANSWER if alias in jurors else FRAME


def room(cast: Cast, models: Mapping[str, ModelSettings]) -> tuple[int, str] | None:
    """Return the tokens that a document may have, and the alias that allows no more; None for any."""
    found = [
        (window - models[alias].max_tokens - beside, alias)
        for alias, beside in readers(cast)
        if (window := models[alias].context_window) is not None
    ]
    return min(found, default=None)


def no_room(cast: Cast, models: Mapping[str, ModelSettings]) -> str:
    """Return what is wrong where the room is too small to ask anything, empty where it is not."""
    found = room(cast, models)
    if found is None or found[0] >= LEAST:
        return ""
    left, alias = found
    model = models[alias]
    return (
        f"models.{alias}: its context window of {model.context_window:,} tokens holds max_tokens "
        f"({model.max_tokens:,}) and the prompts, and leaves {max(0, left)} for a document; lower "
        f"models.{alias}.max_tokens, or serve it with a larger window (models.{alias}.context_window)"
    )


def fitted(seed: Seed, cast: Cast, models: Mapping[str, ModelSettings]) -> tuple[Seed, str]:
    """Return a seed that all who read it can take, and what was cut of it in words, if anything.

    API documents are read by a program, which needs them whole.
    """
    found = room(cast, models)
    if found is None or seed.kind == "api":
        return seed, ""
    tokens, alias = found
    text = fit(seed.text, tokens)
    if text is seed.text:
        return seed, ""
    return seed.model_copy(update={"text": text}), (
        f"{len(text):,} of {len(seed.text):,} characters fit, with its prompts and its reply, into the "
        f"context window of {alias} ({models[alias].context_window:,} tokens); the rest was not read"
    )


def fit(text: str, tokens: int) -> str:
    """Return the text, cut to about so many tokens at the end of a paragraph, line, sentence or word."""
    most = tokens * BYTES_PER_TOKEN
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text
    head = text[: len(data[:most].decode("utf-8", "ignore"))]
    for end in _ENDS:
        # The last half only: a coarser end too far back would cost more than a finer one.
        places = [m.start() for m in re.finditer(end, head) if m.start() > len(head) // 2]
        if places:
            return head[: places[-1]].rstrip()
    return head
