"""A whole run with thinking models: thoughts reach neither jurors nor training rows."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import STORE_FILE, Store

DOCUMENT = "\n\n".join(
    f"The mill number {n} at Ashford was built in {1800 + n}. It ground {n * 7 + 3} tons of wheat a year."
    for n in range(12)
)


def config(folder: Path, url: str, **own: Any) -> Any:
    seeds = folder / "docs"
    seeds.mkdir()
    (seeds / "mill.md").write_text(DOCUMENT, encoding="utf-8")
    names = {"t": "strong", "s": "weak", "j": "judge"}
    models = {
        alias: {"provider": "openai", "model": name, "family": alias, "base_url": url, "retries": 0}
        for alias, name in names.items()
    }
    cast = {"default": "t", "target": "s", "contenders": ["t"], "jury": ["j"]}
    base = {
        "seeds": str(seeds),
        "skills": ["reading_comprehension", "tool_use"],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 3, "refinements": 0},
        "selection": {"sft_margin": 0.5, "preference_margin": 0.5},
    }
    return load_config({**base, "models": models, "cast": cast, **own})


@pytest.mark.parametrize("kind", ["tags", "field"])
async def test_thoughts_are_kept_apart(tmp_path: Path, kind: Any) -> None:
    async with MockServer(MockOptions(replies="offline", thoughts=kind)) as mock:
        made = config(tmp_path, mock.url, dataset={"thoughts": kind == "tags"})
        result = await launch_async(made, runs_dir=tmp_path, run_id="think-1")
    assert result.status == "completed" and result.counts["sft"] > 0
    assert not result.calls["failed"]
    store = Store.open(tmp_path / "think-1" / STORE_FILE)
    entries = list(store.entries())
    asked = [str(request) for e in entries if (request := await store.request(e.key))]
    store.close()
    assert all("Let me see {what}" in e.thoughts for e in entries if e.text)
    assert len(asked) == len(entries)
    assert not any("Let me see {what}" in text for text in [*asked, *(e.text for e in entries)])
    for table in ("sft", "preference", "battles", "instructions"):
        read = pq.read_table(tmp_path / "think-1" / "dataset" / table / "train.parquet")
        columns = [name for name in read.column_names if "thoughts" in name]
        wanted = {"sft": 1, "preference": 2}.get(table, 0) if kind == "tags" else 0
        assert len(columns) == wanted
        assert "Let me see" not in repr(read.drop_columns(columns).to_pylist())
        for column in columns:
            for row in read.column(column).to_pylist():
                assert row and "Let me see {what}" in row[-1]


async def test_a_small_window_of_the_server_is_found_and_kept_to(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline", context=4000)) as mock:
        made = config(tmp_path, mock.url)
        models = {a: m.model_copy(update={"max_tokens": 900}) for a, m in made.models.items()}
        made = made.model_copy(update={"models": models})
        result = await launch_async(made, runs_dir=tmp_path, run_id="small-1")
    assert result.status == "completed" and not result.calls["failed"] and result.counts["battle"]
    kept = load_config(tmp_path / "small-1" / "config.yaml")
    assert {model.context_window for model in kept.models.values()} == {4000}
