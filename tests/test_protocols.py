"""The protocols a user picks by name: a committee that confers, a debate of two peers, a cascade."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.errors import EndpointDown
from arenainstruct.agents.messages import Debate
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.records import Answer, Battle, Turn
from arenainstruct.agents.roles.moderator import ORDER, cut, debate
from arenainstruct.graphs import kinds
from arenainstruct.graphs.arena.cascade import measure
from arenainstruct.graphs.arena.conferring import conferred
from arenainstruct.graphs.arena.protocols import PROTOCOLS
from arenainstruct.graphs.arena.state import start_state
from arenainstruct.graphs.supervisor.battle import battle
from arenainstruct.graphs.supervisor.state import start_state as start_run
from tests.stage import Line, Stage, instruction, juror, staged

PAIR = ("teacher", "small")


async def battled(stage: Stage, *pairs: tuple[str, str], **fields: Any) -> Any:
    start = start_state(instruction(**fields), 1, evaluation=False, given=pairs or [PAIR])
    graph = PROTOCOLS[stage.services.settings.arena.protocol]()
    return await graph.ainvoke(start, context=stage.services)


def stubborn_but(convinced: str) -> Any:
    """Return a jury in which j1 prefers the weaker answer until it hears why not."""

    def vote(line: Line) -> Any:
        if line.alias == "j1" and not (line.tag("own_verdict") and convinced == "j1"):
            return juror(line, {"teacher": 3.0, "small": 8.0})
        return juror(line)

    return vote


async def test_a_committee_votes_again_and_keeps_both_votes(tmp_path: Path) -> None:
    parts = {"juror": stubborn_but("j1")}
    async with staged(tmp_path, parts, arena={"protocol": "committee"}) as stage:
        (battle,) = (await battled(stage))["battles"]
        told = [line for line in stage.lines("juror") if line.tag("own_verdict")]
    assert len(told) == 6 and all(
        len(re.findall(r"<verdict-\d+ juror", line.text)) == 2 for line in told
    )
    assert battle.winner == "model_a" and battle.agreement == 1.0
    changed = [g for g in battle.games if g.juror == "j1"]
    for game in changed:
        assert game.before is not None
        assert game.before.score_b > game.before.score_a and game.score_a > game.score_b
    found = await conferred(streamed([battle]))
    assert found is not None
    assert (found.games, found.turned) == (6, 2)
    assert (round(found.before, 3), found.after) == (0.667, 1.0)


async def test_a_juror_that_fails_to_confer_keeps_its_first_vote(tmp_path: Path) -> None:
    def vote(line: Line) -> Any:
        if line.tag("own_verdict") and line.alias == "j2":
            return "no verdict at all"
        return juror(line)

    async with staged(tmp_path, {"juror": vote}, arena={"protocol": "committee"}) as stage:
        found = await battled(stage)
    (battle,) = found["battles"]
    assert {g.juror for g in battle.games if g.before is None} == {"j2"}
    assert len(battle.games) == 6
    assert {(r.stage, r.reason) for r in found["rejects"]} == {("confer", "judge")}


def debating(line: Line) -> Any:
    return f"{line.alias} does: {line.tag('actions')} after {line.text.count('<statement')}."


@pytest.mark.slow
async def test_who_opens_a_debate_is_drawn(tmp_path: Path) -> None:
    async with staged(tmp_path, PEER, arena={"protocol": "peer_battle"}) as stage:
        found = [(await battled(stage, id=f"i-{n}"))["battles"][0] for n in range(8)]
    assert {battle.debate[0].speaker for battle in found} == {"model_a", "model_b"}


def by_debate(line: Line) -> Any:
    """Prefer whom `teacher` speaks as."""
    assert not line.tag("first")
    speaker = (
        "first"
        if re.search(
            r'<statement-\d+ speaker="first" round="1" actions="respond">\nIt was said by teacher',
            line.text,
        )
        else "second"
    )
    return {
        "reason": "the debate",
        "score_first": 9.0 if speaker == "first" else 2.0,
        "score_second": 9.0 if speaker == "second" else 2.0,
    }


PEER: dict[str, Any] = {
    "debater": debating,
    "juror": by_debate,
    "examiner": {"question": "Why was it built at all?"},
}


async def test_a_peer_battle_is_a_debate_over_the_examiners_question(tmp_path: Path) -> None:
    async with staged(tmp_path, PEER, arena={"protocol": "peer_battle"}) as stage:
        found = await battled(stage)
        answers, calls = stage.lines("contender"), stage.lines("debater")
    asked, (battle,) = found["instruction"], found["battles"]
    assert asked.task == "Why was it built at all?" and asked.parents == ("i-1",)
    assert (battle.instruction_id, battle.question_id) == ("i-1", asked.id)
    assert [(s.round, s.actions) for s in battle.debate] == [(m.round, m.actions) for m in ORDER]
    opens = battle.debate[0].speaker
    assert [s.speaker == opens for s in battle.debate] == [m.speaker == "first" for m in ORDER]
    first, second = PAIR if opens == "model_a" else PAIR[::-1]
    assert battle.debate[0].text == f"It was said by {first}."
    assert battle.debate[3].text == f"It was said by {second}."
    assert battle.debate[1].text == f"{second} does: criticise, raise after 1."
    assert (len(answers), len(calls)) == (2, sum(not move.opening for move in ORDER))
    for line in calls:
        told = re.findall(r'speaker="(.*?)".*?\n(.*)', line.text)
        own = {text for who, text in told if who == "you"}
        assert all(line.alias in text for text in own), "each knows its own words from the other's"
    assert battle.winner == "model_a" and len(battle.games) == 6
    # What may train is the answer given alone, never the debate.
    assert {a.text for a in found["answers"].values()} == {
        "It was said by teacher.",
        "It was said by small.",
    }


async def test_a_debate_that_breaks_off_is_a_reject(tmp_path: Path) -> None:
    def mute(line: Line) -> Any:
        return "" if line.alias == "small" else debating(line)

    parts = PEER | {"debater": mute}
    async with staged(tmp_path, parts, arena={"protocol": "peer_battle"}) as stage:
        found = await battled(stage, PAIR, ("teacher", "other"))
    assert [(r.stage, r.reason) for r in found["rejects"]] == [("debate", "reply")]
    assert [(b.model_a, b.model_b) for b in found["battles"]] == [("teacher", "other")]


async def test_what_stops_a_run_stops_it_in_a_debate_too(tmp_path: Path) -> None:
    parts = PEER | {"debater": EndpointDown("nobody answers")}
    async with staged(tmp_path, parts, arena={"protocol": "peer_battle"}) as stage:
        with pytest.raises(EndpointDown):
            await battled(stage)


async def test_without_a_question_there_is_no_battle(tmp_path: Path) -> None:
    parts = PEER | {"examiner": "nothing comes to mind"}
    async with staged(tmp_path, parts, arena={"protocol": "peer_battle"}) as stage:
        found = await battled(stage)
        assert stage.lines("contender") == []
    assert found["battles"] == []
    assert [(r.stage, r.reason) for r in found["rejects"]] == [("examine", "reply")]


def test_a_long_statement_is_cut_without_a_change_before() -> None:
    text = "def f(x):\n    return x\n\nand so on"
    assert cut(text, 99) == text
    assert cut(text, 4) == "def f(x):\n    return x [cut]"


async def test_a_cascade_asks_the_others_only_where_the_first_is_unsure(tmp_path: Path) -> None:
    settings = {"cascade": {"first": 1, "margin": 4.0, "audited": 0.0}}
    pairs = [("teacher", "small"), ("teacher", "other")]
    async with staged(tmp_path, arena=settings) as stage:
        found = {(b.model_a, b.model_b): b for b in (await battled(stage, *pairs))["battles"]}
    wide, close = found["teacher", "small"], found["teacher", "other"]
    assert (wide.cascade, {g.juror for g in wide.games}) == ("sure", {"j1"})
    assert (close.cascade, {g.juror for g in close.games}) == ("unsure", {"j1", "j2", "j3"})


async def test_a_first_juror_that_flips_with_the_order_is_never_sure(tmp_path: Path) -> None:
    def swayed(line: Line) -> Any:
        said = {"reason": "the first", "score_first": 9.0, "score_second": 2.0}
        return said if line.alias == "j1" else juror(line)

    settings = {"cascade": {"first": 1, "margin": 1.0, "audited": 0.0}}
    async with staged(tmp_path, {"juror": swayed}, arena=settings) as stage:
        (battle,) = (await battled(stage))["battles"]
    assert battle.cascade == "unsure" and battle.winner == "model_a"


async def test_audits_measure_how_far_the_first_can_be_trusted(tmp_path: Path) -> None:
    settings = {"cascade": {"first": 1, "margin": 1.0, "audited": 1.0}}
    parts = {"juror": stubborn_but("nobody")}
    async with staged(tmp_path, parts, arena=settings) as stage:
        battles = (await battled(stage))["battles"]
    found = await measure(streamed(battles), {"j1"})
    assert (found.battles, found.covered, found.audited, found.agreed) == (1, 1, 1, 0)
    assert (found.coverage, found.accuracy) == (1.0, 0.0)
    assert battles[0].winner == "model_a", "an audited battle is decided by the whole jury"


async def test_an_interrupted_debate_waits_for_nobody() -> None:
    asked = asyncio.Event()

    async def mute(call: Call) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("never answered")

    one, other = (
        Answer(
            id=alias,
            instruction_id="i-1",
            contender=alias,
            model=alias,
            turns=(Turn(role="assistant", content="In 1862."),),
        )
        for alias in PAIR
    )
    message = Debate(instruction=instruction(), first=one, second=other, a_is_first=True)
    debating = asyncio.create_task(debate(mute, message))
    await asked.wait()
    debating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await debating


async def test_judge_aware_verdicts_discount_a_juror_that_looks_at_the_place(
    tmp_path: Path,
) -> None:
    def vote(line: Line) -> Any:
        if line.alias in ("j1", "j2"):
            return {"reason": "the first", "score_first": 9.0, "score_second": 2.0}
        return juror(line)

    async with staged(tmp_path, {"juror": vote}, arena={"aggregation": "judge_aware"}) as stage:
        given = [instruction(f"i-{n}") for n in range(12)]
        await stage.store.add(kinds.INSTRUCTION, 1, given)
        await battle(start_run(round=1), stage.runtime)
        battles = await stage.records(kinds.BATTLE)
    assert len(battles) == 36
    for found in battles:
        strong = "model_a" if found.model_a in ("teacher", "other") else "model_b"
        if "small" in (found.model_a, found.model_b):
            assert found.winner == strong, "one honest juror outweighs two that only see the order"
            assert not found.disputed and abs(found.margin) >= 3


async def test_a_median_is_not_dragged_by_one_juror(tmp_path: Path) -> None:
    def vote(line: Line) -> Any:
        if line.alias == "j1":
            return juror(line, {"teacher": 1.0, "small": 10.0})
        return juror(line)

    async with staged(tmp_path, {"juror": vote}, arena={"aggregation": "median"}) as stage:
        (found,) = (await battled(stage))["battles"]
    assert (found.winner, found.margin) == ("model_a", 5.0)


async def test_a_jury_of_two_minds_is_no_clean_tie(tmp_path: Path) -> None:
    swayed = {"reason": "the first", "score_first": 9.0, "score_second": 2.0}
    async with staged(tmp_path, {"juror": swayed}, arena={"aggregation": "judge_aware"}) as stage:
        await stage.store.add(kinds.INSTRUCTION, 1, [instruction(f"i-{n}") for n in range(6)])
        await battle(start_run(round=1), stage.runtime)
        battles = await stage.records(kinds.BATTLE)
    assert {(b.winner, b.disputed) for b in battles} == {("tie", True)}


async def test_where_the_first_of_a_cascade_are_sure_nobody_confers(tmp_path: Path) -> None:
    settings = {
        "protocol": "committee",
        "cascade": {"first": 2, "margin": 4.0, "audited": 0.0},
    }
    pairs = [("teacher", "small"), ("teacher", "other")]
    async with staged(tmp_path, arena=settings) as stage:
        battles = (await battled(stage, *pairs))["battles"]
    found = {b.model_b: b for b in battles}
    assert found["small"].cascade == "sure" and found["other"].cascade == "unsure"
    assert {g.before is None for g in found["small"].games} == {True}
    assert {g.before is None for g in found["other"].games} == {False}


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
async def test_the_asked_share_of_sure_battles_is_audited(tmp_path: Path, share: float) -> None:
    settings = {"cascade": {"first": 1, "margin": 1.0, "audited": share}}
    async with staged(tmp_path, arena=settings) as stage:
        found = [(await battled(stage, id=f"i-{n}"))["battles"][0] for n in range(60)]
    audited = sum(b.cascade == "audited" for b in found)
    assert abs(audited - 60 * share) <= (12 if 0 < share < 1 else 0)


async def streamed(battles: Sequence[Battle]) -> AsyncIterator[Battle]:
    """Yield battles as a store does."""
    for fought in battles:
        yield fought
