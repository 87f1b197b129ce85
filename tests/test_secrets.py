"""Keys: found before anything is sent, and never shown."""

from typing import Any

import pytest

from arenainstruct.agents.models.openai import OpenAIProvider
from arenainstruct.agents.models.secrets import is_private, know_address, redact
from arenainstruct.agents.models.settings import OpenAISettings


def settings(**more: Any) -> OpenAISettings:
    return OpenAISettings(provider="openai", model="m", api_key_env="ARENA_TEST_KEY", **more)


def test_a_missing_key_is_named_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARENA_TEST_KEY", raising=False)
    with pytest.raises(ValueError, match=r"models\.teacher\.api_key_env.*ARENA_TEST_KEY"):
        OpenAIProvider("teacher", settings(base_url="https://models.example.org/v1"))
    with pytest.raises(ValueError, match=r"models\.teacher\.base_url"):
        OpenAIProvider("teacher", settings(base_url="models.example.org"))
    with pytest.raises(ValueError, match=r"models\.teacher\.params.*stream"):
        OpenAIProvider("teacher", settings(base_url="http://localhost:1", params={"stream": True}))


def test_private_hosts() -> None:
    private = ["localhost", "127.0.0.1", "::1", "10.0.0.3", "192.168.1.9", "vllm", "gpu.local"]
    assert all(is_private(host) for host in private)
    assert not any(is_private(host) for host in ["api.openai.com", "8.8.8.8"])


def test_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_VENDOR_TOKEN", "vendor-secret-1")
    monkeypatch.setenv("SHORT_KEY", "none")
    text = (
        "vendor-secret-1, sk-proj-abcdefgh1234, Authorization: Bearer xyz12345; none of it, my own"
    )
    assert redact(text, ["my own one"]) == (
        "[redacted], [redacted], Authorization: Bearer [redacted]; none of it, my own"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "{}"),
        ("GITHUB_PAT", "{}"),
        ("ARENAINSTRUCT_OTLP_HEADERS", "x-team=a,authorization=Bearer {}"),
        ("DATABASE_URL", "postgresql://me:{}@db/runs"),
        ("HTTPS_PROXY", "http://me:{}@proxy:3128"),
    ],
)
def test_a_key_is_masked_wherever_the_environment_holds_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value.format("Zq7-longer-than-words"))
    assert redact("refused: Zq7-longer-than-words") == "refused: [redacted]"


def test_what_only_sounds_like_a_key_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XPATH", "/usr/local/lib")
    monkeypatch.setenv("MONKEY", "capuchin-monkey")
    text = "/usr/local/lib, capuchin-monkey"
    assert redact(text) == text


def test_what_may_be_a_key_in_an_address_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arenainstruct.agents.models.secrets._KNOWN", set())
    key, name = "qX7unKnownShape9ZZtop4711abc", "gpt-4o-mini-2024-08-06"
    for address in (f"https://h/{key}/v1", f"https://h/v1?x={key}", f"https://h/v1/{key}%20"):
        know_address(address)
        assert redact(f"no luck at {key}") == "no luck at [redacted]"
    know_address(f"https://h/openai/deployments/{name}?api-version=2024-08-01-preview")
    assert redact(f"{name} of 2024-08-01-preview") == f"{name} of 2024-08-01-preview"
