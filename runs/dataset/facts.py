"""What the card tells that the records do not: given by whoever wrote the run."""

from dataclasses import dataclass

from ..store import LedgerTotals
from .coverage import SkillCoverage


@dataclass(frozen=True, slots=True)
class RatingFact:
    """One model's rating after a round."""

    round: int
    alias: str
    model: str
    rating: float
    """On the Elo scale."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    battles: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Facts for the card.

    They are printed as given: keep out what differs between two runs of the same data (run id,
    time, machine, concurrency, addresses).
    """

    config: str
    """The data part of the resolved config, as YAML text."""
    totals: LedgerTotals = LedgerTotals()
    ratings: tuple[RatingFact, ...] = ()
    trainings: tuple[str, ...] = ()
    """One sentence each: what a round trained from what, by what, and how its losses went."""
    gates: tuple[str, ...] = ()
    """One sentence each: whether that took the target's place."""
    policy_changes: tuple[str, ...] = ()
    """One sentence each, with its reason in numbers."""
    refinement: tuple[str, ...] = ()
    """One sentence each: which way a leaf is to move, and what became of an operator's products."""
    taxonomy_changes: tuple[str, ...] = ()
    """One sentence each, with its reason."""
    filters: tuple[str, ...] = ()
    """One sentence each: what was dropped, by which threshold."""
    coverage: tuple[SkillCoverage, ...] = ()
    """What of each leaf was wanted and made, and by which transformations."""
    versions: tuple[tuple[str, str], ...] = ()
    """Releases that made it: `("arenainstruct", "0.1.0")`."""
    language: tuple[str, ...] = ()
    """Of the documents, ISO 639-1 codes."""
