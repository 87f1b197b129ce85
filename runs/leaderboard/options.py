"""What the caller of the leaderboard asked for, resolved and checked."""

from dataclasses import dataclass

from ...agents.errors import UserError
from ...tools.ratings.fit import Anchor
from ...tools.ratings.intervals import FEWEST_ROUNDS
from ...tools.ratings.record import Ties
from ...tools.ratings.share import FLIPPED_WEIGHT
from ..options import Aggregate, Control, Method


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
    aggregate: Aggregate = "games"
    """How several judges' verdicts on one question and pair become ratings."""
    flipped: float | None = None
    """Weight of the games of an inconsistent pair; None: see `inconsistent_weight`."""
    ties: Ties = "apart"
    """How ties count in loss rates."""
    target: str | None = None
    """Whose best and worst opponents are told."""
    without_canned: bool = False
    """Leave out the models whose answers are canned."""
    rows: str = "battles"
    """What rows are called where they are counted."""

    def __post_init__(self) -> None:
        """Refuse what does not go together, and a bootstrap too short to give intervals."""
        if self.method == "bootstrap" and self.rounds < FEWEST_ROUNDS:
            raise UserError(
                f"--rounds {self.rounds}: intervals take at least {FEWEST_ROUNDS} resamples, better 100 "
                "or more; or choose --intervals sandwich, which draws none"
            )
        if self.aggregate == "judge_aware" and self.control:
            raise UserError(
                "--aggregate judge_aware does not go with --control: it fits judges, not style; "
                "choose games, majority or median"
            )
        if self.aggregate == "judge_aware" and self.intervals == "sandwich":
            raise UserError(
                "--aggregate judge_aware has intervals by the bootstrap only: leave out "
                "--intervals sandwich"
            )
        if self.aggregate == "median" and self.flipped is not None:
            raise UserError(
                "--flipped does not go with --aggregate median, where no verdict has a weight; "
                "choose games, majority or judge_aware"
            )

    def inconsistent_weight(self, *, nested: bool) -> float | None:
        """Return what the games of an inconsistent pair weigh; None where no verdict has a weight.

        Half in a majority, and where games inside a run's battles rate; else 1: a file says itself
        what its rows weigh, and judges fitted with the ratings have their liking for a place fitted.
        """
        if self.aggregate == "median":
            return None
        halved = self.aggregate == "majority" or (nested and self.aggregate == "games")
        usual = FLIPPED_WEIGHT if halved else 1.0
        return usual if self.flipped is None else self.flipped

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
