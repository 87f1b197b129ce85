"""From battles to training rows: where an instruction goes, and which answers train or never do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from arenainstruct.agents.environment import Environment
from arenainstruct.agents.records import Answer, Battle, Game, Instruction, Turn, Winner
from arenainstruct.graphs.settings import SelectionSettings, of_round
from arenainstruct.graphs.supervisor import quota
from arenainstruct.graphs.supervisor.decisions import mean_scores, outcome, record_of
from arenainstruct.graphs.supervisor.selection import Find, find_pairs, find_sft, won_by

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
        "games": games(5, 5),
    }
    return Battle(**(given_ | fields))


def games(score_a: float, score_b: float) -> tuple[Game, ...]:
    """Return both orders of a battle with the same scores."""
    juror: dict[str, Any] = {"juror": "j", "model": "scripted/juror", "reason": ""}
    return tuple(
        Game(shown_first=side, score_a=score_a, score_b=score_b, **juror)
        for side in ("model_a", "model_b")
    )


def sft(*battles: Battle, round: int = 1, answers: dict[str, Answer] = ANSWERS) -> Any:
    asked = INSTRUCTION.model_copy(update={"round": round})
    found = find_sft(asked, battles, answers, target="small", settings=SETTINGS)
    return found.row if found and quota.by_margin(SETTINGS, round).sft.takes(found) else None


def preference(
    *battles: Battle, answers: dict[str, Answer] = ANSWERS, settings: SelectionSettings = SETTINGS
) -> Any:
    bar = quota.by_margin(settings, 1).pairs
    found = find_pairs(INSTRUCTION, battles, answers, settings=settings)
    return [f.row for f in found if isinstance(f, Find) and bar.takes(f)]


def aside(*battles: Battle, answers: dict[str, Answer] = ANSWERS, **settings: Any) -> list[str]:
    tuned = SelectionSettings.model_validate(settings)
    found = find_pairs(INSTRUCTION, battles, answers, settings=tuned)
    return [f[1] for f in found if not isinstance(f, Find)]


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
    assert find_sft(INSTRUCTION, [lost], answers, target="small", settings=allowed) is not None


def test_pairs_hold_the_better_answer_first() -> None:
    (row,) = preference(battle("small", "teacher", "model_b", -2.5))
    assert (row.chosen_id, row.rejected_id) == ("answer-teacher", "answer-small")
    assert row.margin == 2.5
    (own,) = preference(battle("small", "teacher", "model_a", 2.5))
    assert own.chosen_id == "answer-small"
    assert preference(battle("other", "teacher", "model_b", -1.5)) == []


@given(st.sampled_from(["model_a", "model_b"]), st.floats(0, 9), st.floats(0, 3))
def test_where_majority_and_median_disagree_nothing_is_selected(
    winner: Winner, margin: float, least: float
) -> None:
    against = -margin if winner == "model_a" else margin
    contested = battle("small", "teacher", winner, against)
    assert won_by(contested) <= 0
    settings = SelectionSettings(sft_margin=(least,), preference_margin=(0.0,))
    assert preference(contested, settings=settings) == []
    assert find_sft(INSTRUCTION, [contested], ANSWERS, target="small", settings=settings) is None


@pytest.mark.parametrize("wrong", [[], [-1.0], 12.0])
def test_margins_that_make_no_sense_are_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        SelectionSettings.model_validate({"sft_margin": wrong})
    assert SelectionSettings.model_validate({"sft_margin": 2}).sft_margin == (2.0,)


PAIRS = (("small", "teacher"), ("other", "small"), ("teacher", "other"))


def fought(
    pair: tuple[str, str],
    winner: Winner,
    scores: tuple[float, float] | None = (6, 6),
    *,
    disputed: bool = False,
) -> Battle:
    """Return a battle with its scores; without any, a checker decided it."""
    told = (
        {"decided_by": "jury", "games": games(*scores)}
        if scores
        else {"decided_by": "checker", "games": ()}
    )
    return battle(*pair, winner, 0.0, disputed=disputed, **told)


def answers(**checked: bool | None) -> list[Answer]:
    return [answer(alias, says) for alias, says in checked.items()]


NOBODY = answers(small=None, other=None, teacher=None)


def of(battles: list[Battle], answered: list[Answer] = NOBODY) -> tuple[str, str]:
    return outcome(battles, answered, target="small", broken_score=3.0)


def test_routes() -> None:
    lost = [fought(PAIRS[0], "model_b"), fought(PAIRS[1], "model_a"), fought(PAIRS[2], "tie")]
    assert of(lost) == ("lost", "the target lost 2 and won 0 of 2")
    won = [fought(PAIRS[0], "model_a"), fought(PAIRS[1], "tie")]
    assert of(won) == ("won", "the target won 1 and lost 0 of 2")
    assert of([fought(PAIRS[0], "model_a"), fought(PAIRS[1], "model_a")])[0] == "even"


def test_most_battles_disputed_is_broken_not_hard() -> None:
    battles = [fought(p, "model_a", disputed=n < 2) for n, p in enumerate(PAIRS)]
    assert of(battles) == ("broken", "the jury disputes 2 of 3 battles")
    assert of([fought(PAIRS[0], "model_b"), fought(PAIRS[1], "tie", disputed=True)])[0] == "lost"


def test_lost_by_everyone_is_broken_not_hard() -> None:
    poor = [fought(PAIRS[0], "model_b", (1, 3)), fought(PAIRS[2], "model_a", (3, 2))]
    assert of(poor) == ("broken", "no answer has a mean score above 3 (best 3.0)")
    assert of([fought(PAIRS[0], "model_b", (1, 3.5))])[0] == "lost"


def test_failed_by_everyone_s_checker_is_broken() -> None:
    everyone = answers(small=False, other=False, teacher=False)
    assert of([fought(PAIRS[0], "model_b")], everyone) == (
        "broken",
        "the checker fails all 3 answers",
    )


def test_an_answer_that_passed_its_checker_shows_that_it_can_be_done() -> None:
    """The winner of a checked battle has no game: the losers' low scores are not everybody's."""
    battles = [
        fought(PAIRS[0], "model_b", None),
        fought(PAIRS[2], "model_a", None),
        fought(PAIRS[1], "tie", (2, 2)),
    ]
    assert of(battles, answers(small=False, other=False, teacher=True))[0] == "lost"


def test_mean_scores_are_over_all_games_of_a_contender() -> None:
    found = mean_scores([fought(PAIRS[0], "model_b", (2, 8)), fought(PAIRS[1], "tie", (5, 4))])
    assert found == {"small": 3.0, "teacher": 8.0, "other": 5.0}


winners = st.sampled_from(["model_a", "model_b", "tie"])


@given(st.lists(st.tuples(st.sampled_from(PAIRS), winners, st.booleans()), max_size=9))
def test_the_record_counts_the_target_s_undisputed_battles(
    drawn: list[tuple[tuple[str, str], Winner, bool]],
) -> None:
    battles = [fought(pair, winner, disputed=d) for pair, winner, d in drawn]
    won, tied, lost = record_of(battles, "small")
    mine = [b for b in battles if "small" in (b.model_a, b.model_b) and not b.disputed]
    assert won + tied + lost == len(mine)
    assert tied == sum(b.winner == "tie" for b in mine)
    # What one side wins the other loses.
    theirs = [record_of([b], b.model_b if b.model_a == "small" else b.model_a) for b in mine]
    assert (won, lost) == (sum(t[2] for t in theirs), sum(t[0] for t in theirs))
