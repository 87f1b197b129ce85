"""Words, sentences, numbers and names of a text, found by classical means and cached."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from ....tools.safe_yaml import load_yaml

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w])")
NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,3}")
DENIAL = re.compile(r"\b(?:not|never|no|false|cannot)\b|n[’']t\b", re.I)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Fig|Eq|No|vs|etc|cf|al|e\.g|i\.e|[A-Z]))\.$"
)
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]|#{1,6})\s)|\n(?=[A-Z][\w .]{0,30}:\s)")
_LEAD = re.compile(r"^\s*(?:(?:[-*•>]|\d+[.)]|#{1,6})\s+)+")
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SUFFIX = re.compile(r"(?:'s|’s|ingly|edly|ing|ies|ed|es|s|ly)$")
_VERB = re.compile(r"\b(is|are|was|were|can|may|must|should|will|has|have|had)\b(?! not)")

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


def _sentences(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for block in _BLOCK.split(_FENCE.sub("\n\n", text)):
        pieces: list[str] = []
        for piece in _END.split(" ".join(_LEAD.sub("", block).split())):
            if pieces and _ABBREVIATION.search(pieces[-1]):
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
        found.extend(piece for piece in pieces if WORD.search(piece))
    return tuple(found)


def _usable(sentence: str) -> bool:
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
        """All sentences: each on one line, without list marks; code is left out."""
        return _sentences(self.text)

    @cached_property
    def usable(self) -> tuple[str, ...]:
        """The sentences one can ask about; never a repeated one."""
        return tuple(dict.fromkeys(s for s in self.sentences if _usable(s)))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem of the text, code included."""
        return frozenset().union(stems(self.text), *map(stems, self.sentences))

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(s for sentence in self.sentences for s in stems(sentence))

    @cached_property
    def weight(self) -> dict[str, float]:
        """How telling each stem is: rare ones weigh more."""
        total = len(self.sentences) + 1
        return {s: math.log(total / n) + 0.2 for s, n in self._counts.items()}

    @cached_property
    def frequent(self) -> tuple[str, ...]:
        """The stems that stand in most sentences: what the text is about; the first is foremost."""
        counts = [(-n, s) for s, n in self._counts.items() if not s.isdigit()]
        return tuple(s for _, s in sorted(counts))

    def best(self, query: frozenset[str], count: int = 1) -> list[str]:
        """Return the sentences that meet a query best by the weight of shared stems, best first."""
        scored = [(self._score(query, s), -i, s) for i, s in enumerate(self.sentences)]
        return [s for score, _, s in sorted(scored, reverse=True)[:count] if score > 0]

    def main(self, count: int) -> list[str]:
        """Return the sentences that say most of what the text is about, in their order."""
        chosen = set(self.best(frozenset(self.frequent[:12]), count))
        return [s for s in self.sentences if s in chosen]

    def _score(self, query: frozenset[str], sentence: str) -> float:
        own = stems(sentence)
        shared = query & own
        # `fsum` is exact: the order of a set, which differs from process to process, tells nothing.
        held = math.fsum(self.weight.get(s, 1.0) for s in shared) if shared else 0.0
        return held / math.sqrt(8 + len(own))

    def cover(self, query: frozenset[str], sentence: str) -> float:
        """Return the share of a query's weight that a sentence holds; unknown stems weigh most."""
        top = math.log(len(self.sentences) + 1) + 0.2
        total = math.fsum(self.weight.get(s, top) for s in query)
        held = math.fsum(self.weight.get(s, top) for s in query & stems(sentence))
        return held / total if total else 0.0

    def topic(self, sentence: str) -> str:
        """Return two or three words that name what a sentence is about, in its order."""
        words = [w for w in dict.fromkeys(content_words(plain(sentence))) if not w[0].isdigit()]
        top = set(sorted(words, key=lambda w: (-self.weight.get(stem(w), 0.0), w))[:3])
        return listed([w for w in words if w in top])


@lru_cache(maxsize=512)
def read_text(text: str) -> Text:
    """Return a text ready to be searched; the last few hundred are kept."""
    return Text(text)


def listed(words: Sequence[str]) -> str:
    """Return words as they are listed in a sentence: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def lower_first(sentence: str) -> str:
    """Return a sentence ready to stand inside another one; names and `I` keep their capital."""
    head, _, rest = sentence.partition(" ")
    return f"{head.lower()} {rest}" if head.lower() in STOP and head != "I" else sentence


def bare(sentence: str) -> str:
    """Return a sentence without its final mark."""
    return sentence.strip().rstrip(".!?;: ")


def plain(sentence: str) -> str:
    """Return a sentence without the speaker's name or the lead-in before it."""
    rest = _cue().sub("", sentence)
    return rest[:1].upper() + rest[1:]


def shorten(text: str, words: int) -> str:
    """Return the first words of a text, with a closing mark."""
    spans = list(WORD.finditer(text))
    if len(spans) <= words:
        return text
    cut = text[: spans[max(words, 1) - 1].end()]
    return cut + ('".' if cut.count('"') % 2 else ".")


def contradict(sentence: str) -> str:
    """Return a sentence turned into its contrary, or with its number changed."""
    if number := NUMBER.search(sentence):
        return sentence[: number.start()] + other_number(number[0]) + sentence[number.end() :]
    turned = _VERB.sub(r"\1 not", sentence, count=1)
    if turned == sentence:
        turned = re.sub(r" (not|never|no)\b", "", sentence, count=1)
    return turned if turned != sentence else f"It is false that {lower_first(bare(sentence))}."


def same_claim(statement: str, sentence: str) -> bool:
    """Tell whether two statements agree in numbers and polarity."""
    numbers = set(re.findall(r"\d+", statement)) <= set(re.findall(r"\d+", sentence))
    denials = len(DENIAL.findall(statement)) + len(DENIAL.findall(sentence))
    return numbers and denials % 2 == 0


def other_number(number: str) -> str:
    """Return a different number of the same look."""
    digit = re.search(r"\d", number)
    if digit is None:
        return number
    new = str((int(digit[0]) + 3) % 10 or 4)
    return number[: digit.start()] + new + number[digit.end() :]


@cache
def _cue() -> re.Pattern[str]:
    """Match a speaker's name, and what leads into a sentence in the passages made here."""
    leads = {lead for form in words("passages") for lead in form.get("leads", ()) if lead}
    told = "|".join(map(re.escape, sorted({*words("cues"), *leads})))
    return re.compile(rf"^(?:[A-Z][\w.]*(?: [A-Z][\w.]*){{0,2}}: |{told})+")


_WORD = re.compile(r"[A-Za-zé]+")


@cache
def _all() -> dict[str, Any]:
    found: dict[str, Any] = load_yaml(Path(__file__).with_name("words.yaml").read_text("utf-8"))
    return found


def words(name: str) -> Any:
    """Return one table."""
    return _all()[name]


def exchanged(name: str, text: str) -> str:
    """Return a text with every word that stands in a table exchanged; capitals are kept."""
    table: dict[str, str] = words(name)

    def swap(match: re.Match[str]) -> str:
        new = table.get(match[0].lower(), match[0])
        return new.capitalize() if new != match[0] and match[0][0].isupper() else new

    return _WORD.sub(swap, text)
