"""From decided battles to the next round: selection, training box, feedback, supervisor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.records import (
    Answer,
    Battle,
    Instruction,
    Passage,
    Reject,
    Seed,
    Suggestion,
)
from arenainstruct.agents.rows import PreferenceRow, SftRow
from arenainstruct.graphs.supervisor import battle as arena
from arenainstruct.graphs.supervisor import evaluate, feed_back, hold_out, select, state
from arenainstruct.graphs.supervisor.decisions import Decision, PolicyVersion, RoundRatings, Trained
from arenainstruct.graphs.supervisor.graph import build
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
    await stage.store.add("instruction", 1, asked)
    running = state.RunState(round=1, policy="", counts={}, ended="")
    await arena.battle(running, stage.runtime)
    await select.select(running, stage.runtime)
    found: list[Decision] = await stage.records("decision", Decision)
    return found[0]


async def test_what_the_target_lost_trains_it_with_the_winner_s_answer(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        decision = await selected(stage, instruction())
        (row,) = await stage.records("sft", SftRow)
        pairs = await stage.records("preference", PreferenceRow)
    assert (decision.outcome, decision.won, decision.tied, decision.lost) == ("lost", 0, 0, 2)
    assert decision.reason == "the target lost 2 and won 0 of 2"
    assert row.completion[-1].content == "It was said by teacher."
    assert row.answered_by == "scripted/teacher"
    assert {(p.chosen_model, p.rejected_model, p.margin) for p in pairs} == {
        ("scripted/teacher", "scripted/small", 5.0),
        ("scripted/other", "scripted/small", 3.0),
        ("scripted/teacher", "scripted/other", 2.0),
    }


async def test_held_out_instructions_are_judged_by_others_and_never_train(tmp_path: Path) -> None:
    async with staged(tmp_path, evaluation={"held_out": 0.5}) as stage:
        seeds = [SEED.model_copy(update={"id": f"seed-{n}"}) for n in range(20)]
        await stage.store.add("seed", 0, seeds)
        asked = [instruction(f"i-{n}", seed_id=seed.id) for n, seed in enumerate(seeds)]
        # A harder version of it, and another passage of the same text.
        more: dict[str, dict[str, Any]] = {
            "edit": {"depth": 1},
            "other": {"transformation": "shortened"},
        }
        asked += [
            i.model_copy(update={"id": f"{i.id}-{name}", **fields})
            for i in asked
            for name, fields in more.items()
        ]
        await selected(stage, *asked)
        decisions = await stage.records("decision", Decision)
        battles = await stage.records("battle", Battle)
        rows = [
            *await stage.records("sft", SftRow),
            *await stage.records("preference", PreferenceRow),
        ]
    held = {d.instruction_id for d in decisions if d.outcome == "held_out"}
    assert 9 <= len(held) <= 51
    plain = {id for id in held if id.count("-") == 1}
    assert len(held) == 3 * len(plain)
    assert held == plain | {f"{id}-{name}" for id in plain for name in more}
    assert held == {b.instruction_id for b in battles if b.purpose == "evaluation"}
    for battle in battles:
        jury = {"e1"} if battle.purpose == "evaluation" else {"j1", "j2", "j3"}
        assert {g.juror for g in battle.games} == jury
    assert rows and not held & {row.instruction_id for row in rows}


async def test_what_everyone_lost_gets_a_second_look_and_is_not_called_hard(tmp_path: Path) -> None:
    poor: dict[str, Part] = {
        "juror": lambda line: juror(line, {"teacher": 3.0, "other": 2.0, "small": 1.0}),
        "curator": lambda line: curator(line, self_contained="Look twice" not in line.text),
    }
    async with staged(tmp_path, poor, feedback={"least_battles": 1}) as stage:
        decision = await selected(stage, instruction())
        (reject,) = await stage.records("reject", Reject)
        rows = await stage.records("sft", SftRow)
        (line,) = stage.lines("curator")
        assert decision.outcome == "broken" and rows == []
        assert (reject.stage, reject.reason) == ("second_look", "not_self_contained")
        assert reject.detail == "no answer has a mean score above 3 (best 3.0); as found"
        assert "Look twice: no answer has a mean score above 3" in line.text
        await fed_back(stage)
        assert await stage.records("policy", PolicyVersion) == []


async def fed_back(stage: Stage) -> Any:
    counts = {"sft": 1, "preference": 1}
    running = state.RunState(round=1, policy="", counts=counts, ended="")
    return await feed_back.feed_back(running, stage.runtime)


async def test_lost_battles_change_the_policy_with_their_numbers(tmp_path: Path) -> None:
    asked = [instruction(f"i-{n}", seed_id=f"s-{n}", context=f"{SEED.text} {n}") for n in range(2)]
    asked += [a.model_copy(update={"id": f"{a.id}-s", "leaf": "summary"}) for a in asked]

    def knows_summaries(line: Line) -> Any:
        return juror(line, {"small": 10.0} if "Sum up" in line.tag("instruction") else {})

    asked = [a.model_copy(update={"task": "Sum up."}) if a.leaf == "summary" else a for a in asked]
    async with staged(tmp_path, {"juror": knows_summaries}) as stage:
        await selected(stage, *asked)
        update = await fed_back(stage)
        (version,) = await stage.records("policy", PolicyVersion)
    changes = {(c.leaf, c.field): c for c in version.changes}
    assert update == {"policy": version.id, "ended": ""}
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
        before = await stage.records("battle", Battle)
        assert len(await stage.records("reject", Reject)) == 6
        stage.parts["juror"] = juror
        await selected(stage)
        after = await stage.records("battle", Battle)
        assert await stage.records("reject", Reject) == []
    assert [len(b.games) for b in before] == [4, 4, 4]
    assert [len(b.games) for b in after] == [6, 6, 6]
    assert [b.id for b in before] == [b.id for b in after]


async def supervised(stage: Stage) -> state.RunState:
    await stage.store.add("seed", 0, [SEED])
    ended: Any = await build().ainvoke(state.start_state(), context=stage.services)
    return ended  # type: ignore[no-any-return]


async def test_rounds_go_round_until_all_are_done(tmp_path: Path) -> None:
    tuned: dict[str, Any] = {"rounds": 2, "feedback": {"least_battles": 1}}
    async with staged(tmp_path, skill=ONE_LEAF, **tuned) as stage:
        ended = await supervised(stage)
        stages = [e["stage"] for e in stage.events["stage_started"]]
        trained = await stage.records("trained", Trained)
        ratings = await stage.records("rating", RoundRatings)
        versions = await stage.records("policy", PolicyVersion)
        drafts = await stage.records("draft", Instruction)
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
    kinds: dict[str, Any] = {
        "seed": Seed,
        "passage": Passage,
        "suggestion": Suggestion,
        "draft": Instruction,
        "answer": Answer,
        "battle": Battle,
        "decision": Decision,
        "sft": SftRow,
        "preference": PreferenceRow,
        "reject": Reject,
    }
    async with staged(tmp_path, rounds=1) as stage:
        await supervised(stage)
        parents = {
            record.id: record.parents
            for kind, type in kinds.items()
            for record in await stage.records(kind, type)
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
    held = await hold_out.HoldOut.draw(replace(stage.services, **fields))
    return {seed.id for seed in await stage.records("seed", Seed) if seed.id in held}


async def test_seeds_are_held_out_by_number_whatever_their_order(tmp_path: Path) -> None:
    def seeds(*numbers: int) -> list[Seed]:
        return [SEED.model_copy(update={"id": f"seed-{n:03}"}) for n in numbers]

    async with staged(tmp_path, evaluation={"held_out": 0.1}) as stage:
        await stage.store.add("seed", 0, seeds(0))
        assert await held_of(stage) == set(), "a seed alone trains"
        await stage.store.add("seed", 0, seeds(1))
        assert len(await held_of(stage)) == 1, "one evaluates and one trains"
        await stage.store.add("seed", 0, seeds(*range(2, 200)))
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
        await stage.store.add("seed", 0, seeds)
        asked = [instruction(f"i-{n}", seed_id=f"seed-{n}") for n in range(2)]
        asked += [a.model_copy(update={"id": f"{a.id}-bad", "task": "Nonsense?"}) for a in asked]
        await selected(stage, *asked)
        decisions = await stage.records("decision", Decision)
        running = state.RunState(round=1, policy="", counts={}, ended="")
        await evaluate.evaluate(running, stage.runtime)
        ratings = await stage.records("rating", RoundRatings)
    said = sorted(d.outcome for d in decisions)
    assert said == ["broken", "broken", "held_out", "lost"]
    assert {r.purpose for r in ratings} == {"selection", "evaluation"}
    for found in ratings:
        assert [(m.model, m.battles) for m in found.models] == [
            ("teacher", 2),
            ("other", 2),
            ("small", 2),
        ]
