"""A skill of one's own: a YAML and its prompts in a folder, from the check to the dataset, no Python."""

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.records import ToolCall
from arenainstruct.runs.cli import app
from arenainstruct.runs.run import resume
from tests.stage import DEFAULT, Line, editor, task

SKILL = """\
name: translation
title: Translation
description: Carry a text over into another language.
seed_kinds: [text]
behaviours:
  keep_terms: The technical terms of the passage stay as they are; everything else is translated.
prompts: {transform: reading_comprehension/transform, write: translation/write, suggest: translation/suggest,
  edit: translation/edit}
transformations:
  - {name: original, brief: The text as it is., identity: true}
leaves:
  - name: plain
    title: Plain translation
    definition: Asks for a translation of one paragraph.
    answer_form: the translation only
    rubric: Nothing is left out and nothing added.
  - name: with_terms
    title: Translation that keeps terms
    definition: Asks for a translation in which technical terms stay.
    answer_form: the translation only
    rubric: Every technical term is kept.
    expected_behaviour: keep_terms
  - name: from_file
    title: Translation of lines of a file
    definition: Asks for a translation of a passage that has to be read from a file.
    answer_form: the translation, with the marks of the lines it came from
    rubric: The marks are those of the lines that were translated.
    gives: file
    tools: [read_file]
goals:
  - {name: harder, brief: Make it harder.}
  - {name: add_terms, brief: Ask that terms stay., expected_behaviour: keep_terms}
"""
SHARED = """\
<passage>
{{ passage | inside("passage") }}
</passage>
<leaf name="{{ leaf.name }}">{{ leaf.definition }}</leaf>
"""
PROMPTS = {
    "write": (
        "writer",
        "TasksReply",
        "passage, leaf, count",
        f"{SHARED}<count>{{{{ count }}}}</count>",
    ),
    "suggest": (
        "suggester",
        "SuggestionsReply",
        "passage, leaf, goals",
        SHARED + "{% for goal in goals %}<goal>{{ goal.name }}</goal>{% endfor %}",
    ),
    "edit": (
        "editor",
        "EditReply",
        "passage, task, leaf, goal, direction, expected_behaviour",
        SHARED + '<goal name="{{ goal.name }}">{{ goal.brief }}</goal>\n'
        '<task>{{ task | inside("task") }}</task><direction>{{ direction | inside("direction") }}'
        "</direction><expected_behaviour>{{ expected_behaviour }}</expected_behaviour>",
    ),
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    pack = tmp_path / "pack"
    (pack / "translation").mkdir(parents=True)
    (pack / "translation.yaml").write_text(SKILL, encoding="utf-8")
    for name, (role, reply, variables, user) in PROMPTS.items():
        text = (
            f"---\nrole: {role}\nslot: default\nreply: {reply}\ntools: []\n"
            f"variables: [{variables}]\n---\n{{% block system %}}You {name}.{{% endblock %}}\n"
            f"{{% block user %}}{user}{{% endblock %}}\n"
        )
        (pack / "translation" / f"{name}.j2").write_text(text, encoding="utf-8")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for name in ("harbour", "bridge"):
        text = f"The {name} was built in 1862 by the town.\nIts keeper tells of it.\n" * 6
        (seeds / f"{name}.txt").write_text(text, encoding="utf-8")
    aliases = ("teacher", "other", "small", "j1", "j2", "e1")
    script = "tests.test_skill_pack:play"
    data = {
        "seeds": str(seeds),
        "skills": [str(pack / "translation.yaml")],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 3, "per_leaf": 1, "directions": 2},
        "models": {
            a: {"provider": "scripted", "model": a, "family": a, "script": script} for a in aliases
        },
        "cast": {
            "default": "teacher",
            "target": "small",
            "contenders": ["teacher", "other"],
            "jury": ["j1", "j2"],
            "evaluation_jury": ["e1"],
        },
    }
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def writer(line: Line) -> Any:
    kind = line.name("leaf")
    label = "keep_terms" if kind == "with_terms" else "answer"
    return {
        "tasks": [
            task(f"Translate it ({kind}): {line.tag('passage')[:40]}", expected_behaviour=label)
        ]
    }


def suggester(line: Line) -> Any:
    goals = ("harder", "add_terms")
    return {"suggestions": [{"goal": g, "direction": f"{g} it"} for g in goals]}


def contender(line: Line) -> Any:
    last = line.call.turns[-1]
    if line.call.tools and last.role != "tool":
        call = ToolCall(id="c1", name="read_file", arguments='{"first": 2, "last": 2}')
        return Reply(text="", model=f"scripted/{line.alias}", tool_calls=(call,))
    read = f" {last.content.split()[0]}" if last.role == "tool" else ""
    return f"Es steht da, sagt {line.alias}.{read}"


PARTS = DEFAULT | {
    "writer": writer,
    "suggester": suggester,
    "editor": editor,
    "contender": contender,
}


async def play(call: Call) -> Reply:
    part = PARTS[call.role]
    said = part(Line(call)) if callable(part) else part
    if isinstance(said, Reply):
        return said
    text = said if isinstance(said, str) else orjson.dumps(said).decode()
    return Reply(text=text, model=f"scripted/{call.alias}", tokens_in=1, tokens_out=1)


def command(*arguments: object) -> Any:
    found = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert found.exit_code == 0, (found.output, found.exception)
    return json.loads(found.stdout.strip().splitlines()[-1])


def rows(run: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        run / "dataset" / name / "train.parquet"
    ).to_pylist()
    return found


@pytest.mark.slow
def test_a_pack_of_one_yaml_and_its_prompts_runs_from_check_to_dataset(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("check", config)["ok"]
    stages = {s["stage"]: s["most"]["calls"] for s in command("estimate", config)["stages"]}
    assert "transform" not in stages
    assert stages["write"] == 6
    result = command("run", config, "--runs-dir", tmp_path / "runs", "--run-id", "pack-1")
    assert result["status"] == "completed"
    run = tmp_path / "runs" / "pack-1"

    instructions = rows(run, "instructions")
    assert {row["skill"] for row in instructions} == {"translation"}
    assert {row["leaf"] for row in instructions} == {"plain", "with_terms", "from_file"}
    by_leaf = {row["leaf"]: row for row in instructions if row["operator"] == "seed"}
    assert by_leaf["with_terms"]["expected_behaviour"] == "keep_terms"
    assert by_leaf["plain"]["context"] and not by_leaf["plain"]["tools"]
    assert not by_leaf["from_file"]["context"]
    assert "Files: passage.txt" in by_leaf["from_file"]["prompt"]
    assert json.loads(by_leaf["from_file"]["tools"])[0]["function"]["name"] == "read_file"
    assert all(row["prompts"][0].startswith("translation/write@") for row in instructions)
    labels = {row["expected_behaviour"] for row in instructions if row["operator"] == "add_terms"}
    assert labels == {"keep_terms"}

    sft = {row["leaf"]: row["messages"] for row in rows(run, "sft")}
    assert set(sft) == {"plain", "with_terms", "from_file"}
    assert "<tools>" in sft["from_file"][0]["content"]
    assert "[passage.txt:2]" in sft["from_file"][-1]["content"]
    monkeypatch.chdir("/")
    assert resume("pack-1", runs_dir=tmp_path / "runs").status == "completed"
