"""A round trained by a program of the user's: what it gets, what it may say, and how it may fail."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.errors import TrainingFailed, UserError
from arenainstruct.agents.models.settings import OpenAISettings, TransformersSettings
from arenainstruct.graphs import kinds
from arenainstruct.graphs.trainer import TrainRequest, Weights
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.training.settings import TrainingSettings
from arenainstruct.runs.training.trainer import trainer_of
from tests.rounds import selected
from tests.stage import SEED, Stage, instruction, staged

LOOKS = """
import json, os, sys
from pathlib import Path
rows, out = Path(os.environ["ARENAINSTRUCT_ROWS"]), Path(os.environ["ARENAINSTRUCT_OUT"])
for name in ("sft", "preference", "rlvr"):
    print(name, len((rows / f"{name}.jsonl").read_text().splitlines()))
(out / "made").mkdir(exist_ok=True)
(out / "made" / "config.json").write_text("{}")
with open(sys.argv[1], "a") as file:
    file.write(os.environ["ARENAINSTRUCT_BASE"] + "\\n")
print("made")
"""


async def trained(stage: Stage, code: str, round: int = 1, **more: Any) -> Weights | None:
    """Train on what the stage's store holds with a Python program."""
    folder = stage.folder
    program = folder / "train.py"
    program.write_text(code)
    settings = TrainingSettings.model_validate(
        {
            "backend": "command",
            "base": "/weights/base",
            "command": [sys.executable, str(program), str(folder / "asked.txt")],
            **more,
        }
    )
    trainer = trainer_of(settings, 7, folder / "run")
    assert trainer is not None
    told: list[str] = []
    request = TrainRequest(
        round=round,
        target="small",
        model=stage.services.models["small"],
        records=stage.store,
        notify=lambda kind, **data: told.append(kind),
    )
    return await trainer.train(request)


async def rows(stage: Stage, round: int = 1, count: int = 3) -> None:
    if not await stage.records(kinds.SEED):
        await stage.store.add(kinds.SEED, 0, [SEED])
    names = [f"i-{round}-{n}" for n in range(count)]
    asked = [instruction(name, task=f"When was {name} built?", round=round) for name in names]
    await selected(stage, *asked)


@pytest.mark.slow
async def test_files_in_a_folder_out_and_asked_again_nothing_is_trained(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await rows(stage)
        first, again = [await trained(stage, LOOKS) for _ in range(2)]
    assert first is not None and first == again
    made = tmp_path / "run" / "checkpoints" / first.version
    assert isinstance(first.model, TransformersSettings)
    assert first.model.model == str(made) and first.model.version == first.version
    assert (made / "config.json").is_file()
    assert (tmp_path / "asked.txt").read_text().splitlines() == ["/weights/base"]
    assert first.training is not None
    assert first.training.rows == {"sft": 3, "preference": 9, "rlvr": 3, "checked": 0}
    assert [p.name for p in made.parent.iterdir()] == [first.version], "no work is left lying"


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["http://127.0.0.1:8000/v1", '{"endpoint": "http://127.0.0.1:8000/v1", "model": "mine"}'],
)
async def test_an_endpoint_serves_what_was_trained(tmp_path: Path, line: str) -> None:
    async with staged(tmp_path) as stage:
        await rows(stage)
        found = await trained(stage, f"print('epoch 1')\nprint({line!r})")
    assert found is not None and isinstance(found.model, OpenAISettings)
    assert found.model.base_url == "http://127.0.0.1:8000/v1"
    assert found.model.model in ("mine", found.version) and found.model.version == found.version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        ("import sys; print('made'); sys.exit(3)", {}, "ended with status 3"),
        ("import time; time.sleep(60)", {"timeout_s": 0.5}, "ended after 0.5 s"),
        ("pass", {}, "it said nothing"),
        ("print('somewhere')", {}, "'somewhere' is no folder of a model"),
        ("print('ftp://host/x')", {}, "is no http"),
        ("print('{1}')", {}, "is no folder, no URL"),
        ("pass", {"command": ["/no/such/program"]}, "cannot be started"),
    ],
)
async def test_a_program_that_fails_ends_the_start_and_is_asked_again(
    tmp_path: Path, code: str, more: dict[str, Any], words: str
) -> None:
    async with staged(tmp_path) as stage:
        await rows(stage)
        with pytest.raises(TrainingFailed, match=words):
            await trained(stage, code, **more)
        assert await trained(stage, LOOKS) is not None


@pytest.mark.slow
async def test_what_another_plan_left_is_not_gone_on_from(tmp_path: Path) -> None:
    half = """
import os, sys
from pathlib import Path
there = Path(os.environ["ARENAINSTRUCT_OUT"], "checkpoint")
with open(sys.argv[1], "a") as file:
    file.write(f"{there.exists()}\\n")
there.mkdir(exist_ok=True)
sys.exit(3)
"""
    async with staged(tmp_path) as stage:
        await rows(stage)
        for max_length in (512, 512, 768):
            with pytest.raises(TrainingFailed):
                await trained(stage, half, max_length=max_length)
    assert (tmp_path / "asked.txt").read_text().split() == ["False", "True", "False"]


@pytest.mark.slow
async def test_rows_of_earlier_rounds_are_learned_again_by_their_share(tmp_path: Path) -> None:
    counts: dict[float, int] = {}
    versions = Counter[str]()
    async with staged(tmp_path) as stage:
        await rows(stage, 1, 40)
        await rows(stage, 2, 2)
        for share in (0.0, 0.5, 1.0):
            found = await trained(stage, LOOKS, round=2, replay=share)
            assert found is not None and found.training is not None
            counts[share] = found.training.rows["sft"]
            versions[found.version] += 1
    assert counts[0.0] == 2 and counts[1.0] == 42
    assert 10 < counts[0.5] < 34
    assert len(versions) == 3, "other rows, another version"


@pytest.mark.slow
async def test_without_a_row_nothing_is_trained(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        assert await trained(stage, LOOKS) is None


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["training={backend: trl}"], "training.base: is empty"),
        (["training={backend: trl, base: x}", "evaluation.held_out=0"], "held-out battles"),
        (["training={backend: command, base: x}"], "names the program"),
        (["training={steps: [sft, sft]}"], "names a step twice"),
        (["training={steps: [kto]}"], "sft"),
    ],
)
def test_a_training_that_cannot_work_is_told_before_anything_is_paid(
    overrides: list[str], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        load_config(None, overrides)


def test_where_it_is_trained_changes_nothing_of_what_is_made(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    here, there = (
        load_config(
            None,
            [f"training={json.dumps({'backend': 'trl', 'base': base, 'device': device})}"],
        )
        for base, device in ((str(tmp_path / "base"), "cpu"), ("/elsewhere/base", "cuda"))
    )
    assert here.what() == there.what()


def test_a_config_written_out_and_read_again_says_the_same(tmp_path: Path) -> None:
    config = load_config(None, ["training={backend: command, command: [x], base: some/weights}"])
    (tmp_path / "config.yaml").write_text(config.yaml())
    assert load_config(tmp_path / "config.yaml").what() == config.what()
    (tmp_path / "config.yaml").write_text((plain := load_config(None)).yaml())
    assert load_config(tmp_path / "config.yaml").what() == plain.what()
