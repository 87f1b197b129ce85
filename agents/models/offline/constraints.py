"""The constraints that a task shows in words: read from it, obeyed in an answer, checked in one.

Suggester and editor write them, contenders obey them as well as they can, jurors check them.
"""

import re
from dataclasses import dataclass

from .text import WORD, bare, sentences

_LIMIT = re.compile(
    r"\b(?:at most|no more than|not more than|under|fewer than|within|up to) (\d+) words", re.I
)
_ONE = re.compile(r"\b(?:in|as) (?:exactly )?one sentence\b", re.I)
_QUOTE = re.compile(r"\b(?:quote|cite) the (?:exact )?sentence", re.I)
_AVOID = re.compile(r"\bwithout (?:using|writing) the (?:word|term) [\"“]([^\"”]+)[\"”]", re.I)
_START = re.compile(r"\b(?:start|begin) (?:your answer )?with [\"“]([^\"”]+)[\"”]", re.I)
_END = re.compile(r"\bend (?:your answer )?with [\"“]([^\"”]+)[\"”]", re.I)
_BULLETS = re.compile(r"\bas (?:a bulleted list|bullet points)\b|\bin bullet points\b", re.I)
_WHY = re.compile(
    r"\b(?:say|explain|state) why\b|\bgive (?:your|a) reason\b|\bwith (?:a|your) reason\b", re.I
)
_BECAUSE = re.compile(r"\b(?:because|since|for the passage says|as the passage says)\b", re.I)


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a task demands of the form of its answer."""

    words: int = 0
    """At most so many; 0 for no limit."""
    one_sentence: bool = False
    quote: bool = False
    avoid: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    bullets: bool = False
    why: bool = False


def read_constraints(task: str) -> Constraints:
    """Read the constraints that a task states."""
    limit, start, end = _LIMIT.search(task), _START.search(task), _END.search(task)
    return Constraints(
        words=int(limit[1]) if limit else 0,
        one_sentence=bool(_ONE.search(task)),
        quote=bool(_QUOTE.search(task)),
        avoid=tuple(_AVOID.findall(task)),
        start=start[1] if start else "",
        end=end[1] if end else "",
        bullets=bool(_BULLETS.search(task)),
        why=bool(_WHY.search(task)),
    )


def verdicts(wanted: Constraints, answer: str) -> list[tuple[str, bool]]:
    """Return each stated constraint in words, and whether the answer keeps it."""
    low, checks = answer.lower(), []
    if wanted.words:
        checks.append((f"at most {wanted.words} words", len(WORD.findall(answer)) <= wanted.words))
    if wanted.one_sentence:
        checks.append(("one sentence", len(sentences(answer)) == 1))
    if wanted.quote:
        checks.append(("a quoted sentence", bool(re.search(r"[\"“][^\"”]{15,}[\"”]", answer))))
    checks += [(f"no {term!r}", term.lower() not in low) for term in wanted.avoid]
    if wanted.start:
        checks.append(("its opening", low.lstrip().startswith(wanted.start.lower())))
    if wanted.end:
        checks.append(("its ending", bare(low).endswith(bare(wanted.end.lower()))))
    if wanted.bullets:
        checks.append(("bullets", bool(re.search(r"^\s*[-*•] ", answer, re.M))))
    if wanted.why:
        checks.append(("a reason", bool(_BECAUSE.search(answer))))
    return checks


def obey(wanted: Constraints, answer: str, evidence: str) -> str:
    """Return the answer in the demanded form; `evidence` is the sentence it rests on."""
    if wanted.one_sentence:
        answer = next(iter(sentences(answer)), answer)
    if wanted.why and evidence and not _BECAUSE.search(answer):
        answer = f"{bare(answer)}, because the passage says this."
    if wanted.quote and evidence and f'"{evidence}"' not in answer:
        joint = ": " if wanted.one_sentence else ". The sentence is: "
        answer = (
            f'"{evidence}"' if answer.strip() == evidence else f'{bare(answer)}{joint}"{evidence}"'
        )
    for term in wanted.avoid:
        answer = re.sub(rf"\b{re.escape(term)}\b", "it", answer, flags=re.I)
    if wanted.words:
        answer = shorten(answer, wanted.words - len(WORD.findall(f"{wanted.start} {wanted.end}")))
    if wanted.bullets:
        answer = "\n".join(f"- {s}" for s in sentences(answer))
    answer = f"{wanted.start} {answer}" if wanted.start else answer
    return f"{bare(answer)}. {wanted.end}" if wanted.end else answer


def shorten(text: str, words: int) -> str:
    """Return the first words of a text, with a closing mark."""
    spans = list(WORD.finditer(text))
    if len(spans) <= words:
        return text
    cut = text[: spans[max(words, 1) - 1].end()]
    return cut + ('".' if cut.count('"') % 2 else ".")
