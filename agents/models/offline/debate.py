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
from .asking import Question, read_question
from .judge import grade
from .request import Sections, read_sections
from .solve import solve
from .text import bare, read_text, shorten, stems

_SOUND, _POOR = 7.0, 6.0
"""Grades from which an answer is right in the main, and below which it is not."""
_BLAMES = re.compile(r"\b(?:wrong|incorrect|false|falls short|misses|should have been)\b", re.I)
_WITHDRAWS = re.compile(r"\bwithdrawn?\b|\btake (?:it|that|my answer) back\b|\bI was wrong\b", re.I)


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement."""

    speaker: str
    actions: list[str]
    text: str

    @property
    def asked(self) -> str:
        """The last question in it."""
        return next((s for s in reversed(read_text(self.text).sentences) if s.endswith("?")), "")


def _read(debate: str) -> list[_Said]:
    rows = [(s.attributes, s.text) for s in read_sections(debate).items if s.name == "statement"]
    return [_Said(a.get("speaker", ""), a.get("actions", "").split(", "), text) for a, text in rows]


def _answers(said: list[_Said], speaker: str) -> list[str]:
    """Return what a speaker answered: its opening first, then what it said when challenged."""
    return [s.text for s in said if s.speaker == speaker and "respond" in s.actions] or [""]


def _quote(text: str) -> str:
    return " ".join(re.sub(r"[\"“”]", "", text).split()[:14])


def _due(question: Question) -> str:
    return f"{bare(shorten(solve(question).text, 60))}."


def state(sections: Sections, strength: str, rng: random.Random) -> str:
    """Return a contender's next statement; the prompt calls it `you`."""
    actions = sections.text("actions").split(", ")
    if strength == "weak":
        empty = {
            "respond": "You may well be right, so my answer is withdrawn.",
            "criticise": "More could be said about that.",
        }
        return "\n\n".join(empty.get(one, "And what do you say to that?") for one in actions)
    said, question = _read(sections.text("debate")), read_question(sections.text("instruction"))
    heard = [s for s in said if s.speaker != "you"]
    parts = []
    if "respond" in actions:
        parts.append(_defend(question, _answers(said, "you")[0]))
        raised = heard[-1].asked if heard else ""
        if len(stems(raised)) > 1 and strength == "strong":
            reply = reply_to(Question(question.context, raised), strength, rng)
            parts[-1] += f" To your question: {shorten(reply, 60)}"
    if "criticise" in actions:
        parts.append(_criticise(question, _answers(heard, heard[0].speaker if heard else "")))
    if "raise" in actions:
        text = read_text(question.context or question.task)
        topic = text.topic(rng.choice(text.usable or text.sentences or (question.task,)))
        parts.append(f"What does the passage say about {topic}?")
    return "\n\n".join(parts)


def _defend(question: Question, own: str) -> str:
    """Correct one's answer where it is poor, else defend it."""
    score, why = grade(question, "answer", own)
    found = solve(question)
    if score < _POOR and found.text not in own:
        return f"You are right that {why}, so this is corrected: the answer is {_due(question)}"
    shown = f' The passage says: "{_quote(found.evidence)}".' if found.evidence else ""
    return f'My answer stands: "{_quote(own)}".{shown}'


def _criticise(question: Question, theirs: list[str]) -> str:
    """Say what is wrong with the best that the other answered; nothing where it is sound."""
    score, why, best = max((*grade(question, "answer", text), text) for text in theirs)
    if score >= _POOR:
        return f'There is no fault to find in "{_quote(best)}".'
    return f'"{_quote(best)}" falls short: {why}. It should have been: {_due(question)}'


def grade_debate(question: Question, behaviour: str, debate: str) -> list[tuple[float, str]]:
    """Return the score of the first and the second speaker, each with the reason in words."""
    said = _read(debate)
    sides = ("first", "second")
    answers = {
        side: [grade(question, behaviour, a) for a in _answers(said, side)] for side in sides
    }
    graded = []
    for side, other in (sides, sides[::-1]):
        score, why = answers[side][0]
        best = max(given for given, _ in answers[side])
        points = list(_points(question, said, side, answers[other][0][0]))
        if score < _POOR and best > score:
            points.append((0.5 * (best - score), "it puts its answer right"))
        elif score >= _SOUND and any(map(_WITHDRAWS.search, _answers(said, side)[1:])):
            points.append((-1.0, "it gives up an answer that was right"))
        reasons = dict.fromkeys([why, *(reason for _, reason in points)])
        graded.append((score + sum(point for point, _ in points), "; ".join(reasons)))
    return graded


def _points(
    question: Question, said: list[_Said], side: str, other: float
) -> Iterator[tuple[float, str]]:
    """Weigh what a side said of the other's answer, and the questions that it met."""
    wanted = stems(solve(question).text)
    for before, this in zip([None, *said], said, strict=False):
        if this.speaker != side:
            continue
        if "criticise" in this.actions and _BLAMES.search(this.text):
            if other >= _SOUND:
                yield -0.75, "its criticism does not hold"
            elif other < _POOR and 2 * len(wanted & stems(this.text)) >= len(wanted):
                yield 0.75, "its criticism holds"
        raised = before.asked if before and "raise" in before.actions else ""
        if raised and grade(Question(question.context, raised), "answer", this.text)[0] >= _POOR:
            yield 0.25, "it meets what it was asked"
