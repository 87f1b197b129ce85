"""What leaves a run: nothing but its model calls, whatever the environment says; and who may read it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from stat import S_IMODE

import pytest

from arenainstruct.runs.screen.terminal import plain
from tests.process import start
from tests.sink import ADDRESSES, TELEMETRY, Sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    found = Sink()
    server = await asyncio.start_server(found.take, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found


@pytest.mark.slow
async def test_no_document_goes_to_a_tracing_service_that_the_environment_names(
    sink: Sink, tmp_path: Path
) -> None:
    variables = {**TELEMETRY, **dict.fromkeys(ADDRESSES, sink.url)}
    process = await start(
        *("run", "--limit", 1, "--runs-dir", tmp_path, "--run-id", "quiet-1", "--set", "rounds=1"),
        **variables,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert sink.connections == 0

    run = tmp_path / "quiet-1"
    assert S_IMODE(run.stat().st_mode) == 0o700
    assert S_IMODE((run / "store.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\rb", "a\\rb"),
        ("\x9b2J", "\\x9b2J"),
        ("user\u202egpj.exe", "user\\u202egpj.exe"),
        ("naïve — 東京\n\tok", "naïve — 東京\n\tok"),
    ],
)
def test_a_terminal_shows_what_it_would_obey(text: str, shown: str) -> None:
    assert plain(text) == shown
