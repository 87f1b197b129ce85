"""What a writer of tasks, or who looks one over, has before it."""

import random
from dataclasses import dataclass

from .functions import Function, read_apis
from .request import Sections
from .text import Text, plain, read_text


@dataclass(frozen=True)
class Bench:
    """What a writer has before it: the passage, the APIs, what is said of the leaf, the dice."""

    passage: Text
    apis: tuple[Function, ...]
    form: str
    definition: str
    behaviour: str
    checker: str
    options: tuple[int, int]
    rng: random.Random

    @classmethod
    def of(cls, sections: Sections, rng: random.Random) -> "Bench":
        """Lay out what a prompt's sections hold."""
        leaf = sections.get("leaf")
        given = {"expected_behaviour": "answer"} | {k: v for k, v in leaf.attributes.items() if v}
        low, high = (given.get(f"{end}_options", "0") for end in ("min", "max"))
        return cls(
            passage=read_text(sections.text("passage")),
            apis=read_apis(sections.text("apis")),
            form=given.get("answer_form", ""),
            definition=" ".join(leaf.text.split()),
            behaviour=given["expected_behaviour"],
            checker=given.get("checker", ""),
            options=(int(low) if low.isdigit() else 0, int(high) if high.isdigit() else 0),
            rng=rng,
        )

    def sentence(self) -> str:
        """Return a sentence one can ask about, without its speaker."""
        return plain(self.rng.choice(self.passage.usable))

    def topic(self) -> str:
        """Return what some sentence is about."""
        return self.passage.topic(self.sentence())

    def statements(self) -> list[str]:
        """Return the sentences that can be quoted."""
        return [
            s
            for s in dict.fromkeys(map(plain, self.passage.usable))
            if '"' not in s and len(s) > 25
        ]
