"""A skill drafted from a description and examples: checked like any other, mended once, else refused."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from arenainstruct.agents.examples import EXAMPLES
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.taxonomy.loading import load_skill
from tests.command import Said, command
from tests.stage import Line

SOUND: dict[str, Any] = json.loads(json.dumps(EXAMPLES["PackReply"]))
LEAF = SOUND["leaves"][0]
SOUND["leaves"] = [
    LEAF,
    {
        **LEAF,
        "name": "how_long",
        "definition": "Asks how\nlong something took.",
        "gives": "nothing",
        "checker": "number",
        "check_terms": "the number of days",
    },
]
WRONG = {
    **SOUND,
    "seed_kinds": ["text", "poem"],
    "leaves": [{**SOUND["leaves"][1], "checker": "numbr"}, LEAF, LEAF],
}
TASKS = [
    {"context": "The storm came at nine.", "instruction": "When came it?", "answer": "At nine."},
    {"prompt": "What happened before the lamp was lit?"},
    {"question": "Order the three events."},
    {"task": "Which came last?", "output": "The ship."},
    {"instruction": "How long did it take?"},
]
ASKED: list[Line] = []


async def play(call: Call) -> Reply:
    """Draft by the model's name: rightly, rightly once it is told what is wrong, or never."""
    line = Line(call)
    ASKED.append(line)
    told = "<faults>" in line.text
    sound = line.alias == "sound" or (line.alias == "learns" and told)
    return Reply(
        text=orjson.dumps(SOUND if sound else WRONG).decode(), model=f"scripted/{line.alias}"
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "about.md").write_text("Tasks about the order of events.", encoding="utf-8")
    rows = "\n".join(map(json.dumps, TASKS))
    (tmp_path / "five.jsonl").write_text(rows, encoding="utf-8")
    models = {
        alias: {"provider": "scripted", "model": alias, "script": "tests.test_drafting:play"}
        for alias in ("sound", "learns", "never")
    }
    models["embedded"] = {"provider": "offline", "model": "strong"}
    cast = {"default": "sound", "target": "never", "contenders": ["sound"], "jury": ["embedded"]}
    data = {"seeds": str(tmp_path), "models": models, "cast": cast}
    (tmp_path / "mine.yaml").write_text(json.dumps(data), encoding="utf-8")
    ASKED.clear()
    return tmp_path


def drafted(place: Path, alias: str = "sound", examples: str = "five.jsonl") -> Said:
    options = ["--from", "about.md", "--examples", examples, "--set", f"cast.default={alias}"]
    return command("new", "skill", "event_order", "mine.yaml", *options, cwd=place)


def test_a_draft_passes_the_checks_and_says_who_wrote_it(place: Path) -> None:
    said = drafted(place)
    assert said.status == 0, said.err
    path = place / "skills" / "event_order.yaml"
    assert not list(skill_faults(str(path)))
    assert path.read_text(encoding="utf-8").startswith("# Drafted by scripted/sound: ")
    skill = load_skill(str(path))
    assert [way.identity for way in skill.transformations] == [True, False]
    leaf = skill.leaf("how_long")
    assert (leaf.gives, leaf.checker) == ("nothing", "number")
    assert (
        leaf.definition == "Asks how long something took. The passage is not seen by the answerer."
    )
    assert (place / "skills" / "test_event_order.py").is_file()
    (asked,) = ASKED
    assert asked.text.count("<example>") == 5
    assert "Given: The storm came at nine.\nTask: When came it?\nAnswer: At nine." in asked.text


def test_a_wrong_draft_is_mended_by_what_the_check_says(place: Path) -> None:
    assert drafted(place, "learns").status == 0
    first, second = ASKED
    assert "<faults>" not in first.text
    for told in (
        "leaves: the name 'cause_before_effect' is used twice",
        "seed_kinds.1: no kind of document 'poem'",
        "no checker 'numbr'; did you mean 'number'?",
    ):
        assert told in second.text
    assert not list(skill_faults(str(place / "skills" / "event_order.yaml")))


def test_a_draft_that_stays_wrong_is_refused_and_nothing_is_written(place: Path) -> None:
    said = drafted(place, "never")
    assert said.status == 2
    assert "drafted twice and did not pass the check" in said.err
    assert "no checker 'numbr'" in said.err
    assert len(ASKED) == 2
    assert not (place / "skills").exists()


def test_a_paid_draft_is_not_paid_again(place: Path) -> None:
    drafted(place)
    (place / "skills" / "event_order.yaml").unlink()
    (place / "skills" / "test_event_order.py").unlink()
    assert drafted(place).status == 0
    assert len(ASKED) == 1


def test_embedded_models_refuse_with_a_reason(place: Path) -> None:
    said = drafted(place, "embedded")
    assert said.status == 2 and "cannot draft a skill" in said.err
    options = ("--from", "about.md", "--examples", "five.jsonl", "--set", "seeds=about.md")
    assert command("new", "skill", "event_order", *options, cwd=place).status == 2


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("few.jsonl", '{"prompt": "One?"}\n', "1 examples; a draft is made from 3 to 20"),
        ("odd.jsonl", '{"prompt": "One?"}\n{"text": "x"}\n', "odd.jsonl:2: no example; a row has"),
        ("bad.jsonl", "{", "bad.jsonl:1: not JSON"),
        ("two.md", "One?\n---\nTwo?\n", "2 examples"),
    ],
)
def test_examples_that_are_none_are_named(place: Path, name: str, text: str, told: str) -> None:
    (place / name).write_text(text, encoding="utf-8")
    said = drafted(place, examples=name)
    assert said.status == 2 and told in said.err
    assert not ASKED


def test_examples_may_be_texts_between_dashes(place: Path) -> None:
    (place / "three.md").write_text("One?\n---\nTwo,\nand more?\n---\nThree?\n", encoding="utf-8")
    assert drafted(place, examples="three.md").status == 0
    assert "<example>\nTwo,\nand more?\n</example>" in ASKED[0].text
