"""Exports: native tool calls, no padding, clear errors."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.environment import Api
from arenainstruct.agents.errors import UserError
from arenainstruct.agents.records import ToolCall, Turn
from arenainstruct.agents.rows import PreferenceRow, SftRow
from arenainstruct.runs.export import export
from arenainstruct.runs.store import STORE_FILE, Store

CALL = ToolCall(id="c1", name="tide", arguments='{"port": "Bergen"}')
WITH_CALL = (
    Turn(role="assistant", content="", tool_calls=(CALL,)),
    Turn(role="tool", content='{"at": "14:10"}', tool_call_id="c1"),
    Turn(role="assistant", content="At 14:10."),
)
PLAIN = (Turn(role="assistant", content="No idea — sorry."),)
FURTHER = (*PLAIN, Turn(role="user", content="Try again."), *PLAIN)
SHARED: dict[str, Any] = {
    "instruction_id": "i",
    "skill": "tool_use",
    "leaf": "single",
    "complexity": 1,
    "round": 1,
    "prompt": (Turn(role="user", content="When is high tide in Bergen?"),),
}
APIS = (Api(name="tide", description="Tells the next high tide."),)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    async def fill(store: Store) -> None:
        single = [
            SftRow(id="sft-1", completion=WITH_CALL, apis=APIS, **SHARED),
            SftRow(id="sft-2", completion=PLAIN, **SHARED),
        ]
        pairs = [
            PreferenceRow(
                id="p-1", chosen=WITH_CALL, rejected=PLAIN, margin=2.0, apis=APIS, **SHARED
            ),
            PreferenceRow(id="p-2", chosen=FURTHER, rejected=PLAIN, margin=1.5, **SHARED),
        ]
        await store.add("sft", 1, single)
        await store.add("preference", 1, pairs)

    folder = tmp_path / "a-run"
    (folder / "dataset").mkdir(parents=True)
    store = Store.open(folder / STORE_FILE)
    asyncio.run(fill(store))
    store.close()
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    assert "null" not in text
    return [json.loads(line) for line in text.splitlines()]


def test_trl_lines_keep_tool_calls_native(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "out", "trl") == {"sft": 2, "preference": 2}
    tools, plain = lines(tmp_path / "out" / "sft.jsonl")
    assert tools["messages"][1]["tool_calls"] == [
        {"type": "function", "function": {"name": "tide", "arguments": {"port": "Bergen"}}}
    ]
    assert tools["messages"][2] == {"role": "tool", "content": '{"at": "14:10"}', "name": "tide"}
    assert json.loads(tools["tools"])[0]["function"]["name"] == "tide"
    assert plain.keys() == {"messages"}
    pair = lines(tmp_path / "out" / "preference.jsonl")[0]
    assert pair["margin"] == 2.0
    assert pair["rejected"] == [{"role": "assistant", "content": "No idea — sorry."}]


def test_openai_lines_join_calls_and_results_by_id(run: Path, tmp_path: Path) -> None:
    counts = export(run, tmp_path / "out", "openai")
    assert counts == {"sft": 2, "preference": 1, "left_out": 1}
    messages = lines(tmp_path / "out" / "sft.jsonl")[0]["messages"]
    assert messages[1] == {
        "role": "assistant",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "tide", "arguments": '{"port": "Bergen"}'},
            }
        ],
    }
    assert messages[2]["tool_call_id"] == "c1"
    (pair,) = lines(tmp_path / "out" / "preference.jsonl")
    assert pair["input"]["tools"][0]["function"]["name"] == "tide"
    assert pair["non_preferred_output"] == [{"role": "assistant", "content": "No idea — sorry."}]


def test_wrong_use_is_told_clearly(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'alpaca' is unknown; formats: trl, openai"):
        export(run, tmp_path / "out", "alpaca")
    with pytest.raises(UserError, match="is no run folder"):
        export(tmp_path / "nothing", tmp_path / "out", "trl")
    (run / "dataset").rmdir()
    with pytest.raises(UserError, match="no dataset yet; finish it: arenainstruct resume"):
        export(run, tmp_path / "out", "trl")
    assert not (tmp_path / "out").exists()
