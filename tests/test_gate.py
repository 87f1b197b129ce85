"""The gate: what programs and the curator drop before anything battles, and why."""

from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.records import Check, Instruction, Reject
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import curate, state
from tests.stage import Stage, curator, instruction, staged

LOUD = Check(name="text_capitalization", terms=("upper",))


async def gated(stage: Stage, *drafts: Instruction) -> tuple[list[Instruction], list[Reject]]:
    await stage.store.add(kinds.DRAFT, 1, drafts)
    running = state.start_state(round=1)
    await curate.curate(running, stage.runtime)
    return await stage.records(kinds.INSTRUCTION), await stage.records(kinds.REJECT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ("self_contained", "not_self_contained"),
        ("matches_passage", "off_passage"),
        ("matches_leaf", "off_leaf"),
        ("label_right", "wrong_label"),
    ],
)
async def test_what_the_curator_finds_unsound_is_dropped(
    tmp_path: Path, found: str, reason: str
) -> None:
    part = {"curator": lambda line: curator(line, **{found: False})}
    async with staged(tmp_path, part) as stage:
        kept, rejects = await gated(stage, instruction())
    assert kept == []
    assert [(r.stage, r.reason, r.detail, r.subject) for r in rejects] == [
        ("curation", reason, "as found", "i-1")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({"leaf": "choice", "options": ("a", "b")}, "options", "asks for 3 to 4 options, found 2"),
        ({"options": ("a", "b")}, "options", "asks for 0 to 0 options, found 2"),
        ({"leaf": "choice", "options": ("a", "b", "a")}, "options", "two options are the same"),
        (
            {"leaf": "loud", "check": Check(name="text_capitalization", terms=("shout",))},
            "check",
            "the first term must be one of",
        ),
        (
            {"leaf": "loud", "check": LOUD, "context": "ALL LOUD"},
            "check",
            "already as the task wants it",
        ),
        (
            {"expected_behaviour": "say_unanswerable"},
            "wrong_label",
            "literal expects answer, found say_unanswerable",
        ),
    ],
)
async def test_programs_look_first_and_cost_no_call(
    tmp_path: Path, fields: dict[str, Any], reason: str, detail: str
) -> None:
    async with staged(tmp_path) as stage:
        kept, rejects = await gated(stage, instruction(**fields))
        assert stage.calls == []
    assert kept == []
    assert [r.reason for r in rejects] == [reason]
    assert detail in rejects[0].detail


async def test_duplicates_are_told_apart_by_their_context(tmp_path: Path) -> None:
    drafts = (
        instruction("i-1"),
        instruction("i-2", task="when was it BUILT"),
        instruction("i-3", context="The bridge was built in 1900."),
    )
    async with staged(tmp_path) as stage:
        kept, rejects = await gated(stage, *drafts)
        assert {i.id for i in kept} == {"i-1", "i-3"}
        assert [(r.subject, r.reason) for r in rejects] == [("i-2", "duplicate")]
        assert "i-1" in rejects[0].detail
        # The stage starts over after a kill: to the same end, not to duplicates of itself.
        assert await gated(stage) == (kept, rejects)


async def test_an_edited_label_is_the_curator_s_to_judge(tmp_path: Path) -> None:
    changed = instruction(operator="make_unanswerable", expected_behaviour="say_unanswerable")
    async with staged(tmp_path) as stage:
        kept, _ = await gated(stage, changed)
    assert [i.id for i in kept] == ["i-1"]


async def test_a_gate_that_fails_is_a_failed_reject_and_is_tried_again(tmp_path: Path) -> None:
    async with staged(tmp_path, {"curator": AttemptFailed("away", final=True)}) as stage:
        kept, rejects = await gated(stage, instruction("i-1"), instruction("i-2"))
        assert kept == [] and [r.failed for r in rejects] == [True, True]
        stage.parts["curator"] = curator
        kept, rejects = await gated(stage)
        assert [i.id for i in kept] == ["i-1"]
        assert [(r.subject, r.reason) for r in rejects] == [("i-2", "duplicate")]
