"""The outcome: where an instruction goes after its battles, with the numbers that sent it there."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.records import Answer, Battle, Game, Turn, Winner
from arenainstruct.graphs.supervisor.outcome import mean_scores, outcome, record_of

PAIRS = (("small", "teacher"), ("other", "small"), ("teacher", "other"))


def battle(
    pair: tuple[str, str],
    winner: Winner,
    scores: tuple[float, float] | None = (6, 6),
    *,
    disputed: bool = False,
) -> Battle:
    games = [
        Game(juror="j", model="m", shown_first=side, score_a=s[0], score_b=s[1], reason="")
        for side in ("model_a", "model_b")
        for s in ([scores] if scores else [])
    ]
    fields: dict[str, Any] = {"margin": 0.0, "agreement": 1.0, "purpose": "selection", "round": 1}
    return Battle(
        id="-".join(pair),
        instruction_id="i",
        skill="s",
        leaf="l",
        model_a=pair[0],
        model_b=pair[1],
        answer_a=pair[0],
        answer_b=pair[1],
        winner=winner,
        decided_by="jury" if scores else "checker",
        disputed=disputed,
        games=tuple(games),
        **fields,
    )


def answers(**checked: bool | None) -> list[Answer]:
    return [
        Answer(
            id=alias,
            instruction_id="i",
            contender=alias,
            model="m",
            turns=(Turn(role="assistant", content="x"),),
            checked=says,
        )
        for alias, says in checked.items()
    ]


NOBODY = answers(small=None, other=None, teacher=None)


def of(battles: list[Battle], answered: list[Answer] = NOBODY) -> tuple[str, str]:
    return outcome(battles, answered, target="small", broken_score=3.0)


def test_routes() -> None:
    lost = [battle(PAIRS[0], "model_b"), battle(PAIRS[1], "model_a"), battle(PAIRS[2], "tie")]
    assert of(lost) == ("lost", "the target lost 2 and won 0 of 2")
    won = [battle(PAIRS[0], "model_a"), battle(PAIRS[1], "tie")]
    assert of(won) == ("won", "the target won 1 and lost 0 of 2")
    assert of([battle(PAIRS[0], "model_a"), battle(PAIRS[1], "model_a")])[0] == "even"


def test_most_battles_disputed_is_broken_not_hard() -> None:
    battles = [battle(p, "model_a", disputed=n < 2) for n, p in enumerate(PAIRS)]
    assert of(battles) == ("broken", "the jury disputes 2 of 3 battles")
    assert of([battle(PAIRS[0], "model_b"), battle(PAIRS[1], "tie", disputed=True)])[0] == "lost"


def test_lost_by_everyone_is_broken_not_hard() -> None:
    poor = [battle(PAIRS[0], "model_b", (1, 3)), battle(PAIRS[2], "model_a", (3, 2))]
    assert of(poor) == ("broken", "no answer has a mean score above 3 (best 3.0)")
    assert of([battle(PAIRS[0], "model_b", (1, 3.5))])[0] == "lost"


def test_failed_by_everyone_s_checker_is_broken() -> None:
    everyone = answers(small=False, other=False, teacher=False)
    assert of([battle(PAIRS[0], "model_b")], everyone) == (
        "broken",
        "the checker fails all 3 answers",
    )


def test_an_answer_that_passed_its_checker_shows_that_it_can_be_done() -> None:
    """The winner of a checked battle has no game: the losers' low scores are not everybody's."""
    battles = [
        battle(PAIRS[0], "model_b", None),
        battle(PAIRS[2], "model_a", None),
        battle(PAIRS[1], "tie", (2, 2)),
    ]
    assert of(battles, answers(small=False, other=False, teacher=True))[0] == "lost"


def test_mean_scores_are_over_all_games_of_a_contender() -> None:
    found = mean_scores([battle(PAIRS[0], "model_b", (2, 8)), battle(PAIRS[1], "tie", (5, 4))])
    assert found == {"small": 3.0, "teacher": 8.0, "other": 5.0}


winners = st.sampled_from(["model_a", "model_b", "tie"])


@given(st.lists(st.tuples(st.sampled_from(PAIRS), winners, st.booleans()), max_size=9))
def test_the_record_counts_the_target_s_undisputed_battles(
    drawn: list[tuple[tuple[str, str], Winner, bool]],
) -> None:
    battles = [battle(pair, winner, disputed=d) for pair, winner, d in drawn]
    won, tied, lost = record_of(battles, "small")
    mine = [b for b in battles if "small" in (b.model_a, b.model_b) and not b.disputed]
    assert won + tied + lost == len(mine)
    assert tied == sum(b.winner == "tie" for b in mine)
    # What one side wins the other loses.
    theirs = [record_of([b], b.model_b if b.model_a == "small" else b.model_a) for b in mine]
    assert (won, lost) == (sum(t[2] for t in theirs), sum(t[0] for t in theirs))
