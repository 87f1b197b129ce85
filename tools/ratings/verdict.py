"""The words for who won, and the one place where the order shown and the models a and b meet.

A juror speaks of a first and a second answer; records and ratings of model_a and model_b.
"""

from typing import Literal, TypeVar

Side = Literal["model_a", "model_b"]
Winner = Literal["model_a", "model_b", "tie"]
T = TypeVar("T")

BOTH_BAD = (
    "tie (bothbad)",
    "tie (both bad)",
    "tie (both_bad)",
    "tie(bothbad)",
    "tie_bothbad",
    "bothbad",
    "both_bad",
    "both bad",
    "both-bad",
)
"""What published battles call a tie of two bad answers."""
TIES = ("tie", "tie (inconsistent)", *BOTH_BAD)
"""The second is what MT-Bench calls two games of which each has another winner."""
GRADES = {
    **dict.fromkeys(("a>>b", "a>b", "b<<a", "b<a"), 1.0),
    **dict.fromkeys(("a=b", "b=a"), 0.5),
    **dict.fromkeys(("a<<b", "a<b", "b>>a", "b>a"), 0.0),
}
"""What Arena-Hard's judges say; A is shown first."""
STRONG = frozenset(grade for grade in GRADES if ">>" in grade or "<<" in grade)
STRENGTH = 3.0
"""How many verdicts a strong one counts as, as Arena-Hard publishes it."""
SCORES = {"model_a": 1.0, "model_b": 0.0, **dict.fromkeys(TIES, 0.5), **GRADES}
"""What each verdict gives to model_a; case and spaces around it are none of it."""


def folded(winner: str) -> str:
    """Return a verdict as `SCORES` has it."""
    return winner.strip().lower()


def side(lead: float) -> Winner:
    """Return the side that a lead of model_a in points favours."""
    return "model_a" if lead > 0 else "model_b" if lead < 0 else "tie"


def first(*, a_is_first: bool) -> Side:
    """Return which model is shown first."""
    return "model_a" if a_is_first else "model_b"


def in_order(pair: tuple[T, T], shown_first: Side) -> tuple[T, T]:
    """Turn what belongs to (model_a, model_b) into the order shown; and back, which is the same."""
    a, b = pair
    return (a, b) if shown_first == "model_a" else (b, a)
