"""What a writer has before it, and what it makes: one drafted task."""

import random
from dataclasses import dataclass

from ...replies import CheckReply, TaskReply
from .sections import Section, Sections
from .text import Text, read_text

BEHAVIOURS: dict[str, str] = {
    "answer": "answer",
    "say_unanswerable": "say_unanswerable",
    "ask_for_missing": "ask_for_missing",
    "say_no_tool": "say_no_tool",
}


@dataclass(frozen=True, slots=True)
class LeafBrief:
    """What the prompt says about the leaf."""

    name: str
    form: str
    behaviour: str
    low: int
    high: int
    checker: str
    definition: str

    @property
    def words(self) -> str:
        """Name and answer form in lower case: what the choice of a maker goes by."""
        return f"{self.name.replace('_', ' ')} {self.form}".lower()


@dataclass(frozen=True, slots=True)
class Bench:
    """The writer's bench: the passage, the leaf and the dice."""

    passage: Text
    leaf: LeafBrief
    rng: random.Random

    def sentence(self) -> str:
        """Return a sentence of the passage one can ask about.

        Raises:
            IndexError: when the passage has none.
        """
        return self.rng.choice(self.passage.usable)


@dataclass(frozen=True, slots=True)
class Draft:
    """One task before it becomes a reply."""

    task: str
    options: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()
    behaviour: str | None = None
    """None leaves it to the leaf."""
    user_turns: tuple[str, ...] = ()

    def reply(self, behaviour: str) -> TaskReply:
        """Return the draft as the reply the prompt asked for."""
        return TaskReply(
            task=self.task,
            options=list(self.options),
            expected_behaviour=self.behaviour or behaviour,
            check=CheckReply(terms=list(self.terms), replacements=list(self.replacements)),
            user_turns=list(self.user_turns),
        )


def read_leaf(section: Section) -> LeafBrief:
    """Read the leaf's section."""
    given = section.attributes
    return LeafBrief(
        name=given.get("name", ""),
        form=given.get("answer_form", ""),
        behaviour=BEHAVIOURS.get(given.get("expected_behaviour", ""), "answer"),
        low=_whole(given.get("min_options", "")),
        high=_whole(given.get("max_options", "")),
        checker=given.get("checker", ""),
        definition=section.text,
    )


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0


def set_bench(sections: Sections, rng: random.Random) -> Bench:
    """Lay out the bench for a prompt."""
    return Bench(read_text(sections.text("passage")), read_leaf(sections.get("leaf")), rng)
