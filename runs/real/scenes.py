"""What is run: the demo documents with SmolLM2 in the roles, and what each scene has to reach."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .table import Figures

MODEL = "smollm2"
HOUR = 60.0
_SHORT = 10.0
"""Minutes of a scene below which it may end before there is anything to measure."""
_FEW = 20
"""Things, such as replies, below which a share of them tells little."""
_THROUGH = 20
"""Instructions through the gate in an hour of a scene."""


@dataclass(frozen=True)
class Goal:
    """A figure of a scene, and what it has to be."""

    says: str
    reached: Callable[[Figures, float], bool]
    """From the figures and the minutes that the scene had."""
    tells: Callable[[Figures], int]
    """Of how many things it is a figure: of none, a short run tells nothing."""

    def verdict(self, figures: Figures, minutes: float) -> Literal["reached", "MISSED", "unknown"]:
        """Return what came of it; of too few things a short run cannot tell that it is missed."""
        told = self.tells(figures)
        if told and self.reached(figures, minutes):
            return "reached"
        return "unknown" if told < _FEW and minutes < _SHORT else "MISSED"


def _parsed(least: float) -> Goal:
    return Goal(
        f"at least {least:.0%} of structured replies parse",
        lambda figures, _: figures.parsed_share >= least,
        lambda figures: figures.structured,
    )


_THROUGH_GATE = Goal(
    f"at least {_THROUGH} instructions through the gate in an hour",
    lambda figures, minutes: figures.instructions >= int(_THROUGH * min(1.0, minutes / HOUR)),
    lambda figures: figures.instructions,
)
_NO_VERDICT_LOST = Goal(
    "no verdict lost",
    lambda figures, _: not figures.verdicts_lost,
    lambda figures: figures.verdicts,
)


@dataclass(frozen=True)
class Scene:
    """One run."""

    name: str
    about: str
    share: float
    """Of the time there is."""
    structured: str
    """How structure is asked for, as `models.X.structured`."""
    authors: bool
    """Whether SmolLM2 writes the instructions too; embedded models do where it does not."""
    goals: tuple[Goal, ...]

    def seeds(self, minutes: float) -> int:
        """Return how many documents there is time for, the slowest role last."""
        return max(2, round(minutes / 2))

    def config(self, threads: int, seeds: str) -> str:
        """Return the run's config as JSON, which is YAML too."""
        real = {
            "provider": "local",
            "model": MODEL,
            "threads": threads,
            "structured": self.structured,
            "max_tokens": 400,
            "temperature": 0.3,
            "params": {"frequency_penalty": 0.5},  # it loops otherwise
        }
        # One model in all places: families and versions keep its seats apart.
        seats = ("author", "target", "other", "juror")
        models: dict[str, Any] = {seat: {**real, "family": seat, "version": seat} for seat in seats}
        if not self.authors:
            models["author"] = {"provider": "offline", "model": "strong"}
        made = {"passages": 1, "instructions": 2, "per_leaf": 1, "refinements": 1, "directions": 2}
        cast = {"default": "author", "target": "target", "contenders": ["other"], "jury": ["juror"]}
        return json.dumps(
            {
                "seeds": seeds,
                "rounds": 1,
                "per_seed": made,
                "models": models,
                "cast": cast,
                "arena": {"battles_per_instruction": 1},
                "execution": {"in_flight": 4},
            },
            indent=1,
        )


SCENES = (
    Scene(
        "schema",
        "SmolLM2 is every role; structure is asked for as a JSON schema",
        0.4,
        "schema",
        True,
        (_parsed(0.95), _THROUGH_GATE),
    ),
    Scene(
        "prompt",
        "SmolLM2 is every role; structure is asked for in words",
        0.3,
        "prompt",
        True,
        (_parsed(0.70),),
    ),
    Scene(
        "arena",
        "SmolLM2 is target, contender and juror beside embedded authors",
        0.3,
        "schema",
        False,
        (_NO_VERDICT_LOST,),
    ),
)
