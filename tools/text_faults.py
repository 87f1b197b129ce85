"""What a program can tell of a text that a model wrote badly: it loops, runs past its end, or is thin."""

import re
import zlib

CONTROL = r"[|｜][\w▁]+[|｜]>|/?(?:start|end)_of_turn>|</?SYS>>"
"""Control tokens of chat templates, after their `<`.

ChatML, Llama, Phi, Qwen, DeepSeek, Harmony; Gemma; Llama 2.
"""
_SPECIAL = re.compile(rf"<(?:{CONTROL})|\[/?INST\]")
"""Tokens of chat templates: a server gives them out as text where a model runs past its end."""
_LONG = 600
"""Characters from which a text can loop: a short refrain is a style."""
_PACKS = 12
"""Times that a loop packs: prose packs 2 to 4 times, long tables and lists up to 9."""
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 100
_LEAST_SHARED = 0.1


def broken(text: str, given: str = "") -> str:
    """Return why a text is no answer whatever it was asked; empty where nothing is wrong.

    `given` is what the model was given: a token that stands there may be spoken of.
    """
    for found in _SPECIAL.finditer(text):
        if found[0] not in given:
            return f"holds the control token {found[0]}"
    return "repeats one phrase over and over" if loops(text) else ""


def loops(text: str) -> bool:
    """Return whether a text says the same over and over, as small models do until they are cut off."""
    data = text.encode("utf-8", "replace")
    # The end alone as well: many a loop comes after a sound beginning.
    return any(
        len(part) >= _LONG and len(part) > _PACKS * len(zlib.compress(part, 6))
        for part in (data, data[-4 * _LONG :])
    )


def thin(passage: str, seed: str, *, grounded: bool = True) -> str:
    """Return why a passage cannot have been made of its seed; empty where it can.

    It needs a hundred words, or a third of a shorter seed's, and a tenth of its words from the seed;
    without `grounded` (a translation) only the length counts.
    """
    words, of_seed = _WORD.findall(passage.lower()), _WORD.findall(seed.lower())
    if len(passage) < len(seed) and len(words) < (least := min(_LEAST_WORDS, len(of_seed) // 3)):
        return f"has {len(words)} words where at least {least} were asked for"
    own = {word for word in words if len(word) > 3 or word.isdigit()}
    shared = len(own & set(of_seed))
    if grounded and own and shared < _LEAST_SHARED * len(own):
        return f"shares {shared} of its {len(own)} words with the seed"
    return "repeats one phrase over and over" if loops(passage) else ""
