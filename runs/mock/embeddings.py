"""Hashed embeddings: the same words give the same vector, similar texts similar ones."""

import base64
import math
import re
from array import array
from hashlib import blake2b

_WORD = re.compile(r"\w+")
DIMENSIONS = 64


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a unit vector: every word adds or takes one at the place its hash says."""
    vector = [0.0] * dimensions
    for word in _WORD.findall(text.lower()) or [text]:
        number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
        vector[number // 2 % dimensions] += 1.0 if number % 2 else -1.0
    norm = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / norm for x in vector]


def in_base64(vector: list[float]) -> str:
    """Return a vector as the OpenAI client asks for it: little-endian float32, base64."""
    return base64.b64encode(array("f", vector).tobytes()).decode()
