"""Talks with a simulated user: each contender has its own, jurors see them whole, a resume pays nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.models.call import Reply
from arenainstruct.agents.records import Answer, Battle
from arenainstruct.graphs import kinds
from arenainstruct.graphs.arena.protocols import fight
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.loading import load_skill
from tests.stage import READING, SEED, Line, Stage, instruction, scanned, staged

SKILL = READING.model_copy(update={"user": "simulated"})
AIMS = ("doubt the year", "ask who paid")
DEMO = Path(__file__).parents[1] / "runs" / "demo"


def said(line: Line) -> str:
    """Return the last thing that the assistant said, as the user was told it."""
    return line.text.rpartition('<talk speaker="assistant">\n')[2].partition("\n</talk>")[0]


def user(line: Line) -> Any:
    return {"done": False, "turn": f"Of «{said(line)}» I {line.tag('wanted')}."}


def contender(line: Line) -> str:
    turns = [turn for turn in line.call.turns if turn.role == "user"]
    return f"{line.alias} answers turn {len(turns)}"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    parts = {"user": user, "contender": contender}
    async with staged(tmp_path, parts, skill=SKILL, arena={"battles_per_instruction": 2}) as set_up:
        yield set_up


async def fought(stage: Stage, **fields: Any) -> tuple[dict[str, Answer], list[Battle]]:
    given: dict[str, Any] = {"user_turns": AIMS} | fields
    ended = await fight(stage.services, instruction(**given), 1)
    return ended["answers"], ended["battles"]


async def test_each_contender_has_a_talk_of_its_own(stage: Stage) -> None:
    answers, battles = await fought(stage)
    assert [(t.role, t.content) for t in answers["small"].turns] == [
        ("assistant", "small answers turn 1"),
        ("user", "Of «small answers turn 1» I doubt the year."),
        ("assistant", "small answers turn 2"),
        ("user", "Of «small answers turn 2» I ask who paid."),
        ("assistant", "small answers turn 3"),
    ]
    assert "small" not in "".join(turn.content for turn in answers["teacher"].turns)
    assert len(battles) == 2 and all(battle.games for battle in battles)


async def test_the_user_knows_the_passage_and_what_comes_later_but_not_who_answers(
    stage: Stage,
) -> None:
    await fought(stage)
    lines = stage.lines("user")
    assert len(lines) == 2 * 3
    first = next(line for line in lines if line.tag("later"))
    assert (first.tag("passage"), first.tag("later")) == (SEED.text, "- ask who paid")
    assert first.tag("talk") == "When was it built?"
    assert not any("small" in line.call.turns[0].content for line in lines)


async def test_jurors_see_the_agenda_and_both_whole_talks(stage: Stage) -> None:
    await fought(stage)
    line = stage.lines("juror")[0]
    assert "- doubt the year\n- ask who paid" in line.tag("instruction")
    assert "Each model had a talk of its own" in line.tag("instruction")
    for side in ("first", "second"):
        assert line.tag(side).count("[user] Of «") == 2
        assert line.tag(side).count("[assistant]") == 3


async def test_the_user_ends_the_talk(stage: Stage) -> None:
    stage.parts["user"] = lambda line: {"done": bool(line.tag("later")), "turn": "Never said."}
    answers, _ = await fought(stage)
    assert [len(answer.turns) for answer in answers.values()] == [1, 1, 1]


async def test_the_most_turns_end_the_talk(tmp_path: Path) -> None:
    parts = {"user": user, "contender": contender}
    settings = {"user_turns": 1}
    async with staged(tmp_path, parts, skill=SKILL, arena=settings) as stage:
        answers, _ = await fought(stage)
        assert {len(answer.turns) for answer in answers.values()} == {3}
        assert "".join(line.tag("later") for line in stage.lines("user")) == ""


@pytest.mark.parametrize(
    ("skill", "arena"), [(READING, {}), (SKILL, {"user": "fixed"})], ids=["skill", "config"]
)
async def test_turns_stay_as_written_where_nobody_plays_the_user(
    skill: Any, arena: dict[str, Any], tmp_path: Path
) -> None:
    async with staged(tmp_path, {"contender": contender}, skill=skill, arena=arena) as stage:
        answers, _ = await fought(stage)
        for answer in answers.values():
            assert tuple(t.content for t in answer.turns if t.role == "user") == AIMS
        line = stage.lines("juror")[0]
        assert "\n\n".join(AIMS) in line.tag("instruction")
        assert "a talk of its own" not in line.tag("instruction")


async def test_what_is_known_of_earlier_turns_stays_known(stage: Stage) -> None:
    def thinking(line: Line) -> Reply:
        turns = sum(turn.role == "user" for turn in line.call.turns)
        model = f"scripted/{line.alias}"
        return Reply(
            text=f"{line.alias} {turns}",
            model=model,
            thoughts="hm" if turns == 2 else "",
            finish="length" if turns == 1 else "stop",
        )

    stage.parts["contender"] = thinking
    answers, _ = await fought(stage)
    assert answers["small"].thoughts == ("", "hm", "")
    assert answers["small"].cut


async def test_a_user_without_words_costs_its_talk_and_no_other(stage: Stage) -> None:
    def mute(line: Line) -> Any:
        return {"done": False, "turn": ""} if "small" in said(line) else user(line)

    stage.parts["user"] = mute
    ended = await fight(stage.services, instruction(user_turns=AIMS), 1)
    assert sorted(ended["answers"]) == ["other", "teacher"]
    (reject,) = ended["rejects"]
    assert (reject.stage, reject.reason, reject.failed) == ("answer", "reply", True)


async def test_a_talk_that_was_paid_is_never_paid_again(stage: Stage) -> None:
    before, _ = await fought(stage)
    paid = len(stage.calls)
    await stage.store.discard(kinds.ANSWER, 1)
    await stage.store.discard(kinds.BATTLE, 1)
    after, _ = await fought(stage)
    assert after == before
    assert len(stage.calls) == paid


def test_the_shipped_skill_of_talks_simulates_its_user() -> None:
    assert load_skill("conversation").user == "simulated"
    assert load_skill("tool_use").user == "fixed"


@pytest.mark.slow
async def test_embedded_models_talk_and_a_replay_gives_the_same_bytes(tmp_path: Path) -> None:
    config = load_config(
        None,
        (
            f"seeds={DEMO}",
            "rounds=1",
            "skills=[conversation]",
            "per_seed={passages: 1, instructions: 2, refinements: 1, directions: 3}",
        ),
    )
    result = await launch_async(config, runs_dir=tmp_path, run_id="talk-1", limit=6)
    assert result.completed, result.reason
    store = Store.open(tmp_path / "talk-1" / "store.sqlite")
    answers = scanned(store, kinds.ANSWER)
    roles = (await store.totals()).by_role()
    store.close()
    assert roles["user"].calls > 0
    assert any(len(answer.turns) > 2 for answer in answers)
    again = await replay_async("talk-1", runs_dir=tmp_path)
    assert again.identical, again
