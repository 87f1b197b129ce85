"""The sample of documents that stands for all, and from what it took to what all of them take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from ...agents.records import Seed
from ..config.config import RunConfig
from .dry_run import DryRun, Uses, no_uses

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


Strata = Sequence[tuple[int, Sequence[Seed]]]
"""By kind: how many documents there are, and those that were run dry for them."""


@dataclass
class Scaled:
    """What all documents take over all rounds."""

    likely: Uses = field(default_factory=no_uses)
    """If they all take what the sample's took."""
    most: Uses = field(default_factory=no_uses)
    """If each takes what the dearest of its kind took, and the gate drops nothing."""
    written: float = 0.0
    """Instructions, before the gate."""


def scaled(dry: DryRun, strata: Strata, config: RunConfig) -> Scaled:
    """Scale what a sample took to all documents and rounds."""
    found, evaluated = Scaled(), 0.0
    ids = [seed.id for _, seeds in strata for seed in seeds]
    total = sum(documents for documents, _ in strata)
    # One document at least is held out, and whichever it is where all were run.
    usual = max(config.evaluation.held_out, 1 / total) if dry.held else 0.0
    trainers = [seed for seed in ids if seed not in dry.held]
    for documents, seeds in strata:
        own = [seed.id for seed in seeds]
        training = [seed for seed in own if seed not in dry.held]
        share = 1 - len(training) / len(own) if len(ids) == total else usual
        written, passed = _mean(dry.written, own), _mean(dry.passed, own)
        held, trained = documents * share, documents * (1 - share) * config.rounds
        # What is held out is made in the first round only.
        _add(found, dry, own, held + trained, fighting=False)
        # Where the only one of a kind is held out, the others tell how its instructions fare.
        alike = 1.0 if training else passed / (_mean(dry.passed, trainers) or 1)
        _add(found, dry, training or trainers, trained * alike, fighting=True)
        found.written += (held + trained) * written
        evaluated += held * passed
    fought = sum(dry.fought[seed] for seed in dry.held)
    for seed in dry.held:
        for key, numbers in dry.fighting[seed].items():
            times = min(config.evaluation.instructions, evaluated) / fought
            found.likely[key] += numbers * times
            found.most[key] += numbers * times
    return found


def _add(found: Scaled, dry: DryRun, seeds: Sequence[str], times: float, *, fighting: bool) -> None:
    """Add what so many documents take, of which `seeds` were run."""
    dearest = no_uses()
    for seed in seeds:
        fought = max(1, dry.fought[seed])
        passed, written = dry.passed[seed] / fought, dry.written[seed] / fought
        for key, numbers in (dry.fighting if fighting else dry.making)[seed].items():
            found.likely[key] += numbers * (passed if fighting else 1) * times / len(seeds)
            dear = numbers * (written if fighting else 1) * times
            dearest[key] = np.maximum(dearest[key], dear)
    for key, numbers in dearest.items():
        found.most[key] += numbers


def _mean(counts: Mapping[str, int], seeds: Sequence[str]) -> float:
    return sum(counts[seed] for seed in seeds) / len(seeds)
