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
    order: Order
    taste: Taste
    kinship: Kinship
    jury: Accord
    checkers: Accord
    people: Accord
    scale: Scale | None = None
    """Of a reward model's differences; None for other jurors."""
