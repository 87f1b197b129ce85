"""Context windows: asked of the server, named in errors, and documents cut to what fits."""

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.failure import http_failure
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.agents.models.transport import MOST
from arenainstruct.agents.models.window import with_windows
from arenainstruct.graphs.generation.fitting import fit
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.estimate.report import estimate
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import STORE_FILE, Store


@pytest.mark.parametrize(
    ("body", "asked", "limit"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 10000 tokens (9000 "
         "in the messages, 1000 in the completion).", 10000, 8192),
        ("This model's maximum context length is 4097 tokens. However, your messages resulted in 9000 "
         "tokens.", 9000, 4097),
        ("'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length "
         "is 2048 tokens and your request has 1500 input tokens (2048 > 2048 - 1500).", 1500, 2048),
        ("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", 5000, 4096),
        ("request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it",
         9000, 8192),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens", 5000, 4096),
        ("Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded "
         "with context length of only 4096 tokens, which is not enough.", 9000, 4096),
        ("prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
        ("The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
         1100000, 1048576),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
         40000, 32768),
        ("the request exceeds the available context size. try increasing the context size", None, None),
        ("Please reduce the length; context_length_exceeded", None, None),
    ],
)  # fmt: skip
def test_errors_about_the_length_name_model_tokens_and_limit(
    body: str, asked: int | None, limit: int | None
) -> None:
    data = b'{"error": {"message": "%s"}}' % body.encode()
    failed = http_failure(400, {}, data, where="teacher: m at http://x")
    assert failed.final and not failed.refused
    assert str(failed).startswith(
        "teacher: m at http://x: status 400: too long for the model's context"
    )
    assert f"({asked or 'more'} tokens, {limit or 'fewer'} fit)" in str(failed)


@pytest.mark.parametrize(
    "text",
    ["max_tokens must be at least 16", "response_format is not supported", "no such parameter: seed",
     "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."],
)  # fmt: skip
def test_other_errors_are_not_about_the_length(text: str) -> None:
    failed = http_failure(400, {}, b'{"error": {"message": "%s"}}' % text.encode(), where="t")
    assert "context window" not in str(failed)


@given(st.text(max_size=400), st.integers(1, 120))
def test_a_cut_text_is_a_beginning_that_fits(text: str, tokens: int) -> None:
    kept = fit(text, tokens)
    assert text.startswith(kept) and len(kept.encode("utf-8", "replace")) <= 3 * tokens
    assert kept == text or len(text.encode("utf-8", "replace")) > 3 * tokens


def test_a_text_is_cut_where_a_thought_ends() -> None:
    paragraphs = "\n\n".join(f"Part {n}. It says this, and that too." for n in range(40))
    kept = fit(paragraphs, 200)
    assert kept.endswith("that too.") and len(kept) > 400
    sentences = paragraphs.replace("\n\n", " ")
    assert fit(sentences, 200).endswith((".", "that too."))
    assert fit(sentences.replace(".", ""), 200).split()[-1] in sentences.split()


SERVERS: dict[str, dict[str, Any]] = {
    "vllm": {"/v1/models": {"data": [{"id": "x"}, {"id": "m", "max_model_len": 4096}]}},
    "llama.cpp": {
        "/props": {"default_generation_settings": {"n_ctx": 4096}, "total_slots": 4},
        "/v1/models": {"data": [{"id": "m.gguf", "meta": {"n_ctx_train": 8192}}]},
    },
    "old llama.cpp": {"/v1/models": {"data": [{"id": "f.gguf", "meta": {"n_ctx_train": 4096}}]}},
    "a web site before vllm": {
        "/props": b"<!doctype html><title>Chat</title>",
        "/v1/models": {"data": [{"id": "m", "max_model_len": 4096}]},
    },
    "packed": {"/v1/models": gzip.compress(b'{"data": [{"id": "m", "context_length": 4096}]}')},
    "ollama": {"/api/show": {"parameters": "stop x\nnum_ctx 4096", "model_info": {}}},
    "idle ollama": {"/api/show": {"model_info": {"llama.context_length": 4096}}},
    "running ollama": {
        "/api/ps": {"models": [{"name": "m", "context_length": 4096}]},
        "/api/show": {"model_info": {"llama.context_length": 131072}},
    },
}


class Server:
    """Answers at some places, with JSON."""

    def __init__(self, places: dict[str, Any]) -> None:
        self.places = places
        self.url = ""

    async def _serve(self, request: web.Request) -> web.Response:
        found = self.places.get(request.path)
        if isinstance(found, bytes):
            packed = {"Content-Encoding": "gzip"} if found.startswith(b"\x1f") else None
            return web.Response(body=found, headers=packed)
        return web.Response(status=404) if found is None else web.json_response(found)

    async def __aenter__(self) -> "Server":
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()


def model(url: str, **more: Any) -> OpenAISettings:
    return OpenAISettings(provider="openai", model="m", base_url=url, **more)


@pytest.mark.parametrize("kind", SERVERS)
async def test_servers_tell_their_window_each_in_its_way(kind: str) -> None:
    async with Server(SERVERS[kind]) as server:
        models = {"a": model(server.url), "b": model(server.url, context_window=512)}
        found = await with_windows(models)
    assert [m.context_window for m in found.values()] == [4096, 512]


async def test_what_a_server_does_not_tell_stays_open() -> None:
    async with Server({"/v1/models": {"data": [{"id": "m"}]}}) as server:
        models = {"a": model(server.url), "gone": model("http://127.0.0.1:9/v1")}
        assert await with_windows(models) == models


async def test_a_list_of_models_without_an_end_is_not_read() -> None:
    bomb = gzip.compress(b" " * (2 * MOST), 1)
    async with Server({"/v1/models": bomb}) as server:
        models = {"a": model(server.url)}
        assert await with_windows(models) == models


def config(folder: Path, **own: Any) -> Any:
    text = "\n\n".join(
        f"The mill number {n} ground {n * 7} tons of wheat in a year." for n in range(100)
    )
    (folder / "long.md").write_text(text, encoding="utf-8")
    (folder / "short.md").write_text(text[:900].replace("mill", "forge"), encoding="utf-8")
    strong = {"provider": "offline", "model": "strong", "max_tokens": 500, **own}
    models = {"t": strong, "s": {"provider": "offline", "model": "weak"},
              "j": {"provider": "offline", "model": "judge"}}  # fmt: skip
    cast = {"default": "t", "target": "s", "contenders": ["t"], "jury": ["j"]}
    base = {"seeds": str(folder), "skills": ["reading_comprehension"], "rounds": 1}
    return load_config({**base, "models": models, "cast": cast})


@pytest.mark.slow
async def test_a_long_document_is_cut_to_the_smallest_window_and_noted(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    made = config(tmp_path / "docs", context_window=2800)
    assert "1 documents are too long" in (await asyncio.to_thread(estimate, made)).table()
    result = await launch_async(made, runs_dir=tmp_path, run_id="cut-1")
    assert result.status == "completed" and result.counts["instruction"] > 0
    assert result.counts["rejects"]["transformation/toolong"] == 1
    store = Store.open(tmp_path / "cut-1" / STORE_FILE)
    asked = [await store.request(entry.key) for entry in store.entries()]
    prompts = ["".join(turn.content for turn in request.turns) for request in asked if request]
    store.close()
    assert max(map(len, prompts)) < 3 * 2800
    assert (tmp_path / "cut-1" / "config.yaml").read_text().count("context_window: 2800") == 1


async def test_a_window_without_room_is_told_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    made = config(tmp_path / "docs", context_window=2048)
    for start in (launch_async(made, runs_dir=tmp_path, run_id="none-1"),
                  asyncio.to_thread(estimate, made)):  # fmt: skip
        with pytest.raises(UserError, match=r"models\.t: its context window of 2,048 tokens"):
            await start
    assert not (tmp_path / "none-1").exists()
