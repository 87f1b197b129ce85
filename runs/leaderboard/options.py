"""What the caller of the leaderboard asked for, resolved and checked."""

from dataclasses import dataclass
from typing import Literal

from ...agents.errors import UserError
from ...graphs.ratings.fit import Anchor
from .fields import Control

Method = Literal["bootstrap", "sandwich"]


@dataclass(frozen=True)
class Options:
    """How to rate."""

    anchor: Anchor | None = None
    baseline: str | None = None
    control: Control | None = None
    intervals: Method | None = None
    """None: the bootstrap, or the sandwich where style is controlled (a refit passes over all
    battles there, so a bootstrap takes as many passes as rounds)."""
    rounds: int = 100
    seed: int = 0
    difficulty: str | None = None

    @property
    def method(self) -> Method:
        """How the intervals are made."""
        return self.intervals or ("sandwich" if self.control else "bootstrap")


def parse_anchor(text: str | None) -> Anchor | None:
    """Read MODEL=RATING; a model's name may itself hold an equals sign.

    Raises:
        UserError: It is not written so.
    """
    if text is None:
        return None
    model, equals, rating = text.rpartition("=")
    try:
        value = float(rating)
    except ValueError:
        value = float("nan")
    if not (equals and model and abs(value) < float("inf")):
        raise UserError(f"--anchor {text!r}: write MODEL=RATING, for example owl=1100")
    return model, value
