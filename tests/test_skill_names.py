"""A name that nothing bears is found in a skill before anything is paid, with its line and the nearest."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.authoring.scaffold import scaffold
from arenainstruct.runs.cli import app
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.taxonomy.finding import FOLDER
from arenainstruct.taxonomy.loading import load_skill

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


def pack(folder: Path, name: str, old: str, new: str) -> tuple[Path, int]:
    """Write a shipped skill with one place changed; return the file and the line of the place."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder / f"{name}.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path, text[: text.index(old)].count("\n") + 1


MISTAKES = [
    (
        "tool_use",
        "flow: tool_use",
        "flow: tool_sue",
        "no flow 'tool_sue'; did you mean 'tool_use'?",
    ),
    ("tool_use", "seed_kinds: [code, api]", "seed_kinds: [code, apis]", "did you mean 'api'?"),
    ("tool_use", "checker: tool_calls", "checker: tool_call", "did you mean 'tool_calls'?"),
    ("tool_use", "role: finder", "role: finders", "did you mean 'finder'?"),
    ("tool_use", "role: finder", "role: writer", "no role of the flow tool_use 'writer'"),
    (
        "tool_use",
        "write: tool_use/write",
        "write: tool_use/wirte",
        "did you mean 'tool_use/write'?",
    ),
    ("tool_use", "write: tool_use/write", "write: ../../etc/passwd", "cannot lead out"),
    ("tool_use", "write: tool_use/write", "write: tool_use/edit", "role is 'editor'"),
    (
        "text_modification",
        "checker: keyword_replacement",
        "checker: keyword",
        "keyword_replacement",
    ),
    ("text_modification", "checker: keyword_replacement", "checker: tool_calls", "lists none"),
]


def test_mistakes_of_every_kind_are_told_at_once(tmp_path: Path) -> None:
    text = (FOLDER / "reading_comprehension.yaml").read_text(encoding="utf-8")
    changes = (
        ("flow: standard\n", ""),
        ("seed_kinds:", "flow: standrd\nseed_kinds:"),
        ("title: ", "title: 5 # "),
        ("    answer_form: ", "    tools: [run_pyton]\n    weight: -3\n    answer_form: "),
    )
    for old, new in changes:
        text = text.replace(old, new, 1)
    (path := tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    told = "\n".join(skill_faults(str(path)))
    for word in ("title: ", "weight: ", "no flow 'standrd'", "no tool 'run_pyton'"):
        assert word in told, told
    assert "at least 1 item" not in told


@pytest.mark.parametrize(("skill", "old", "new", "told"), MISTAKES)
def test_a_wrong_name_is_told_with_file_line_and_what_is_allowed(
    tmp_path: Path, skill: str, old: str, new: str, told: str
) -> None:
    path, line = pack(tmp_path, skill, old, new)
    (fault,) = skill_faults(str(path))
    assert fault.startswith(f"{path}:{line}: ")
    assert told in fault


def test_all_of_a_skill_s_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path, _ = pack(tmp_path, "tool_use", "flow: tool_use", "flow: x")
    text = path.read_text(encoding="utf-8").replace("seed_kinds: [code", "seed_kinds: [film")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_config(None, [f"seeds={DEMO}", f"skills=[{path}]"])
    assert "no flow 'x'" in str(caught.value)
    assert "no kind of document 'film'" in str(caught.value)


@pytest.mark.parametrize("command", ["check", "run", "estimate"])
def test_no_command_starts_with_a_wrong_name(tmp_path: Path, command: str) -> None:
    path, line = pack(tmp_path, "tool_use", "checker: tool_calls", "checker: tool_call")
    more = ["--runs-dir", str(tmp_path / "runs")] if command == "run" else []
    arguments = [command, "--seeds", str(DEMO), "--set", f"skills=[{path}]", *more]
    found = CliRunner().invoke(app, arguments)
    assert isinstance(found.exception, UserError)
    assert f"{path}:{line}: leaves.0.checker" in str(found.exception)
    assert not (tmp_path / "runs").exists()


def test_two_skills_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    shutil.copy(FOLDER / "tool_use.yaml", path)
    with pytest.raises(UserError, match="is named 'tool_use', as is tool_use"):
        load_config(None, [f"seeds={DEMO}", f"skills=[tool_use, {path}]"])


def test_a_prompt_that_asks_for_what_its_role_is_not_told_is_named(tmp_path: Path) -> None:
    path, line = pack(tmp_path, "tool_use", "write: tool_use/write", "write: write")
    text = (DEMO.parents[1] / "prompts" / "tool_use" / "write.j2").read_text(encoding="utf-8")
    (tmp_path / "write.j2").write_text(text.replace("passage", "pasage"), encoding="utf-8")
    (fault,) = skill_faults(str(path))
    assert fault.startswith(f"{path}:{line}: prompts.write: {tmp_path / 'write.j2'}: ")
    assert "the writer is told no 'pasage'; did you mean 'passage'?" in fault


def test_a_pack_s_own_prompts_come_before_the_shipped_ones(tmp_path: Path) -> None:
    path, _ = pack(tmp_path, "tool_use", "write: tool_use/write", "write: mine/write")
    (tmp_path / "mine").mkdir()
    shutil.copy(DEMO.parents[1] / "prompts" / "tool_use" / "write.j2", tmp_path / "mine")
    skill = load_skill(str(path))
    assert skill.prompts.write.folder == str(tmp_path)
    assert skill.prompts.edit.folder == ""
    assert not list(skill_faults(str(path)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    # checker: exact_answer",
            "    checker: exact_answer",
            "32: leaves.1.checker: .*check_terms",
        ),
        (
            "seed_kinds: [text, dialogue]",
            "seed_kinds: text",
            "10: seed_kinds: must be a list, as in",
        ),
        (
            "name: named_fact",
            "name: Named Fact",
            "25: leaves.1.name: must be small letters, digits",
        ),
        (
            "    objective: true",
            "    options: [5, 2]\n    objective: true",
            "25: leaves.1: options is",
        ),
        (
            "    objective: true",
            "    objective: perhaps",
            "30: leaves.1.objective: must be true or",
        ),
        ("title: Oven times", "title:", "3: title: must be a string, found nothing"),
        (
            "goals:",
            "prompts: {edit: oven_times/edit}\ngoals:",
            "prompts.edit: no oven_times/edit.j2 beside",
        ),
    ],
)
def test_a_beginners_mistake_is_told_in_words_that_mend_it(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = scaffold("oven_times", tmp_path)[0]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (told,) = skill_faults(str(path))
    assert re.search(said, told) and "Value error" not in told and "{" not in told


@pytest.mark.parametrize("wrong", ["", "7", "[1, x]", "[[x]]", "some text", "2001-01-01", ".nan"])
@pytest.mark.parametrize("field", ["transformations", "leaves", "goals", "prompts", "behaviours"])
def test_a_part_of_another_kind_is_told_at_its_line(tmp_path: Path, field: str, wrong: str) -> None:
    text = (FOLDER / "reading_comprehension.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition(f"\n{field}:")
    path = tmp_path / "wrong.yaml"
    rest = rest[found.start() :] if (found := re.search(r"\n\w", rest)) else ""
    path.write_text(f"{before}\n{field}: {wrong}\n{rest}", encoding="utf-8")
    told = list(skill_faults(str(path)))
    assert told
    assert all(line.startswith(f"{path}:") for line in told)
    assert any(f" {field}" in line for line in told)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title: Reading comprehension", 'title: "a\\0b"', "title: must be a text without NUL"),
        (
            "name: reading_comprehension",
            f"name: {'x' * 101}",
            "name: must be at most 100 characters",
        ),
        ("flow: standard", "flow: standard\nlevels: [.nan]", "levels.0: must be a finite number"),
        (
            "flow: standard",
            "flow: standard\nlevels: [-1]",
            "levels.0: must be greater than or equal",
        ),
        ("flow: standard", "flow: standard\nlevels: [0, 0]", "levels: all shares are 0"),
    ],
)
def test_a_value_that_no_run_could_use_is_told(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path, _ = pack(tmp_path, "reading_comprehension", old, new)
    assert told in "\n".join(skill_faults(str(path)))
