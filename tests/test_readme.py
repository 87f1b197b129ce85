"""The README cannot lie: its blocks are run, against the mock server where they name endpoints."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from arenainstruct.graphs.settings import ArenaSettings
from arenainstruct.runs.mock import MockOptions, MockServer

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
OF_RUNS = ("run", "resume", "export", "arena")
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


def test_demo_target_runs_the_embedded_models(tmp_path: Path) -> None:
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    command = recipe[1].strip()
    assert command.startswith(TOOL)
    done = tool(command.removeprefix(TOOL).split(), tmp_path, ROOT)
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout and "dataset" in done.stdout


def tool(arguments: list[str], runs_dir: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command line; runs go to a folder of the test's own."""
    own = ["--runs-dir", str(runs_dir)] if arguments[0] in OF_RUNS else []
    environment = {**os.environ, "OPENAI_API_KEY": "none"}
    return subprocess.run(
        [sys.executable, "-m", "arenainstruct.runs", *arguments, *own],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


async def test_config_and_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    text, arena = (text for kind, text in BLOCKS if kind == "yaml")
    ArenaSettings.model_validate(yaml.safe_load(arena)["arena"])
    config = yaml.safe_load(text)
    async with MockServer(MockOptions(replies="offline")) as server:
        for model in config["models"].values():
            model["base_url"] = server.url
        config["models"]["small"]["model"] = "weak"  # the mock server's name for a weak model
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
        (tmp_path / "docs").mkdir()
        for name in ("panama_canal.md", "library_api.yaml"):
            shutil.copy(ROOT / "runs" / "demo" / name, tmp_path / "docs")
        asked = [{"prompt": f"{ask} the {n}th bridge?"} for ask in ASKED for n in (3, 7, 9)]
        (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, asked)))
        commands = [c for c in COMMANDS if c.startswith(TOOL)]
        assert [c.split()[1] for c in commands] == [
            *("estimate", "check", "run", "run", "resume", "export", "leaderboard", "audit"),
            *("testset", "arena"),
        ]
        for command in commands:
            arguments = command.removeprefix(TOOL).split()
            if arguments[0] == "run":
                arguments += [word for field in SMALL for word in ("--set", field)]
            done = await asyncio.to_thread(tool, arguments, tmp_path / "runs", tmp_path)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert (tmp_path / "export" / "sft.jsonl").stat().st_size
        await asyncio.to_thread(python_blocks, tmp_path)


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
        timeout=300,
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
