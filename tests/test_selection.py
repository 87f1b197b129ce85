"""Selection: which answers train, and which never do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from arenainstruct.agents.environment import Environment
from arenainstruct.agents.records import Answer, Battle, Game, Instruction, Turn, Winner
from arenainstruct.graphs.settings import SelectionSettings, of_round
from arenainstruct.graphs.supervisor.selection import preference_rows, sft_row, won_by

INSTRUCTION = Instruction(
    id="i",
    parents=("p",),
    seed_id="s",
    skill="reading_comprehension",
    leaf="main_idea",
    transformation="poem",
    round=1,
    complexity=3,
    task="What is it about?",
    environment=Environment(context="A poem."),
    model="scripted/writer",
    licence="CC0-1.0",
    source="ours",
)
SETTINGS = SelectionSettings(sft_margin=(3.0, 1.0), preference_margin=(2.0,))


def answer(alias: str, checked: bool | None = None) -> Answer:
    return Answer(
        id=f"answer-{alias}",
        instruction_id="i",
        contender=alias,
        model=f"scripted/{alias}",
        turns=(Turn(role="assistant", content=f"{alias} says so"),),
        checked=checked,
    )


ANSWERS = {a.id: a for a in map(answer, ("small", "other", "teacher"))}


def battle(a: str, b: str, winner: Winner, margin: float, **fields: Any) -> Battle:
    given_: dict[str, Any] = {
        "id": f"battle-{a}-{b}",
        "instruction_id": "i",
        "skill": INSTRUCTION.skill,
        "leaf": INSTRUCTION.leaf,
        "round": 1,
        "purpose": "selection",
        "model_a": a,
        "model_b": b,
        "answer_a": f"answer-{a}",
        "answer_b": f"answer-{b}",
        "winner": winner,
        "margin": margin,
        "agreement": 1.0,
        "decided_by": "jury",
        "disputed": False,
        "games": (
            Game(
                juror="j",
                model="scripted/juror",
                shown_first="model_a",
                score_a=5,
                score_b=5,
                reason="",
            ),
        ),
    }
    return Battle(**(given_ | fields))


def sft(*battles: Battle, round: int = 1, answers: dict[str, Answer] = ANSWERS) -> Any:
    asked = INSTRUCTION.model_copy(update={"round": round})
    return sft_row(asked, battles, answers, target="small", settings=SETTINGS)


def preference(*battles: Battle, answers: dict[str, Answer] = ANSWERS) -> Any:
    return preference_rows(INSTRUCTION, battles, answers, settings=SETTINGS)


def test_the_target_learns_from_the_clearest_winner() -> None:
    row = sft(
        battle("small", "other", "model_b", -4),
        battle("teacher", "small", "model_a", 6),
        battle("teacher", "other", "model_a", 9),
    )
    assert (row.instruction_id, row.answer_id) == ("i", "answer-teacher")
    assert row.parents == ("i", "battle-teacher-small", "answer-teacher")
    assert row.models == ("scripted/juror", "scripted/teacher", "scripted/writer")


def test_equal_winners_are_told_apart_by_alias_not_by_order() -> None:
    lost = [battle("small", "teacher", "model_b", -4), battle("small", "other", "model_b", -4)]
    assert sft(*lost).answer_id == sft(*reversed(lost)).answer_id == "answer-other"


def test_the_margin_falls_with_the_rounds() -> None:
    close = battle("small", "teacher", "model_b", -2)
    assert sft(close) is None
    assert sft(close, round=2) is not None
    assert sft(close, round=9) is not None
    assert [of_round((3.0, 1.0), n) for n in (1, 2, 3)] == [3.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "harmless",
    [
        battle("small", "teacher", "model_a", 5),
        battle("small", "teacher", "tie", 0),
        battle("small", "teacher", "model_b", -5, disputed=True),
        battle("other", "teacher", "model_b", -5),
    ],
    ids=["won", "tied", "disputed", "others' battle"],
)
def test_what_the_target_did_not_lose_is_no_sft_row(harmless: Battle) -> None:
    assert sft(harmless) is None


def test_an_answer_that_fails_its_checker_never_trains() -> None:
    failing = {a.id: a for a in (answer("small", False), answer("teacher", False))}
    lost = battle("small", "teacher", "model_b", -5)
    assert sft(lost, answers=failing) is None
    assert preference(lost, answers=failing) == []
    passing = failing | {"answer-teacher": answer("teacher", True)}
    assert sft(lost, answers=passing) is not None


def test_nobody_learns_to_stop_in_the_middle() -> None:
    cut = ANSWERS["answer-teacher"].model_copy(update={"cut": True})
    answers = ANSWERS | {cut.id: cut}
    lost = battle("small", "teacher", "model_b", -5)
    won = battle("small", "teacher", "model_a", 5)
    assert sft(lost, answers=answers) is None
    assert preference(lost, answers=answers) == [] == preference(won, answers=answers)
    allowed = SETTINGS.model_copy(update={"cut_answers": True})
    assert sft_row(INSTRUCTION, [lost], answers, target="small", settings=allowed) is not None


def test_pairs_hold_the_better_answer_first() -> None:
    (row,) = preference(battle("small", "teacher", "model_b", -2.5))
    assert (row.chosen_id, row.rejected_id) == ("answer-teacher", "answer-small")
    assert row.margin == 2.5
    (own,) = preference(battle("small", "teacher", "model_a", 2.5))
    assert own.chosen_id == "answer-small"
    assert preference(battle("other", "teacher", "model_b", -1.5)) == []


@given(
    st.sampled_from(["model_a", "model_b"]),
    st.floats(0, 9),
    st.floats(0, 3),
)
def test_where_majority_and_median_disagree_nothing_is_selected(
    winner: Winner, margin: float, least: float
) -> None:
    against = -margin if winner == "model_a" else margin
    contested = battle("small", "teacher", winner, against)
    assert won_by(contested) <= 0
    settings = SelectionSettings(sft_margin=(least,), preference_margin=(0.0,))
    assert preference_rows(INSTRUCTION, [contested], ANSWERS, settings=settings) == []
    row = sft_row(INSTRUCTION, [contested], ANSWERS, target="small", settings=settings)
    assert row is None


@pytest.mark.parametrize("wrong", [[], [-1.0], 12.0])
def test_margins_that_make_no_sense_are_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        SelectionSettings.model_validate({"sft_margin": wrong})
    assert SelectionSettings.model_validate({"sft_margin": 2}).sft_margin == (2.0,)
