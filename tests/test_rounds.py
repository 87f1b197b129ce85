"""From decided battles to the next round: selection, training box, feedback, supervisor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.records import (
    Instruction,
    Seed,
)
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import battle as arena
from arenainstruct.graphs.supervisor import (
    complexity,
    evaluate,
    feed_back,
    held_out,
    second_look,
    select,
    state,
    taxonomy,
)
from arenainstruct.graphs.supervisor.decisions import (
    Decision,
)
from arenainstruct.graphs.supervisor.graph import build
from arenainstruct.graphs.trainer import TrainRequest, Weights
from tests.stage import (
    READING,
    SEED,
    Line,
    Part,
    Stage,
    curator,
    instruction,
    juror,
    staged,
)

ONE_LEAF = READING.model_copy(update={"leaves": READING.leaves[:1]})
SPARE = {"passages": 1, "instructions": 1, "per_leaf": 1, "refinements": 0}


async def selected(stage: Stage, *asked: Instruction) -> Decision:
    """Battle and select; return the first instruction's decision."""
    await stage.store.add(kinds.INSTRUCTION, 1, asked)
    running = state.start_state(round=1)
    await arena.battle(running, stage.runtime)
    counts = (await select.select(running, stage.runtime)).get("counts")
    await second_look.second_look(state.start_state(round=1, counts=counts), stage.runtime)
    found: list[Decision] = await stage.records(kinds.DECISION)
    return found[0]


async def test_what_the_target_lost_trains_it_with_the_winner_s_answer(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        decision = await selected(stage, instruction())
        (row,) = await stage.records(kinds.SFT)
        pairs = await stage.records(kinds.PREFERENCE)
        answers = {a.id: a for a in await stage.records(kinds.ANSWER)}
    assert (decision.outcome, decision.won, decision.tied, decision.lost) == ("lost", 0, 0, 2)
    assert decision.reason == "the target lost 2 and won 0 of 2"
    assert answers[row.answer_id].text == "It was said by teacher."
    sides = {
        (answers[p.chosen_id].contender, answers[p.rejected_id].contender, p.margin) for p in pairs
    }
    assert sides == {
        ("teacher", "small", 5.0),
        ("other", "small", 3.0),
        ("teacher", "other", 2.0),
    }


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


async def test_held_out_instructions_are_judged_by_others_and_never_train(tmp_path: Path) -> None:
    async with staged(tmp_path, evaluation={"held_out": 0.5}) as stage:
        seeds, asked = twenty()
        await stage.store.add(kinds.SEED, 0, seeds)
        await selected(stage, *asked)
        assert {b.purpose for b in await stage.records(kinds.BATTLE)} == {"selection"}
        await evaluate.evaluate(state.start_state(round=1), stage.runtime)
        decisions = await stage.records(kinds.DECISION)
        battles = await stage.records(kinds.BATTLE)
        rows = [
            *await stage.records(kinds.SFT),
            *await stage.records(kinds.PREFERENCE),
        ]
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
    assert len(first.instructions) == 4
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


async def test_a_trained_target_meets_its_predecessor_and_takes_its_place(tmp_path: Path) -> None:
    """Round 1 trains a better target, round 2 a worse one: promoted, then rolled back."""
    coach, tuned = Coach(True, False), {"held_out": 0.5, "instructions": 20}
    async with staged(tmp_path, {"juror": by_name}, rounds=2, evaluation=tuned) as stage:
        texts = {f"seed-{n}": f"{SEED.text} It has {n} arches." for n in range(12)}
        seeds = [SEED.model_copy(update={"id": i, "text": text}) for i, text in texts.items()]
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


async def test_battles_take_the_routes_that_the_picture_shows(tmp_path: Path) -> None:
    picture = build().get_graph().draw_mermaid()
    for route in ("second_look", "taxonomy", "complexity", "feed_back"):
        assert f"select -.-> {route}" in picture.replace("-. &nbsp;", "-.")

    async def walked(parts: dict[str, Part]) -> list[str]:
        (folder := tmp_path / str(len(parts))).mkdir()
        async with staged(folder, parts, rounds=1) as stage:
            await stage.store.add(kinds.SEED, 0, [SEED])
            graph = build()
            return [
                name
                async for step in graph.astream(
                    state.start_state(), context=stage.services, stream_mode="updates"
                )
                for name in step
            ]

    usual = await walked({})
    assert usual[:5] == ["plan", "generate", "curate", "battle", "select"]
    assert set(usual[5:7]) == {"taxonomy", "complexity"}
    assert usual[7:] == ["feed_back", "train", "evaluate", "gate"]
    poor: dict[str, Part] = {
        "juror": lambda line: juror(line, {"teacher": 2.0, "other": 2.0, "small": 1.0})
    }
    assert [n for n in await walked(poor) if n not in usual] == ["second_look"]


async def test_what_everyone_lost_gets_a_second_look_and_is_not_called_hard(tmp_path: Path) -> None:
    poor: dict[str, Part] = {
        "juror": lambda line: juror(line, {"teacher": 3.0, "other": 2.0, "small": 1.0}),
        "curator": lambda line: curator(line, self_contained="Look twice" not in line.text),
    }
    async with staged(tmp_path, poor, feedback={"least_battles": 1}) as stage:
        decision = await selected(stage, instruction())
        (reject,) = await stage.records(kinds.REJECT)
        rows = await stage.records(kinds.SFT)
        (line,) = stage.lines("curator")
        assert decision.outcome == "broken" and rows == []
        assert (reject.stage, reject.reason) == ("second_look", "not_self_contained")
        assert reject.detail == "no answer has a mean score above 3 (best 3.0); as found"
        assert "Look twice: no answer has a mean score above 3" in line.text
        await fed_back(stage)
        assert await stage.records(kinds.POLICY) == []


async def fed_back(stage: Stage) -> Any:
    running = state.start_state(round=1)
    weights = (await taxonomy.taxonomy(running, stage.runtime)).get("weights")
    levels = (await complexity.complexity(running, stage.runtime)).get("levels")
    joined = state.start_state(round=1, weights=weights, levels=levels)
    return await feed_back.feed_back(joined, stage.runtime)


async def test_lost_battles_change_the_policy_with_their_numbers(tmp_path: Path) -> None:
    asked = [instruction(f"i-{n}", seed_id=f"s-{n}", context=f"{SEED.text} {n}") for n in range(2)]
    asked += [a.model_copy(update={"id": f"{a.id}-s", "leaf": "summary"}) for a in asked]

    def knows_summaries(line: Line) -> Any:
        return juror(line, {"small": 10.0} if "Sum up" in line.tag("instruction") else {})

    asked = [a.model_copy(update={"task": "Sum up."}) if a.leaf == "summary" else a for a in asked]
    async with staged(tmp_path, {"juror": knows_summaries}) as stage:
        await selected(stage, *asked)
        update = await fed_back(stage)
        (version,) = await stage.records(kinds.POLICY)
    changes = {(c.leaf, c.field): c for c in version.changes}
    assert update == {"policy": version.id}
    assert changes["literal", "weight"].new > 1 > changes["summary", "weight"].new
    assert (changes["literal", "complexity"].new, changes["summary", "complexity"].new) == (1, 3)
    lost = changes["literal", "weight"]
    assert (lost.won, lost.tied, lost.lost) == (0, 0, 4)
    assert "won 0, tied 0, lost 4 of 4 battles: loss rate 1.00 against 0.50" in lost.reason


async def test_a_stage_that_starts_over_writes_its_round_anew(tmp_path: Path) -> None:
    """What failed before a kill succeeds after it: no battle may keep its old, smaller jury."""

    def away(line: Line) -> Any:
        return AttemptFailed("away", final=True) if line.alias == "j3" else juror(line)

    async with staged(tmp_path, {"juror": away}) as stage:
        await selected(stage, instruction())
        before = await stage.records(kinds.BATTLE)
        assert len(await stage.records(kinds.REJECT)) == 6
        stage.parts["juror"] = juror
        await selected(stage)
        after = await stage.records(kinds.BATTLE)
        assert await stage.records(kinds.REJECT) == []
    assert [len(b.games) for b in before] == [4, 4, 4]
    assert [len(b.games) for b in after] == [6, 6, 6]
    assert [b.id for b in before] == [b.id for b in after]


async def supervised(stage: Stage, *seeds: Seed) -> state.RunState:
    await stage.store.add(kinds.SEED, 0, seeds or [SEED])
    ended: Any = await build().ainvoke(state.start_state(), context=stage.services)
    return ended  # type: ignore[no-any-return]


async def test_rounds_go_round_until_all_are_done(tmp_path: Path) -> None:
    tuned: dict[str, Any] = {"rounds": 2, "feedback": {"least_battles": 1}}
    async with staged(tmp_path, skill=ONE_LEAF, **tuned) as stage:
        ended = await supervised(stage)
        stages = [e["stage"] for e in stage.events["stage_started"]]
        trained = await stage.records(kinds.TRAINED)
        ratings = await stage.records(kinds.RATING)
        versions = await stage.records(kinds.POLICY)
        drafts = await stage.records(kinds.DRAFT)
    assert (ended["round"], ended["ended"]) == (2, "all rounds are done")
    assert stages == ["generate", "curate", "battle", "select"] * 2
    assert {d.round for d in drafts} == {1, 2}
    # Nothing is trained: the box says what there is to train on.
    assert [t.trained for t in trained] == [False, False]
    assert all(t.sft > 0 and t.reason.startswith(f"export only: {t.sft} SFT") for t in trained)
    assert [m.model for m in ratings[0].models] == ["teacher", "other", "small"]
    # Each version names the one it came from, down to the even first one.
    chain = {v.id: v.parents for v in versions}
    newest = max(versions, key=lambda v: v.policy.version).id
    assert ended["policy"] == newest
    while chain[newest]:
        (newest,) = chain[newest]
    assert [v.round for v in versions if v.id == newest] == [0]


async def test_the_second_round_asks_what_the_first_one_taught(tmp_path: Path) -> None:
    per_seed = SPARE | {"instructions": 2, "per_leaf": 2}
    async with staged(
        tmp_path, skill=ONE_LEAF, rounds=2, feedback={"least_battles": 1}, per_seed=per_seed
    ) as stage:
        await supervised(stage)
        levels = [line.tag("complexity") for line in stage.lines("writer")]
        prompts = [line.text for line in stage.lines("writer")]
    assert levels == ["2", "1"]  # everything was lost: one level down
    assert "This is request 2" in prompts[1] and "This is request" not in prompts[0]


async def test_the_run_ends_when_nothing_is_learned(tmp_path: Path) -> None:
    async with staged(tmp_path, {"contender": "In 1862."}, rounds=5) as stage:
        ended = await supervised(stage)
        assert [e["ended"] for e in stage.events["round_finished"]] == [ended["ended"]]
    assert ended["round"] == 1
    assert ended["ended"].startswith("nothing was learned")


async def test_every_record_leads_back_to_the_seed(tmp_path: Path) -> None:
    async with staged(tmp_path, rounds=1) as stage:
        await supervised(stage)
        parents = {
            record.id: record.parents
            for kind in kinds.KINDS
            for record in await stage.records(kind)
        }
    for ids in parents.values():
        assert set(ids) <= parents.keys()
    level = {id for id in parents if id.startswith("sft-")}
    assert level
    while up := {parent for id in level for parent in parents[id]}:
        level = up
    assert level == {SEED.id}


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
