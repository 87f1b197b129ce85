"""The store: what was awaited is there, in order, once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from arenainstruct.agents.errors import RecordConflict, StopRun, UserError
from arenainstruct.agents.models.call import Attempt, Call, Reply, ToolSpec, Usage
from arenainstruct.agents.models.request import request
from arenainstruct.agents.records import Instruction, Passage, Reject, ToolCall, Turn
from arenainstruct.agents.trace import Event
from arenainstruct.graphs import kinds
from arenainstruct.runs.store import Store
from arenainstruct.runs.store.schema import RECORDS
from arenainstruct.runs.store.statement import Statement

CALL = Call("teacher", (Turn(role="user", content="Name a colour."),), role="writer", subject="s-1")
ASKED = request(CALL, "offline/weak", {})
REPLY = Reply("Ochre.", "offline/weak", tokens_in=5, tokens_out=2, usd=0.25, seconds=0.5)


def event(kind: str, **fields: Any) -> Event:
    return Event(id=f"event-{kind}", parent="", at=1.0, kind=kind, run="run-1", **fields)


def passage(number: int, text: str = "Water boils.") -> Passage:
    return Passage(
        id=f"passage-{number:05}", seed_id="s", skill="reading", transformation="plain", text=text
    )


def reject(id: str, stage: str, reason: str) -> Reject:
    return Reject(id=id, round=1, stage=stage, reason=reason, detail="…", subject="x")


async def test_a_reply_is_recalled_as_it_was_paid(store: Store) -> None:
    call = ToolCall(id="c1", name="weather", arguments='{"city": "Łódź"}')
    reply = Reply("", "openai/m", tool_calls=(call,), tokens_in=7, usd=1e-7, finish="tool_calls")
    assert await store.recall("k") is None
    await store.remember("k", ASKED, reply)
    assert await store.recall("k") == reply


async def test_the_first_reply_of_a_key_stays(store: Store) -> None:
    await store.remember("k", ASKED, REPLY)
    await store.remember("k", ASKED, Reply("Teal.", "offline/weak"))
    assert await store.recall("k") == REPLY
    assert (await store.totals()).calls == 1


async def test_totals_are_exact_whatever_the_order(tmp_path: Path) -> None:
    prices = [1e-7, 0.3, 2.5e-6, 0.1, 0.2, 7e-12]
    sums = []
    for name, order in (("a", prices), ("b", prices[::-1])):
        store = Store.open(tmp_path / name)
        for price in order:
            asked = replace(ASKED, alias="juror" if price == 0.1 else "teacher", role="r")
            await store.remember(str(price), asked, Reply("", "m", tokens_in=1, usd=price))
        totals = await store.totals()
        sums.append(totals)
        store.close()
    assert sums[0] == sums[1]
    assert sums[0].usd == pytest.approx(sum(prices))
    assert [use.usd for use in sums[0].uses if use.alias == "juror"] == [0.1]
    assert sums[0].by_role()["r"].calls == 6


async def test_a_request_is_kept_whole_and_its_key_is_made_from_it_again(store: Store) -> None:
    turns = (
        *CALL.turns,
        Turn(
            role="assistant",
            content="",
            tool_calls=(ToolCall(id="c1", name="weather", arguments='{"city": "Łódź"}'),),
        ),
        Turn(role="tool", content="rain", tool_call_id="c1"),
    )
    tools = (ToolSpec("weather", "Tell it.", '{"type": "object"}'),)
    call = Call("t", turns, Passage, tools, 3, "writer", "s-1", "write@1", about=("q", "a"))
    params = {"temperature": 0.5, "about": True}
    asked = request(call, "openai/m", params, version="2", message="message-1")
    plain = request(CALL, "openai/m", params)
    await store.remember(asked.key(), asked, REPLY)
    await store.remember(plain.key(), plain, REPLY)
    assert await store.request(asked.key()) == asked
    assert [entry.key for entry in store.entries()] == [asked.key(), plain.key()]
    for entry in store.entries():
        kept = await store.request(entry.key)
        assert kept is not None and kept.key() == entry.key
    assert await store.request("none") is None


async def test_failed_attempts_are_kept_and_cost_what_they_cost(store: Store) -> None:
    used = Usage("offline/weak", 7, 3, 0.5)
    tried = [
        Attempt(1, 10.0, 0.5, "again", 429, "slow down"),
        Attempt(2, 11.0, 0.5, "failed", 200, "empty reply", used),
    ]
    for attempt in tried:
        await store.fail("k", ASKED, attempt)
    await store.remember("l", ASKED, REPLY)
    assert await store.attempts("k") == tuple(tried) and await store.recall("k") is None
    assert await store.request("k") == ASKED  # what failed can be shown too
    totals = await store.totals()
    assert (totals.calls, totals.unusable, totals.tokens_in, totals.usd) == (1, 1, 12, 0.75)


@pytest.mark.slow
async def test_what_was_asked_is_taken_over_by_another_store(store: Store, tmp_path: Path) -> None:
    await store.remember("k", ASKED, REPLY)
    await store.fail("l", ASKED, Attempt(1, 10.0, 0.5, "failed", 500, "no"))
    other = Store.open(tmp_path / "other")
    await other.copy_calls(store)
    assert (await other.recall("k"), await other.request("k")) == (REPLY, ASKED)
    assert (
        await other.attempts("l") == await store.attempts("l")
        and await other.totals() == await store.totals()
    )
    other.close()


async def test_many_writes_at_once_share_commits_and_keep_order(store: Store) -> None:
    await asyncio.gather(*(store.remember(f"k{n}", ASKED, REPLY) for n in range(500)))
    entries = list(store.entries())
    assert [entry.key for entry in entries] == [f"k{n}" for n in range(500)]
    assert await store.request("k0") == ASKED


async def test_records_stream_by_id(store: Store) -> None:
    await store.add(kinds.PASSAGE, 1, [passage(n) for n in range(1200, 0, -1)])
    await store.add(kinds.PASSAGE, 2, [passage(2000)])
    seen = [record async for record in store.stream(kinds.PASSAGE)]
    assert [r.id for r in seen] == [passage(n).id for n in (*range(1, 1201), 2000)]
    assert seen[4].text == "Water boils."
    assert await store.count(kinds.PASSAGE) == 1201
    assert await store.count(kinds.PASSAGE, round=2) == 1
    assert [r.id async for r in store.stream(kinds.PASSAGE, 2)] == ["passage-02000"]


async def test_the_same_record_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        await store.add(kinds.PASSAGE, 1, [passage(n) for n in range(100)])
    assert await store.count(kinds.PASSAGE) == 100


async def test_another_record_of_an_id_is_refused_and_its_neighbours_are_not(store: Store) -> None:
    await store.add(kinds.PASSAGE, 1, [passage(5)])
    adding = (
        store.add(kinds.PASSAGE, 1, [passage(n) for n in range(4)]),
        store.add(kinds.PASSAGE, 1, [passage(4), passage(5, "It does not.")]),
        store.add(kinds.PASSAGE, 1, [passage(5), passage(6)]),
        store.add(kinds.PASSAGE, 1, [passage(7), passage(7, "It freezes.")]),
    )
    _, other, _, twice = await asyncio.gather(*adding, return_exceptions=True)
    assert isinstance(other, RecordConflict)
    told = "passage passage-00005 exists with another text: 'Water boils.', not 'It does not.'"
    assert str(other).startswith(told)
    assert isinstance(twice, RecordConflict)
    written = [record.id async for record in store.stream(kinds.PASSAGE)]
    assert written == [passage(n).id for n in (0, 1, 2, 3, 5, 6)]


def draft(number: int, about: Passage) -> Instruction:
    return Instruction(
        id=f"i-{number}",
        seed_id="s",
        skill="reading",
        leaf="literal",
        transformation="plain",
        round=1,
        complexity=1,
        task=f"When, {number}?",
    ).about(about)


async def test_an_instruction_is_a_draft_that_passed(store: Store) -> None:
    drafts = [draft(n, passage(1)) for n in range(3)]
    await store.add(kinds.PASSAGE, 1, [passage(1)])
    await store.add(kinds.DRAFT, 1, drafts)
    assert await store.count(kinds.INSTRUCTION) == 0
    await store.add(kinds.INSTRUCTION, 1, drafts[:2])
    assert [r async for r in store.stream(kinds.INSTRUCTION, 1)] == drafts[:2]
    assert [r async for r in store.stream(kinds.DRAFT, 1)] == drafts
    assert await store.get(kinds.INSTRUCTION, "i-2") is None
    assert await store.count_by(kinds.INSTRUCTION, "leaf") == {("literal",): 2}
    await store.discard(kinds.INSTRUCTION, 1)
    assert (await store.count(kinds.INSTRUCTION), await store.count(kinds.DRAFT)) == (0, 3)
    other = drafts[0].model_copy(update={"task": "Why?"})
    with pytest.raises(RecordConflict, match="draft i-0 exists with another task"):
        await store.add(kinds.INSTRUCTION, 1, [other])
    assert await store.count(kinds.INSTRUCTION) == 0


async def test_a_passage_is_stored_once(store: Store) -> None:
    told = passage(1, "A kettle sings before it boils.")
    await store.add(kinds.PASSAGE, 1, [told])
    await store.add(kinds.INSTRUCTION, 1, [draft(n, told) for n in range(3)])
    await store.add(kinds.QUESTION, 1, [draft(4, told)])
    assert {i.environment.context async for i in store.stream(kinds.INSTRUCTION)} == {told.text}
    (question,) = [r async for r in store.stream(kinds.QUESTION)]
    assert question.environment.context == told.text
    with store._engine.connect() as connection:
        query = select(RECORDS.c.kind).where(RECORDS.c.body.like("%kettle%"))
        assert connection.scalars(query).all() == ["passage"]


async def test_replace_takes_the_place_of_a_round(store: Store) -> None:
    await store.add(kinds.PASSAGE, 1, [passage(1), passage(2)])
    await store.add(kinds.PASSAGE, 2, [passage(3)])
    await store.replace(kinds.PASSAGE, 1, [passage(4)])
    assert [r.id async for r in store.stream(kinds.PASSAGE)] == ["passage-00003", "passage-00004"]
    assert await store.get(kinds.PASSAGE, "passage-00001") is None
    many = await store.get_many(kinds.PASSAGE, ["passage-00003", "none", "passage-00004"])
    assert sorted(many) == ["passage-00003", "passage-00004"]


async def test_rejects_are_counted_and_discarded_by_stage(store: Store) -> None:
    rejects = [reject("a", "curate", "duplicate"), reject("b", "curate", "duplicate")]
    await store.add(kinds.REJECT, 1, [*rejects, reject("c", "write", "reply")])
    by_reason = {("curate", "duplicate"): 2, ("write", "reply"): 1}
    assert await store.count_by(kinds.REJECT, "stage", "reason") == by_reason
    await store.discard(kinds.REJECT, 1, stage="curate")
    assert await store.count_by(kinds.REJECT, "stage", "reason") == {("write", "reply"): 1}


async def test_events_are_written_without_waiting(store: Store) -> None:
    for n in range(100):
        store.event(event("call", actor="juror", records=(f"b-{n}",), data={"tokens": n}))
    await store.set_meta("status", {"round": 2})  # committed after all before it
    events = list(store.events())
    assert [event.data["tokens"] for event in events] == list(range(100))
    assert (events[0].actor, events[0].records) == ("juror", ("b-0",))
    assert await store.get_meta("status") == {"round": 2}
    assert await store.get_meta("none") is None


async def test_a_row_that_cannot_be_written_fails_alone(store: Store) -> None:
    bad = store.remember("bad", ASKED, Reply("\ud800", "m"))
    good = store.remember("good", ASKED, REPLY)
    failed, written = await asyncio.gather(bad, good, return_exceptions=True)
    assert isinstance(failed, UnicodeEncodeError)
    assert written is None
    assert await store.recall("good") == REPLY
    assert await store.recall("bad") is None


async def test_a_store_opens_again_and_closed_ones_refuse(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s")
    await store.remember("k", ASKED, REPLY)
    store.event(event("late"))
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        await store.remember("l", ASKED, REPLY)
    again = Store.open(tmp_path / "s")
    assert await again.recall("k") == REPLY
    assert [event.kind for event in again.events()] == ["late"]
    again.close()


def test_another_format_and_a_wrong_file_are_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "other").close()
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    connection.close()
    with pytest.raises(UserError, match="format is 99, this release reads "):
        Store.open(tmp_path / "other")
    with sqlite3.connect(tmp_path / "other") as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    connection.close()
    with pytest.raises(UserError, match="format is 1, this release reads "):
        Store.open(tmp_path / "other")
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be read as one" * 20)
    with pytest.raises(UserError, match=r"notes\.txt: cannot be opened as a store"):
        Store.open(tmp_path / "notes.txt")
    with pytest.raises(UserError, match="no database URL"):
        Store.open("://")


def test_a_store_whose_file_the_machine_does_not_open_stops_what_can_go_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    (tmp_path / "store.sqlite-wal").mkdir()
    with pytest.raises(StopRun, match=r"store\.sqlite: cannot be opened as a store: unable"):
        Store.open(path)


def test_a_store_that_lost_a_table_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("DROP TABLE records")
    for _ in range(2):  # the first refusal makes nothing
        with pytest.raises(UserError, match=r"has lost its tables \(records\): put a copy"):
            Store.open(path)


WRITE_FOR_EVER = """
import asyncio, itertools, os, sys
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.request import request
from arenainstruct.agents.records import Turn
from arenainstruct.runs.store import Store

store, numbers = Store.open(sys.argv[1]), itertools.count()
asked = request(Call("teacher", (Turn(role="user", content="x" * 2000),)), "m", {})

async def work():
    for n in numbers:
        await store.remember(f"k{n}", asked, Reply("y" * 500, "m"))
        os.write(1, f"k{n}\\n".encode())

async def main():
    await asyncio.gather(*(work() for _ in range(16)))

asyncio.run(main())
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(2000)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
    keys = [line.decode().strip() for line in acknowledged + rest if line.endswith(b"\n")]
    assert len(keys) >= 2000
    lost, calls = asyncio.run(_lost(path, keys))
    assert lost == []
    # Nothing else but what was in flight.
    assert calls - len(keys) <= 16


async def _lost(path: Path, keys: list[str]) -> tuple[list[str], int]:
    """Return which keys a store does not recall, and how many calls it holds."""
    store = Store.open(path)
    try:
        return [k for k in keys if await store.recall(k) is None], (await store.totals()).calls
    finally:
        store.close()


async def test_nobody_waits_for_a_writer_that_has_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise SystemExit("the driver is gone")

    with monkeypatch.context() as patched:
        patched.setattr(Statement, "run", broken)
        for _ in range(2):
            with pytest.raises(StopRun, match="the driver is gone"):
                async with asyncio.timeout(30):
                    await store.add(kinds.PASSAGE, 1, [passage(1)])
    with pytest.raises(StopRun, match="the driver is gone"):
        await store.add(kinds.PASSAGE, 1, [passage(2)])
