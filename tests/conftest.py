"""What all tests share: no socket off loopback, and documents of our own."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

os.environ["ARENAINSTRUCT_SCRIPTED"] = "1"  # our own configs name our own functions
# The same examples every time, and no deadline: a slow machine must not turn a test red.
hypothesis.settings.register_profile(
    "ours",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("ours")

pytest_plugins = ("tests.postgres",)
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def shared() -> Path:
    """The folder of recorded real data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the recorded data is not beside this checkout")
    return SHARED
