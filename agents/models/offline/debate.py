"""The contender in a debate: defends or corrects its answer, criticises the other's, raises questions.

Strong looks its own and the other's answer over as a juror would and says what it finds. Weak has
empty phrases, objects to whatever stands there, and gives way to any objection.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from .answer import SLIP, reply_to
from .ask_open import literal
from .constraints import shorten
from .debated import POOR
from .draft import Bench, read_leaf
from .judge import grade
from .question import Question, read_question
from .sections import Section, read_sections
from .solver import query_of, solve
from .statements import Said, answers_of, asked, quote, read_debate
from .text import bare, read_text

_PROMPT = re.compile(
    r"[^<]*<instruction(-\d+)>\n.*</instruction\1>\s*<debate\1>\n.*</debate\1>\s*"
    r"<actions\1>[\w, ]+</actions\1>\s*<words\1>\d+</words\1>",
    re.DOTALL,
)
ME = "you"
"""What the prompt calls the debater whose turn it is."""
_LENGTH = 60
_EMPTY = (
    "That is not convincing, and more could be said about it.",
    "This leaves a lot to be desired.",
    "Much of that is beside the point.",
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a speaker has before it."""

    question: Question
    mine: str
    """Its own answer, which opens its side; empty as long as it has not been heard."""
    theirs: tuple[str, ...]
    """The other's answers, the opening first."""
    heard: str
    """The other's last statement."""
    strength: str
    rng: random.Random

    def slips(self) -> bool:
        """Tell whether the next step goes wrong."""
        return self.rng.random() < SLIP[self.strength]


def is_debate(prompt: str) -> bool:
    """Tell whether a prompt asks for a statement in a debate."""
    return bool(_PROMPT.fullmatch(prompt.strip()))


def debate(prompt: str, strength: str, rng: random.Random) -> str:
    """Return the next statement."""
    sections = read_sections(prompt)
    said = read_debate(sections.text("debate"))
    question = read_question(sections.text("instruction"))
    scene = _scene(question, said, strength=strength, rng=rng)
    actions = [name.strip() for name in sections.text("actions").split(",")]
    return "\n\n".join(_ACTIONS[name](scene) for name in actions if name in _ACTIONS)


def _scene(
    question: Question, said: tuple[Said, ...], *, strength: str, rng: random.Random
) -> _Scene:
    heard = [s for s in said if s.speaker != ME]
    return _Scene(
        question=question,
        mine=next(iter(answers_of(said, ME)), ""),
        theirs=tuple(answers_of(heard, heard[0].speaker)) if heard else (),
        heard=heard[-1].text if heard else "",
        strength=strength,
        rng=rng,
    )


def _respond(scene: _Scene) -> str:
    """Correct one's answer where it is poor, else defend it; then meet the question asked."""
    question = asked(scene.heard)
    if scene.slips():
        return scene.rng.choice(
            ("You may well be right, so my answer is withdrawn.", "It is as it was said before.")
        )
    told = _defence(scene)
    if not query_of(question):  # none was asked, or one about nothing
        return told
    reply = reply_to(Question(scene.question.context, question), scene.strength, scene.rng)
    return f"{told} To your question: {shorten(reply, _LENGTH)}"


def _defence(scene: _Scene) -> str:
    score, why = grade(scene.question, "answer", scene.mine)
    found = solve(scene.question)
    if score < POOR and found.text not in scene.mine:
        return f"You are right that {why}, so this is corrected: the answer is {_short(found.text)}"
    shown = f' The passage says: "{quote(found.evidence)}".' if found.evidence else ""
    return f'My answer stands: "{quote(scene.mine)}".{shown}'


def _criticise(scene: _Scene) -> str:
    """Say what is wrong with the best that the other answered; nothing where it is sound."""
    if not scene.theirs:
        return "There is no answer to criticise yet."
    graded = [(*grade(scene.question, "answer", text), text) for text in scene.theirs]
    score, why, best = max(graded, key=lambda found: found[0])
    if scene.slips():
        return _objection(scene, best)
    if score >= POOR:
        return f'There is no fault to find in "{quote(best)}".'
    found = solve(scene.question)
    return f'"{quote(best)}" falls short: {why}. It should have been: {_short(found.text)}'


def _objection(scene: _Scene, answer: str) -> str:
    """Object without looking: an empty phrase, or any other sentence held against the answer."""
    rows = read_text(scene.question.context).sentences
    if not rows or scene.rng.random() < 0.5:
        return scene.rng.choice(_EMPTY)
    return f'"{quote(answer)}" is wrong. It should have been: {scene.rng.choice(rows)}'


def _raise(scene: _Scene) -> str:
    """Ask what the passage settles; without a passage, or carelessly, what settles nothing."""
    text = read_text(scene.question.context)
    if scene.slips() or not text.usable:
        return "And what do you say to that?"
    return literal(Bench(text, read_leaf(Section()), scene.rng)).task


def _short(text: str) -> str:
    return f"{bare(shorten(text, _LENGTH))}."


_ACTIONS: dict[str, Callable[[_Scene], str]] = {
    "respond": _respond,
    "criticise": _criticise,
    "raise": _raise,
}
