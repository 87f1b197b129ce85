"""The check: endpoints that answer in their own way are not called broken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.check import Finding, check, load_either
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock.replies import Canned
from arenainstruct.runs.mock.request import ChatRequest

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@asynccontextmanager
async def endpoint(answer: Answer) -> AsyncIterator[str]:
    """Serve chat completions as a function of the request says."""

    async def chat(request: web.Request) -> web.Response:
        status, body = answer(await request.json())
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def reply(content: str | None, finish: str) -> tuple[int, dict[str, Any]]:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    usage = {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9}
    return 200, {"id": "x", "model": "m", "choices": [choice], "usage": usage}


def capped(request: dict[str, Any]) -> int:
    cap = request.get("max_completion_tokens") or request["max_tokens"]
    assert isinstance(cap, int)
    return cap


async def teacher(answer: Answer) -> Finding:
    async with endpoint(answer) as url:
        model = f"{{provider: openai, model: thinker, base_url: '{url}', price: {{input: 1}}}}"
        config = load_config(None, [f"seeds={DEMO}", f"models.teacher={model}"])
        findings = await asyncio.to_thread(check, config)
    assert [f.what for f in findings if not f.ok and f.what != "model teacher"] == []
    return next(f for f in findings if f.what == "model teacher")


def sound(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Answer as it is asked: in prose, in the structure, or with a tool call."""
    parsed = ChatRequest.parse(orjson.dumps(request))
    canned = Canned(parsed, 50)
    call = canned.tool_call()
    status, body = reply(None if call else canned.reply(), "stop")
    if call:
        body["choices"][0]["message"]["tool_calls"] = [call]
    return status, body


def thoughtful(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    status, body = sound(request)
    message = body["choices"][0]["message"]
    if message["content"]:
        message["content"] = f"<think>hm {{}}</think>{message['content']}"
    return status, body


@pytest.mark.slow
async def test_a_model_that_thinks_first_is_sound() -> None:
    for content, finish in (("", "length"), (None, "length"), ("", "stop")):

        def thinks(
            request: dict[str, Any], c: str | None = content, f: str = finish
        ) -> tuple[int, dict[str, Any]]:
            return reply(c, f) if capped(request) < 64 else thoughtful(request)

        found = await teacher(thinks)
        assert found.ok, found
        assert "may think first" in found.detail and "thinks before it answers" in found.detail


async def test_it_tells_what_works_the_way_the_run_will_ask() -> None:
    found = await teacher(sound)
    assert found.ok, found
    for said in ("TasksReply by JSON schema", "calls tools", "context window unknown"):
        assert said in found.detail, found

    def no_json(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "response_format" in request:
            return 400, {"error": {"message": "this model does not support Json Output."}}
        return sound(request)

    found = await teacher(no_json)
    assert found.ok, found
    assert "TasksReply by prompted JSON" in found.detail


async def test_a_template_that_shows_no_tools_is_told_from_a_model_that_calls_none() -> None:
    # As llama.cpp serves SmolLM2: tools are taken, and the template leaves them out.
    def blind(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "tools" not in request:
            return sound(request)
        return reply("It is in the North.", "stop")

    found = await teacher(blind)
    assert "never told of the tool" in found.detail and "no place for tools" in found.detail

    def unwilling(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = blind(request)
        body["usage"]["prompt_tokens"] += 40 * ("tools" in request)
        return status, body

    found = await teacher(unwilling)
    assert "was offered a tool and did not call it" in found.detail


async def test_a_model_that_cannot_do_what_the_run_asks_is_broken() -> None:
    found = await teacher(lambda request: reply("pong", "stop"))
    assert not found.ok
    assert "the reply cannot be used: " in found.detail

    def no_tools(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "tools" in request:
            return 400, {"error": {"message": "tools need --jinja"}}
        return sound(request)

    found = await teacher(no_tools)
    assert not found.ok
    assert "--jinja" in found.detail

    def all_thoughts(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = sound(request)
        message = body["choices"][0]["message"]
        message["reasoning_content"], message["content"] = message["content"], None
        return status, body

    found = await teacher(all_thoughts)
    assert not found.ok
    assert "thinking" in found.detail and "reasoning parser" in found.detail


async def test_one_token_may_be_too_few() -> None:
    asked: list[int] = []

    def at_least_16(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked.append(capped(request))
        if asked[-1] < 16:
            return 400, {"error": {"message": "max_tokens must be at least 16"}}
        return sound(request)

    found = await teacher(at_least_16)
    assert found.ok, found
    assert found.detail.startswith("openai/thinker answers in ")
    assert asked[:2] == [1, 64]


async def test_what_is_no_completion_is_broken() -> None:
    found = await teacher(lambda request: (200, {"hello": "world"}))
    assert not found.ok
    found = await teacher(lambda request: (400, {"error": {"message": "no such parameter: seed"}}))
    assert not found.ok
    assert "no such parameter" in found.detail
    found = await teacher(lambda request: (404, {"error": {"message": "no model thinker"}}))
    assert not found.ok


def test_documents_that_no_skill_takes_are_told_and_not_called_usable() -> None:
    found = check(load_config(None, [f"seeds={DEMO}", "skills=[tool_use]"]))
    detail = next(finding.detail for finding in found if finding.what == "seeds")
    of = "of a kind that no skill takes"
    assert detail == (
        f"of the first 11 documents 2 are usable (api, code); 9 are not: 5 {of} (text), 1 exact duplicate, "
        f"1 {of} (dialogue), 1 {of} (table), 1 too short"
    )


def test_documents_of_no_use_at_all_are_the_users_to_mend() -> None:
    config = load_config(None, [f"seeds={DEMO / 'sourdough.txt'}", "skills=[tool_use]"])
    seeds = check(config)[0]
    assert not seeds.ok and seeds.by_user
    assert "1 text; the skills take api, code" in seeds.detail


async def test_an_arenas_config_is_checked_by_who_plays(tmp_path: Path) -> None:
    path = tmp_path / "arena.yaml"
    async with endpoint(sound) as url:
        judge = f"{{provider: openai, model: judge, base_url: '{url}'}}"
        path.write_text(
            "models:\n  a: {provider: offline, model: strong}\n"
            "  b: {provider: offline, model: weak}\n"
            f"  j: {judge}\n  idle: {{provider: openai, model: x, base_url: 'https://a.example'}}\n"
            "contenders: [a, b]\njury: [j]\narena: {verdict: choice}\n"
        )
        config = load_either(path)
        found = {f.what: f for f in await asyncio.to_thread(check, config)}
        assert set(found) == {"arena", "store", "model a", "model b", "model j"}
        assert found["model j"].ok and "ChoiceReply by JSON schema" in found["model j"].detail
        with pytest.raises(UserError, match="takes no documents"):
            load_either(path, ["seeds.path=docs"])

        # A cast is a run's way to say it; without documents it can only be meant for an arena.
        cast = "cast: {default: b, contenders: [a, b], jury: [j]}\n"
        path.write_text(path.read_text().replace("contenders: [a, b]\njury: [j]\n", cast))
        again = {f.what: f for f in await asyncio.to_thread(check, load_either(path))}
    assert again["arena"].detail.startswith("a, b battle, judged by j")
    assert again.keys() == found.keys()
    for more in ("seeds=docs", "skills=[tool_use]"):
        with pytest.raises(UserError, match=r"cast\.target"):
            load_either(path, [more])


async def test_another_model_than_asked_that_answers_is_told() -> None:
    def other(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = sound(request)
        return status, body | {"model": "other-model-7b"}

    found = await teacher(other)
    assert found.ok and "thinker was asked, and other-model-7b says it answered" in found.detail
    same = await teacher(lambda asked: (200, sound(asked)[1] | {"model": "maker/Thinker-2026"}))
    assert "says it answered" not in same.detail


async def test_a_program_that_speaks_only_text_cannot_write_or_judge() -> None:
    model = "arenainstruct.runs.gym.contenders:Solver"
    solver = f"{{provider: program, model: '{model}', arguments: {{strength: {{}}}}}}"
    told = [f"seeds={DEMO}", f"models.program={solver}", "cast.contenders=[program, other]"]
    for place, ok in (("cast.target=small", True), ("cast.writer=program", False)):
        config = load_config(None, [*told, place])
        (found,) = [f for f in await asyncio.to_thread(check, config) if f.what == "model program"]
        assert found.ok == ok, found.detail
    assert "TasksReply" in found.detail or "JSON" in found.detail
