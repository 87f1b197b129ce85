"""The tutorial builds a skill from nothing: its files are written and its commands run, in their order."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import orjson
import pytest
import yaml

from arenainstruct.agents.examples import EXAMPLES
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.config.skills import read_anew, skill_faults
from arenainstruct.taxonomy.loading import load_skill
from tests.command import Said, command

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "new_skill.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: ([\w=./]+))?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
TOOL = "arenainstruct"


async def play(call: Call) -> Reply:
    """Draft a skill: what a real model does where the page asks for one."""
    assert call.role == "drafter"
    return Reply(text=orjson.dumps(EXAMPLES["PackReply"]).decode(), model="scripted/teacher")


def written(path: Path, text: str) -> None:
    """Write a file of the page; its models behind endpoints are played by a script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == "real.yaml":
        config = yaml.safe_load(text)
        assert load_config(config).cast.default == "teacher"
        for alias in config["models"]:
            script = {"provider": "scripted", "model": alias, "script": "tests.test_tutorial:play"}
            config["models"][alias] = {**script, "family": alias}
        del config["budget"]
        text = yaml.safe_dump(config)
    path.write_text(text, encoding="utf-8")


def typed(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Run a line of the page, in this process where it is our own command."""
    words = line.split()
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    words = words[len(given) :]
    if words[0] == TOOL:
        read_anew()  # each command is a process of its own
        if path := given.pop("PYTHONPATH", ""):
            monkeypatch.syspath_prepend(folder / path)
        return command(*words[1:], cwd=folder, terminal=None, **given)
    # The page's python and sed are whatever the reader has; the test's are these.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_every_file_and_command_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, ran = Said(0, "", ""), list[str]()
    for kind, word, text in BLOCKS:
        if word.startswith("file="):
            written(tmp_path / word.removeprefix("file="), text)
        elif word == "said":
            for told, line in zip(said.out.splitlines(), text.splitlines(), strict=True):
                assert told.startswith(line)
        else:
            assert kind == "sh", (kind, word)
            for line in text.splitlines():
                said = typed(line, tmp_path, monkeypatch)
                assert said.status == int(word.removeprefix("fails=") or 0), (line, said)
                ran.append(line)
    assert {line.split(TOOL)[1].split()[0] for line in ran if TOOL in line} == {
        *("new", "check", "preview", "run", "prompts")
    }
    drafted = load_skill(str(tmp_path / "skills" / "scaling.yaml"))
    assert drafted.leaves and drafted.goals

    # What the page says of its last preview, and of the package.
    assert "→ nothing" in said.out.split("━━ refinement")[1].split("━━ gate")[0]
    packaged(tmp_path, monkeypatch)


def packaged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the page's package, as pip would lay it down, and find its skill by its name."""
    about = tomllib.loads((folder / "package" / "pyproject.toml").read_text())
    points = about["project"]["entry-points"]["arenainstruct.skills"]
    site = folder / "site"
    shutil.copytree(folder / "skills", site / "step_skills")
    told = site / "step_skills-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: step-skills\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (told / "entry_points.txt").write_text(f"[arenainstruct.skills]\n{lines}")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("ARENAINSTRUCT_SCRIPTED", "1")
    config = load_config(None, [f"seeds={folder / 'seeds'}", "skills=[step_order]"])
    (path,) = config.skills
    assert path == str(site / "step_skills" / "step_order.yaml")
    assert not list(skill_faults(path))
