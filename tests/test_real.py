"""The goals of a real model's scenes: reached, missed, or not to be told of so little."""

import pytest

from arenainstruct.runs.real.scenes import SCENES
from arenainstruct.runs.real.table import Figures, Row


@pytest.mark.parametrize(
    ("asked", "parsed", "minutes", "verdict"),
    [
        (77, 77, 2.0, "reached"),
        (3, 2, 2.0, "unknown"),
        (0, 0, 2.0, "unknown"),
        (40, 20, 2.0, "MISSED"),
        (3, 2, 30.0, "MISSED"),
        (0, 0, 30.0, "MISSED"),
    ],
)
def test_a_short_scene_misses_no_goal_for_a_handful_of_replies(
    asked: int, parsed: int, minutes: float, verdict: str
) -> None:
    scene = next(scene for scene in SCENES if scene.name == "schema")
    figures = Figures(rows={"writer": Row(structured=asked, parsed=parsed)})
    goal = next(goal for goal in scene.goals if "parse" in goal.says)
    assert goal.verdict(figures, minutes) == verdict
