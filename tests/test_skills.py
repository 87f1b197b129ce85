"""The shipped skills: each is sound, and a run over all yields rows and both outcomes of checks."""

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.records import Seed
from arenainstruct.graphs import kinds
from arenainstruct.graphs.library import Library
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.opening import stored
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.finding import skill_names
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.tools.browser.launch import NAMES as CHROMIUM
from arenainstruct.tools.checkers import CHECKERS
from arenainstruct.tools.documents import DocumentIndex


def table(run: str, name: str) -> list[dict[str, Any]]:
    path = Path(run) / "dataset" / name / "train.parquet"
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


DEMO = Path(__file__).parents[1] / "runs" / "demo"


@pytest.mark.parametrize("name", skill_names())
def test_every_shipped_skill_is_sound(name: str) -> None:
    assert list(skill_faults(name)) == []
    skill = load_skill(name)
    assert len(skill.leaves) >= (8 if name == "tool_use" else 10)
    assert skill.prompts.write.about.startswith(f"{skill.title}: ")
    for leaf in skill.leaves:
        # What is not seen has to be said to the writer, and only then.
        assert ("not seen" in leaf.definition or "does not see it" in leaf.definition) is (
            leaf.gives == "nothing"
        ), leaf.name


def test_paragraphs_of_other_documents_are_found_by_their_words() -> None:
    index = DocumentIndex()
    long = "and it goes on for a while so that it is worth finding among the other paragraphs here."
    index.add(
        [
            ("s1", "Tides", f"The moon pulls the water {long}\n\nFishermen know the hours {long}"),
            ("s2", "Bread", f"Yeast raises the dough {long}"),
        ]
    )
    assert [e.seed_id for e in index.search("moon water", 3)] == ["s1"]
    assert index.search("moon water", 3, exclude_seed="s1") == []
    assert index.search('"', 3) == []
    (found,) = index.search("yeast", 3)
    assert found.title == "Bread" and found.text.startswith("Yeast raises")


async def test_the_library_is_filled_once_however_many_ask() -> None:
    class Records:
        read = 0

        async def stream(self, kind: object) -> AsyncIterator[Seed]:
            self.read += 1
            await asyncio.sleep(0)
            for n in range(3):
                text = f"Paragraph about lighthouses number {n}, " + "long enough to be found. " * 5
                yield Seed(id=f"s{n}", text=text, kind="text", name=f"n{n}")

    records, library = Records(), Library()
    seed = Seed(id="s0", text="lighthouses", kind="text", name="n0")
    found = await asyncio.gather(
        *(library.near(records, seed, ["lighthouses"]) for _ in range(4))  # type: ignore[arg-type]
    )
    assert records.read == 1
    assert all({e.seed_id for e in rows} == {"s1", "s2"} for rows in found)


def _about(place: str, number: int) -> str:
    """Return two paragraphs about lighthouses, told apart by a word."""
    return "\n\n".join(
        f"The {place}{number} lighthouse stands on a rock above the harbour, and its lamp turns every "
        f"{at} seconds. Keepers of {place}{number} carried oil up the stairs each evening before dark."
        for at in (9, 14)
    )


@pytest.mark.slow
async def test_a_passage_of_several_documents_mixes_only_what_may_be_mixed(tmp_path: Path) -> None:
    (docs := tmp_path / "docs").mkdir()
    for n in range(8):
        (docs / f"open{n}.md").write_text(_about("Open", n))
        (docs / f"free{n}.md").write_text(f"---\nlicense: CC-BY-4.0\n---\n{_about('Free', n)}")
    (docs / "secret.md").write_text(
        f"---\nprivate: [Ada Brook]\n---\n{_about('Secret', 1)} Ada Brook."
    )
    config = load_config(
        None, [f"seeds={docs}", "skills=[rag]", "rounds=1", "evaluation.held_out=0.4"]
    )
    result = await launch_async(config, runs_dir=tmp_path, run_id="rag-1")
    with stored(RunFolder(Path(result.path)).store()) as store:
        seeds = {seed.id: seed async for seed in store.stream(kinds.SEED)}
        passages = [passage async for passage in store.stream(kinds.PASSAGE)]
        held = await drawn_ids(store)
        trained = {i.seed_id async for i in store.stream(kinds.INSTRUCTION)} - held
    assert any(len(passage.parents) > 1 for passage in passages) and held and trained
    for passage in passages:
        for other in set(passage.parents) - {passage.seed_id}:
            assert seeds[other].licence == seeds[passage.seed_id].licence
            assert (other in held) == (passage.seed_id in held)
            assert not seeds[other].private


async def drawn_ids(store: Store) -> set[str]:
    """Return the seeds whose instructions evaluate."""
    held = [draw async for draw in store.stream(kinds.HELD_OUT)]
    asked = await store.get_many(kinds.INSTRUCTION, held[0].instructions)
    return {instruction.seed_id for instruction in asked.values()}


@pytest.mark.slow
async def test_a_run_over_all_skills_keeps_rows_of_each_and_checks_both_ways(
    tmp_path: Path,
) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed (apt install bubblewrap)")
    if find_spec("playwright") is None or not any(map(shutil.which, CHROMIUM)):
        pytest.skip("no browser: pip install 'arenainstruct[web]', apt install chromium")
    names = skill_names()
    each = "{passages: 1, instructions: 3, refinements: 0}"
    config = load_config(None, [f"seeds={DEMO}", f"skills={names}", "rounds=1", f"per_seed={each}"])
    result = await launch_async(config, runs_dir=tmp_path, run_id="all-skills")
    assert result.status == "completed", result.reason
    rows = table(result.path, "instructions")
    kept = Counter(row["skill"] for row in rows)
    assert set(kept) == set(names)
    said: dict[str, set[str]] = defaultdict(set)
    leaves = {(name, leaf.name): leaf for name in names for leaf in load_skill(name).leaves}
    for battle in table(result.path, "battles"):
        checker = leaves[battle["skill"], battle["leaf"]].checker
        for side in "ab":
            if checker and battle[f"checked_{side}"]:
                said[checker].add(battle[f"checked_{side}"])
    new = {"extraction", "label", "option", "number", "citations", "code_tests"}
    assert new <= set(CHECKERS)
    new |= {"site_state"}
    assert {name for name in new if said[name] >= {"passed", "failed"}} == new
