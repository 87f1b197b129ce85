"""The cast: who may judge whom, and what is wrong with one before anything is paid."""

from typing import Any

import pytest

from arenainstruct.agents.cast import Cast, eligible, faults
from arenainstruct.agents.models.settings import ModelSettings, OpenAISettings


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
