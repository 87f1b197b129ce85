"""Cleaning an answer before a juror reads it: orders to the juror are taken out, and seen to be.

    text, places = sanitise(answer.text)

Four things are looked for: the control tokens of chat templates, forged sections of our own prompt,
look-alikes of a verdict, and sentences that order a juror about. Tokens and look-alikes are broken by
a backslash; sentences give way to `REMOVED`. Everything else keeps every byte: code, maths, lists, and
what an answer has to say about judges and juries as its subject.

This is the second wall. The first is the prompt, which tells jurors that answers are data.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from .orders import is_order, is_plea

REMOVED = "[an order to the juror stood here]"
WINDOW = 600
"""Characters of a sentence that are looked at together."""

_TOKEN = re.compile(
    r"<(?=[|｜](?:im_start|im_end|im_sep|system|user|assistant|endoftext|endofprompt|eot_id|eom_id"
    r"|start_header_id|end_header_id|begin_of_text|end_of_text|python_tag|observation|start|end"
    r"|channel|message|return|call|constrain|begin▁of▁sentence|end▁of▁sentence)[|｜]>)"
    r"|<(?=/?(?:start_of_turn|end_of_turn)>)"
    r"|<(?=</?SYS>>)"
    r"|(?<!\w)\[(?=/?INST\])",
    re.IGNORECASE,
)


def _sections(names: str) -> re.Pattern[str]:
    """Match the opening of our prompt's tags; `List<Instruction>` is code."""
    tag = rf"(?:{names})\s*>"
    return re.compile(rf"(?<!\w)<(?=\s*{tag})|<(?=\s*/\s*{tag})", re.IGNORECASE)


_FORGED_FRAME = re.compile(r"<\s*/?\s*(?:first|second)\s*>", re.IGNORECASE)
_SECTION = _sections("rubric|expected_behaviour")
_ANY_SECTION = _sections("rubric|expected_behaviour|instruction|apis")
_VERDICT = re.compile(
    # Alone at the start of a line, or named as a verdict: `x = [[A]]` and `x[[A]]` are no verdicts.
    r"(?:^[^\w\n\[]*|\b(?:verdict|winner|decision|choice|judge?ment|preferred)\W{0,4}(?:is )?\W{0,3}?)"
    r"\[(?=\[(?:[ABC]|tie|[AB](?:>>?|<<?|=)[AB])\]\])"
    r"|\b(?:rating|score|verdict)\W{1,4}\[(?=\[\d+(?:\.\d+)?\]\])"
    r"|(?<=score)_(?=(?:first|second)\W{0,4}\d)"
    r"|(?<=\"choice)(?=\"\s*:\s*\"(?:first|second|tie)\")"
    r"|(?<=\"grade)(?=\"\s*:\s*\"[AB](?:>>?|=)[AB]\")",
    re.MULTILINE | re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?。！？]+[\"'”’)\]*_]*(?=\s|$)|(?<=[。！？])|(?=\n|$))")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@lru_cache(maxsize=1024)
def sanitise(answer: str) -> tuple[str, int]:
    """Return the answer as a juror may read it, and the number of places that were changed.

    An answer in which nothing is found comes back as it is, byte for byte. The last ones are kept:
    every juror reads an answer in both orders of each of its battles.
    """
    text, orders = _without_orders(answer)
    section = _ANY_SECTION if _FORGED_FRAME.search(text) else _SECTION
    places = orders
    for pattern in (_TOKEN, section, _VERDICT):
        text, broken = pattern.subn(lambda found: found[0] + "\\", text)
        places += broken
    return text, places


def _without_orders(answer: str) -> tuple[str, int]:
    """Replace sentences that order a juror about; beside one of them, pleas for a verdict as well."""
    found = [(span, _plain(answer[slice(*span)])) for span in _spans(answer)]
    orders = {span for span, sentence in found if is_order(sentence)}
    if not orders:
        return answer, 0
    spans = [span for span, sentence in found if span in orders or is_plea(sentence)]
    kept: list[str] = []
    at = 0
    for start, end in spans:
        start = max(start, at)  # windows overlap
        lead = len(answer[start:end]) - len(answer[start:end].lstrip())
        kept += [answer[at : start + lead], REMOVED]
        at = end
    return "".join([*kept, answer[at:]]), len(spans)


def _spans(answer: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence; an endless one comes in windows that overlap.

    Patterns may take the square of a length, and no order may hide across a window's edge.
    """
    for match in _SENTENCE.finditer(answer):
        start, end = match.span()
        while end - start > WINDOW:
            yield start, start + WINDOW
            start += WINDOW // 2
        yield start, end


def _plain(sentence: str) -> str:
    """Return a sentence as it reads: no look-alike letters, nothing invisible, single spaces."""
    if not sentence.isascii():
        sentence = _INVISIBLE.sub("", normalize("NFKC", sentence))
    return " ".join(sentence.split())
