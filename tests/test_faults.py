"""Faults: a lost call is a counted reject, a lost endpoint or a spent budget a clean stop to resume."""

from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from arenainstruct.agents.records import Reject
from arenainstruct.graphs import kinds
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.mock.request import ChatRequest
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.store import STORE_FILE, Store
from tests.folders import differing
from tests.process import Tripwire
from tests.small_loop import write_config
from tests.stage import scanned

WELL = MockOptions(replies="offline")
SEEDS = 4
TARGET, OTHERS = "weak-1", ("strong-1", "medium-1")
"""Who battles whom in every instruction of the small loop."""


class Books:
    """What a run's store holds, and whether everything that should follow from it is accounted for."""

    def __init__(self, run: Path) -> None:
        store = Store.open(run / STORE_FILE)
        self.seeds = scanned(store, kinds.SEED)
        self.passages = scanned(store, kinds.PASSAGE)
        self.drafts = scanned(store, kinds.DRAFT)
        self.suggestions = scanned(store, kinds.SUGGESTION)
        self.instructions = {i.id: i for i in scanned(store, kinds.INSTRUCTION)}
        self.answers = {(a.instruction_id, a.contender) for a in scanned(store, kinds.ANSWER)}
        self.battles = scanned(store, kinds.BATTLE)
        self.rejects = scanned(store, kinds.REJECT)
        held = {id for drawn in scanned(store, kinds.HELD_OUT) for id in drawn.instructions}
        self.held_out = {i.seed_id for i in self.instructions.values() if i.id in held}
        """Seeds whose instructions evaluate: they write in the first round only."""
        store.close()

    def rejected(self, subject: str, stage: str, part: str = "") -> list[Reject]:
        """Return the rejects of a subject, or of a part of it, at a stage."""
        of_stage = (r for r in self.rejects if r.subject == subject and r.stage == stage)
        return [r for r in of_stage if r.detail.startswith(part)]

    def unexplained(self, rounds: int) -> list[str]:
        """Return every loss without a reject; two battles an instruction, one edit a draft."""
        return [*self._generation(rounds), *self._gate(), *self._arena()]

    def _generation(self, rounds: int) -> list[str]:
        # An edit may rewrite its passage: that one is asked about by the edit alone.
        given = [p for p in self.passages if p.parents == (p.seed_id,)]
        made = Counter(p.seed_id for p in given)
        written = {d.parents[0] for d in self.drafts if d.depth == 0}
        suggested = {s.instruction_id for s in self.suggestions}
        edited = {d.parents[1] for d in self.drafts if d.depth == 1}
        lost = [
            s.id
            for s in self.seeds
            if s.kind == "text"
            and made[s.id] + len(self.rejected(s.id, "transformation"))
            < (1 if s.id in self.held_out else rounds)
        ]
        lost += [
            p.id for p in given if p.id not in written and not self.rejected(p.id, "instruction")
        ]
        lost += [
            d.id
            for d in self.drafts
            if d.depth == 0 and d.id not in suggested and not self.rejected(d.id, "suggestion")
        ]
        return lost + [
            s.id
            for s in self.suggestions
            if s.id not in edited and not self.rejected(s.instruction_id, "edit", s.id)
        ]

    def _gate(self) -> list[str]:
        return [
            d.id
            for d in self.drafts
            if (d.id in self.instructions) == bool(self.rejected(d.id, "curation"))
        ]

    def _arena(self) -> list[str]:
        fought = {(b.instruction_id, frozenset((b.model_a, b.model_b))) for b in self.battles}
        lost: list[str] = []
        for id in self.instructions:
            silent = [who for who in (TARGET, *OTHERS) if (id, who) not in self.answers]
            lost += [f"{id}/{who}" for who in silent if not self.rejected(id, "answer", who)]
            for other in OTHERS:
                if (id, frozenset((TARGET, other))) in fought or {TARGET, other} & set(silent):
                    continue
                if not any(other in r.detail for r in self.rejected(id, "battle")):
                    lost.append(f"{id}/{other}")
        for battle in self.battles:
            jurors = 1 if battle.purpose == "evaluation" else 2
            games = 2 * jurors if battle.decided_by == "jury" else 0
            named = [
                r
                for one, two in permutations((battle.model_a, battle.model_b))
                for r in self.rejected(battle.instruction_id, "judge")
                if f" on {one} before {two}" in r.detail
            ]
            if len(battle.games) + len(named) != games:
                lost.append(battle.id)
        return lost


@pytest.mark.slow
async def test_a_fifth_of_faults_loses_nothing_silently(tmp_path: Path) -> None:
    options = MockOptions(
        rate_429=0.04,
        rate_500=0.04,
        rate_drop=0.04,
        rate_malformed=0.03,
        rate_garbage=0.04,
        rate_hang=0.01,
        retry_after=0.05,
        hang_s=5,
        replies="offline",
    )
    async with MockServer(options) as mock:
        config = load_config(
            write_config(tmp_path, mock.url, each={"timeout_s": 0.5, "retries": 1})
        )
        result = await launch_async(config, runs_dir=tmp_path, run_id="faults-1")
    books = Books(tmp_path / "faults-1")

    assert result.status == "completed"
    assert result.calls["attempts_failed"] > result.calls["failed"]
    assert books.unexplained(rounds=2) == []
    assert sum(result.counts["rejects"].values()) == len(books.rejects) == result.counts["reject"]
    assert len([r for r in books.rejects if r.reason == "model"]) >= result.calls["failed"] > 0
    assert {r.stage for r in books.rejects if r.failed} > {"answer", "judge"}
    assert len(books.battles) > 50


@pytest.mark.slow
async def test_calls_that_failed_are_asked_again_on_resume(tmp_path: Path) -> None:
    failing = replace(WELL, rate_500=0.1)
    async with MockServer(failing) as mock:
        config = write_config(tmp_path, mock.url, rounds=1, each={"retries": 0})
        result = await launch_async(load_config(config), runs_dir=tmp_path, run_id="failed-1")
        assert result.status == "completed" and result.calls["failed"] > 5
        mock.options = WELL
        again = await resume_async(str(tmp_path / "failed-1"))
        assert mock.counters.report()["duplicates"] == 0
        await launch_async(load_config(config), runs_dir=tmp_path, run_id="whole-1")
        once_more = await resume_async(str(tmp_path / "failed-1"))

    assert again.status == "completed" and again.calls["failed"] == 0
    # The card counts the calls of both starts.
    assert differing(tmp_path / "failed-1" / "dataset", tmp_path / "whole-1" / "dataset") in (
        [],
        ["README.md"],
    )
    assert set(once_more.calls.values()) == {0}


@pytest.mark.slow
async def test_a_dead_endpoint_stops_the_run_and_resume_completes_it(tmp_path: Path) -> None:
    notices: list[str] = []
    run = tmp_path / "dead-1"
    async with MockServer(WELL) as mock:
        port = int(mock.url.split(":")[2].split("/")[0])

        def die() -> None:
            mock.options = replace(WELL, rate_500=1.0)

        mock.counters = Tripwire(60, die)
        config = load_config(write_config(tmp_path, mock.url, execution={"patience_s": 0.5}))
        result = await launch_async(
            config, runs_dir=tmp_path, run_id=run.name, limit=SEEDS, on_event=listen(notices)
        )
    assert result.status == "stopped: endpoint"
    assert "status 500" in result.reason and mock.url in result.reason
    assert any("failures in a row" in text for text in notices), "a notice says that calls wait"

    # Now nobody listens at the address.
    refused = await resume_async(str(run))
    assert refused.status == "stopped: endpoint" and "onnect" in refused.reason

    async with MockServer(replace(WELL, port=port)) as mock:
        resumed = await resume_async(str(run))
        assert resumed.status == "completed"
        assert mock.counters.paid.total() == resumed.calls["paid"] > 0


def listen(notices: list[str]) -> Any:
    """Return a listener that keeps what the reader is told."""
    return lambda kind, data: notices.append(data["text"]) if kind == "notice" else None


@pytest.mark.slow
async def test_steady_rate_limits_are_told_and_end_in_a_stop(tmp_path: Path) -> None:
    notices: list[str] = []
    async with MockServer(replace(WELL, rate_429=1.0, retry_after=0.1)) as mock:
        config = load_config(write_config(tmp_path, mock.url, execution={"patience_s": 0.5}))
        result = await launch_async(
            config, runs_dir=tmp_path, run_id="limited-1", on_event=listen(notices)
        )
    assert result.status == "stopped: endpoint" and "429" in result.reason
    assert notices and "429" in notices[0]


@pytest.mark.slow
async def test_a_wrong_key_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the wrong one")
    async with MockServer(replace(WELL, key="the right one")) as mock:
        result = await launch_async(
            load_config(write_config(tmp_path, mock.url)), runs_dir=tmp_path
        )
    assert result.status == "stopped: endpoint"
    assert "status 401" in result.reason and "check the key" in result.reason
    assert mock.counters.statuses.total() <= 8, "nobody asks again after the refusal"


@pytest.mark.slow
async def test_a_spent_budget_stops_under_its_ceiling_and_can_be_raised(tmp_path: Path) -> None:
    priced = {"price": {"input": 1.0, "output": 4.0}, "max_tokens": 1024}
    ceiling, run = 0.17, tmp_path / "poor-1"  # a round of this loop costs about 0.13
    async with MockServer(WELL) as mock:
        config = load_config(
            write_config(tmp_path, mock.url, each=priced), (f"budget.usd={ceiling}",)
        )
        result = await launch_async(config, runs_dir=tmp_path, run_id=run.name, limit=SEEDS)
        assert result.status == "stopped: budget"
        assert 0.8 * ceiling < result.usd <= ceiling
        assert "raise it and resume" in result.reason
        assert result.counts["sft"] > 0 and (run / "dataset" / "sft" / "train.parquet").exists()

        resumed = await resume_async(str(run), overrides=("budget.usd=100",))
        assert mock.counters.report()["duplicates"] == 0, "nothing is paid twice"
    assert resumed.status == "completed" and resumed.usd > result.usd


@pytest.mark.slow
async def test_one_seed_that_always_fails_stops_no_other(tmp_path: Path) -> None:
    class Picky(MockServer):
        async def _answer(self, http: web.Request, request: ChatRequest) -> web.Response:
            if "cholera" in request.user_text.lower():
                return self._error(500, "this one is too much")
            return await super()._answer(http, request)

    async with Picky(WELL) as mock:
        config = load_config(write_config(tmp_path, mock.url, rounds=1, each={"retries": 1}))
        result = await launch_async(config, runs_dir=tmp_path, run_id="picky-1")
    books = Books(tmp_path / "picky-1")
    pump = next(s.id for s in books.seeds if "cholera" in s.text.lower())

    assert result.status == "completed"
    others = {s.id for s in books.seeds if s.kind == "text"} - {pump}
    written = {d.seed_id for d in books.drafts}
    assert others <= written and pump not in written
    assert books.unexplained(rounds=1) == []
