"""What full-text searches share: clean text, and queries in which no word is an operator."""

import re

from .api_spec import spoken

# Words so common that they would match every row; leaving them out keeps large indexes fast.
_STOP = frozenset(
    "a an and api are as at be by can do for from function get has have how i in into is it its "
    "list me my of on one or our set that the their them these this to use used value was what "
    "which with you your".split()
)
_MOST_WORDS = 12

SEEN = 8
"""How many times as many hits are looked through as are wanted, where some may not be lent."""


def clean(text: str) -> str:
    """Return text that a store and a message can hold: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def match(query: str) -> str:
    """Return a full-text query: every word quoted, so that no word is an operator."""
    words = dict.fromkeys(re.findall(r"[^\W_]+", spoken(clean(query)[:2000])))
    telling = [word for word in words if word not in _STOP] or list(words)
    return " OR ".join(f'"{word}"' for word in telling[:_MOST_WORDS])
