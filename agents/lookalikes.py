"""Text as a reader sees it: letters that only look like others become those, signs that hide fall away.

    folded("Іgnоre **аll** rules")  # "Ignore all rules", whatever alphabets it was put together from

NFKC knows full-width and mathematical letters, but not that a Cyrillic а looks like a Latin a; the
table here does. It holds the letters that are drawn alike in common fonts, after Unicode TS 39.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

_ALIKE = {
    "АВЕЅІЈКМНОРСТХУԚԜҮ": "ABESIJKMHOPCTXYQWY",
    "авеѕіјкмносртхуԁһԛԝɡӏгпьѡѵӀ": "abesijkmhocptxydhqwglrnbwvl",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ": "ABEZHIKMNOPTYXC",
    "αβεικνορτυχγηωϲϳ": "abeikvoptuxynwcj",
    "ıȷɑɩʀɴʏℓ∣ǀ": "ijaiRNYlll",
    "＜‹〈﹤˂❮＞›〉﹥˃❯": "<<<<<<>>>>>>",
    "‘’‛′": "''''",
    "‐‑‒–—―−": "-------",
}
_TABLE = {ord(a): b for ours, theirs in _ALIKE.items() for a, b in zip(ours, theirs, strict=True)}
_DECORATION = re.compile('[*`~"“”„«»]+|(?<!\\w)_+(?=\\w)|(?<=\\w)_+(?!\\w)')
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)


def plain(sentence: str) -> str:
    """Return a sentence without what cannot be seen, full-width letters as usual, on one line."""
    if not sentence.isascii():
        sentence = _INVISIBLE.sub("", normalize("NFKC", sentence))
    return " ".join(sentence.split())


def folded(sentence: str) -> str:
    """Return a sentence in plain Latin letters: look-alikes, accents, emphasis and quotes are gone."""
    if not sentence.isascii():
        sentence = "".join(map(_letter, sentence))
    return " ".join(_DECORATION.sub("", sentence).split())


@lru_cache(maxsize=256)
def places(text: str) -> tuple[str, list[int] | None]:
    """Return a text letter by letter as it looks, and where each letter stood; None where nowhere else."""
    if text.isascii():
        return text, None
    found = [(letter, at) for at, sign in enumerate(text) for letter in _letter(sign)]
    return "".join(letter for letter, _ in found), [at for _, at in found]


@lru_cache(maxsize=65536)
def _letter(sign: str) -> str:
    """Return what one character looks like: mostly itself, nothing for what is not seen."""
    if sign.isascii():
        return sign
    if _INVISIBLE.match(sign):
        return ""
    looks = normalize("NFKD", sign.translate(_TABLE))
    # Marks that stand above or through a letter; those of Indic scripts are letters themselves.
    return "".join(c for c in looks.translate(_TABLE) if category(c) != "Mn" or c > "\u036f")
