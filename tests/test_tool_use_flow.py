"""Tool use from end to end with the embedded models: two documents, API lists, calls, rows."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.records import Record
from arenainstruct.agents.rows import SftRow
from arenainstruct.graphs import kinds
from arenainstruct.graphs.kinds import Kind
from arenainstruct.runs import RunResult, launch, load_config
from arenainstruct.runs.dataset.example import Example, stream_examples
from arenainstruct.runs.export.export import export
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.tools.service import Service
from tests.stage import scanned

ROOT = Path(__file__).resolve().parents[1]
READERS = '''"""Readers of a town library: their loans, the books they reserve, and what they owe."""


def overdue_loans(member_id: str, today: str) -> list[dict]:
    """List the loans of a member that are overdue, oldest first.

    Args:
        member_id: Number on the library card.
        today: The date to compare with, as YYYY-MM-DD.
    """
    return [loan for loan in LOANS if loan["member"] == member_id and loan["due"] < today]


def late_fee(loan_id: str, days_late: int) -> float:
    """Return what a late loan costs its member, in euros.

    Args:
        loan_id: The loan that came back late.
        days_late: Days after the due date.
    """
    return round(0.2 * days_late, 2)


def cancel_reservation(book_id: str, member_id: str) -> bool:
    """Cancel the reservation of a book by a member.

    Args:
        book_id: The reserved book.
        member_id: Number on the library card.
    """
    return RESERVATIONS.pop((book_id, member_id), None) is not None


LOANS: list[dict] = []
RESERVATIONS: dict[tuple[str, str], str] = {}
'''
R = TypeVar("R", bound=Record)


@dataclass
class Run:
    """A finished run over an OpenAPI document and a code file."""

    result: RunResult
    store: Store
    seeds: dict[str, str]
    """Names by id."""

    @property
    def path(self) -> Path:
        return Path(self.result.path)

    def all(self, kind: Kind[R]) -> list[R]:
        return scanned(self.store, kind)

    def config(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(
            self.path / "dataset" / name / "train.parquet"
        ).to_pylist()
        return rows


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("tools")
    seeds = folder / "seeds"
    seeds.mkdir()
    (seeds / "readers.py").write_text(READERS, encoding="utf-8")
    api = (ROOT / "runs" / "demo" / "library_api.yaml").read_text(encoding="utf-8")
    (seeds / "library_api.yaml").write_text(api, encoding="utf-8")
    per_seed = {"passages": 2, "instructions": 14, "per_leaf": 1, "refinements": 1}
    overrides = (
        f"seeds={seeds}",
        "skills=[tool_use]",
        "rounds=1",
        f"per_seed={json.dumps(per_seed)}",
    )
    result = launch(load_config(None, overrides), runs_dir=folder, run_id="t-1")
    store = Store.open(Path(result.path) / STORE_FILE)
    yield Run(result, store, {seed.id: seed.name for seed in scanned(store, kinds.SEED)})
    store.close()


@pytest.mark.slow
def test_both_kinds_of_documents_become_api_lists(run: Run) -> None:
    assert run.result.status == "completed"
    passages = run.all(kinds.PASSAGE)
    assert {(run.seeds[p.seed_id], p.transformation) for p in passages} == {
        (name, way)
        for name in ("library_api.yaml", "readers.py")
        for way in ("retrieve_apis", "reconstruct_library")
    }
    own = {"library_api.yaml": "search_books", "readers.py": "late_fee"}
    for passage in passages:
        names = [api.name for api in passage.apis]
        assert own[run.seeds[passage.seed_id]] in names
        assert len(set(names)) == len(names) and all(name in passage.text for name in names)
        assert passage.model == "offline/strong"


@pytest.mark.slow
def test_retrieval_widens_a_list_with_the_other_document_s_apis(run: Run) -> None:
    code = {"overdue_loans", "late_fee", "cancel_reservation"}
    for passage in run.all(kinds.PASSAGE):
        names = {api.name for api in passage.apis}
        of_code = run.seeds[passage.seed_id] == "readers.py"
        foreign = names - code if of_code else names & code
        if passage.transformation == "retrieve_apis":
            assert foreign, f"nothing found for {run.seeds[passage.seed_id]}"
            assert not any(api.hypothesised for api in passage.apis)


@pytest.mark.slow
def test_the_finder_searches_with_its_tool(run: Run) -> None:
    """Every finder spoke at least twice: it searched, then it chose."""
    asked = asyncio.run(run.store.count_by(kinds.PASSAGE, "transformation"))
    calls = {use.role: use.calls for use in asyncio.run(run.store.totals()).uses}
    assert calls["finder"] >= 2 * asked[("retrieve_apis",)]


@pytest.mark.slow
def test_invented_apis_are_flagged(run: Run) -> None:
    for passage in run.all(kinds.PASSAGE):
        if passage.transformation == "reconstruct_library":
            flagged = [api.hypothesised for api in passage.apis]
            assert any(flagged) and not all(flagged)


@pytest.mark.slow
def test_all_situations_are_asked_and_battled(run: Run) -> None:
    leaves = {leaf.name for leaf in load_skill("tool_use").leaves}
    assert len(leaves) == 8  # the seven of the paper, and a busy service
    assert {i.leaf for i in run.all(kinds.INSTRUCTION)} == leaves
    assert {b.leaf for b in run.all(kinds.BATTLE)} == leaves
    labels = {i.expected_behaviour for i in run.all(kinds.INSTRUCTION)}
    assert labels == {"answer", "ask_for_missing", "say_no_tool"}


@pytest.mark.slow
def test_conversations_hold_what_the_simulator_answers(run: Run) -> None:
    asked = {i.id: i for i in run.all(kinds.INSTRUCTION)}
    seen: dict[str, int] = defaultdict(int)
    for answer in run.all(kinds.ANSWER):
        instruction = asked[answer.instruction_id]
        calls = {call.id: call for turn in answer.turns for call in turn.tool_calls}
        given = instruction.environment
        service = Service(given.apis, given.busy)
        for turn in answer.turns:
            if turn.role == "tool":
                call = calls[turn.tool_call_id]
                result = service.answer(call.name, call.arguments)
                assert turn.content == result.content
                seen["right" if "error" not in json.loads(result.content) else "wrong"] += 1
        later = [turn.content for turn in answer.turns if turn.role == "user"]
        assert later == list(instruction.user_turns)
        seen["multi-turn"] += bool(later)
        assert answer.turns[-1].role == "assistant" and answer.text.strip()
    assert min(seen["right"], seen["multi-turn"]) > 10


@pytest.mark.slow
def test_checkers_decide_where_they_are_certain(run: Run) -> None:
    checked = {a.id: a.checked for a in run.all(kinds.ANSWER)}
    for battle in run.all(kinds.BATTLE):
        both = checked[battle.answer_a], checked[battle.answer_b]
        certain = None not in both and both[0] != both[1]
        assert (battle.decided_by == "checker") == certain
        if certain:
            assert battle.winner == ("model_a" if both[0] else "model_b") and not battle.games


@pytest.mark.slow
def test_the_dataset_tells_calls_as_text(run: Run) -> None:
    rows = run.config("sft")
    called = [r for r in rows if any("<tool_call>" in m["content"] for m in r["messages"][1:])]
    assert called
    for row in rows:
        assert row["messages"][0]["role"] == "system"
        assert "<tools>" in row["messages"][0]["content"]
        assert row["messages"][-1]["role"] == "assistant"
    message = next(m for m in called[0]["messages"][1:] if "<tool_call>" in m["content"])
    inside = message["content"].split("<tool_call>\n")[1].split("\n</tool_call>")[0]
    assert json.loads(inside).keys() == {"name", "arguments"}
    tools = json.loads(run.config("instructions")[0]["tools"])
    assert tools[0]["type"] == "function"


@pytest.mark.slow
def test_the_export_keeps_calls_native(run: Run, tmp_path: Path) -> None:
    counts = export(run.path, tmp_path, "openai")
    assert counts["sft"] == asyncio.run(run.store.count(kinds.SFT)) > 0
    native = 0
    for line in (tmp_path / "sft.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        names = {tool["function"]["name"] for tool in row["tools"]}
        for message in row["messages"]:
            assert "<tool_call>" not in (message.get("content") or "")
            for call in message.get("tool_calls", []):
                assert isinstance(json.loads(call["function"]["arguments"]), dict)
                native += call["function"]["name"] in names
    assert native > 0
    for example in asyncio.run(_examples(run.store)):
        assert example.given.apis


async def _examples(store: Store) -> list[Example[SftRow]]:
    return [example async for example in stream_examples(store, kinds.SFT)]
