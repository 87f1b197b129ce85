"""The gym: its pack generates and checks at every level, its contenders are as strong as is said."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from arenainstruct.runs import launch, load_config
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.runs.gym import setting, tasks
from arenainstruct.runs.gym.contenders import Solver, solve
from arenainstruct.runs.gym.setting import ARMS, PACK, Size
from arenainstruct.runs.gym.table import Interval, lines
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.taxonomy.policy import LeafPolicy, Policy, draw_level, only
from arenainstruct.tools.checkers import CHECKERS, CheckTask
from arenainstruct.tools.programs import ALLOWED, Item, Wanted

SKILL = load_skill(str(PACK))


def item(leaf: str, level: int, number: int = 0) -> Item:
    random = Random(f"{leaf}/{level}/{number}")
    return tasks.write(Wanted(leaf, level, tasks.document(random), random))


def test_the_pack_is_sound_and_has_a_maker_for_each_leaf() -> None:
    assert list(skill_faults(str(PACK))) == []
    assert {leaf.name for leaf in SKILL.leaves} == set(tasks.LEAVES)
    assert len(SKILL.leaves) == 12


def test_the_stream_of_a_study_may_ask_the_seldom_leaves_more_often(tmp_path: Path) -> None:
    skill = load_skill(str(setting.write_pack(tmp_path / "gym.yaml", 0.15)))
    assert sorted(leaf.weight for leaf in skill.leaves) == [0.15] * 6 + [1.0] * 6
    assert setting.write_pack(tmp_path / "gym.yaml", setting.SELDOM).read_text() == PACK.read_text()


@pytest.mark.parametrize("level", tasks.LEVELS)
@pytest.mark.parametrize("leaf", tasks.LEAVES)
def test_each_leaf_generates_at_each_level_and_is_checked_both_ways(leaf: str, level: int) -> None:
    check = CHECKERS[SKILL.leaf(leaf).checker]
    for number in range(10):
        made = item(leaf, level, number)
        asked = CheckTask(context="", task=made.task, terms=made.terms)
        assert solve(made.task) == made.terms[0]
        assert check(made.terms[0], asked).passed
        assert not check(made.terms[0] + "x", asked).passed
        assert not tasks.is_kept(made.task), "kept for tests"
    assert tasks.is_kept(tasks.kept_item(leaf, level, Random(1)).task)


def test_levels_grow_longer() -> None:
    for leaf in tasks.LEAVES:
        plain, hard = (sum(len(item(leaf, n, k).task) for k in range(20)) for n in (1, 5))
        assert hard > plain


def test_contenders_reach_their_strength_and_answer_the_same_again() -> None:
    solver = Solver({"add": 0.6, "other": 0.9}, salt=3)
    for leaf, share in (("add", 0.6), ("copy", 0.9), ("sort", 0.9)):
        asked = [item(leaf, 1 + n % 5, n) for n in range(600)]
        right = [solver(one.task) == one.terms[0] for one in asked]
        assert sum(right) / len(right) == pytest.approx(share, abs=0.06)
        assert right == [solver(one.task) == one.terms[0] for one in asked]
    assert solver("what is the capital of France") == "-"


def test_two_contenders_of_one_strength_fail_at_different_tasks() -> None:
    one, two = Solver({"other": 0.5}, salt=1), Solver({"other": 0.5}, salt=2)
    asked = [item("copy", 3, n).task for n in range(100)]
    assert 20 < sum(one(task) == two(task) for task in asked) < 80


def test_levels_scatter_as_the_pack_says_and_move_with_the_policy() -> None:
    random = Random(1)

    def drawn(own: LeafPolicy) -> list[int]:
        shares = Policy(leaves={"gym/copy": own}).levels(SKILL, "copy")
        return [draw_level(shares, random) for _ in range(2000)]

    start = drawn(LeafPolicy())
    assert start.count(1) / 2000 == pytest.approx(0.40, abs=0.04)
    assert set(drawn(LeafPolicy(levels=(0.5, 0, 0, 0, 0.5)))) == {1, 5}
    assert draw_level(only(3), random) == 3


def test_the_start_policy_hardly_asks_half_of_the_leaves() -> None:
    shares = Policy.start([SKILL]).shares(SKILL)
    rare = [name for name, share in shares.items() if share < 0.01]
    assert rare == ["lower", "double", "last", "reverse", "sort", "replace"]


def arena(folder: Path, **sections: Any) -> Any:
    """Return the gym's config with a program as its target: no torch."""
    size = Size(instructions=160, rounds=2, held_out=80, rows=50)
    documents = setting.write_documents(folder / "documents.jsonl", size)
    made = setting.config(documents, folder, size, sections).model_dump(mode="json")
    made["models"]["target"] = {**made["models"]["novice"], "family": "target"}
    made["training"] = {"backend": "export"}
    return load_config(made)


@pytest.mark.slow
def test_a_round_of_programs_alone_asks_no_juror_and_steers_the_policy(tmp_path: Path) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    result = launch(
        arena(tmp_path),
        runs_dir=tmp_path,
        run_id="gym-1",
        on_event=lambda kind, data: events.append((kind, data)),
    )
    assert result.completed
    assert result.counts["sft"] > 20
    moved = {data["leaf"] for kind, data in events if kind == "policy_changed"}
    assert {"lower", "reverse"} <= moved
    from arenainstruct.graphs import kinds
    from arenainstruct.runs.folder import RunFolder
    from arenainstruct.runs.opening import stored
    from tests.stage import scanned

    with stored(RunFolder(tmp_path / "gym-1").store()) as store:
        battles = scanned(store, kinds.BATTLE)
        asked = {i.id: i for i in scanned(store, kinds.INSTRUCTION)}
        (held,) = scanned(store, kinds.HELD_OUT)
    assert {battle.decided_by for battle in battles} <= {"checker", "identical"}
    assert all(not battle.games for battle in battles)
    measured = [asked[id] for id in held.instructions]
    assert len({i.leaf for i in measured}) == 12, "evaluation asks what the stream hardly does"
    assert len({i.complexity for i in measured}) >= 3


def test_a_program_outside_the_package_needs_the_user_s_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "mine.yaml"
    text = PACK.read_text().replace("arenainstruct.runs.gym.tasks:write", "os:getcwd")
    pack.write_text(text)
    assert list(skill_faults(str(pack))) == []
    monkeypatch.delenv(ALLOWED)
    (fault,) = skill_faults(str(pack))
    assert "program" in fault and ALLOWED in fault
    assert list(skill_faults(str(PACK))) == [], "the package's own programs need none"


@pytest.mark.slow
def test_a_pack_whose_program_is_missing_is_refused_with_the_line(tmp_path: Path) -> None:
    pack = tmp_path / "mine.yaml"
    text = PACK.read_text()
    pack.write_text(text.replace("gym.tasks:write", "gym.tasks:nothing"))
    assert "names nothing that can be called" in next(iter(skill_faults(str(pack))))
    pack = tmp_path / "bare.yaml"
    pack.write_text(text.replace("program: arenainstruct.runs.gym.tasks:write\n", ""))
    assert "needs `program`" in next(iter(skill_faults(str(pack))))


def cell(arm: str, seed: int, right: float, rating: float) -> dict[str, Any]:
    ratings = [
        {"model": "target@base", "rating": 900.0},
        {"model": "target@new", "rating": 900.0 + rating},
    ]
    return {
        "arm": arm,
        "seed": seed,
        "tests": [{"copy/1": 0.4}, {"copy/1": right}],
        "candidates": [{"copy/1": right - 0.02}],
        "rounds": [
            {"round": 1, "target": "target@new", "ratings": ratings, "gate": {"word": "held"}}
        ],
    }


def test_the_study_s_table_pairs_arms_by_seed() -> None:
    assert set(ARMS) >= {"random", "lost", "diversity", "complexity", "both"}
    cells = [
        cell(arm, seed, 0.5 + plus + seed / 100, 10 + 100 * plus)
        for arm, plus in (("lost", 0.0), ("both", 0.1))
        for seed in (1, 2, 3)
    ]
    cells[-1]["tests"][1]["copy/1"] += 0.01
    text = "\n".join(lines(cells))
    # The seeds' own scatter drops out of the difference.
    assert (
        "| both − lost | 3 | +10.3 (+8.9 to +11.8) | +10.0 (+10.0 to +10.0) | +10 (+10 to +10) |"
        in text
    )
    # What was trained is told whatever the gate said of it.
    assert "| lost | 0.400 | 0.500 | 0, 3, 0 |" in text
    assert "| lost | 3 | 0.400 | 0.520 |" in text


def test_an_interval_of_one_seed_is_unknown() -> None:
    found = Interval.of([0.2])
    assert (found.mean, found.low == found.low) == (0.2, False)
