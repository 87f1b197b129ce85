"""What was measured of one juror."""

from dataclasses import dataclass

from .accord import Accord
from .kinship import Kinship
from .order import Order
from .scale import Scale
from .taste import Taste


@dataclass(frozen=True)
class JurorAudit:
    """One juror's figures."""

    juror: str
    family: str
    games: int
    failed: int
    """Pairs on which it was asked and gave no verdict."""
    order: Order
    taste: Taste
    kinship: Kinship
    jury: Accord
    checkers: Accord
    people: Accord
    scale: Scale | None = None
    """Of a reward model's differences; None for other jurors."""

    @property
    def vouched(self) -> bool:
        """Whether people or checkers credibly bear it out: then it is the others who are wrong."""
        return any(
            accord.decided.low is not None and accord.decided.low > 0.5
            for accord in (self.people, self.checkers)
        )
