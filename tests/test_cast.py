"""Who takes part: the cast with what is wrong in it, and contenders by the weights that answered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.cast import Cast, eligible, faults
from arenainstruct.agents.contender_name import alias_of, contender_name, known_as, version_of
from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.settings import ModelSettings, OpenAISettings
from arenainstruct.graphs.arena.protocols import PROTOCOLS, peer_battle
from arenainstruct.graphs.arena.state import start_state
from arenainstruct.runs.config.config import load_config

from .stage import Stage, instruction, models, staged


def model(name: str, **fields: Any) -> ModelSettings:
    return OpenAISettings(provider="openai", model=name, **fields)


MODELS: dict[str, ModelSettings] = {
    "target": model("llama-3-8b"),
    "teacher": model("gpt-5"),
    "j1": model("claude-x"),
    "j2": model("qwen-72b"),
    "exam": model("mistral-large"),
    "same": model("claude-x", base_url="http://elsewhere/v1"),
    "kin": model("gpt-4o"),
}


def cast(**fields: Any) -> Cast:
    usual: dict[str, Any] = {
        "default": "teacher",
        "target": "target",
        "contenders": ("teacher",),
        "jury": ("j1", "j2"),
        "evaluation_jury": ("exam",),
    }
    return Cast(**(usual | fields))


def test_a_sound_cast_has_no_fault() -> None:
    assert list(faults(cast(), MODELS)) == []
    assert cast().everyone == ("target", "teacher")
    assert cast(writer="j1").speaks("writer") == "j1"
    assert cast().speaks("writer") == cast().speaks("finder") == "teacher"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"jury": ("j9",)}, "cast.jury: no model 'j9'"),
        ({"jury": ()}, "cast.jury: is empty"),
        ({"jury": ("j1", "j1")}, "names a juror twice"),
        ({"contenders": ("target",)}, "leaves the target alone"),
        ({"evaluation_jury": ("j1",)}, "'j1' also sits in cast.jury"),
        # The same model at another address is the same juror.
        (
            {"evaluation_jury": ("same",)},
            "cast.evaluation_jury: 'same' is the same model (claude-x) as 'j1' of cast.jury; jurors",
        ),
        ({"jury": ("kin",)}, "no juror may judge target against teacher"),
        ({"evaluation_jury": ("kin",)}, "cast.evaluation_jury: no juror may judge"),
    ],
)
def test_faults_name_the_field_and_the_value(fields: dict[str, Any], message: str) -> None:
    assert message in "\n".join(faults(cast(**fields), MODELS))


def test_no_juror_judges_its_own_family() -> None:
    assert eligible(("j1", "kin", "j2"), ("target", "teacher"), MODELS) == ("j1", "j2")
    assert eligible(("kin",), ("target", "j1"), MODELS) == ("kin",)


def test_a_name_is_taken_apart_again() -> None:
    assert contender_name("small", "") == "small"
    name = contender_name("small", "round-2")
    assert (name, alias_of(name), version_of(name)) == ("small@round-2", "small", "round-2")
    assert version_of("small") == ""
    assert known_as(name, {"small"}) == "small"
    assert known_as(name, {"small", name}) == name
    assert contender_name(name, "round-2") == name


async def fought(stage: Stage, version: str) -> Any:
    trained = stage.services.models["small"].model_copy(update={"version": version})
    services = replace(stage.services, models={**stage.services.models, "small": trained})
    opened = stage.door.models["small"]
    stage.door.models["small"] = replace(opened, settings=trained)
    asked = start_state(instruction(), 1, evaluation=False)
    return await PROTOCOLS["battle"]().ainvoke(asked, context=services)


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
        found = await peer_battle().ainvoke(asked, context=services)
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
