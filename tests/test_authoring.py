"""A skill of one's own, from the files that are made for it to what they make of one document."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs.config.skills import skill_faults
from tests.command import Said, command

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


def made(folder: Path, *options: str) -> Path:
    said = command("new", "skill", "short_facts", *options, cwd=folder)
    assert said.status == 0, said.err
    return folder / "skills" / "short_facts.yaml"


def checked(folder: Path, *skills: object) -> Said:
    return command("check", *(w for s in skills for w in ("--skill", str(s))), cwd=folder)


@pytest.mark.parametrize("options", [(), ("--prompts",)])
def test_a_new_skill_is_right_from_the_start(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = made(tmp_path, *options)
    assert not list(skill_faults(str(path)))
    prompts = sorted(p.stem for p in path.with_suffix("").glob("*.j2"))
    assert prompts == (["edit", "suggest", "transform", "write"] if options else [])
    said = checked(tmp_path, path)
    assert said.status == 0 and "2 leaves, 2 transformations" in said.out


@pytest.mark.slow
def test_the_test_of_a_new_skill_passes_as_it_is(tmp_path: Path) -> None:
    path = made(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path.parent],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [("Short-Facts", "lower-case letters"), ("coding", "a shipped skill has that name")],
)
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str, told: str) -> None:
    said = command("new", "skill", name, cwd=tmp_path)
    assert said.status == 2 and told in said.err
    assert not list(tmp_path.iterdir())


def test_no_file_is_written_over(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.write_text("mine", encoding="utf-8")
    said = command("new", "skill", "short_facts", cwd=tmp_path)
    assert said.status == 2 and "there already" in said.err
    assert path.read_text(encoding="utf-8") == "mine"


def test_what_a_kill_left_of_a_new_skill_is_in_nobodys_way(tmp_path: Path) -> None:
    path = made(tmp_path, "--prompts")
    whole = {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()}
    path.unlink()  # it is written last
    (path.with_suffix("") / "edit.j2").unlink()
    assert made(tmp_path, "--prompts") == path
    assert {file: file.read_bytes() for file in whole} == whole


def test_check_tells_every_mistake_of_a_skill_with_its_line(tmp_path: Path) -> None:
    path = made(tmp_path)
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ("    rubric: Names the main point", "    rubrik: Names the main point"),
        ("    objective: true", "    checker: exact_anser\n    objective: true"),
        ("    edits: passage", "    edits: passage\n    expected_behaviour: refuse"),
        ("    identity: true", "    identity: true\n    leaves: [main_pint]"),
        ("seed_kinds: [text, dialogue]", "seed_kinds: [text, dialog]\ncolour: blue"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")

    def line(words: str) -> int:
        return text[: text.index(words)].count("\n") + 1

    said = checked(tmp_path, path, "coding")
    assert said.status == 2
    for words, told in (
        ("  - name: main_point", "leaves.0.rubric: this field is required"),
        ("    rubrik", "leaves.0.rubrik: no such field; did you mean 'rubric'?"),
        ("colour", "colour: no such field"),
        ("    expected_behaviour: refuse", "no behaviour 'refuse'"),
        ("    leaves: [main_pint]", "admits the leaf 'main_pint'"),
        ("seed_kinds", "no kind of document 'dialog'; did you mean 'dialogue'?"),
        ("    checker: exact_anser", "no checker 'exact_anser'; did you mean 'exact_answer'?"),
    ):
        assert f"{path}:{line(words)}: " in said.out, words
        assert told in said.out
    assert "ok    skill coding" in said.out


@pytest.mark.slow
def test_a_preview_shows_every_stage(tmp_path: Path) -> None:
    path = made(tmp_path)
    seed = DEMO / "sourdough.txt"
    said = command("preview", path, "--seed", seed, "--json", cwd=tmp_path)
    assert said.status == 0, said.err
    found = json.loads(said.out)
    stages = {stage["stage"]: stage for stage in found["stages"]}
    assert found["status"] == "completed" and [seed["name"] for seed in found["seeds"]] == [
        "sourdough.txt"
    ]
    for name, role in (
        ("transformation", "transformer"),
        ("instruction", "writer"),
        ("refinement", "editor"),
        ("gate", "curator"),
        ("answers", "contender"),
        ("judging", "juror"),
    ):
        (call, *_) = [call for call in stages[name]["calls"] if call["role"] == role]
        assert call["sent"][-1]["content"] and call["text"]
        assert stages[name]["made"], name
    assert {one["leaf"] for one in stages["instruction"]["made"]} == {"main_point", "named_fact"}
    assert {one["operator"] for one in stages["instruction"]["made"]} == {"seed"}
    assert "seed" not in {
        one["operator"] for one in stages["refinement"]["made"] if one["kind"] == "draft"
    }
    assert not (tmp_path / "runs").exists(), "nothing is kept"

    text = path.read_text(encoding="utf-8").replace("Saying briefly", "Telling briefly")
    path.write_text(text, encoding="utf-8")
    read = command("preview", path, "--seed", seed, cwd=tmp_path)
    shown = [line[3:] for line in read.out.splitlines() if line.startswith("━━")]
    assert shown[:7] == list(stages)[:7]
    assert "Short facts: Telling briefly" in read.out, "what was sent, of the file as it is now"
    assert "decided by" in read.out


@pytest.mark.slow
def test_a_skill_that_searches_is_shown_with_a_folder_of_documents(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("broad_street_pump.rst", "panama_canal.md", "sourdough.txt"):
        shutil.copy(DEMO / name, docs)
    said = command("preview", "rag", "--seed", docs, "--json", cwd=tmp_path)
    assert said.status == 0, said.err
    found = json.loads(said.out)
    assert len(found["seeds"]) == 3
    stages = {stage["stage"]: stage for stage in found["stages"]}
    assert stages["transformation"]["made"] and stages["gate"]["made"]


async def nonsense(call: Call) -> Reply:
    return Reply(text="I would rather not.", model="s")


def test_a_preview_that_makes_nothing_fails(tmp_path: Path) -> None:
    teacher = f"models.teacher={{provider: scripted, model: t, script: '{__name__}:nonsense'}}"
    seed = ("--seed", DEMO / "sourdough.txt", "--set", teacher)
    said = command("preview", "coding", *seed, cwd=tmp_path)
    assert said.status == 1 and "no instruction was made" in said.out


def test_a_preview_refuses_a_document_that_the_skill_does_not_take(tmp_path: Path) -> None:
    said = command("preview", made(tmp_path), "--seed", DEMO / "planets.csv", cwd=tmp_path)
    assert said.status == 2
    assert "the skills take dialogue, text" in said.err


@pytest.mark.slow
def test_prompts_tells_what_a_run_sent_role_by_role(tmp_path: Path) -> None:
    overrides = [w for f in ("rounds=1", "skills=[coding]") for w in ("--set", f)]
    seeds = ["--seeds", DEMO / "sourdough.txt", "--run-id", "sent-1"]
    assert command("run", *seeds, *overrides, cwd=tmp_path).status == 0
    sent = json.loads(command("prompts", "sent-1", "--json", cwd=tmp_path).out)
    total = json.loads((tmp_path / "runs" / "sent-1" / "result.json").read_text())["calls_in_all"]
    assert sum(one["calls"] for one in sent) == total
    (writer,) = [one for one in sent if one["role"] == "writer"]
    assert writer["prompt"].startswith("common/write@")
    assert writer["mean_tokens_in"] > writer["mean_tokens_out"] > 0
    assert writer["example"]["sent"][0]["content"].startswith("You write tasks")
    read = command("prompts", "sent-1", cwd=tmp_path).out
    assert {line.split(",")[0] for line in read.splitlines() if line.startswith("━━")} == {
        f"━━ {one['role']}" for one in sent
    }
    alone = command("prompts", "sent-1", "--role", "writer", cwd=tmp_path).out
    assert writer["example"]["sent"][0]["content"] in alone, "whole"
    assert "━━ juror" not in alone
    said = command("prompts", "sent-1", "--role", "wirter", cwd=tmp_path)
    assert said.status == 2 and "roles: contender, curator" in said.err
