"""The arena: both orders, fair jurors, checkers that overrule, and no verdict that is guessed."""

from collections import Counter
from pathlib import Path
from typing import Any

from arenainstruct.agents.environment import Api
from arenainstruct.agents.messages import Judge
from arenainstruct.agents.records import Answer, Battle, Check, Game, Instruction, ToolCall, Turn
from arenainstruct.graphs.arena.protocols import PROTOCOLS
from arenainstruct.graphs.arena.state import start_state
from tests.stage import (
    READING,
    SEED,
    Line,
    Stage,
    contender,
    instruction,
    juror,
    staged,
)

LOUD = Check(name="text_capitalization", terms=("upper",))


async def battled(stage: Stage, asked: Instruction) -> Any:
    start = start_state(asked, 1, evaluation=False)
    graph = PROTOCOLS[stage.services.settings.arena.protocol]()
    return await graph.ainvoke(start, context=stage.services)


def by_pair(battles: list[Battle]) -> dict[frozenset[str], Battle]:
    return {frozenset((b.model_a, b.model_b)): b for b in battles}


def beaten(battle: Battle) -> tuple[str, str]:
    """Return (winner, loser) by alias."""
    a, b = battle.model_a, battle.model_b
    return (a, b) if battle.winner == "model_a" else (b, a)


async def test_every_juror_judges_both_orders(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        found = await battled(stage, instruction())
        judged = Counter(line.alias for line in stage.lines("juror"))
    assert judged == {"j1": 6, "j2": 6, "j3": 6}
    assert {beaten(b) for b in found["battles"]} == {
        ("teacher", "small"),
        ("other", "small"),
        ("teacher", "other"),
    }
    for battle in found["battles"]:
        assert Counter((g.juror, g.shown_first) for g in battle.games) == {
            (j, side): 1 for j in ("j1", "j2", "j3") for side in ("model_a", "model_b")
        }
        assert (battle.decided_by, battle.agreement, battle.disputed) == ("jury", 1.0, False)
        assert battle.parents == ("i-1", battle.answer_a, battle.answer_b)
    assert by_pair(found["battles"])[frozenset(("teacher", "small"))].margin in (5, -5)


async def test_scores_follow_the_answer_and_not_its_place(tmp_path: Path) -> None:
    def swayed(line: Line) -> Any:
        """Add six points to what is shown first: the order decides every game."""
        said = juror(line)
        return said | {"score_first": min(10.0, said["score_first"] + 6)}

    async with staged(tmp_path, {"juror": swayed}) as stage:
        (battle, *_) = (await battled(stage, instruction()))["battles"]
    for game in battle.games:
        first = game.score_a if game.shown_first == "model_a" else game.score_b
        assert first == 10.0
    assert battle.disputed


async def test_no_juror_judges_its_own_family(tmp_path: Path) -> None:
    async with staged(tmp_path, families={"j1": "acme", "teacher": "acme"}) as stage:
        found = by_pair((await battled(stage, instruction()))["battles"])
    for pair, battle in found.items():
        sat = {g.juror for g in battle.games}
        assert sat == ({"j2", "j3"} if "teacher" in pair else {"j1", "j2", "j3"})


async def test_a_checker_overrules_the_jury(tmp_path: Path) -> None:
    def shout(line: Line) -> Any:
        return SEED.text.upper() if line.alias == "small" else contender(line)

    asked = instruction(leaf="loud", check=LOUD)
    async with staged(tmp_path, {"contender": shout}) as stage:
        found = await battled(stage, asked)
        judged = stage.lines("juror")
    battles = by_pair(found["battles"])
    for other in ("teacher", "other"):
        battle = battles[frozenset(("small", other))]
        assert beaten(battle) == ("small", other)
        assert (battle.decided_by, abs(battle.margin), battle.games) == ("checker", 9.0, ())
    # Both of the others fail: the jury ranks them, though neither can train.
    assert battles[frozenset(("teacher", "other"))].decided_by == "jury"
    assert len(judged) == 6
    assert {a.contender: a.checked for a in found["answers"].values()} == {
        "small": True,
        "teacher": False,
        "other": False,
    }
    assert "model" not in found["answers"]["teacher"].check_note


async def test_identical_answers_need_nobody(tmp_path: Path) -> None:
    async with staged(tmp_path, {"contender": "In 1862."}) as stage:
        found = await battled(stage, instruction())
        assert stage.lines("juror") == []
    assert {(b.winner, b.decided_by, b.disputed) for b in found["battles"]} == {
        ("tie", "identical", False)
    }


async def test_a_juror_s_garbage_is_an_error_and_never_a_tie(tmp_path: Path) -> None:
    async with staged(tmp_path, {"juror": "Both are fine."}) as stage:
        found = await battled(stage, instruction())
    assert found["battles"] == []
    reasons = Counter((r.stage, r.reason, r.failed) for r in found["rejects"])
    assert reasons == {("judge", "judge", True): 18, ("battle", "judge", True): 3}
    assert len({r.id for r in found["rejects"]}) == 21
    assert {r.subject for r in found["rejects"]} == {"i-1"}
    assert "j1 on teacher before small: " in " ".join(r.detail for r in found["rejects"])


async def test_a_juror_out_of_range_gives_no_verdict(tmp_path: Path) -> None:
    part = {"juror": {"reason": "", "score_first": 11, "score_second": 0}}
    async with staged(tmp_path, part) as stage:
        found = await battled(stage, instruction())
    assert found["battles"] == []


async def test_the_jury_goes_on_without_a_juror_who_failed(tmp_path: Path) -> None:
    def sick(line: Line) -> Any:
        if line.alias == "j2" and "teacher" in line.tag("first"):
            return "?"
        return juror(line)

    async with staged(tmp_path, {"juror": sick}) as stage:
        found = await battled(stage, instruction())
    battle = by_pair(found["battles"])[frozenset(("small", "teacher"))]
    # The one game j2 did give is kept for the reader, and decides nothing.
    assert Counter(g.juror for g in battle.games) == {"j1": 2, "j2": 1, "j3": 2}
    assert (beaten(battle), battle.agreement) == (("teacher", "small"), 1.0)
    assert {r.reason for r in found["rejects"]} == {"judge"}


async def test_a_missing_answer_costs_its_battles_only(tmp_path: Path) -> None:
    def mute(line: Line) -> Any:
        return "  " if line.alias == "other" else contender(line)

    async with staged(tmp_path, {"contender": mute}) as stage:
        found = await battled(stage, instruction())
    assert [frozenset((b.model_a, b.model_b)) for b in found["battles"]] == [
        frozenset(("small", "teacher"))
    ]
    assert [(r.stage, r.reason, r.subject) for r in found["rejects"]] == [
        ("answer", "reply", "i-1")
    ]


async def test_contenders_see_what_a_user_would_send_and_jurors_what_counts(tmp_path: Path) -> None:
    asked = instruction(
        leaf="choice", options=("1862", "1901", "never"), user_turns=("And by whom?",)
    )
    async with staged(tmp_path) as stage:
        await battled(stage, asked)
        turns = [(t.role, t.content) for t in stage.calls[0].turns]
        line = stage.lines("juror")[0]
    prompt = f"{SEED.text}\n\nWhen was it built?\n\nA. 1862\nB. 1901\nC. never"
    assert turns == [("user", prompt)]
    assert line.tag("instruction") == f"{prompt}\n\nAnd by whom?"
    assert line.tag("rubric") == "R"
    assert line.call.turns[0].role == "system"
    assert not any(name in line.tag("instruction") for name in ("small", "teacher", "other"))


async def test_a_juror_of_tool_use_sees_what_could_be_called(tmp_path: Path) -> None:
    asked = instruction(context="", apis=(Api(name="tide_table", description="Tides."),))
    answered = Answer(
        id="a",
        instruction_id="i-1",
        contender="small",
        model="m",
        turns=(
            Turn(
                role="assistant",
                content="",
                tool_calls=(ToolCall(id="1", name="tide_table", arguments='{"port": "Bergen"}'),),
            ),
            Turn(role="tool", content='{"high": "14:10"}', tool_call_id="1"),
            Turn(role="assistant", content="At 14:10, says small."),
        ),
    )
    message = Judge(
        instruction=asked, rubric="R", first=answered, second=answered, a_is_first=False
    )
    async with staged(tmp_path) as stage:
        game = await stage.services.troupe.send(message, Game, "juror", "j1")
        (line,) = stage.lines("juror")
    assert '"name":"tide_table"' in line.tag("apis")
    assert line.tag("first").splitlines() == [
        '[assistant calls] tide_table({"port": "Bergen"})',
        '[tool] {"high": "14:10"}',
        "[assistant] At 14:10, says small.",
    ]
    assert game.shown_first == "model_b"


async def test_a_confident_wrong_answer_does_not_win_an_unanswerable_question(
    tmp_path: Path,
) -> None:
    """The label reaches the juror, whose rubric caps a confident guess at 3 points."""

    def answers(line: Line) -> Any:
        if line.alias == "small":
            return "The passage does not say when it was built."
        return f"It was built in 1862, says {line.alias}, without any doubt."

    def by_rubric(line: Line) -> Any:
        assert line.tag("expected_behaviour") == "say_unanswerable"
        assert line.tag("behaviour") == READING.behaviours["say_unanswerable"]
        honest = ["does not say" in line.tag(tag) for tag in ("first", "second")]
        first, second = (9.0 if h else 3.0 for h in honest)
        return {"reason": "who says so?", "score_first": first, "score_second": second}

    asked = instruction(
        operator="make_unanswerable",
        expected_behaviour="say_unanswerable",
        context="The lighthouse was built some time ago.",
    )
    async with staged(tmp_path, {"contender": answers, "juror": by_rubric}) as stage:
        found = by_pair((await battled(stage, asked))["battles"])
        system = stage.lines("juror")[0].call.turns[0].content
    assert "<behaviour>" in system and "3 at most" in system
    for other in ("teacher", "other"):
        assert beaten(found[frozenset(("small", other))]) == ("small", other)
