"""Contenders: a name tells which weights answered, and nothing is served for other ones."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from arenainstruct.agents.cast import eligible
from arenainstruct.agents.contender_name import alias_of, contender_name, known_as, version_of
from arenainstruct.agents.errors import UserError
from arenainstruct.graphs.arena import peer_battle
from arenainstruct.graphs.arena.battle import build
from arenainstruct.graphs.arena.state import BattleState, start_state
from arenainstruct.runs.config.config import load_config

from .stage import Stage, instruction, models, staged


def test_a_name_is_taken_apart_again() -> None:
    assert contender_name("small", "") == "small"
    name = contender_name("small", "round-2")
    assert (name, alias_of(name), version_of(name)) == ("small@round-2", "small", "round-2")
    assert version_of("small") == ""
    assert known_as(name, {"small"}) == "small"
    assert known_as(name, {"small", name}) == name
    assert contender_name(name, "round-2") == name


async def fought(stage: Stage, version: str) -> BattleState:
    trained = stage.services.models["small"].model_copy(update={"version": version})
    services = replace(stage.services, models={**stage.services.models, "small": trained})
    opened = stage.door.models["small"]
    stage.door.models["small"] = replace(opened, settings=trained)
    asked = start_state(instruction(), 1, evaluation=False)
    return cast(BattleState, await build().ainvoke(asked, context=services))


async def test_a_trained_target_answers_and_battles_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        before, after = await fought(stage, ""), await fought(stage, "v2")
        assert "small" in before["answers"]
        assert "small@v2" in after["answers"]
        ids = {a.contender: a.id for s in (before, after) for a in s["answers"].values()}
        assert len(set(ids.values())) == 4  # others answered once, and are the same
        mine = [
            {b.id for b in s["battles"] if _small(b.model_a, b.model_b)} for s in (before, after)
        ]
        assert mine[0]
        assert not mine[0] & mine[1]


def _small(*names: str) -> bool:
    return "small" in map(alias_of, names)


async def test_two_who_debate_are_asked_by_what_the_door_calls_them(tmp_path: Path) -> None:
    parts = {
        "examiner": {"question": "Who kept the light?"},
        "debater": lambda line: f"{line.alias} speaks for itself.",
        "juror": {"reason": "", "score_first": 6, "score_second": 4},
    }
    async with staged(tmp_path, parts, arena={"protocol": "peer_battle"}) as stage:
        versions = {
            alias: model.model_copy(update={"version": "1"})
            for alias, model in stage.services.models.items()
        }
        services = replace(stage.services, models=versions)
        for alias, opened in list(stage.door.models.items()):
            stage.door.models[alias] = replace(opened, settings=versions[alias])
        asked = start_state(instruction(), 1, evaluation=False)
        found = await peer_battle.build().ainvoke(asked, context=services)
    assert not found["rejects"]
    assert {name for b in found["battles"] for name in (b.model_a, b.model_b)} == {
        "small@1",
        "teacher@1",
        "other@1",
    }
    assert all(battle.debate for battle in found["battles"])


def test_no_juror_judges_its_own_family_whatever_the_version() -> None:
    known = models(small="ours", j1="ours")
    assert eligible(("j1", "j2"), ("small@v2", "other"), known) == ("j2",)


def test_an_alias_holds_no_mark(tmp_path: Path) -> None:
    (tmp_path / "seed.txt").write_text("Water boils at 100 degrees.")
    embedded = {"provider": "offline", "model": "weak"}
    config = {
        "seeds": {"path": str(tmp_path)},
        "models": {
            "a@b": embedded,
            "c": {"provider": "offline", "model": "strong"},
            "j": {"provider": "offline", "model": "judge"},
        },
        "cast": {"default": "c", "target": "a@b", "contenders": ["c"], "jury": ["j"]},
    }
    with pytest.raises(UserError, match=r"models\.a@b: '@' sets a contender's version apart"):
        load_config(config)
