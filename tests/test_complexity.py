"""Complexity: what battles tell of difficulty, which way leaves move, and which operators get them there."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.records import Answer, Battle, Seed, Turn
from arenainstruct.graphs import kinds
from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.graphs.supervisor import state
from arenainstruct.graphs.supervisor.complexity import became, complexity
from arenainstruct.graphs.supervisor.decisions import Decision, decision_id
from arenainstruct.graphs.supervisor.feedback import LeafRecord
from arenainstruct.graphs.supervisor.grading import Contest, wanted
from arenainstruct.taxonomy.refinement import Aim, OperatorRecord, Refinement
from arenainstruct.taxonomy.skill import SIMPLIFY, Goal
from tests.rounds import supervised
from tests.stage import READING, SEED, Line, Part, Stage, curator, instruction, juror, staged
from tests.test_held_out import Coach, by_name

SKILL = READING.model_copy(
    update={
        "leaves": READING.leaves[:1],
        "goals": (Goal(name="harder", brief="Harder."), Goal(name="longer", brief="Longer.")),
    }
)
TUNED: dict[str, Any] = {
    "rounds": 2,
    "per_seed": {
        "passages": 1,
        "instructions": 2,
        "per_leaf": 2,
        "refinements": 1,
        "directions": 2,
    },
    "feedback": {"least_battles": 1},
}


def seeds(count: int = 3) -> list[Seed]:
    return [
        SEED.model_copy(update={"id": f"seed-{n}", "text": f"{SEED.text} It has {n} arches."})
        for n in range(count)
    ]


def suggester(line: Line) -> Any:
    return {
        "suggestions": [
            {"goal": name, "direction": f"make it {name}"}
            for name in ("harder", "longer", "simplify")
            if f'<goal name="{name}"' in line.text
        ]
    }


def by_task(line: Line) -> Any:
    """The target wins what is asked plainly, and loses what was made harder; longer moves nothing."""
    hard = "make it harder" in line.tag("instruction")
    return juror(line, {"small": 4.0 if hard else 10.0})


EASY: dict[str, Part] = {"suggester": suggester, "juror": lambda line: juror(line, {"small": 10.0})}
HARD: dict[str, Part] = {"suggester": suggester}


async def test_what_was_too_easy_is_told_to_the_suggester_in_numbers(tmp_path: Path) -> None:
    async with staged(tmp_path, EASY, skill=SKILL, **TUNED) as stage:
        await supervised(stage, *seeds())
        versions = [v for v in await stage.records(kinds.POLICY) if v.round == 1]
        told = await stage.records(kinds.DIFFICULTY)
        decisions = await stage.records(kinds.DECISION)
        asked, critics = stage.lines("suggester"), stage.lines("critic")
        edited = [i for i in await stage.records(kinds.INSTRUCTION) if i.round == 2 and i.depth]
    (aim,) = versions[0].policy.refinement.aims.values()
    mine = [d for d in decisions if d.round == 1]
    won = sum(d.won for d in mine)
    assert (aim.way, aim.battles, aim.win_rate) == ("harder", won, 1.0)
    assert aim.difficulty == pytest.approx(told[0].leaves[0].difficulty, abs=0.01)
    assert aim.constraint == "The answer must say which source it rests on."
    # The constraint comes from a battle of the leaf: who won it, who lost it, and why.
    (first, *_) = critics
    assert (first.tag("winner"), first.tag("loser")) == (
        "It was said by small.",
        "It was said by other.",
    )
    assert first.tag("juror") == "by name"
    before, after = asked[:6], asked[6:]
    assert all("<battles" not in line.text for line in before)
    for line in after:
        assert 'way="harder"' in line.text and f'battles="{won}"' in line.text
        assert f'win_rate="1.00" difficulty="{aim.difficulty:+.2f}"' in line.text
        assert line.tag("missing_constraint") == aim.constraint
        assert "simplify" not in line.text
    assert {i.complexity for i in edited} == {4}  # 2, a level up, and once refined


async def test_what_was_too_hard_is_made_plainer(tmp_path: Path) -> None:
    async with staged(tmp_path, HARD, skill=SKILL, **TUNED) as stage:
        await supervised(stage, *seeds())
        (version,) = [v for v in await stage.records(kinds.POLICY) if v.round == 1]
        asked, edits = stage.lines("suggester")[6:], stage.lines("editor")
        edited = [i for i in await stage.records(kinds.DRAFT) if i.round == 2 and i.depth]
        assert not stage.lines("critic"), "nothing is missing from what is too hard"
    (aim,) = version.policy.refinement.aims.values()
    assert (aim.way, aim.win_rate) == ("plainer", 0.0)
    for line in asked:
        assert 'way="plainer"' in line.text and f'<goal name="{SIMPLIFY.name}"' in line.text
        assert '<goal name="harder"' not in line.text
    eased = [line for line in edits if line.name("goal") == "simplify"]
    assert eased and all("this edit makes the task plainer" in line.text for line in eased)
    assert not any("makes the task plainer" in e.text for e in edits if e not in eased)
    assert edited and {(i.operator, i.complexity) for i in edited} == {("simplify", 1)}


async def test_operators_are_known_by_what_became_of_their_products(tmp_path: Path) -> None:
    def curated(line: Line) -> Any:
        return curator(line, matches_leaf="longer" not in line.tag("task"))

    parts: dict[str, Part] = {"suggester": suggester, "juror": by_task, "curator": curated}
    async with staged(tmp_path, parts, skill=SKILL, **TUNED) as stage:
        await supervised(stage, *seeds())
        first, second = sorted(
            (v for v in await stage.records(kinds.POLICY) if v.round), key=lambda v: v.round
        )
        drafts = await stage.records(kinds.DRAFT)
    made = Counter((d.round, d.operator) for d in drafts)
    operators = first.policy.refinement.operators
    harder, longer = operators["reading/harder"], operators["reading/longer"]
    assert (harder.made, harder.passed) == (made[1, "harder"],) * 2
    assert (longer.made, longer.passed, longer.compared) == (made[1, "longer"], 0, 0)
    assert harder.compared == harder.passed and harder.moved / harder.compared > 0.6
    assert harder.worth > longer.worth
    # The records go on over the rounds, and what works is offered more.
    later = second.policy.refinement.operators["reading/harder"]
    assert later.made == harder.made + made[2, "harder"]
    assert made[2, "harder"] > made[2, "longer"]


async def test_switched_off_difficulty_is_still_told_and_moves_nothing(tmp_path: Path) -> None:
    tuned: dict[str, Any] = TUNED | {"feedback": {"least_battles": 1, "complexity": False}}
    async with staged(tmp_path, EASY, skill=SKILL, **tuned) as stage:
        await supervised(stage, *seeds())
        versions = await stage.records(kinds.POLICY)
        decisions = await stage.records(kinds.DECISION)
        assert not stage.lines("critic")
    assert all(v.policy.refinement == Refinement() for v in versions)
    assert all(leaf.complexity == 2 for v in versions for leaf in v.policy.leaves.values())
    assert all(d.difficulty is not None for d in decisions)


async def test_broken_instructions_are_never_counted_as_hard(tmp_path: Path) -> None:
    """Half is lost by everyone: the leaf is as easy as the rest says."""

    def judged(line: Line) -> Any:
        poor = {"teacher": 2.0, "other": 2.0, "small": 1.0}
        return juror(line, poor if "harder" in line.tag("instruction") else {"small": 10.0})

    async with staged(tmp_path, EASY | {"juror": judged}, skill=SKILL, **TUNED) as stage:
        await supervised(stage, *seeds())
        decisions = await stage.records(kinds.DECISION)
        (version,) = [v for v in await stage.records(kinds.POLICY) if v.round == 1]
    broken = [d for d in decisions if d.outcome == "broken"]
    assert broken and all(d.difficulty is None for d in broken)
    (aim,) = version.policy.refinement.aims.values()
    assert (aim.way, aim.win_rate) == ("harder", 1.0)
    operator = version.policy.refinement.operators["reading/harder"]
    assert operator.passed < operator.made


@pytest.mark.slow
async def test_the_held_out_set_anchors_what_two_versions_of_the_target_find_hard(
    tmp_path: Path,
) -> None:
    tuned = TUNED | {"rounds": 3, "evaluation": {"held_out": 0.5, "instructions": 20}}
    async with staged(tmp_path, HARD | {"juror": by_name}, skill=SKILL, **tuned) as stage:
        coach, opened = Coach(True, False, False), stage.opening()
        stage.services = replace(stage.services, trainer=coach, enlist=opened)
        await supervised(stage, *seeds(8))
        told = {d.round: d for d in await stage.records(kinds.DIFFICULTY)}
        held = {i for h in await stage.records(kinds.HELD_OUT) for i in h.instructions}
        decisions = [d for d in await stage.records(kinds.DECISION) if d.difficulty is not None]
    assert told[1].anchors == ()
    (old, new) = [a for a in told[2].anchors if a.model in ("small", "small@1")]
    assert (old.model, new.model) == ("small", "small@1")
    assert new.win_rate > old.win_rate and new.expected > old.expected
    assert abs(new.win_rate - new.expected) < 0.25
    assert not held & {d.instruction_id for d in decisions}, "an anchor steers nobody"


ADEQUATE = FeedbackSettings(least_battles=2)


def contest(good: bool, **shares: float) -> Contest:
    found = Contest()
    for model, share in shares.items():
        for _ in range(4):
            found.add(model, share)
            found.judge(good)
    return found


def test_within_the_band_contenders_have_to_differ() -> None:
    even = LeafRecord(won=2, lost=2)
    assert wanted(even, contest(True, small=0.5, teacher=0.9), ADEQUATE) == (0, "")
    way, why = wanted(even, contest(True, small=0.5, teacher=0.5), ADEQUATE)
    assert way == 1
    assert "only 0.00 apart and 100% of the answers are good" in why
    assert wanted(even, contest(False, small=0.5, teacher=0.5), ADEQUATE)[0] == -1
    assert wanted(even, None, ADEQUATE) == (0, "")
    # Outside of it the win rate alone decides.
    assert wanted(LeafRecord(won=4), contest(False, small=0.5, teacher=0.5), ADEQUATE)[0] == 1
    assert wanted(LeafRecord(lost=1), None, ADEQUATE) == (0, "")


def decision(id: str, difficulty: float | None, outcome: Any = "lost") -> Decision:
    return Decision(
        id=decision_id(id),
        instruction_id=id,
        skill="reading",
        leaf="literal",
        round=1,
        outcome=outcome,
        reason="",
        difficulty=difficulty,
        spread=None if difficulty is None else 0.5,
    )


def test_a_product_is_measured_against_what_it_was_made_of() -> None:
    edited = instruction("i-2", parents=("i-1", "suggestion-1"), depth=1)

    def record(parent: float | None, child: float | None, eases: bool = False) -> OperatorRecord:
        told = [decision("i-1", parent), decision("i-2", child)]
        return became(edited, {d.id: d for d in told}, eases=eases)

    assert record(0.0, 1.0).moved == pytest.approx(0.921, abs=0.001)
    assert record(0.0, 1.0, eases=True).moved == pytest.approx(0.079, abs=0.001)
    assert record(1.0, 1.0).moved == 0.5
    assert record(None, 1.0) == OperatorRecord(passed=1)
    assert became(edited, {}, eases=False) == OperatorRecord(passed=1)
    broken = {d.id: d for d in (decision("i-1", 0.0), decision("i-2", None, "broken"))}
    assert became(edited, broken, eases=False) == OperatorRecord()


records = st.builds(
    lambda made, passed, compared, moved: OperatorRecord(
        made=made,
        passed=min(passed, made),
        compared=min(compared, passed, made),
        moved=moved * min(compared, passed, made),
    ),
    *[st.integers(0, 40)] * 3,
    st.floats(0, 1),
)


@given(records, records, st.sampled_from(["", "harder", "plainer"]), st.integers())
def test_only_fitting_operators_are_offered_and_always_one(
    first: OperatorRecord, second: OperatorRecord, way: Any, seed: int
) -> None:
    aims = {}
    if way:
        told = {"complexity": 2, "battles": 3, "win_rate": 0.5, "difficulty": 0.0}
        aims = {"reading/literal": Aim.model_validate({"way": way, **told})}
    known = Refinement(aims=aims, operators={"reading/harder": first, "reading/longer": second})
    offered = known.offered(SKILL, "literal", Random(seed))
    assert offered and all(goal.eases == (way == "plainer") for goal in offered)
    assert len({goal.name for goal in offered}) == len(offered)
    assert offered == known.offered(SKILL, "literal", Random(seed))
    assert all(0 < r.worth < 1 for r in (first, second))
    assert (first + second).made == first.made + second.made


def test_what_works_is_offered_more_and_earlier_and_what_does_not_is_not_forgotten() -> None:
    works = OperatorRecord(made=30, passed=28, compared=28, moved=25)
    fails = OperatorRecord(made=30, passed=6, compared=6, moved=1)
    known = Refinement(operators={"reading/harder": works, "reading/longer": fails})
    drawn = [known.offered(SKILL, "literal", Random(n)) for n in range(400)]
    offered = Counter(goal.name for goals in drawn for goal in goals)
    first = Counter(goals[0].name for goals in drawn)
    assert offered["harder"] == 400 > 5 * offered["longer"] > 0
    assert first["harder"] > 360
    assert Refinement().offered(SKILL, "literal", Random(1)) == SKILL.goals
    assert [name for name, _ in known.worked(SKILL, SKILL.goals)] == ["harder", "longer"]


def test_a_skill_without_an_easing_goal_can_still_be_eased() -> None:
    assert SKILL.operators == (*SKILL.goals, SIMPLIFY)
    own = SKILL.model_copy(
        update={"goals": (*SKILL.goals, Goal(name="ease", brief="", eases=True))}
    )
    assert own.operators == own.goals
    assert own.goal("simplify") is None and SKILL.goal("simplify") is SIMPLIFY


@pytest.mark.parametrize(("looping", "good"), [(False, "12%"), (True, "0%")])
async def test_who_wins_or_ties_by_a_checker_is_not_right_for_that(
    tmp_path: Path, looping: bool, good: str
) -> None:
    """Six ties of two wrong answers; a win each, of a right one or of a wrong one over one that loops."""
    async with staged(tmp_path, skill=SKILL, **TUNED) as stage:
        for n in range(8):
            won = ("model_a", "model_b", "tie")[min(n, 2)]
            await checked_battle(stage, n, won, looping=looping)
        update = await complexity(state.start_state(round=1), stage.runtime)
    (change,) = update.get("levels", [])
    assert (change["old"], change["new"]) == (2, 1)
    assert f"only 0.00 apart and {good} of the answers are good" in change["reason"]


async def checked_battle(stage: Stage, n: int, winner: Any, *, looping: bool) -> None:
    """Write what a battle of `small` against `other` leaves that a checker decided; ties failed both."""
    made = instruction(f"i-{n}", leaf="literal")
    sides = {"small": winner == "model_a", "other": winner == "model_b"}
    answers = [
        Answer(
            id=f"answer-{n}-{name}",
            instruction_id=made.id,
            contender=name,
            model=name,
            turns=(Turn(role="assistant", content=f"Said by {name}."),),
            checked=right and not looping,
            broken="it loops" if looping and winner != "tie" and not right else "",
        )
        for name, right in sides.items()
    ]
    fought = Battle(
        id=f"battle-{n}",
        instruction_id=made.id,
        skill="reading",
        leaf="literal",
        round=1,
        purpose="selection",
        model_a="small",
        model_b="other",
        answer_a=answers[0].id,
        answer_b=answers[1].id,
        winner=winner,
        margin=0 if winner == "tie" else 9,
        agreement=1,
        decided_by="checker",
        disputed=False,
        games=(),
    )
    decided = decision(made.id, None, "even").model_copy(
        update={
            "won": winner == "model_a",
            "tied": winner == "tie",
            "lost": winner == "model_b",
            "parents": (made.id, fought.id),
        }
    )
    await stage.store.add(kinds.INSTRUCTION, 1, [made])
    await stage.store.add(kinds.ANSWER, 1, answers)
    await stage.store.add(kinds.BATTLE, 1, [fought])
    await stage.store.add(kinds.DECISION, 1, [decided])
