"""A real model's scenes and the trial of its prompts: what they count; a script stands for the model."""

from pathlib import Path

import pytest

from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.prompts.template import prompt_names
from arenainstruct.runs.real.scenes import SCENES
from arenainstruct.runs.real.table import Figures, Row
from arenainstruct.runs.real.trial import WAYS, run_trial, sampled, table, unmet


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


async def play(call: Call) -> Reply:
    """Keep to the form under a grammar, and never without one; the curator says nothing either way."""
    form = '{"suitable": true, "reason": "x", "passage": "y"}'
    held = call.alias == "schema" and call.role == "transformer"
    return Reply(text=form if held else "Sure!", model="scripted/m", tokens_in=10, tokens_out=4)


def models() -> dict[str, dict[str, str]]:
    script = {"provider": "scripted", "script": "tests.test_real:play"}
    return {way: {**script, "model": way} for way in WAYS}


@pytest.mark.slow
async def test_the_trial_meets_the_prompts_of_runs_and_counts_what_can_be_used(
    tmp_path: Path,
) -> None:
    tried = await sampled(tmp_path, samples=2, only="")
    met = {one.prompt.partition("@")[0] for one in tried}
    assert {name for name in prompt_names() if name.startswith("common/")} <= met
    assert {"arena/judge", "arena/debate", "small/writer", "tool_use/find"} <= met
    assert not met & set(unmet(tried)) and met | set(unmet(tried)) == set(prompt_names())

    chosen = [
        one for one in tried if one.prompt.startswith(("common/transform", "curation/curate"))
    ]
    await run_trial(chosen, models(), tmp_path, minutes=1)
    rows = list(table(chosen))
    assert rows[2].startswith("| common/transform@") and "| 2 of 2 | 0 of 2 | 10 | 4 |" in rows[2]
    assert "| 0 of 2 | 0 of 2 |" in rows[3]
    assert "with a grammar: 2 of 4 replies can be used (50%)" in rows[4]

    # A cut of the time leaves the rest untried.
    late = [one for one in tried if one.prompt.startswith("common/write")]
    await run_trial(late, models(), tmp_path, minutes=0)
    assert "| – | – |" in list(table(late))[2]
