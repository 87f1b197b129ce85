"""Spans go to the collector that is named to us, and to nobody else; one that is away stops nothing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from arenainstruct.agents.errors import UserError
from arenainstruct.runs import load_config
from arenainstruct.runs.export.otlp import CONTENT, ENDPOINT, HEADERS, send
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.opening import stored
from arenainstruct.runs.run import launch_async

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


class Collector:
    """Takes spans in, as a collector does."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[dict[str, Any]] = []
        self.headers: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        assert request.path == "/v1/traces"
        self.headers.append(request.headers.get("x-key", ""))
        for resource in json.loads(await request.text())["resourceSpans"]:
            self.spans += [s for scope in resource["scopeSpans"] for s in scope["spans"]]
        return web.json_response({})


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()
    app = web.Application()
    app.router.add_post("/{tail:.*}", found.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


async def run(folder: Path, name: str) -> RunFolder:
    given = [
        "skills=[reading_comprehension]",
        "rounds=1",
        "per_seed.instructions=1",
        f"seeds={DEMO}",
    ]
    result = await launch_async(load_config(None, given), runs_dir=folder, run_id=name, limit=1)
    assert result.completed
    return RunFolder(Path(result.path))


def told(span: dict[str, Any]) -> dict[str, str]:
    return {a["key"]: str(next(iter(a["value"].values()))) for a in span["attributes"]}


@pytest.mark.slow
async def test_a_run_sends_its_spans_to_the_collector_named_to_us(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, collector.url)
    monkeypatch.setenv(HEADERS, "x-key=one")
    folder = await run(tmp_path, "sent-1")
    live = {span["spanId"] for span in collector.spans}
    assert set(collector.headers) == {"one"} and len(live) == len(collector.spans)
    calls = [told(s) for s in collector.spans if told(s)["openinference.span.kind"] == "LLM"]
    assert calls and all(int(c["gen_ai.usage.input_tokens"]) > 0 for c in calls)
    assert not any(key.startswith("llm.input_messages") for call in calls for key in call)

    collector.spans.clear()
    with stored(folder.store()) as store:
        sent = await send(store, folder.run_id, collector.url, content=True)
    after = {span["spanId"] for span in collector.spans}
    assert sent == len(after) and live <= after
    calls = [told(s) for s in collector.spans if told(s)["openinference.span.kind"] == "LLM"]
    assert any("llm.input_messages.0.message.content" in call for call in calls)


@pytest.mark.slow
async def test_variables_that_other_programs_share_send_nothing(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.url)
    monkeypatch.setenv(CONTENT, "1")
    await run(tmp_path, "quiet-1")
    assert collector.spans == []


@pytest.mark.slow
async def test_a_collector_that_is_away_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    assert (await run(tmp_path, "away-1")).dataset.is_dir()


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["http://me:plain-words@127.0.0.1:9", "http://h/?token=plain-words"]
)
async def test_a_collector_is_named_without_its_key(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, url)
    with pytest.raises(UserError, match="ARENAINSTRUCT_OTLP_HEADERS=name=value") as told:
        await run(tmp_path, "named-1")
    assert "plain-words" not in str(told.value)
