"""The dataset folder: what loads, what the bytes depend on, what the card tells."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from arenainstruct.agents.environment import Api, ApiParameter, Environment
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.request import request
from arenainstruct.agents.records import (
    Answer,
    Battle,
    Check,
    Game,
    Instruction,
    Passage,
    Reject,
    ToolCall,
    Turn,
)
from arenainstruct.agents.rows import PreferenceRow, RlvrRow, SftRow
from arenainstruct.graphs import kinds
from arenainstruct.graphs.kinds import Kind
from arenainstruct.runs.dataset import CardFacts, RatingFact, write_dataset
from arenainstruct.runs.dataset.card import ABOUT, card
from arenainstruct.runs.dataset.columns import SCHEMAS
from arenainstruct.runs.dataset.conversation import plain
from arenainstruct.runs.dataset.facts import Counts
from arenainstruct.runs.dataset.lineage import models_behind
from arenainstruct.runs.dataset.write import WRITTEN
from arenainstruct.runs.store import Store
from arenainstruct.tools.checkers import CHECKERS, CheckTask

API = Api(
    name="tide",
    description="Tells the next high tide.",
    parameters=(ApiParameter(name="port", description="A port's name.", required=True),),
)
USER = Turn(role="user", content="When is high tide in Bergen?")
WITH_CALL = (
    Turn(
        role="assistant",
        content="",
        tool_calls=(ToolCall(id="c1", name="tide", arguments='{"port": "Bergen"}'),),
    ),
    Turn(role="tool", content='{"at": "14:10"}', tool_call_id="c1"),
    Turn(role="assistant", content="At 14:10."),
)


def instruction(n: int, **fields: Any) -> Instruction:
    given: dict[str, Any] = {
        "parents": ("passage-1",),
        "seed_id": "seed-1",
        "skill": "reading",
        "leaf": "literal",
        "transformation": "plain",
        "round": 1,
        "complexity": 2,
        "task": "When does it boil?",
        "model": "offline/medium",
        "licence": "CC BY-SA 4.0",
        "source": "own",
    }
    given["environment"] = Environment(
        context=fields.pop("context", "Water boils at 100 °C."), apis=fields.pop("apis", ())
    )
    return Instruction(id=f"instruction-{n}", **(given | fields))


def answer(id: str, model: str, turns: Sequence[Turn]) -> Answer:
    return Answer(
        id=id, instruction_id="instruction-1", contender="c", model=model, turns=tuple(turns)
    )


BATTLE = Battle(
    id="battle-1",
    parents=("instruction-1", "answer-1", "answer-2"),
    instruction_id="instruction-1",
    skill="reading",
    leaf="literal",
    round=1,
    purpose="selection",
    model_a="target",
    model_b="other",
    answer_a="answer-1",
    answer_b="answer-2",
    winner="model_b",
    margin=-3.0,
    agreement=1.0,
    decided_by="jury",
    disputed=False,
    games=(
        Game(
            juror="j1",
            model="offline/judge",
            shown_first="model_a",
            score_a=4,
            score_b=7,
            reason="The second names the value.",
        ),
    ),
)
TRAINING: dict[str, Any] = {
    "instruction_id": "instruction-5",
    "skill": "tool_use",
    "leaf": "single",
    "round": 1,
    "battles": ("battle-1",),
    "models": ("openai/b", "openai/a", "openai/b"),
}
OTHER: dict[str, Any] = TRAINING | {"instruction_id": "instruction-3"}
RECORDS: dict[Kind[Any], list[Any]] = {
    kinds.PASSAGE: [
        Passage(
            id="passage-1", seed_id="s", skill="r", transformation="t", text="…", model="openai/p"
        )
    ],
    kinds.INSTRUCTION: [
        instruction(1),
        instruction(2, parents=("instruction-1",), operator="harder", model="openai/w"),
        instruction(3, apis=(API,), options=("yes", "no"), check=Check(name="contains")),
    ],
    kinds.DRAFT: [
        instruction(4, parents=("instruction-2",), complexity=4),
        instruction(5, task=USER.content, context="", apis=(API,)),
    ],
    kinds.ANSWER: [
        answer("answer-1", "offline/weak", [Turn(role="assistant", content="It is warm.")]),
        answer("answer-2", "openai/b", [Turn(role="assistant", content="At 100 °C.")]),
        answer("answer-3", "openai/b", WITH_CALL),
        answer("answer-4", "openai/a", [Turn(role="assistant", content="No idea.")]),
    ],
    kinds.BATTLE: [BATTLE],
    kinds.SFT: [SftRow(id="sft-1", answer_id="answer-3", **TRAINING)],
    kinds.PREFERENCE: [
        PreferenceRow(
            id="preference-1",
            chosen_id="answer-3",
            rejected_id="answer-4",
            margin=3.5,
            **TRAINING,
        )
    ],
    kinds.RLVR: [
        RlvrRow(
            id="rlvr-1",
            checker="contains",
            passed=0.5,
            **OTHER,
        )
    ],
    kinds.REJECT: [
        Reject(
            id="reject-1",
            round=1,
            stage="curate",
            reason="duplicate",
            detail="as instruction-2",
            subject="instruction-4",
            skill="reading",
            leaf="literal",
        )
    ],
}
FACTS = CardFacts(
    config="skills: [reading]\nrounds: 1\nseed: 7\n",
    ratings=(RatingFact(1, "target", "offline/weak", 961.2, 940, 980.6, 12),),
    policy_changes=("literal: weight 1.0 -> 1.4, the target lost 9 of 12",),
    filters=("margin of at least 1.0",),
    versions=(("arenainstruct", "0.1.0"),),
)


async def fill(path: Path, *, backwards: bool = False) -> Store:
    store = Store.open(path)
    for kind in reversed(RECORDS) if backwards else RECORDS:
        for record in RECORDS[kind][:: -1 if backwards else 1]:
            await store.add(kind, 1, [record])
    return store


async def written(path: Path, folder: Path, *, backwards: bool = False) -> dict[str, int]:
    store = await fill(path, backwards=backwards)
    try:
        return await write_dataset(store, folder, FACTS)
    finally:
        store.close()


def rows(folder: Path, config: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / config / "train.parquet").to_pylist()
    return found


def test_every_table_of_the_registry_is_written_and_told() -> None:
    assert tuple(SCHEMAS) == tuple(WRITTEN) == tuple(ABOUT)
    assert SCHEMAS.keys() == kinds.TABLES


async def test_the_bytes_depend_on_the_records_alone(tmp_path: Path) -> None:
    counts = await written(tmp_path / "a.db", tmp_path / "a")
    await written(tmp_path / "b.db", tmp_path / "b", backwards=True)
    assert counts == {
        **{"instructions": 3, "sft": 1, "preference": 1, "rlvr": 1},
        **{"battles": 1, "rejects": 1},
    }
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 7
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


async def test_instructions_carry_their_lineage(tmp_path: Path) -> None:
    await written(tmp_path / "s", tmp_path / "d")
    first, second, third = rows(tmp_path / "d", "instructions")
    assert first["models"] == ["offline/medium", "openai/p"]
    assert second["models"] == ["offline/medium", "openai/p", "openai/w"]
    assert first["tools"] == ""
    assert first["checker"] == ""
    assert third["prompt"].endswith("A. yes\nB. no")
    assert json.loads(third["tools"])[0]["function"]["parameters"]["required"] == ["port"]


async def test_an_ancestor_that_is_its_own_is_met_once(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s")) as store:
        around = [
            instruction(n, model=f"m{n}", parents=(f"instruction-{(n + 1) % 3}",)) for n in range(3)
        ]
        await store.add(kinds.DRAFT, 1, around)
        found = await models_behind(store, around[:1])
    assert found == {"instruction-0": {"m0", "m1", "m2"}}


async def test_rejects_tell_what_the_draft_was(tmp_path: Path) -> None:
    await written(tmp_path / "s", tmp_path / "d")
    (reject,) = rows(tmp_path / "d", "rejects")
    assert (reject["stage"], reject["complexity"], reject["source"]) == ("curate", 4, "own")


async def test_battles_hold_answers_and_every_game(tmp_path: Path) -> None:
    await written(tmp_path / "s", tmp_path / "d")
    (battle,) = rows(tmp_path / "d", "battles")
    assert (battle["model_a"], battle["served_b"]) == ("target", "openai/b")
    assert battle["answer_b"] == "At 100 °C."
    assert [turn["role"] for turn in battle["conversation_a"]] == ["user", "assistant"]
    assert battle["games"][0]["score_b"] == 7.0
    assert battle["licence"] == "CC BY-SA 4.0"


async def test_tool_calls_become_text_and_nothing_is_null(tmp_path: Path) -> None:
    await written(tmp_path / "s", tmp_path / "d")
    (sft,) = rows(tmp_path / "d", "sft")
    system, user, call, result, last = sft["messages"]
    assert '"name":"tide"' in system["content"]
    assert user == {"role": "user", "content": USER.content}
    inside = call["content"].removeprefix("<tool_call>\n").removesuffix("\n</tool_call>")
    assert json.loads(inside) == {"name": "tide", "arguments": {"port": "Bergen"}}
    assert result == {"role": "tool", "content": '{"at": "14:10"}'}
    assert last["content"] == "At 14:10."
    for config in ("instructions", "sft", "preference", "battles", "rejects"):
        assert "None" not in repr(rows(tmp_path / "d", config))


def test_arguments_that_are_no_json_stay_what_the_model_wrote() -> None:
    call = ToolCall(id="c", name="tide", arguments="port=Bergen")
    (row,) = plain([Turn(role="assistant", content="Let me see.", tool_calls=(call,))])
    assert row["content"].startswith("Let me see.\n<tool_call>\n")
    assert '"arguments": "port=Bergen"' in row["content"]


async def test_the_card_tells_counts_cost_and_warns(tmp_path: Path) -> None:
    store = await fill(tmp_path / "s")
    await store.remember(
        "k",
        request(Call("teacher", (USER,), role="writer"), "openai/w", {}),
        Reply("…", "openai/w", tokens_in=1200, tokens_out=80, usd=0.0123),
    )
    facts = replace(FACTS, totals=await store.totals())
    await write_dataset(store, tmp_path / "d", facts)
    store.close()
    text = (tmp_path / "d" / "README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["license"] == "cc-by-sa-4.0"
    assert front["size_categories"] == ["n<1K"]
    assert "DO NOT TRAIN ON THIS" in text
    assert "`offline/medium`, `offline/weak`" in text
    assert "| openai/w | teacher | writer | 1 | 1200 | 80 | 0.0123 |" in text
    assert "| curate | duplicate | 1 |" in text
    assert "| 1 | target | offline/weak | 961 | 940 to 981 | 12 |" in text
    assert "the target lost 9 of 12" in text
    assert "rounds: 1" in text


async def test_a_row_of_its_own_is_all_that_a_program_needs_to_reward(tmp_path: Path) -> None:
    store, loud = Store.open(tmp_path / "s"), Check(name="text_capitalization", terms=("upper",))
    await store.add(kinds.INSTRUCTION, 1, [instruction(7, check=loud)])
    item = {"instruction_id": "instruction-7", "checker": loud.name, "passed": 0.5}
    await store.add(kinds.RLVR, 1, [RlvrRow(id="rlvr-7", **(TRAINING | item))])
    await write_dataset(store, tmp_path / "d", FACTS)
    store.close()
    (row,) = rows(tmp_path / "d", "rlvr")
    assert row["prompt"][-1]["content"].endswith("When does it boil?")
    task = CheckTask.from_json(row["parameters"])
    passed = [
        CHECKERS[row["checker"]](a, task).passed for a in ("WATER BOILS AT 100 °C.", "Water.")
    ]
    assert passed == [True, False]


async def test_seeds_that_disagree_make_the_licence_other(tmp_path: Path) -> None:
    store = await fill(tmp_path / "s")
    await store.add(kinds.INSTRUCTION, 1, [instruction(9, licence="MIT")])
    await write_dataset(store, tmp_path / "d", FACTS)
    store.close()
    text = (tmp_path / "d" / "README.md").read_text()
    assert yaml.safe_load(text.split("---\n")[1])["license"] == "other"


async def test_a_failure_leaves_no_half_file(tmp_path: Path) -> None:
    store = await fill(tmp_path / "s")
    wrong: Kind[Any] = kinds.SFT
    await store.add(wrong, 1, [instruction(1)])  # no SftRow
    with pytest.raises(
        ValueError, match="records, sft instruction-1: instruction_id: Field required"
    ):
        await write_dataset(store, tmp_path / "d", FACTS)
    store.close()
    assert [p.name for p in (tmp_path / "d" / "sft").iterdir()] == []


@pytest.mark.slow
def test_datasets_loads_every_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    asyncio.run(written(tmp_path / "s", tmp_path / "d"))
    sizes = {"instructions": 3, "sft": 1, "preference": 1, "rlvr": 1, "battles": 1}
    for config, number in sizes.items():
        loaded = datasets.load_dataset(
            str(tmp_path / "d"), config, split="train", cache_dir=str(tmp_path / "cache")
        )
        assert loaded.num_rows == number
        assert loaded.to_list() == rows(tmp_path / "d", config)


def test_configs_without_rows_load_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    store = Store.open(tmp_path / "s")
    asyncio.run(write_dataset(store, tmp_path / "d", FACTS))
    store.close()
    # `load_dataset` without streaming refuses any split of no rows, whatever the file.
    loaded = datasets.load_dataset(str(tmp_path / "d"), "sft", split="train", streaming=True)
    assert list(loaded) == []
    assert "messages" in loaded.features
    assert "`streaming=True` only" in (tmp_path / "d" / "README.md").read_text()


def test_two_runs_of_one_folder_name_never_share_a_cache() -> None:
    counts = Counts(
        rows={},
        leaves={},
        rounds={},
        rejects={},
        dropped={},
        licences={},
        models=frozenset(),
        made={},
        cut={},
    )
    for digest in ("1a", "2b"):
        assert f"content {digest}" in card(CardFacts(config=""), counts, {"sft": digest})
