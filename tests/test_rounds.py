"""From decided battles to the next round: selection, training box, feedback, supervisor."""

from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.graphs import kinds
from arenainstruct.graphs.supervisor import complexity, feedback, state, taxonomy
from arenainstruct.graphs.supervisor.graph import build
from tests.rounds import selected, supervised
from tests.stage import READING, SEED, Line, Part, Stage, curator, instruction, juror, staged

DOCS = Path(__file__).resolve().parents[1] / "docs"
ONE_LEAF = READING.model_copy(update={"leaves": READING.leaves[:1]})
SPARE = {"passages": 1, "instructions": 1, "per_leaf": 1, "refinements": 0}


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
    assert sides == {("teacher", "small", 5.0), ("other", "small", 3.0), ("teacher", "other", 2.0)}


@pytest.mark.slow
async def test_battles_take_the_routes_that_the_picture_shows(tmp_path: Path) -> None:
    picture = build().get_graph().draw_mermaid()
    assert picture.strip() in (DOCS / "rounds.md").read_text(), "the page shows another graph"
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
    return await feedback.feed_back(joined, stage.runtime)


async def test_lost_battles_change_the_policy_with_their_numbers(tmp_path: Path) -> None:
    asked = [instruction(f"i-{n}", seed_id=f"s-{n}", context=f"{SEED.text} {n}") for n in range(4)]
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
    assert (lost.won, lost.tied, lost.lost) == (0, 0, 8)
    assert lost.reason.startswith(
        "the target won 0, tied 0, lost 8 of 8 battles: 4 of 4 instructions taught, share 1.00, "
        "interval 0.51 to 1.00, against 0.50 in the whole skill; thompson"
    )


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


@pytest.mark.slow
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


@pytest.mark.slow
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
