"""The README cannot lie: its blocks are run, against the mock server where they name endpoints."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from arenainstruct.agents.cast import Cast
from arenainstruct.agents.models.settings import TransformersSettings
from arenainstruct.graphs.settings import ArenaSettings, FeedbackSettings, SelectionSettings
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.training.settings import TrainingSettings
from tests.command import Said, command

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.split(" #")[0].strip()
    for kind, text in BLOCKS
    if kind == "sh"
    for line in text.splitlines()
]
TOOL = ".venv/bin/arenainstruct "
OF_RUNS = ("run", "resume", "export", "replay", "arena")
ASKED = (
    "Who paid for",
    "Explain how one builds",
    "In which year fell",
    "Write a poem about",
    "Why is",
)
SMALL = ("rounds=1", "per_seed.instructions=2", "per_seed.passages=1", "per_seed.directions=1")


def test_make_targets_exist() -> None:
    targets = {c.removeprefix("make ") for c in COMMANDS if c.startswith("make ")}
    made = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets and targets <= made


@pytest.mark.slow
def test_demo_target_runs_the_embedded_models(tmp_path: Path) -> None:
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    typed = recipe[1].strip()
    assert typed.startswith(TOOL)
    done = tool(typed.removeprefix(TOOL).split(), tmp_path, ROOT)
    assert done.status == 0, done.err
    assert "completed" in done.out and "dataset" in done.out


def tool(arguments: list[str], runs_dir: Path, cwd: Path) -> Said:
    """Run the command line; runs go to a folder of the test's own."""
    own = ["--runs-dir", str(runs_dir)] if arguments[0] in OF_RUNS else []
    return command(*arguments, *own, cwd=cwd, OPENAI_API_KEY="none")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder with the README's config, whose endpoints the mock server plays, and two documents."""
    config = yaml.safe_load(next(text for kind, text in BLOCKS if kind == "yaml"))
    async with MockServer(MockOptions(replies="offline")) as server:
        for model in config["models"].values():
            model["base_url"] = server.url
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
        (tmp_path / "docs").mkdir()
        for name in ("panama_canal.md", "library_api.yaml"):
            shutil.copy(ROOT / "runs" / "demo" / name, tmp_path / "docs")
        yield tmp_path


def published(folder: Path) -> None:
    """Write small files as AlpacaEval and Arena-Hard publish theirs."""
    judge = "weighted_alpaca_eval_gpt4_turbo"
    for model, lead in (("owl", 0.3), ("jay", 0.1)):
        rows = [
            {"instruction": f"Task {n} of many", "output_1": "x" * (90 + n), "annotator": judge}
            | {"generator_1": "base", "generator_2": model, "output_2": "x" * (99 + n * n % 7)}
            | {"dataset": "koala", "preference": 1.2 + lead + n % 5 / 10}
            for n in range(20)
        ]
        path = folder / "results" / model / judge / "annotations.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(rows))
        for version in ("arena-hard-v2.0/model_judgment/gpt-4.1",) + (
            "arena-hard-v0.1/model_judgment/gpt-4-1106-preview",
        ):
            new = "v2" in version
            games = [
                {("uid" if new else "question_id"): f"q{n}", "model": model, "judge": "gpt"}
                | ({"category": "hard_prompt"} if new else {})
                | {"games": [{"score": "A>B" if n % 4 else "B>>A"}, {"score": "A>B"}]}
                for n in range(20)
            ]
            file = folder / version / f"{model}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(map(json.dumps, games)))
    gamed = [
        f"{n},base_{kind},{n / 10},0.{at},{at}"
        for at, kind in ((7, "v"), (2, "c"))
        for n in range(20)
    ]
    head = "index,model,instruction_difficulty,preference,std_delta_len"
    (folder / "df_gamed.csv").write_text("\n".join([head, *gamed]))
    board = "model,score,rating_q025,rating_q975\nowl,60,55,65\njay,40,35,45\ngpt-4-0314,50,50,50\n"
    (folder / "arena_hard_leaderboard.csv").write_text(board)


def globbed(folder: Path, word: str) -> list[str]:
    """Return a word as a shell would."""
    return sorted(map(str, folder.glob(word))) if "*" in word else [word]


async def typed(line: str, folder: Path) -> None:
    """Run a command of the README."""
    words = line.removeprefix(TOOL).split()
    arguments = [found for word in words for found in globbed(folder, word)]
    if arguments[0] == "run":
        arguments += [word for field in SMALL for word in ("--set", field)]
    done = await asyncio.to_thread(tool, arguments, folder / "runs", folder)
    assert done.status == 0, f"{line}\n{done.out}\n{done.err}"


@pytest.mark.slow
async def test_config_and_commands(place: Path) -> None:
    parts = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
    (arena,) = (part for part in parts if "arena" in part)
    (steered,) = (part for part in parts if "selection" in part)
    (trained,) = (part for part in parts if "training" in part)
    ArenaSettings.model_validate(arena["arena"])
    SelectionSettings.model_validate(steered["selection"])
    FeedbackSettings.model_validate(steered["feedback"])
    assert steered["cast"].keys() <= Cast.model_fields.keys()
    TrainingSettings.model_validate(trained["training"])
    TransformersSettings.model_validate(trained["models"]["small"])
    asked = [{"prompt": f"{ask} the {n}th bridge?"} for ask in ASKED for n in (3, 7, 9)]
    (place / "prompts.jsonl").write_text("\n".join(map(json.dumps, asked)))
    kept = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    measured = [{"key": 1, "prompt": "Describe a bridge without any comma.", **kept}]
    (place / "ifeval.jsonl").write_text("\n".join(map(json.dumps, measured)))
    published(place)
    lines = [c for c in COMMANDS if c.startswith(TOOL)]
    assert [line.split()[1] for line in lines] == [
        *("estimate", "check", "run", "run", "resume", "export", "replay"),
        *("leaderboard", "calls", "audit", "benchmark"),
        *("leaderboard", "leaderboard", "leaderboard", "leaderboard"),
        *("compare", "testset", "arena"),
    ]
    for line in lines:
        await typed(line, place)
    assert (place / "export" / "sft.jsonl").stat().st_size


@pytest.mark.slow
async def test_python_blocks(place: Path) -> None:
    await typed(next(c for c in COMMANDS if "--run-id my-first" in c), place)
    await asyncio.to_thread(python_blocks, place)


def python_blocks(folder: Path) -> None:
    """Run the README's Python blocks in order, in the folder of the run that its commands made."""
    blocks = [text for kind, text in BLOCKS if kind == "python"]
    assert len(blocks) == 2
    small = ", ".join(f'"{field}"' for field in SMALL)
    text = "\n".join(blocks).replace('["rounds=1"]', f"[{small}]")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text + "\nassert sft['train'].num_rows > 0"],
        cwd=folder,
        env={**os.environ, "OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("completed")


def test_mock_server_command(tmp_path: Path) -> None:
    (command,) = (c for c in COMMANDS if "runs.mock" in c)
    words = command.removeprefix(".venv/bin/python ").replace("--port 8000", "--port 0").split()
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        try:
            assert "http://127.0.0.1:" in mock.stdout.readline()
        finally:
            mock.terminate()
