"""Skills from outside the project: from a folder, from an installed package, with a flow that is code."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.graphs import kinds
from arenainstruct.graphs.generation.flows import opened
from arenainstruct.runs.config.config import RunConfig, load_config
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.runs.run import launch, resume
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.taxonomy.finding import FOLDER
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.tools.programs import ALLOWED, named
from tests.command import command
from tests.stage import scanned

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
SHIPPED = (FOLDER / "brain_teaser.yaml").read_text(encoding="utf-8")
FLOW = """\
from langgraph.graph import END, START, StateGraph

from arenainstruct.graphs.generation import instruction, transformation
from arenainstruct.graphs.generation.flow_state import FlowState
from arenainstruct.graphs.services import Services


def build():
    graph = StateGraph(FlowState, context_schema=Services)
    graph.add_node("transformation", transformation.build())
    graph.add_node("instruction", instruction.build())
    graph.add_edge(START, "transformation")
    graph.add_edge("transformation", "instruction")
    graph.add_edge("instruction", END)
    return graph.compile(checkpointer=False, name="unrefined")


def nothing():
    return StateGraph(dict)
"""


def pack(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = SHIPPED.replace("name: brain_teaser", f"name: {name}", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def config(*overrides: str) -> RunConfig:
    return load_config(None, [f"seeds={DEMO / 'sourdough.txt'}", *overrides])


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that brings the skill `riddles`, and breaks when it is imported."""
    site = tmp_path / "site"
    path = pack(site / "riddle_pack" / "skills", "riddles")
    (site / "riddle_pack" / "__init__.py").write_text("raise RuntimeError('imported')")
    about = site / "riddle_pack-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: riddle-pack\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[arenainstruct.skills]\nriddles = riddle_pack.skills\nlost = riddle_pack\n"
    )
    monkeypatch.syspath_prepend(site)
    return path


@pytest.mark.parametrize("nested", [False, True])
def test_a_skill_is_found_in_a_folder_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    path = pack(tmp_path / "mine" / "riddles" if nested else tmp_path / "mine", "riddles")
    monkeypatch.chdir(tmp_path)
    loaded = config("skills_path=mine", "skills=[riddles, coding]")
    assert loaded.skills == (str(path), "coding")
    monkeypatch.chdir("/")
    again = load_config(loaded.model_dump(mode="json"))
    assert [skill.name for skill in again.loaded_skills()] == ["riddles", "coding"]
    assert again.what() == config(f"skills=[{path}, coding]").what()


def test_a_package_brings_a_skill_and_is_not_imported(installed: Path) -> None:
    assert config("skills=[riddles]").skills == (str(installed),)
    assert load_skill("riddles").name == "riddles"
    with pytest.raises(UserError, match=r"names a package that has no lost\.yaml"):
        config("skills=[lost]")
    with pytest.raises(UserError, match=r"did you mean 'riddles'\? .*lost, .*riddles"):
        config("skills=[ridles]")


def test_a_name_of_several_skills_is_refused(installed: Path, tmp_path: Path) -> None:
    path = pack(tmp_path / "mine", "riddles")
    with pytest.raises(UserError, match="stands in several places") as caught:
        config(f"skills_path={tmp_path / 'mine'}", "skills=[riddles]")
    assert str(path) in str(caught.value) and str(installed) in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="skills_path: no folder"):
        config(f"skills_path={tmp_path / 'none'}")


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "riddle_flow.py").write_text(FLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "riddle_flow", raising=False)
    return pack(tmp_path, "riddles", ("seed_kinds:", "flow: riddle_flow:build\nseed_kinds:"))


def test_code_runs_only_where_every_config_is_trusted(
    flow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ALLOWED, raising=False)
    (fault,) = skill_faults(str(flow))
    assert fault.startswith(f"{flow}:9: flow: ") and ALLOWED in fault
    assert "riddle_flow" not in sys.modules


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("riddle_flow:nothing", "not a compiled graph"),
        ("riddle_flow:lost", "names nothing that can be called"),
        ("nowhere:build", "names nothing that can be called"),
    ],
)
def test_a_flow_that_is_none_is_named_before_anything_runs(
    flow: Path, monkeypatch: pytest.MonkeyPatch, named: str, told: str
) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    path = flow.with_name("other.yaml")
    path.write_text(flow.read_text().replace("riddle_flow:build", named))
    (fault,) = skill_faults(str(path))
    assert fault.startswith(f"{path}:9: flow: ") and told in fault


def test_a_flow_of_one_s_own_makes_the_instructions(
    flow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    assert not list(skill_faults(str(flow)))
    made = config(f"skills=[{flow}]", "rounds=1", "evaluation.held_out=0")
    result = launch(made, runs_dir=tmp_path / "runs", run_id="own-1")
    assert result.completed
    counts = result.data()["counts"]
    assert counts["draft"] and not counts["suggestion"], "the flow refines nothing"


def test_a_flow_says_of_what_kind_it_is(flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    code = flow.with_name("riddle_flow.py")
    kind = "from arenainstruct.graphs.generation.kinds import FlowKind\n\nKIND = FlowKind(roles=('finder',))"
    code.write_text(f"{FLOW}\n\n{kind}\n")
    text = flow.read_text()
    role = text.replace("    identity: true", "    identity: true\n    role: writer", 1)
    flow.with_name("other.yaml").write_text(role)
    (fault,) = skill_faults(str(flow.with_name("other.yaml")))
    assert "no role of the flow riddle_flow:build 'writer'; known: finder" in fault

    code.with_name("odd_flow.py").write_text(f"{FLOW}\n\nKIND = 'standard'\n")
    flow.with_name("odd.yaml").write_text(text.replace("riddle_flow:", "odd_flow:"))
    (fault,) = skill_faults(str(flow.with_name("odd.yaml")))
    assert "odd_flow:KIND is 'standard'; it has to be a FlowKind" in fault


def test_check_finds_a_skill_by_the_config_s_folder(tmp_path: Path) -> None:
    pack(tmp_path / "mine", "riddles")
    (tmp_path / "mine.yaml").write_text("skills_path: mine\n")
    said = command("check", "mine.yaml", "--skill", "riddles", cwd=tmp_path)
    assert said.status == 0 and "11 leaves" in said.out
    assert command("check", "--skill", "riddles", cwd=tmp_path).status == 2


def trusted(name: str, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a module that a config may name, and see that it is loaded anew."""
    (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv(ALLOWED, "1")
    monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "1 / 0", "def (", "def f(): f()\nf()"])
def test_a_flow_whose_import_fails_is_told_at_its_line(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted("breaks", code, tmp_path, monkeypatch)
    with pytest.raises(ValueError, match=r"flow: 'breaks:build' cannot be loaded \(\w+"):
        named("breaks:build", "flow")


@pytest.mark.parametrize(
    "code",
    [
        "class Odd(BaseException): pass\nraise Odd",
        "raise SystemExit",
        "def build(): raise SystemExit",
        "def build(): return 1 / 0",
    ],
)
def test_code_that_tries_to_end_the_process_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    trusted("ends", code, tmp_path, monkeypatch)
    with pytest.raises(ValueError, match=r"'ends:build' cannot be loaded \(\w+"):
        opened("ends:build")


WRITER = """\
from arenainstruct.tools.programs import Item


def write(wanted):
    word = wanted.text.split()[0]
    if wanted.leaf == "first":
        raise KeyError(wanted.leaf)
    return None if wanted.leaf == "second" else Item(task=f"Say {word}.", terms=(word,))
"""
PROGRAMMED = """\
name: words
title: Words
description: Tasks on words.
flow: program
program: word_tasks:write
seed_kinds: [text]
transformations:
  - {name: identity, brief: The seed itself., identity: true}
leaves:
"""
LEAF = """\
  - name: NAME
    title: A word
    definition: Asks for the NAME.
    answer_form: a word
    rubric: It is the word.
    objective: true
    checker: exact_answer
"""


def test_what_a_program_cannot_write_is_a_reject_and_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted("word_tasks", WRITER, tmp_path, monkeypatch)
    leaves = "".join(LEAF.replace("NAME", name) for name in ("first", "second", "third"))
    (tmp_path / "words.yaml").write_text(PROGRAMMED + leaves)
    changes = (f"skills_path={tmp_path}", "skills=[words]", "rounds=1", "per_seed.instructions=6")
    result = launch(config(*changes), runs_dir=tmp_path, run_id="w-1")
    assert result.counts["draft"] == 2
    assert failures(tmp_path / "w-1") == [
        f"number {number}: word_tasks:write failed on {told}"
        for number in (1, 2)
        for told in (
            "first at level 2: KeyError: 'first'",
            "second at level 2: TypeError: it gave NoneType, not an Item",
        )
    ]
    trusted("word_tasks", WRITER.replace('"first"', '"fourth"'), tmp_path, monkeypatch)
    assert resume("w-1", runs_dir=tmp_path).counts["draft"] == 4
    assert all("failed on second" in told for told in failures(tmp_path / "w-1"))


def failures(folder: Path) -> list[str]:
    with closing(Store.open(folder / STORE_FILE)) as store:
        return sorted({reject.detail for reject in scanned(store, kinds.REJECT) if reject.failed})


def test_a_leaf_that_a_flow_s_program_does_not_know_is_told_at_its_line(tmp_path: Path) -> None:
    text = (FOLDER / "instruction_following.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("name: lengths", "name: long_words"), encoding="utf-8")
    line = text[: text.index("name: lengths")].count("\n") + 1
    (fault,) = skill_faults(str(path))
    told = f"{path}:{line}: leaves.0.name: no leaf of the flow constrained 'long_words'"
    assert fault.startswith(told)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("SITES = 3", "'own_sites:SITES' is int, not a mapping of names to kinds of sites"),
        ("SITES = {}", "no kind of site 'shop'"),
        (
            "class Every(dict):\n    def __contains__(self, name): return True\n"
            "    def __getitem__(self, name): return lambda text, random: text[0]\n"
            "SITES = Every()",
            "'own_sites:SITES' cannot make a site of an empty text (IndexError: string index out of range)",
        ),
    ],
)
def test_sites_of_one_s_own_are_looked_at_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    trusted("own_sites", code, tmp_path, monkeypatch)
    text = (FOLDER / "web_agent.yaml").read_text(encoding="utf-8")
    path = tmp_path / "visits.yaml"
    shipped = "program: arenainstruct.tools.browser.sites:SITES"
    assert shipped in text
    path.write_text(text.replace(shipped, "program: own_sites:SITES"), encoding="utf-8")
    assert told in "\n".join(skill_faults(str(path)))
