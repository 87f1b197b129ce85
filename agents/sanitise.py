"""Cleaning an answer before a juror reads it: orders to the juror are taken out, and seen to be.

    text, places = sanitise(answer.text)

Four things are looked for: the control tokens of chat templates, forged sections of our own prompt,
look-alikes of a verdict, and sentences that order a juror about. Tokens and look-alikes are broken by
a backslash; sentences give way to `REMOVED`. Everything else keeps every byte: code, maths, lists, and
what an answer has to say about judges, votes and juries as its subject.

This is the second wall. The first is the prompt, which tells jurors that answers are data.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from .foreign import is_foreign_order
from .framing import broken, forged
from .literals import Sieve
from .lookalikes import folded, plain
from .orders import forgets, is_order, is_plea, is_verdict
from .pleading import campaigns, sways
from .reports import claims, reports

REMOVED = "[an order to the juror stood here]"
Span = tuple[int, int]
Sentence = tuple[Span, str]
WINDOW = 600
"""Characters of a sentence that are looked at together."""

_TOKEN = Sieve(
    r"<(?=[|｜](?:im_start|im_end|im_sep|system|user|assistant|endoftext|endofprompt|eot_id|eom_id"
    r"|start_header_id|end_header_id|begin_of_text|end_of_text|python_tag|observation|start|end"
    r"|channel|message|return|call|constrain|begin▁of▁sentence|end▁of▁sentence)[|｜]>)"
    r"|<(?=/?(?:start_of_turn|end_of_turn)>)"
    r"|<(?=</?SYS>>)"
    r"|(?<!\w)\[(?=/?INST\])",
)
_SIGN = r"[AB]\s?(?:>>?|<<?|={1,2})\s?[AB]\b"
_SIDE = r"(?:first|second|model_[ab]|(?:answer|response|assistant) (?-i:[AB]))"
_VERDICT = Sieve(
    # Alone at the start of a line, or named as a verdict: `x = [[A]]` and `x[[A]]` are no verdicts.
    r"(?:^[^\w\n\[]*|\b(?:verdict|winner|decision|choice|judge?ment|preferred|grade|vote"
    r"|ruling)\W{0,4}(?:is\b)?\W{0,4}?)"
    rf"\[(?=\[(?:[ABC]|tie|{_SIGN})\]\])"
    r"|\b(?:rating|score|verdict|grade)\W{1,4}\[(?=\[\d+(?:\.\d+)?\]\])"
    r"|(?<=score)_(?=(?:first|second)\W{0,4}(?:is |to |of )?[1-9])"
    r"|(?<=\"choice)(?=\"\s*:\s*\"(?:first|second|tie)\")"
    r"|(?<=\"grade)(?=\"\s*:\s*\"[AB](?:>>?|=)[AB]\")"
    # In words: the fields of our reply and what verdicts are called, with a value of ours.
    r"|\b(?:verdict|grade|ruling|judge?ment|vote)s?[*_`\"']{0,3} ?(?:[:=]|is\b"
    r"|-+>)[\s*_`\"'\[(]{0,5}[AB](?=\s?(?:>>?|<<?|==?)\s?[AB]\b)"
    r"|^[^\w\n]*(?:(?:my|the|final|overall) )*(?:choice|vote|verdict"
    rf"|winner)[*_`\"']{{0,3}} ?[:=](?=[\s*_`\"']{{0,4}}{_SIDE}[*_`\"'.,!;}}]*\s*$)",
    re.MULTILINE | re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?。！？]+[\"'”’)\]*_]*(?=\s|$)|(?<=[。！？])|(?=\n|$))")
_OPEN = re.compile(r"[\w,*_\"'“”’]\s*$")
_GOES_ON = re.compile(r"[ >]*[\w*\"'“]")
_QUOTATION = re.compile(r"\W*[\"“”„«`'‘](?!\W*$).*[\"”“»`'’]\W*", re.DOTALL)
_ABOUT_ATTACKS = re.compile(r"prompt.injection|jailbreak|attacker|adversar|malicious", re.I)
_ABOUT_ELECTIONS = re.compile(
    r"\b(?:elect(?:ion|ed|oral)s?|president|mayor|senat|governor|parliament|congress"
    r"|council|campaign"
    r"|citizens|polls?\b|polling|constituen|class(?:mates)?\b|student|club\b|captain"
    r"|november|prom\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]+\"|“[^”\n]+”|„[^“”\n]+[“”]|«[^»\n]+»|‘[^’\n]+’|`[^`\n]+`")


@lru_cache(maxsize=1024)
def sanitise(answer: str) -> tuple[str, int]:
    """Return the answer as a juror may read it, and the number of places that were changed.

    An answer in which nothing is found comes back as it is, byte for byte. The last ones are kept:
    every juror reads an answer in both orders of each of its battles.
    """
    text, orders = _without_orders(answer, _orders_or_claims)
    text, frames = forged(text)
    places = orders + frames
    for pattern in (_TOKEN, _VERDICT):
        text, found = broken(pattern, text)
        places += found
    return text, places


@lru_cache(maxsize=1024)
def sanitise_reason(reason: str) -> str:
    """Return what a juror said as other jurors may read it.

    Its own verdict in its own words stays: "First deserves the higher score". What it quotes is looked
    at by itself, so that a juror who points at an order is still heard without the order.
    """
    quoted = _QUOTED.sub(_without_quoted, reason)
    text, _ = _without_orders(quoted, _orders)
    return broken(_TOKEN, forged(text)[0])[0]


def _without_quoted(quotation: re.Match[str]) -> str:
    words = quotation[0]
    return f"{words[0]}{REMOVED}{words[-1]}" if _orders_or_claims(words[1:-1]) else words


def _without_orders(answer: str, orders_about: Callable[[str], bool]) -> tuple[str, int]:
    """Replace sentences that order a juror about; beside one of them, pleas for a verdict as well."""
    found = [(span, answer[slice(*span)]) for span in _spans(answer)]
    orders = {span for span, sentence in found if orders_about(sentence)}
    orders |= _campaign(answer, found)
    orders |= {
        half
        for pair in _broken_lines(answer, found)
        if orders.isdisjoint(pair) and _orders(answer[pair[0][0] : pair[1][1]])
        for half in pair
    }
    if not orders or _quotes_attacks(answer, [answer[slice(*span)] for span in orders]):
        return answer, 0
    spans = [span for span, sentence in found if span in orders or is_plea(plain(sentence))]
    kept: list[str] = []
    at = 0
    for start, end in spans:
        start = max(start, at)  # windows overlap
        lead = len(answer[start:end]) - len(answer[start:end].lstrip())
        kept += [answer[at : start + lead], REMOVED]
        at = end
    return "".join([*kept, answer[at:]]), len(spans)


def _orders(sentence: str) -> bool:
    """Tell whether a sentence orders a juror about, as it stands or as it looks."""
    return any(map(_is_any_order, _readings(sentence)))


def _is_any_order(reading: str) -> bool:
    return is_order(reading) or sways(reading) or reports(reading) or is_foreign_order(reading)


def _orders_or_claims(sentence: str) -> bool:
    """Tell whether a sentence does so, or states the verdict in the juror's place."""
    return any(_is_any_order(s) or is_verdict(s) or claims(s) for s in _readings(sentence))


def _readings(sentence: str) -> set[str]:
    return {plain(sentence), folded(sentence)}


def _broken_lines(answer: str, found: list[Sentence]) -> Iterator[tuple[Span, Span]]:
    """Yield the two halves of each sentence that a single line break may cut in two."""
    for (one, before), (other, after) in pairwise(found):
        gap = answer[one[1] : other[0]]
        if (
            gap == "\n"
            and other[1] - one[0] < WINDOW // 2
            and _OPEN.search(before)
            and _GOES_ON.match(after)
        ):
            yield one, other


def _campaign(answer: str, found: list[Sentence]) -> set[Span]:
    """Return where a vote is asked for, in an answer that is not about an election."""
    asked = {span for span, sentence in found if campaigns(folded(sentence))}
    return set() if asked and _ABOUT_ELECTIONS.search(answer) else asked


def _quotes_attacks(answer: str, orders: list[str]) -> bool:
    """Tell whether an answer about attacks on models only quotes some, none of them about a verdict."""
    return _ABOUT_ATTACKS.search(answer) is not None and all(
        _QUOTATION.fullmatch(order) and forgets(plain(order)) and not sways(folded(order))
        for order in orders
    )


def _spans(answer: str) -> Iterator[Span]:
    """Yield start and end of each sentence; an endless one comes in windows that overlap.

    Patterns may take the square of a length, and no order may hide across a window's edge.
    """
    for match in _SENTENCE.finditer(answer):
        start, end = match.span()
        while end - start > WINDOW:
            yield start, start + WINDOW
            start += WINDOW // 2
        yield start, end
