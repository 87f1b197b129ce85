"""The study of a real model: it measures, ends in time and has written what it knows."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.begun import refuse_change
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.flywheel_real import recipe
from arenainstruct.runs.flywheel_real import study as studies
from arenainstruct.runs.flywheel_real.recipe import Sizes
from arenainstruct.runs.flywheel_real.study import Study, table
from arenainstruct.runs.flywheel_real.weights import gguf_file
from arenainstruct.runs.folder import RunFolder

DEMO = Path(__file__).parents[1] / "runs" / "demo"
SIZES = Sizes(rounds=2, seeds=3, instructions=2, ifeval=3, gsm8k=2, batch=8)


def embedded(folder: Path, version: str, sizes: Sizes, **more: Any) -> dict[str, Any]:
    return {"provider": "offline", "model": "weak", "version": version}


def plain(base: Path, seeds: Path, sizes: Sizes, seed: int) -> dict[str, Any]:
    """Return a run that trains nothing."""
    judge = {"provider": "offline", "model": "judge"}
    return {
        "seeds": str(seeds),
        "skills": ["instruction_following"],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 2},
        "models": {
            "a": {"provider": "offline", "model": "strong"},
            "b": {"provider": "offline", "model": "weak"},
            "j": judge,
            "e": {**judge, "salt": 2},
        },
        "cast": {
            "default": "a",
            "target": "b",
            "contenders": ["a"],
            "jury": ["j"],
            "evaluation_jury": ["e"],
        },
        "training": {step: {"batch": sizes.training_batch} for step in ("sft", "dpo")},
    }


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr(studies, "served", embedded)
    monkeypatch.setattr(studies, "run_config", plain)
    ifeval, gsm8k = tmp_path / "ifeval.jsonl", tmp_path / "gsm8k.jsonl"
    told = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    rows = [{"key": n, "prompt": f"Describe mill number {n}.", **told} for n in range(5)]
    ifeval.write_text("".join(json.dumps(row) + "\n" for row in rows))
    gsm8k.write_text('{"question": "2 + 2?", "answer": "#### 4"}\n' * 3)
    files = {"ifeval": ifeval, "gsm8k": gsm8k}
    return Study(tmp_path / "out", tmp_path, DEMO, files, SIZES, 600.0)


@pytest.mark.slow
async def test_it_measures_the_base_and_says_where_a_round_trained_nothing(study: Study) -> None:
    found = await study.run()
    assert found["base"]["ifeval"]["prompts"] == 3 and found["base"]["gsm8k"]["prompts"] == 2
    assert found["rounds"][0]["status"] == "completed"
    assert found["ended"].startswith("round 1: completed")
    on_disk = json.loads((study.out / "flywheel-real.json").read_text())
    assert on_disk["base"] == found["base"] and on_disk["ended"] == found["ended"]
    lines = table(found)
    assert lines[1].startswith("base: ifeval ") and "gate: " in lines[2]


@pytest.mark.slow
async def test_a_study_goes_on_from_the_rounds_that_are_done(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def trained(self: Study, number: int) -> dict[str, Any]:
        return {"trained": "", "folder": f"weights-{number}", "sft": 4, "pairs": 2}

    monkeypatch.setattr(Study, "_trained", trained)
    study.sizes = replace(SIZES, rounds=1)
    first = await study.run()
    further = replace(study, sizes=SIZES, found={})
    both = await further.run()
    assert [told["round"] for told in both["rounds"]] == [1, 2]
    assert both["rounds"][0] == first["rounds"][0]
    asked = [data["folder"] for data in both["rounds"]]
    assert asked == ["weights-1", "weights-2"] and both["ended"] == "all rounds are done"
    again = await replace(further, found={}).run()
    # What was made meanwhile is told of the benchmarks' prompts, whose figures stay.
    for told in (*again["rounds"], *both["rounds"]):
        del told["ifeval"]["decontamination"], told["gsm8k"]["decontamination"]
    assert again["rounds"] == both["rounds"]
    other = replace(study, sizes=replace(SIZES, tokens=99), found={})
    with pytest.raises(UserError, match="a study with tokens 320, not 99"):
        await other.run()


async def test_when_its_time_is_over_it_has_written_what_it_knows(study: Study) -> None:
    study.seconds = 0.0
    found = await study.run()
    assert found["ended"] == "the time was over in ifeval of base"
    assert json.loads((study.out / "flywheel-real.json").read_text())["ended"] == found["ended"]
    assert table(found)[1] == "base: not measured"


def test_a_study_as_large_as_it_comes_is_a_config_that_runs(tmp_path: Path) -> None:
    config = load_config(recipe.run_config(tmp_path, DEMO, Sizes(), 7))
    assert config.execution.in_flight > 500
    assert set(config.skills) == {"instruction_following", "reading_comprehension"}


def test_a_twins_answers_may_become_longer_in_a_run_that_has_begun(tmp_path: Path) -> None:
    before = load_config(recipe.run_config(tmp_path, tmp_path, Sizes(), seed=7))
    folder = RunFolder(tmp_path)
    folder.write_config(before.yaml())
    longer = [f"models.{alias}max_tokens=900" for alias in ("target.", "mended.of.")]
    longer.append("models.mended.of.batch=1")
    after = load_config(folder.config, longer)
    refuse_change(folder, before, after)
    # What looks for answers that were cut off goes by the twin's own.
    assert after.models["mended"].max_tokens == 900
    with pytest.raises(UserError, match="models cannot change"):
        refuse_change(
            folder, before, load_config(folder.config, ["models.mended.of.temperature=1"])
        )


def test_a_file_in_parts_is_joined_in_their_order(tmp_path: Path) -> None:
    one, other = tmp_path / "a.1", tmp_path / "a.2"
    one.write_bytes(b"GG")
    other.write_bytes(b"UF")
    assert gguf_file([one, other], tmp_path).read_bytes() == b"GGUF"
    assert gguf_file([one], tmp_path) == one
    with pytest.raises(UserError, match="--gguf: no file"):
        gguf_file([tmp_path / "absent"], tmp_path)
