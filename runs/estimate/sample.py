"""The sample: which documents stand for the others, by kind and spread over their lengths."""

from dataclasses import dataclass, field
from random import Random

from ...agents.records import Seed

SEEDS = 12
"""Documents in a sample, where there are so many; every kind has one at least."""
KEPT = 48
"""Documents of a kind that are kept while all are read, to choose from."""


@dataclass
class Stratum:
    """The documents of one kind: as good as all is made of one, and as good as nothing of another."""

    documents: int = 0
    kept: list[Seed] = field(default_factory=list)
    """A random draw of them."""
    _dice: Random = field(default_factory=lambda: Random(0))

    def add(self, seed: Seed) -> None:
        """Take a document in."""
        self.documents += 1
        if len(self.kept) < KEPT:
            self.kept.append(seed)
        elif (place := self._dice.randrange(self.documents)) < KEPT:
            self.kept[place] = seed

    def chosen(self, share: float) -> list[Seed]:
        """Return a share of the documents, one at least, from the shortest to the longest."""
        count = min(len(self.kept), max(1, round(share * self.documents)))
        ordered = sorted(self.kept, key=lambda seed: (len(seed.text), seed.id))
        step = len(ordered) / count
        return [ordered[int((number + 0.5) * step)] for number in range(count)]
