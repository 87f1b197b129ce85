"""Exports: native tool calls, no padding, clear errors."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from arenainstruct.agents.environment import Api, ApiParameter, Environment
from arenainstruct.agents.errors import UserError
from arenainstruct.agents.records import Answer, Instruction, ToolCall, Turn
from arenainstruct.agents.rows import PreferenceRow, SftRow
from arenainstruct.graphs import kinds
from arenainstruct.runs.dataset.conversation import plain, tool_specs
from arenainstruct.runs.export.export import export
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.tools.registry import offered

CALL = ToolCall(id="c1", name="tide", arguments='{"port": "Bergen"}')
WITH_CALL = (
    Turn(role="assistant", content="", tool_calls=(CALL,)),
    Turn(role="tool", content='{"at": "14:10"}', tool_call_id="c1"),
    Turn(role="assistant", content="At 14:10."),
)
PLAIN = (Turn(role="assistant", content="No idea — sorry."),)
FURTHER = (*PLAIN, Turn(role="user", content="Try again."), *PLAIN)
SHARED: dict[str, Any] = {
    "skill": "tool_use",
    "leaf": "single",
    "round": 1,
}
APIS = (Api(name="tide", description="Tells the next high tide."),)


def asked(id: str, **fields: Any) -> Instruction:
    usual: dict[str, Any] = {
        "seed_id": "s",
        "skill": "tool_use",
        "leaf": "single",
        "transformation": "own",
        "round": 1,
        "complexity": 1,
        "task": "When is high tide in Bergen?",
    }
    return Instruction(id=id, **usual, **fields)


def answer(id: str, turns: tuple[Turn, ...]) -> Answer:
    return Answer(id=id, instruction_id="i", contender="c", model="m", turns=turns)


def pair(id: str, asked: str, chosen: str, margin: float) -> PreferenceRow:
    sides: dict[str, Any] = {"chosen_id": chosen, "rejected_id": "plain"}
    return PreferenceRow(id=id, instruction_id=asked, **sides, margin=margin, **SHARED)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return finished(tmp_path)


def finished(tmp_path: Path) -> Path:
    """Write a run with two rows of each kind: one with tool calls, one without."""

    async def fill(store: Store) -> None:
        single = [
            SftRow(id="sft-1", instruction_id="tools", answer_id="call", **SHARED),
            SftRow(id="sft-2", instruction_id="plain", answer_id="plain", **SHARED),
        ]
        pairs = [
            pair("p-1", "tools", "call", 2.0),
            pair("p-2", "plain", "further", 1.5),
        ]
        await store.add(
            kinds.INSTRUCTION,
            1,
            [asked("tools", environment=Environment(apis=APIS)), asked("plain")],
        )
        turns = {"call": WITH_CALL, "plain": PLAIN, "further": FURTHER}
        await store.add(kinds.ANSWER, 1, [answer(*named) for named in turns.items()])
        await store.add(kinds.SFT, 1, single)
        await store.add(kinds.PREFERENCE, 1, pairs)

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
    told: list[str] = []
    counts = export(run, tmp_path / "out", "openai", told.append)
    (why,) = told
    assert why.startswith("left out, 1 of the preference rows: an answer goes on over further")
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


def described(folder: Path) -> dict[str, Any]:
    return {path.name: yaml.safe_load(path.read_text()) for path in folder.glob("*.yaml")}


def test_axolotl_gets_its_chat_template_types(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told: list[str] = []
    counts = export(run, out, "axolotl", told.append)
    assert counts == {"sft": 2, "preference": 0, "left_out": 2}
    assert [line.split(": ")[1].split(",")[0] for line in told] == [
        "an answer calls tools",
        "an answer goes on over further turns of the user",
    ]
    for line in lines(out / "sft.jsonl"):
        assert line.keys() == {"messages"}
        assert all(turn.keys() == {"role", "content"} for turn in line["messages"])
    files = described(out)
    assert files["sft.yaml"]["datasets"][0]["type"] == "chat_template"
    assert files["dpo.yaml"]["rl"] == "dpo"
    assert files["dpo.yaml"]["datasets"][0]["type"] == "chat_template.default"
    assert "axolotl train sft.yaml" in (out / "train.sh").read_text()


def test_llamafactory_finds_its_data_by_its_info(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(run, out, "llamafactory")
    info = json.loads((out / "dataset_info.json").read_text())
    for name, told in described(out).items():
        data = info[told["dataset"]]
        assert (out / data["file_name"]).is_file() and data["formatting"] == "sharegpt"
        assert told["stage"] == name.removesuffix(".yaml")
        assert data.get("ranking", False) == (told["stage"] == "dpo")
        tags = data["tags"]
        roles = {tags[f"{who}_tag"] for who in ("user", "assistant", "system", "observation")}
        for line in lines(out / data["file_name"]):
            for turn in line[data["columns"]["messages"]]:
                assert turn[tags["role_tag"]] in roles and isinstance(
                    turn[tags["content_tag"]], str
                )


def test_openrlhf_gets_whole_conversations_and_margins(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(run, out, "openrlhf") == {"sft": 2, "preference": 2}
    for line in lines(out / "preference.jsonl"):
        assert line.keys() == {"chosen", "rejected", "margin"}
        both = (line["chosen"], line["rejected"])
        assert both[0][0] == both[1][0] and all(side[-1]["role"] == "assistant" for side in both)


def test_wrong_use_is_told_clearly(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'alpaca' is unknown; formats: trl, axolotl"):
        export(run, tmp_path / "out", "alpaca")
    with pytest.raises(UserError, match="is no run folder"):
        export(tmp_path / "nothing", tmp_path / "out", "trl")
    (run / "dataset").rmdir()
    with pytest.raises(UserError, match="no dataset yet; finish it: arenainstruct resume"):
        export(run, tmp_path / "out", "trl")
    assert not (tmp_path / "out").exists()


def test_training_rows_show_the_tools_that_the_arena_offered() -> None:
    kinds: tuple[Any, ...] = ("string", "array", "object", "integer")
    api = Api(
        name="tide",
        description="Tells the next high tide.",
        parameters=tuple(
            ApiParameter(name=f"a_{kind}", type=kind, description=text, required=bool(text))
            for kind, text in zip(kinds, ("where", "", "how", ""), strict=True)
        ),
    )
    given = Environment(apis=(api,))
    (offer,) = offered(given.apis, given.tools)
    (trained,) = tool_specs(given)
    assert trained["function"]["parameters"] == offer.parameters
    assert trained["function"]["parameters"]["properties"]["a_array"]["items"] == {}
    told = json.loads(plain((), given)[0]["content"].split("\n")[2])
    assert told["function"]["parameters"] == offer.parameters
