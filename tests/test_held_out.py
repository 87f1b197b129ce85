"""Held-out seeds: who judges them, that they never train, and trained targets that meet on them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.records import Instruction, Seed
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import evaluate, held_out, state
from arenainstruct.graphs.supervisor.held_out import HeldOutSeeds
from arenainstruct.graphs.trainer import TrainRequest, Weights
from arenainstruct.tools.ratings.share import gain
from tests.rounds import selected, supervised
from tests.stage import SEED, Line, Stage, instruction, juror, staged


def twenty(**more: Any) -> tuple[list[Seed], list[Instruction]]:
    """Return twenty seeds, and of each an instruction, a harder edit of it and one of another passage."""
    seeds = [SEED.model_copy(update={"id": f"seed-{n}"}) for n in range(20)]
    asked = [instruction(f"i-{n}", seed_id=seed.id, **more) for n, seed in enumerate(seeds)]
    others: dict[str, dict[str, Any]] = {
        "edit": {"depth": 1},
        "other": {"transformation": "shortened"},
    }
    asked += [
        i.model_copy(update={"id": f"{i.id}-{name}", **fields})
        for i in asked
        for name, fields in others.items()
    ]
    return seeds, asked


@pytest.mark.slow
async def test_held_out_instructions_are_judged_by_others_and_never_train(tmp_path: Path) -> None:
    async with staged(tmp_path, evaluation={"held_out": 0.5}) as stage:
        seeds, asked = twenty()
        await stage.store.add(kinds.SEED, 0, seeds)
        await selected(stage, *asked)
        assert {b.purpose for b in await stage.records(kinds.BATTLE)} == {"selection"}
        await evaluate.evaluate(state.start_state(round=1), stage.runtime)
        decisions = await stage.records(kinds.DECISION)
        battles = await stage.records(kinds.BATTLE)
        rows = [*await stage.records(kinds.SFT), *await stage.records(kinds.PREFERENCE)]
    held = {d.instruction_id for d in decisions if d.outcome == "held_out"}
    plain = {id for id in held if id.count("-") == 1}
    assert 3 <= len(plain) <= 17
    assert held == plain | {f"{id}-{name}" for id in plain for name in ("edit", "other")}
    assert held == {b.instruction_id for b in battles if b.purpose == "evaluation"}
    for battle in battles:
        jury = {"e1"} if battle.purpose == "evaluation" else {"j1", "j2", "j3"}
        assert {g.juror for g in battle.games} == jury
    assert rows and not held & {row.instruction_id for row in rows}


async def test_the_held_out_set_is_bounded_and_drawn_once_for_all_rounds(tmp_path: Path) -> None:
    tuned = {"held_out": 0.5, "instructions": 4}
    async with staged(tmp_path, evaluation=tuned) as stage:
        seeds, asked = twenty()
        await stage.store.add(kinds.SEED, 0, seeds)
        await stage.store.add(kinds.INSTRUCTION, 1, asked)
        await evaluate.evaluate(state.start_state(round=1), stage.runtime)
        (first,) = await stage.records(kinds.HELD_OUT)
        calls = len(stage.calls)
        later = [a.model_copy(update={"id": f"{a.id}-later", "round": 2}) for a in asked]
        await stage.store.add(kinds.INSTRUCTION, 2, later)
        await evaluate.evaluate(state.start_state(round=2), stage.runtime)
        assert await stage.records(kinds.HELD_OUT) == [first]
        assert len(stage.calls) == calls, "no battle between the same weights is fought again"
        ratings = await stage.records(kinds.RATING)
        rejects = await stage.records(kinds.REJECT)
        drawn = await HeldOutSeeds.draw(stage.runtime.context)
    assert len(first.instructions) == 4
    # Whatever else of those documents was written is told, each once.
    meant = {one.id for one in asked if one.seed_id in drawn} - {*first.instructions}
    assert meant and sorted(meant) == sorted(r.subject for r in rejects if r.reason == "not_drawn")
    assert [r.models for r in ratings] == [ratings[0].models] * 2


class Coach:
    """A trainer whose every new version answers better than the one before, or not at all better."""

    def __init__(self, *better: bool) -> None:
        self.better = better
        self.asked: list[str] = []

    async def train(self, request: TrainRequest) -> Weights | None:
        self.asked.append(request.target)
        model = request.model.model_copy(
            update={"model": f"small-{'good' if self.better[request.round - 1] else 'poor'}"}
        )
        return Weights(version=str(request.round), model=model, said="coached")


def coached(line: Line) -> Any:
    """Score the answers of coached targets: good ones win against everyone, poor ones lose."""
    points = {"small@1": 10.0, "small@2": 1.0}

    def score(answer: str) -> float:
        return next((p for name, p in points.items() if name in answer), 5.0)

    first, second = score(line.tag("first")), score(line.tag("second"))
    return {"reason": "by name", "score_first": first, "score_second": second}


def by_name(line: Line) -> Any:
    return juror(line) if line.alias != "e1" else coached(line)


@pytest.mark.slow
async def test_a_trained_target_meets_its_predecessor_and_takes_its_place(tmp_path: Path) -> None:
    """Round 1 trains a better target, round 2 a worse one: promoted, then rolled back."""
    coach, tuned = Coach(True, False), {"held_out": 0.5, "instructions": 20}
    async with staged(tmp_path, {"juror": by_name}, rounds=2, evaluation=tuned) as stage:
        seeds = lighthouses(12)
        opened = stage.opening()
        stage.services = replace(stage.services, trainer=coach, enlist=opened)
        ended = await supervised(stage, *seeds)
        gates = await stage.records(kinds.GATE)
        answers = await stage.records(kinds.ANSWER)
        battles = await stage.records(kinds.BATTLE)
        (held,) = await stage.records(kinds.HELD_OUT)
        rows = await stage.records(kinds.SFT)
    words = {g.round: (g.word, g.candidate, g.target) for g in gates}
    assert words == {
        1: ("promoted", "small@1", "small@1"),
        2: ("rolled_back", "small@2", "small@1"),
    }
    assert ended["target"] == "small@1"
    assert coach.asked == ["small", "small@1"]
    # Every version answered the held-out set for itself.
    of_set = [a for a in answers if a.instruction_id in held.instructions]
    assert {a.contender for a in of_set} == {"teacher", "other", "small", "small@1", "small@2"}
    assert len({a.id for a in of_set}) == 5 * len(held.instructions)
    met = {b.model_a + b.model_b for b in battles if b.purpose == "evaluation" and b.round == 2}
    assert {"small@2" in pair for pair in met} == {True}
    # The promoted one battles for the rows of the next round.
    chosen = [b for b in battles if b.purpose == "selection" and b.round == 2]
    assert {"small@1" in (b.model_a, b.model_b) for b in chosen} >= {True}
    assert not any("small" in (b.model_a, b.model_b) for b in chosen)
    assert {row.round for row in rows} == {1, 2}
    assert gates[0].reason.startswith("small@1 won ") or gates[1].reason.startswith("small@1 won ")


@pytest.mark.slow
async def test_a_poisoned_round_is_rolled_back_and_the_next_one_starts_from_the_last_good_target(
    tmp_path: Path,
) -> None:
    coach, tuned = Coach(True, False, True), {"held_out": 0.5, "instructions": 20}
    async with staged(tmp_path, {"juror": by_name}, rounds=3, evaluation=tuned) as stage:
        stage.services = replace(stage.services, trainer=coach, enlist=stage.opening())
        ended = await supervised(stage, *lighthouses(8))
        gates = {g.round: g for g in await stage.records(kinds.GATE)}
    assert [gates[n].word for n in (1, 2)] == ["promoted", "rolled_back"]
    assert coach.asked == ["small", "small@1", "small@1"]
    poisoned = gates[2].paired
    assert poisoned is not None and poisoned.high < 0 and poisoned.gain < 0
    assert "gain -" in gates[2].reason and gates[2].target == "small@1"
    assert ended["target"] != "small@2"


@pytest.mark.slow
async def test_a_run_ends_once_training_has_brought_nothing_twice_in_a_row(tmp_path: Path) -> None:
    coach, tuned = Coach(*[True] * 5), {"held_out": 0.5, "instructions": 20}

    def even(line: Line) -> Any:
        """Nothing that is trained is better or worse than what it was trained from."""
        if line.alias == "e1":
            return {"reason": "alike", "score_first": 5, "score_second": 5}
        return juror(line)

    for stop_after, rounds in ((2, 2), (None, 3)):
        settings = {**tuned, "stop_after": stop_after}
        folder = tmp_path / str(stop_after)
        folder.mkdir()
        async with staged(folder, {"juror": even}, rounds=3, evaluation=settings) as stage:
            stage.services = replace(stage.services, trainer=coach, enlist=stage.opening())
            ended = await supervised(stage, *lighthouses(4))
            gates = await stage.records(kinds.GATE)
        assert [g.word for g in gates] == ["held"] * rounds
        assert ("includes zero 2 times in a row" in ended["ended"]) == bool(stop_after)
        assert coach.asked[-rounds:] == ["small"] * rounds, "held, and no better: not trained on"


@pytest.mark.slow
async def test_a_held_candidate_that_is_ahead_is_trained_on(tmp_path: Path) -> None:
    coach, tuned = Coach(True, True, False, True), {"held_out": 0.5, "instructions": 20}

    def slightly(line: Line) -> Any:
        """Whatever is trained wins a few held-out instructions, and ties the others; only the third loses."""
        if line.alias != "e1":
            return juror(line)
        scores = dict.fromkeys(("first", "second"), 5)
        for shown in scores:
            # The versions are told apart by what they answer.
            if "small@" in line.tag(shown) and " 1 arches" in line.text:
                scores[shown] = 1 if "small@3" in line.tag(shown) else 9
        return {"reason": "by name", **{f"score_{shown}": n for shown, n in scores.items()}}

    settings = {**tuned, "stop_after": None}
    async with staged(tmp_path, {"juror": slightly}, rounds=4, evaluation=settings) as stage:
        stage.services = replace(stage.services, trainer=coach, enlist=stage.opening())
        ended = await supervised(stage, *lighthouses(6))
        gates = {g.round: g for g in await stage.records(kinds.GATE)}
    assert [g.word for g in gates.values()] == ["held"] * 4 and ended["target"] == "small"
    # Each is weighed against the target in force, however many held ones it was trained from.
    assert all(" against small: " in g.reason for g in gates.values())
    assert coach.asked == ["small", "small@1", "small@2", "small"]


def test_a_gain_is_certain_only_with_enough_instructions_behind_it() -> None:
    assert gain(3, 0, 0)[1] < 0 < gain(12, 0, 0)[1]
    assert gain(0, 0, 12)[2] < 0
    share, low, high = gain(8, 80, 4)
    assert share == 4 / 92 and low < 0 < high
    # Ties tell that two models are alike: the interval shrinks with them.
    assert high - low < gain(8, 0, 4)[2] - gain(8, 0, 4)[1]


def lighthouses(count: int) -> list[Seed]:
    return [
        SEED.model_copy(update={"id": f"seed-{n}", "text": f"{SEED.text} It has {n} arches."})
        for n in range(count)
    ]


async def held_of(stage: Stage, **fields: Any) -> set[str]:
    """Return the seeds held out under other settings or another cast."""
    held = await held_out.HeldOutSeeds.draw(replace(stage.services, **fields))
    return {seed.id for seed in await stage.records(kinds.SEED) if seed.id in held}


async def test_seeds_are_held_out_by_number_whatever_their_order(tmp_path: Path) -> None:
    def seeds(*numbers: int) -> list[Seed]:
        return [SEED.model_copy(update={"id": f"seed-{n:03}"}) for n in numbers]

    async with staged(tmp_path, evaluation={"held_out": 0.1}) as stage:
        await stage.store.add(kinds.SEED, 0, seeds(0))
        assert await held_of(stage) == set(), "a seed alone trains"
        await stage.store.add(kinds.SEED, 0, seeds(1))
        assert len(await held_of(stage)) == 1, "one evaluates and one trains"
        await stage.store.add(kinds.SEED, 0, seeds(*range(2, 200)))
        held = await held_of(stage)
        assert 8 <= len(held) <= 34 and held == await held_of(stage)
        other = stage.services.settings.model_copy(update={"seed": 8})
        assert held != await held_of(stage, settings=other), "another seed, another draw"
        nobody = stage.services.cast.model_copy(update={"evaluation_jury": ()})
        assert await held_of(stage, cast=nobody) == set()


async def test_who_fails_over_a_held_out_instruction_is_asked_again_each_round(
    tmp_path: Path,
) -> None:
    def silent(line: Line) -> Any:
        return "" if line.alias == "other" else f"It was said by {line.alias}."

    async with staged(tmp_path, {"contender": silent}, evaluation={"held_out": 0.5}) as stage:
        await stage.store.add(kinds.SEED, 0, lighthouses(2))
        await selected(stage, *(instruction(f"i-{n}", seed_id=f"seed-{n}") for n in range(2)))
        for number in (1, 2):
            await evaluate.evaluate(state.start_state(round=number), stage.runtime)
        rejects = [r for r in await stage.records(kinds.REJECT) if r.stage == "evaluate"]
    assert [(r.round, r.reason) for r in rejects] == [(1, "reply"), (2, "reply")]


async def test_broken_instructions_rate_nobody(tmp_path: Path) -> None:
    """Lost by everyone, also before the evaluation jury: it tells of the instruction only."""

    def poor(line: Line) -> Any:
        bad = "Nonsense" in line.tag("instruction")
        return juror(line, {"teacher": 1.0, "other": 2.0, "small": 3.0} if bad else {})

    async with staged(tmp_path, {"juror": poor}, evaluation={"held_out": 0.5}) as stage:
        seeds = [SEED.model_copy(update={"id": f"seed-{n}"}) for n in range(2)]
        await stage.store.add(kinds.SEED, 0, seeds)
        asked = [instruction(f"i-{n}", seed_id=f"seed-{n}") for n in range(2)]
        asked += [a.model_copy(update={"id": f"{a.id}-bad", "task": "Nonsense?"}) for a in asked]
        await selected(stage, *asked)
        await evaluate.evaluate(state.start_state(round=1), stage.runtime)
        decisions = await stage.records(kinds.DECISION)
        ratings = await stage.records(kinds.RATING)
    said = sorted(d.outcome for d in decisions)
    assert said == ["broken", "broken", "held_out", "lost"]
    assert {r.purpose for r in ratings} == {"selection", "evaluation"}
    for found in ratings:
        assert [(m.model, m.battles) for m in found.models] == [
            ("teacher", 2),
            ("other", 2),
            ("small", 2),
        ]
