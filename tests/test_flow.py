"""One document on its way through the flow: passages, instructions, harder ones; losses are rejects."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from autogen_core.exceptions import CantHandleException

from arenainstruct.agents.errors import EpisodeError, StopRun
from arenainstruct.agents.messages import Curate, Findings, Respond
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.records import (
    Answer,
)
from arenainstruct.graphs import kinds, stages
from arenainstruct.graphs.generation.flow_state import FlowState
from arenainstruct.graphs.generation.flow_state import start_state as flow_start
from arenainstruct.graphs.records import start_over
from arenainstruct.graphs.services import Round, failed_at
from arenainstruct.graphs.supervisor.generate import flow
from arenainstruct.taxonomy.policy import LeafPolicy, Policy
from arenainstruct.taxonomy.quota import Quota
from tests.stage import (
    READING,
    SEED,
    Line,
    Part,
    Stage,
    editor,
    instruction,
    staged,
    writer,
)

EVEN = Policy()
ONE_LEAF = READING.model_copy(update={"leaves": READING.leaves[:1]})
SPARE = {"passages": 1, "instructions": 1, "per_leaf": 1, "refinements": 0}


async def flowed(stage: Stage, policy: Policy = EVEN) -> FlowState:
    per_seed = stage.services.settings.per_seed
    quota = Quota(policy, stage.services.skills["reading"], "1", 1)
    seats = quota.of_seed(per_seed.passages, per_seed.instructions, per_seed.per_leaf)
    start = flow_start(SEED, "reading", Round(1, policy), seats)
    found: Any = await flow("standard").ainvoke(start, context=stage.services)
    return found  # type: ignore[no-any-return]


async def test_a_seed_becomes_instructions_that_become_harder(tmp_path: Path) -> None:
    per_seed = {"passages": 2, "instructions": 4, "per_leaf": 2, "refinements": 2, "directions": 3}
    policy = Policy(leaves={"reading/literal": LeafPolicy(complexity=4)})
    async with staged(tmp_path, skill=ONE_LEAF, per_seed=per_seed) as stage:
        found = await flowed(stage, policy)
    assert {p.transformation for p in found["passages"]} == {"retold", "shortened"}
    passages = {p.id: p for p in found["passages"]}
    rewritten = [p for p in passages.values() if p.parents != (SEED.id,)]
    assert len(passages) == 2 + len(rewritten)
    assert {up for p in rewritten for up in p.parents} <= passages.keys()
    by_depth = Counter(i.depth for i in found["instructions"])
    # Three directions for each of the four; then one line of each lineage goes on.
    assert by_depth == {0: 4, 1: 12, 2: 12}
    assert found["rejects"] == []
    known = {i.id: i for i in found["instructions"]}
    directions = {s.id: s for s in found["suggestions"]}
    assert len(known) == 28 and len(directions) == 24
    for made in known.values():
        assert made.environment.context == passages[made.passage_id].text
        if made.depth == 0:
            assert made.passage_id == made.parents[0]
            assert (made.complexity, made.operator) == (4, "seed")
            continue
        parent, suggestion = known[made.parents[0]], directions[made.parents[1]]
        assert suggestion.instruction_id == parent.id and suggestion.goal == made.operator
        assert (made.complexity, made.depth) == (5, parent.depth + 1)
        assert (made.seed_id, made.leaf) == (parent.seed_id, parent.leaf)
        assert made.prompts[: len(parent.prompts)] == parent.prompts
        changed = "environment" if made.operator == "make_unanswerable" else "task"
        assert getattr(made, changed) != getattr(parent, changed)
        own = passages[made.passage_id]
        assert own.parents == (parent.passage_id,) if changed == "environment" else True
        assert (made.passage_id == parent.passage_id) is (changed == "task")
    assert all(i.licence == "CC0-1.0" and i.source == SEED.name for i in known.values())


async def test_leaves_are_shared_out_and_counts_kept(tmp_path: Path) -> None:
    per_seed = {"passages": 2, "instructions": 5, "per_leaf": 2, "refinements": 0}
    async with staged(tmp_path, per_seed=per_seed) as stage:
        found = await flowed(stage)
        asked = [int(line.tag("count")) for line in stage.lines("writer")]
    assert sorted(asked) == [1, 2, 2]
    assert len(found["instructions"]) == 5


def broken_writer(line: Line) -> Any:
    return "I would rather not." if "retold" in line.tag("passage") else writer(line)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "stage", "reason", "failed"),
    [
        ({"writer": broken_writer}, "instruction", "reply", True),
        ({"writer": lambda line: {"tasks": []}}, "instruction", "unfit", False),
        ({"writer": AttemptFailed("no", final=True)}, "instruction", "model", True),
        (
            {"transformer": {"suitable": False, "reason": "too short", "passage": ""}},
            "transformation",
            "unsuitable",
            False,
        ),
        (
            {"suggester": {"suggestions": [{"goal": "funnier", "direction": "joke"}]}},
            "suggestion",
            "reply",
            True,
        ),
    ],
    ids=["garbage", "nothing to ask", "model failed", "unsuitable", "unknown goal"],
)
async def test_a_failure_is_a_reject_and_stops_nobody(
    tmp_path: Path, parts: dict[str, Part], stage: str, reason: str, failed: bool
) -> None:
    per_seed = {"passages": 2, "instructions": 2, "per_leaf": 1, "directions": 1}
    async with staged(tmp_path, parts, skill=ONE_LEAF, per_seed=per_seed) as played:
        found = await flowed(played)
    assert {(r.stage, r.reason, r.failed) for r in found["rejects"]} == {(stage, reason, failed)}
    assert len({r.id for r in found["rejects"]}) == len(found["rejects"])
    if parts == {"writer": broken_writer}:
        assert len(found["instructions"]) == 2  # the other passage's, and its edit
    if stage == "transformation":
        (one, two) = found["rejects"]
        assert one.subject == two.subject == SEED.id and one.leaf == ""
        assert {one.detail, two.detail} == {"retold: too short", "shortened: too short"}


def edited(**fields: Any) -> Callable[[Line], Any]:
    return lambda line: editor(line) | fields


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "goal", "detail"),
    [
        (edited(passage=""), "make_unanswerable", "asks for an edited passage; it is unchanged"),
        (
            edited(expected_behaviour="answer"),
            "make_unanswerable",
            "leads to say_unanswerable, the edit to answer",
        ),
        (lambda line: editor(line) | {"task": line.tag("task")}, "harder", "changed nothing"),
    ],
    ids=["passage unchanged", "label missed", "nothing changed"],
)
async def test_an_edit_that_misses_its_goal_is_a_reject(
    tmp_path: Path, part: Part, goal: str, detail: str
) -> None:
    per_seed = SPARE | {"refinements": 1, "directions": 3}
    async with staged(tmp_path, {"editor": part}, skill=ONE_LEAF, per_seed=per_seed) as stage:
        found = await flowed(stage)
    assert goal not in {i.operator for i in found["instructions"]}
    rejects = found["rejects"]
    assert rejects and all((r.stage, r.reason) == ("edit", "reply") for r in rejects)
    assert all(detail in r.detail for r in rejects)
    assert {r.subject for r in rejects} == {found["instructions"][0].id}


async def test_a_goal_about_the_task_leaves_the_passage_byte_for_byte(tmp_path: Path) -> None:
    def careless(line: Line) -> Any:
        return editor(line) | {"passage": line.tag("passage").upper()}

    per_seed = SPARE | {"refinements": 1}
    async with staged(tmp_path, {"editor": careless}, skill=ONE_LEAF, per_seed=per_seed) as stage:
        found = await flowed(stage)
    harder = [i for i in found["instructions"] if i.operator == "harder"]
    assert harder and all(i.environment == found["instructions"][0].environment for i in harder)


async def test_a_round_that_begins_anew_forgets_the_rejects_of_a_step_of_a_skills_own(
    tmp_path: Path,
) -> None:
    why = EpisodeError("no verse in it")
    async with staged(tmp_path) as stage:
        lost = [failed_at("rhyming", instruction())(why, reason="prose")]
        await stage.store.add(kinds.REJECT, 0, lost)
        again = failed_at("rhyming", instruction())(EpisodeError("said otherwise"), reason="prose")
        await start_over(stage.store, stages.GENERATE, 0)
        await stage.store.add(kinds.REJECT, 0, [again])
        assert await stage.records(kinds.REJECT) == [again]


async def test_an_actor_raises_on_what_it_does_not_handle(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        with pytest.raises(CantHandleException, match="writer does not handle Respond"):
            await stage.services.troupe.send(
                Respond(instruction=instruction()), Answer, "writer", "teacher"
            )
        message = Curate(instruction=instruction(), leaf=READING.leaves[0])
        with pytest.raises(TypeError, match="curator answered Findings, not Answer"):
            await stage.services.troupe.send(message, Answer, "curator", "teacher")
        assert isinstance(
            await stage.services.troupe.send(message, Findings, "curator", "teacher"), Findings
        )


async def test_an_actor_that_fails_once_nobody_waits_for_it_is_no_loose_error(
    tmp_path: Path,
) -> None:
    loose: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: loose.append(context))

    def interrupted(line: Line) -> Any:
        sending.cancel()
        return StopRun("door", "the door is shut")

    async with staged(tmp_path, {"contender": interrupted}) as stage:
        sending = asyncio.create_task(
            stage.services.troupe.send(
                Respond(instruction=instruction()), Answer, "contender", "small"
            )
        )
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.sleep(0.05)
    gc.collect()
    assert loose == []
