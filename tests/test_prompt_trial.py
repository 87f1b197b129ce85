"""What `make prompt-trial` tries and counts; a script stands for the small model."""

from pathlib import Path

import pytest

from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.prompts.template import prompt_names
from arenainstruct.runs.real.trial import WAYS, run_trial, sampled, table, unmet


async def play(call: Call) -> Reply:
    """Keep to the form under a grammar, and never without one; the curator says nothing either way."""
    form = '{"suitable": true, "reason": "x", "passage": "y"}'
    held = call.alias == "schema" and call.role == "transformer"
    return Reply(text=form if held else "Sure!", model="scripted/m", tokens_in=10, tokens_out=4)


def models() -> dict[str, dict[str, str]]:
    script = {"provider": "scripted", "script": "tests.test_prompt_trial:play"}
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

    chosen = [one for one in tried if one.prompt.startswith(("common/transform", "curation"))]
    await run_trial(chosen, models(), tmp_path, minutes=1)
    rows = list(table(chosen))
    assert rows[2].startswith("| common/transform@") and "| 2 of 2 | 0 of 2 | 10 | 4 |" in rows[2]
    assert "| 0 of 2 | 0 of 2 |" in rows[3]
    assert "with a grammar: 2 of 4 replies can be used (50%)" in rows[4]

    # A cut of the time leaves the rest untried.
    late = [one for one in tried if one.prompt.startswith("common/write")]
    await run_trial(late, models(), tmp_path, minutes=0)
    assert "| – | – |" in list(table(late))[2]
