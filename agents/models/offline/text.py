"""Words, sentences, numbers and names of a text, found by classical means and cached."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w])")
NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,3}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Fig|Eq|No|vs|etc|cf|al|e\.g|i\.e|[A-Z]))\.$"
)
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]|#{1,6})\s)|\n(?=[A-Z][\w .]{0,30}:\s)")
_LEAD = re.compile(r"^\s*(?:(?:[-*•>]|\d+[.)]|#{1,6})\s+)+")
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SUFFIX = re.compile(r"(?:'s|’s|ingly|edly|ing|ies|ed|es|s|ly)$")

STOP = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either else even ever
    every few for from further had has have having he her here hers him his how however i if in
    into is it its itself just let like many may me might more most much must my neither no nor
    not now of off on once one only or other our out over own per same shall she should since so
    some such than that the their them then there these they this those though through thus to
    too under until up upon us very was we well were what when where whether which while who
    whom whose why will with within without would yet you your
    """.split()
)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return a word in lower case without a common ending: crude, but alike for its forms."""
    word = word.lower()
    if len(word) < 5:
        return word[:-1] if len(word) == 4 and word.endswith("s") else word
    cut = _SUFFIX.sub("", word)
    cut = cut if len(cut) >= 3 else word
    return cut[:-1] if len(cut) > 4 and cut[-1] in "ey" else cut


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning, as written, in order."""
    return [
        word
        for word in WORD.findall(text)
        if (len(word) > 2 or word.isdigit()) and word.lower() not in STOP
    ]


@lru_cache(maxsize=16_384)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning."""
    return frozenset(stem(word) for word in content_words(text))


def _split(block: str) -> list[str]:
    pieces: list[str] = []
    for piece in _END.split(block):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece)
    return pieces


@lru_cache(maxsize=1024)
def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text: each on one line, without list marks; code is left out."""
    found: list[str] = []
    for block in _BLOCK.split(_FENCE.sub("\n\n", text)):
        flat = " ".join(_LEAD.sub("", block).split())
        found.extend(piece for piece in _split(flat) if WORD.search(piece))
    return tuple(found)


def usable(sentence: str) -> bool:
    """Tell whether a sentence is a plain full one: long enough to ask about, and not markup."""
    if not (30 <= len(sentence) <= 420) or sentence.rstrip("\"'”’)")[-1:] not in ".!":
        return False
    marks = sum(sentence.count(mark) for mark in "{}<>|\\=_$#`^/~[]")
    return marks * 40 <= len(sentence) and len(sentence.split()) >= 6


@dataclass(frozen=True)
class Text:
    """A text with what can be found in it; made once by `read_text`."""

    text: str

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """All sentences."""
        return sentences(self.text)

    @cached_property
    def usable(self) -> tuple[str, ...]:
        """The sentences one can ask about; never a repeated one."""
        return tuple(dict.fromkeys(s for s in self.sentences if usable(s)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem of the text, code included."""
        return frozenset().union(stems(self.text), *map(stems, self.sentences))

    @cached_property
    def weight(self) -> dict[str, float]:
        """How telling each stem is: rare ones weigh more."""
        counts = Counter(s for sentence in self.sentences for s in stems(sentence))
        total = len(self.sentences) + 1
        return {s: math.log(total / n) + 0.2 for s, n in counts.items()}

    @cached_property
    def frequent(self) -> tuple[str, ...]:
        """The stems that stand in most sentences: what the text is about; the first is foremost."""
        counts = Counter(
            s for sentence in self.sentences for s in stems(sentence) if not s.isdigit()
        )
        return tuple(s for s, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def score(self, query: frozenset[str], sentence: str) -> float:
        """Return how well a sentence meets a query, by the weight of shared stems."""
        shared = query & stems(sentence)
        if not shared:
            return 0.0
        # `fsum` is exact, so the order of a set, which differs from process to process, tells nothing.
        return math.fsum(self.weight.get(s, 1.0) for s in shared) / math.sqrt(
            8 + len(stems(sentence))
        )

    def best(self, query: frozenset[str], count: int = 1) -> list[str]:
        """Return the sentences that meet a query best, best first, at most `count`."""
        scored = [(self.score(query, s), -i, s) for i, s in enumerate(self.sentences)]
        return [s for score, _, s in sorted(scored, reverse=True)[:count] if score > 0]

    def cover(self, query: frozenset[str], sentence: str) -> float:
        """Return the share of a query's weight that a sentence holds; unknown stems weigh most."""
        top = math.log(len(self.sentences) + 1) + 0.2
        total = math.fsum(self.weight.get(s, top) for s in query)
        held = math.fsum(self.weight.get(s, top) for s in query & stems(sentence))
        return held / total if total else 0.0


@lru_cache(maxsize=512)
def read_text(text: str) -> Text:
    """Return a text ready to be searched; the last few hundred are kept."""
    return Text(text)


def key_terms(sentence: str) -> list[str]:
    """Return the spans of a sentence worth asking for: numbers, names, then its longest words."""
    words = sorted(
        (w for w in content_words(sentence) if len(w) > 5 and w.islower()), key=lambda w: -len(w)
    )
    return list(dict.fromkeys([*NUMBER.findall(sentence), *NAME.findall(sentence), *words[:3]]))


def lower_first(sentence: str) -> str:
    """Return a sentence ready to stand inside another one; names and `I` keep their capital."""
    head, _, rest = sentence.partition(" ")
    common = head.lower() in STOP and head != "I"
    return f"{head.lower()} {rest}" if common else sentence


def bare(sentence: str) -> str:
    """Return a sentence without its final mark."""
    return sentence.strip().rstrip(".!?;: ")
