"""A document or a leaf in one round against another: what was asked, what came of it, what changed."""

import asyncio
import shutil
from html import escape
from pathlib import Path

import pytest

from arenainstruct.runs import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.view.catalog import holding
from arenainstruct.runs.view.draw.rounds import glance, turns
from arenainstruct.runs.view.indexing import catch_up
from arenainstruct.runs.view.policy import growth
from arenainstruct.runs.view.rounds import Subject, Telling, retold, rounds_of
from arenainstruct.runs.view.rows import Wanted, rows
from arenainstruct.runs.view.source import Source

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("runs")
    given = [f"seeds={DEMO / 'photosynthesis.md'}", "skills=[reading_comprehension]", "rounds=2"]
    result = asyncio.run(launch_async(load_config(None, given), runs_dir=folder, run_id="a-1"))
    assert result.completed
    found = Source(RunFolder(folder / "a-1"))
    catch_up(found)
    return found


def seed(source: Source) -> Subject:
    return Subject(seed=rows(source, Wanted("seed")).rows[0].id)


def outcomes(told: Telling) -> dict[str, str]:
    return {asked.id: asked.outcome for asked in told.asked}


def test_a_document_shows_what_each_round_made_of_it(source: Source) -> None:
    about = seed(source)
    assert rounds_of(source, about) == (1, 2)
    found = retold((source, source), (1, 2), about)
    for told in (found.one, found.other):
        written = rows(source, Wanted("draft", round=told.round)).rows
        assert outcomes(told) == {row.id: row.outcome for row in written}
        assert told.target == "small"
    assert {pair.one.id for turn in found.turns for pair in turn.pairs if pair.one} == set(
        outcomes(found.one)
    )
    fought = [bout for asked in found.one.asked for bout in asked.bouts]
    assert fought and any(bout.said.startswith("juror-") for bout in fought)


def test_the_policy_between_two_rounds_stands_with_its_reason(source: Source) -> None:
    found = retold((source, source), (1, 2), seed(source))
    made = [change for change in growth(source).changes if change.round == 1]
    assert made and sorted(found.changes, key=str) == sorted(made, key=str)
    for turn in found.turns:
        for change in turn.changes:
            assert getattr(turn.before, change.field) == change.old
            assert getattr(turn.after, change.field) == change.new
    page = f"{glance(found)}{turns(found)}"
    assert all(escape(change.reason) in page for turn in found.turns for change in turn.changes)
    assert not retold((source, source), (2, 2), seed(source)).changes


def test_the_same_instruction_in_two_runs_stands_side_by_side(source: Source) -> None:
    other = Source(
        RunFolder(shutil.copytree(source.folder.path, source.folder.path.parent / "b-1"))
    )
    catch_up(other)
    found = retold((source, other), (1, 1), seed(source))
    pairs = [pair for turn in found.turns for pair in turn.pairs]
    assert pairs and all(pair.one and pair.other and pair.one.id == pair.other.id for pair in pairs)
    assert not found.changes and "b-1, round 1" in glance(found)
    runs_dir = source.folder.path.parent
    assert holding(runs_dir, seed(source).seed) == ("a-1", "b-1")
    assert holding(runs_dir, "seed-none") == ()


def test_a_leaf_is_told_as_a_document_is(source: Source) -> None:
    row = rows(source, Wanted("draft", round=2)).rows[0]
    leaf = Subject(skill=row.skill, leaf=row.leaf)
    last = rounds_of(source, leaf)[-1]
    found = retold((source, source), (last, last), leaf)
    assert [(turn.skill, turn.leaf, turn.both) for turn in found.turns] == [
        (row.skill, row.leaf, True)
    ]
    assert rounds_of(source, Subject(seed="seed-none")) == ()
