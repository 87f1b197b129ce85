"""A whole small loop on the mock server: difficulty moves for reasons that its own tables tell again."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arenainstruct.graphs import kinds
from arenainstruct.runs.calls.calls import ShownCall, Wanted, calls
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.taxonomy.refinement import Refinement
from tests.small_loop import write_config
from tests.stage import scanned

LOW, HIGH = 0.45, 0.55
SECTIONS: dict[str, Any] = {
    "seed": 5,
    "skills": ["text_modification"],
    "per_seed": {"passages": 2, "instructions": 4, "refinements": 1, "directions": 2},
    "cast": {
        "default": "strong-1",
        "target": "medium-1",
        "target_samples": 2,
        "contenders": ["strong-1", "weak-1"],
        "jury": ["judge-1", "judge-2"],
        "evaluation_jury": ["judge-3"],
    },
    "arena": {"battles_per_instruction": 3},
    "feedback": {"least_battles": 2, "win_rate_band": [LOW, HIGH], "strength_gap": 0},
    "selection": {"sft_quota": {"share": 0.3}},
}


@pytest.mark.slow
async def test_the_loop_steers_itself_by_what_its_battles_told(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline")) as mock:
        config = load_config(write_config(tmp_path, mock.url, **SECTIONS))
        result = await launch_async(config, runs_dir=tmp_path, run_id="steered-1", limit=6)
    assert result.status == "completed"
    run = tmp_path / "steered-1"
    aims = await _hold_against_the_tables(run)
    told = [call async for call in calls(RunFolder(run), Wanted(role="suggester"))]
    _hold_against_the_calls(run, aims, told)
    assert (await replay_async(str(run))).identical


async def _hold_against_the_tables(run: Path) -> Refinement:
    """Count aims, operators and difficulties again from the Parquet files; return the first policy's."""
    table = {
        name: pq.read_table(run / "dataset" / name / "train.parquet").to_pylist()
        for name in ("instructions", "battles", "sft")
    }
    store = Store.open(run / STORE_FILE)
    try:
        versions = {v.round: v.policy for v in scanned(store, kinds.POLICY)}
        drafts = scanned(store, kinds.DRAFT, 1)
        chosen = {s.round: s for s in scanned(store, kinds.SELECTION)}
    finally:
        store.close()
    first = versions[1].refinement
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in table["battles"]:
        sides = row["model_a"], row["model_b"]
        if row["round"] != 1 or row["purpose"] != "selection" or row["disputed"]:
            continue
        if row["outcome"] == "broken" or "medium-1" not in sides or "medium-1#2" in sides:
            continue
        won = (
            "tie"
            if row["winner"] == "tie"
            else str(sides["ab".index(row["winner"][-1])] == "medium-1")
        )
        counts[f"{row['skill']}/{row['leaf']}"][won] += 1
    assert len(first.aims) >= 3
    for name, aim in first.aims.items():
        mine = counts[name]
        rate = (mine["True"] + mine["tie"] / 2) / mine.total()
        assert (aim.battles, aim.win_rate) == (mine.total(), float(f"{rate:.2f}"))
        assert aim.way == ("harder" if rate > HIGH else "plainer") and not LOW <= rate <= HIGH
        assert bool(aim.constraint) == (aim.way == "harder")
    made = Counter(d.operator for d in drafts if d.depth)
    asked = {row["id"]: row for row in table["instructions"]}
    passed = Counter(
        row["operator"]
        for row in asked.values()
        if row["round"] == 1 and row["depth"] and row["outcome"] != "broken"
    )
    records = {name.split("/")[1]: r for name, r in first.operators.items()}
    assert {n: r.made for n, r in records.items()} == made
    assert {n: r.passed for n, r in records.items() if r.passed} == passed
    assert sum(r.compared for r in records.values()) > 5
    # What a leaf was found to be is what the next round asks of it.
    for row in asked.values():
        if row["round"] == 2 and not row["depth"]:
            level = versions[1].of(row["skill"], row["leaf"]).complexity
            assert row["complexity"] == level
    # The quota's margin is that of the last row that was taken.
    for number, round_ in chosen.items():
        margins = [row["margin"] for row in table["sft"] if row["round"] == number]
        assert (len(margins), min(margins)) == (round_.sft, round_.sft_margin)
    assert {row["answered_by"] for row in table["sft"]} >= {"openai/strong-1"}
    return first


def _hold_against_the_calls(run: Path, known: Refinement, told: list[ShownCall]) -> None:
    """Find in what the suggesters of the second round were sent what the first round's battles told."""
    store = Store.open(run / STORE_FILE)
    try:
        drafts = {d.id: d for d in scanned(store, kinds.DRAFT)}
    finally:
        store.close()
    ways: Counter[str] = Counter()
    for call in told:
        about = drafts[call.subject]
        aim = known.aim(about.skill, about.leaf) if about.round == 2 else None
        said = call.sent[-1]["content"]
        assert ("<battles" in said) == (aim is not None)
        if aim is None:
            continue
        ways[aim.way] += 1
        assert f'win_rate="{aim.win_rate:.2f}" difficulty="{aim.difficulty:+.2f}"' in said
        assert (aim.constraint in said) if aim.constraint else "<missing_constraint>" not in said
        assert ('<goal name="simplify"' in said) == (aim.way == "plainer")
        for name, record in known.operators.items():
            short = name.split("/")[1]
            if f'<goal name="{short}"' in said and record.compared:
                assert f"{short}: {record.passed} of {record.made} of its tasks were sound" in said
    assert ways["harder"] and ways["plainer"]
