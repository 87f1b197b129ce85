"""Instruction following: programs constrain tasks, decide their battles and make them harder."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.records import Answer, Battle, Instruction
from arenainstruct.graphs import kinds
from arenainstruct.graphs.checking import unusable
from arenainstruct.runs import launch, load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.replay import replay
from arenainstruct.tools.constraints import FAMILIES, conflict, read

DEMO = Path(__file__).parents[1] / "runs" / "demo"
SETTINGS = (
    "skills=[instruction_following]",
    "rounds=1",
    "per_seed={passages: 1, instructions: 6, refinements: 1}",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the skill with the embedded models."""
    folder = tmp_path_factory.mktemp("following")
    config = load_config(None, [f"seeds.path={DEMO}", *SETTINGS])
    result = launch(config, runs_dir=folder, run_id="follow-1")
    assert result.completed, result.reason
    return folder / "follow-1"


async def records(
    run: Path,
) -> tuple[dict[str, Instruction], dict[str, Answer], list[Battle]]:
    with stored(RunFolder(run).store()) as store:
        return (
            {i.id: i async for i in store.stream(kinds.INSTRUCTION)},
            {a.id: a async for a in store.stream(kinds.ANSWER)},
            [b async for b in store.stream(kinds.BATTLE)],
        )


@pytest.mark.slow
async def test_every_instruction_carries_a_checker_with_parameters_of_its_leafs_family(
    run: Path,
) -> None:
    instructions, _, _ = await records(run)
    assert len(instructions) > 20
    for one in instructions.values():
        assert one.check is not None and one.check.name == "constraints"
        assert unusable(one) == ""
        made = tuple(map(read, one.check.terms, one.check.replacements))
        assert conflict(made) == ""
        assert type(made[0]) in FAMILIES[one.leaf]
        # All but one leaf stand by themselves.
        assert bool(one.environment.context) == (one.leaf == "of_a_text")


@pytest.mark.slow
async def test_a_program_makes_tasks_harder_by_one_constraint_and_keeps_the_parent(
    run: Path,
) -> None:
    instructions, _, _ = await records(run)
    harder = [one for one in instructions.values() if one.operator == "added_constraint"]
    assert harder
    for one in harder:
        parent = instructions.get(one.parents[0])
        if parent is None:  # it did not pass the gate
            continue
        assert one.check and parent.check
        assert one.task.startswith(parent.task)
        assert one.check.terms[:-1] == parent.check.terms
        assert (one.depth, one.complexity) == (parent.depth + 1, parent.complexity + 1)


@pytest.mark.slow
async def test_the_checker_decides_where_one_answer_keeps_the_constraints_and_one_does_not(
    run: Path,
) -> None:
    _, answers, battles = await records(run)
    checked = {a.checked for a in answers.values()}
    assert checked == {True, False}
    decided = [b for b in battles if b.decided_by == "checker"]
    assert decided
    for battle in decided:
        better = answers[battle.answer_a if battle.winner == "model_a" else battle.answer_b]
        assert better.checked


@pytest.mark.slow
def test_rows_come_of_it_and_the_card_tells_what_kind_of_model_made_them(run: Path) -> None:
    rows = pq.read_table(run / "dataset" / "sft").to_pylist()
    assert rows and {row["skill"] for row in rows} == {"instruction_following"}
    card = (run / "dataset" / "README.md").read_text()
    assert "What kind of model wrote it" in card and "embedded: classical" in card


@pytest.mark.slow
def test_a_replay_draws_the_same(run: Path) -> None:
    assert replay(str(run), runs_dir=run.parent).identical
