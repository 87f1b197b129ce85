"""What a task demands of the form of its answer: read from its words, kept in an answer, checked in one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from .text import WORD, bare, sentences, shorten, words

_BECAUSE = re.compile(r"\b(?:because|since|for the passage says|as the passage says)\b", re.I)
SENTENCE = re.compile(
    r"(?:\A|(?<=[.?!:] ))(?:answer|reply|write|quote|cite|start|begin|end|give|say|keep|name|set)\b[^.?!]*"
    r"\b(?:words|sentence|with [\"“]|word [\"“]|bullet\w*|why|reason)\b[^.?!\n]*[.?!]?",
    re.I,
)
"""A sentence of a task that only demands a form."""

# Whether an answer keeps a demand, from what the demand names and the answer.
_KEPT: dict[str, Callable[[str, str], bool]] = {
    "one sentence": lambda _, answer: len(sentences(answer)) == 1,
    "a reason": lambda _, answer: bool(_BECAUSE.search(answer)),
    "a quoted sentence": lambda _, answer: bool(re.search(r"[\"“][^\"”]{15,}[\"”]", answer)),
    "not the word": lambda word, answer: word.lower() not in answer.lower(),
    "at most so many words": lambda limit, answer: len(WORD.findall(answer)) <= int(limit),
    "bullet points": lambda _, answer: bool(re.search(r"^[^\S\n]*+[-*•] ", answer, re.M)),
    "the opening": lambda words, answer: answer.lower().lstrip().startswith(words.lower()),
    "the ending": lambda words, answer: bare(answer).lower().endswith(bare(words).lower()),
}


def _quoting(_: str, answer: str, evidence: str) -> str:
    if not evidence or f'"{evidence}"' in answer:
        return answer
    return f'"{evidence}"' if answer.strip() == evidence else f'{bare(answer)}: "{evidence}"'


def _reasoned(_: str, answer: str, evidence: str) -> str:
    if not evidence or _BECAUSE.search(answer):
        return answer
    return f"{bare(answer)}, because the passage says this."


# How an answer is made to keep it, from what the demand names, the answer and the sentence it rests on.
_KEEP: dict[str, Callable[[str, str, str], str]] = {
    "one sentence": lambda _, answer, __: next(iter(sentences(answer)), answer),
    "a reason": _reasoned,
    "a quoted sentence": _quoting,
    "not the word": lambda word, answer, _: re.sub(re.escape(word), "it", answer, flags=re.I),
    "at most so many words": lambda limit, answer, _: shorten(answer, int(limit)),
    "bullet points": lambda _, answer, __: "\n".join(f"- {s}" for s in sentences(answer)) or answer,
    "the opening": lambda words, answer, _: f"{words}: {answer}",
    "the ending": lambda words, answer, _: f"{bare(answer)}. {words}.",
}


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand: its kind, and the number, word or opening that it names."""

    kind: str
    named: str

    def kept(self, answer: str) -> bool:
        """Tell whether an answer keeps it."""
        return _KEPT[self.kind](self.named, answer)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {kind: re.compile(pattern, re.I) for kind, pattern in words("demands").items()}


@lru_cache(maxsize=1024)
def read_demands(task: str) -> tuple[Demand, ...]:
    """Return the demands that a task states: what adds before what cuts, the frame last."""
    return tuple(
        Demand(kind, named) for kind, p in _patterns().items() for named in p.findall(task)
    )


def keep(demands: Sequence[Demand], answer: str, evidence: str) -> str:
    """Return the answer in the demanded form; `evidence` is the sentence it rests on."""
    frame = sum(
        len(WORD.findall(d.named)) for d in demands if d.kind in {"the opening", "the ending"}
    )
    for demand in demands:
        limited = demand.kind == "at most so many words"
        named = str(max(1, int(demand.named) - frame)) if limited else demand.named
        answer = _KEEP[demand.kind](named, answer, evidence)
    return answer
