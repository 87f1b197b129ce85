"""A debate: what a contender says next in one, and what each side of one is worth to a juror.

A speaker looks its own and the other's answer over as a juror would and says what it finds; a weak one
has empty phrases and gives way. A side is worth its opening answer, plus what it put right, criticism that
holds and questions that it met; less for criticism that does not hold, and for giving up a right answer.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .answer import reply_to
from .judge import grade
from .question import Question, read_question
from .request import Sections, read_sections
from .solve import solve
from .text import bare, read_text, sentences, shorten, stems

_SOUND, _POOR = 7.0, 6.0
"""Grades from which an answer is right in the main, and below which it is not."""
_BLAMES = re.compile(r"\b(?:wrong|incorrect|false|falls short|misses|should have been)\b", re.I)
_WITHDRAWS = re.compile(r"\bwithdrawn?\b|\btake (?:it|that|my answer) back\b|\bI was wrong\b", re.I)
_QUOTED = re.compile(r"[\"“]([^\"”]{8,})[\"”]")


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement."""

    speaker: str
    actions: list[str]
    text: str


def _read(debate: str) -> list[_Said]:
    rows = [(s.attributes, s.text) for s in read_sections(debate).items if s.name == "statement"]
    return [_Said(a.get("speaker", ""), a.get("actions", "").split(", "), text) for a, text in rows]


def _answers(said: list[_Said], speaker: str) -> list[str]:
    """Return what a speaker answered: its opening first, then what it said when challenged."""
    return [s.text for s in said if s.speaker == speaker and "respond" in s.actions] or [""]


def _asked(statement: str) -> str:
    return next((s for s in reversed(sentences(statement)) if s.endswith("?")), "")


def _quote(text: str) -> str:
    return " ".join(re.sub(r"[\"“”]", "", text).split()[:14])


def _due(question: Question) -> str:
    return f"{bare(shorten(solve(question).text, 60))}."


def state(sections: Sections, strength: str, rng: random.Random) -> str:
    """Return a contender's next statement; the prompt calls it `you`."""
    said, question = _read(sections.text("debate")), read_question(sections.text("instruction"))
    heard = [s for s in said if s.speaker != "you"]
    text, weak = read_text(question.context), strength == "weak"
    parts = []
    for action in sections.text("actions").split(", "):
        if action == "respond":
            raised = _asked(heard[-1].text) if heard else ""
            parts.append(
                "You may well be right, so my answer is withdrawn."
                if weak
                else _defend(question, said)
            )
            if len(stems(raised)) > 1 and strength == "strong":
                reply = reply_to(Question(question.context, raised), strength, rng)
                parts[-1] += f" To your question: {shorten(reply, 60)}"
        elif action == "criticise":
            parts.append("More could be said about that." if weak else _criticise(question, heard))
        elif action == "raise" and (weak or not text.usable):
            parts.append("And what do you say to that?")
        elif action == "raise":
            parts.append(f"What does the passage say about {text.topic(rng.choice(text.usable))}?")
    return "\n\n".join(parts)


def _defend(question: Question, said: list[_Said]) -> str:
    """Correct one's answer where it is poor, else defend it."""
    own, found = _answers(said, "you")[0], solve(question)
    score, why = grade(question, "answer", own)
    if score < _POOR and found.text not in own:
        return f"You are right that {why}, so this is corrected: the answer is {_due(question)}"
    shown = f' The passage says: "{_quote(found.evidence)}".' if found.evidence else ""
    return f'My answer stands: "{_quote(own)}".{shown}'


def _criticise(question: Question, heard: list[_Said]) -> str:
    """Say what is wrong with the best that the other answered; nothing where it is sound."""
    theirs = _answers(heard, heard[0].speaker if heard else "")
    score, why, best = max((*grade(question, "answer", text), text) for text in theirs)
    if score >= _POOR:
        return f'There is no fault to find in "{_quote(best)}".'
    return f'"{_quote(best)}" falls short: {why}. It should have been: {_due(question)}'


def grade_debate(question: Question, behaviour: str, debate: str) -> list[tuple[float, str]]:
    """Return the score of the first and the second speaker, each with the reason in words."""
    said = _read(debate)
    opened = {
        side: grade(question, behaviour, _answers(said, side)[0]) for side in ("first", "second")
    }
    graded = []
    for side, other in (("first", "second"), ("second", "first")):
        score, why = opened[side]
        points = [*_stood(question, behaviour, _answers(said, side), score)]
        points += _criticised(question, said, side, opened[other][0])
        reasons = dict.fromkeys([why, *(reason for _, reason in points)])
        graded.append((score + sum(point for point, _ in points), "; ".join(reasons)))
    return graded


def _stood(
    question: Question, behaviour: str, answers: list[str], opening: float
) -> Iterator[tuple[float, str]]:
    """Weigh what a speaker made of its own answer: what is put right counts half of what it gains."""
    best = max((grade(question, behaviour, text)[0] for text in answers[1:]), default=opening)
    if opening < _POOR and best > opening:
        yield 0.5 * (best - opening), "it puts its answer right"
    elif opening >= _SOUND and any(_WITHDRAWS.search(text) for text in answers[1:]):
        yield -1.0, "it gives up an answer that was right"


def _criticised(
    question: Question, said: list[_Said], side: str, other: float
) -> Iterator[tuple[float, str]]:
    """Weigh questions that were met, and criticism that quotes a poor answer and names what was due."""
    wanted = stems(solve(question).text)
    theirs = [_plain(s.text) for s in said if s.speaker != side]
    for at, this in enumerate(said):
        if this.speaker != side:
            continue
        quoted = any(
            _plain(words) in text for words in _QUOTED.findall(this.text) for text in theirs
        )
        if "criticise" in this.actions and quoted and _BLAMES.search(this.text):
            if other >= _SOUND:
                yield -0.75, "its criticism does not hold"
            elif other < _POOR and 2 * len(wanted & stems(this.text)) >= len(wanted):
                yield 0.75, "its criticism holds"
        raised = _asked(said[at - 1].text) if at and "raise" in said[at - 1].actions else ""
        if raised and grade(Question(question.context, raised), "answer", this.text)[0] >= _POOR:
            yield 0.25, "it meets what it was asked"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
