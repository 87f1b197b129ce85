"""The OpenAI-compatible provider against servers on loopback."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from arenainstruct.agents.errors import EndpointDown
from arenainstruct.agents.models.call import Call, Reply, ToolSpec
from arenainstruct.agents.models.characters import sound
from arenainstruct.agents.models.failure import http_failure
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.openai import OpenAIProvider
from arenainstruct.agents.models.opening import open_models
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.agents.records import ToolCall, Turn
from arenainstruct.agents.replies import ScoreReply
from arenainstruct.runs.mock import MockOptions, MockServer

KEY = "a-key-of-our-own-0123456789"
VERDICT = '{"own_answer": "", "reason": "so", "score_first": 2, "score_second": 3}'
ASK = (Turn(role="system", content="Be brief."), Turn(role="user", content="Say ünïcode: é"))


def settings(url: str, **more: Any) -> OpenAISettings:
    base = {"provider": "openai", "model": "m", "base_url": url, "api_key_env": "ARENA_TEST_KEY"}
    return OpenAISettings.model_validate(base | more)


def answer(content: str | None = "fine", finish: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, **message},
    }
    return {"choices": [choice], "usage": {"prompt_tokens": 1000, "completion_tokens": 500}}


class Endpoint:
    """A server that replies as the test says and keeps what it was asked."""

    def __init__(self, reply: Callable[[dict[str, Any]], web.Response]) -> None:
        self.reply = reply
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(orjson.loads(await request.read()))
        self.headers.append(dict(request.headers))
        return self.reply(self.asked[-1])


def say(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return web.Response(body=data, status=status, headers=headers, content_type="application/json")


def error(
    status: int, text: str, headers: dict[str, str] | None = None, **more: Any
) -> web.Response:
    return say({"error": {"message": text, **more}}, status, headers)


@asynccontextmanager
async def asking(
    reply: Callable[[dict[str, Any]], web.Response], **more: Any
) -> AsyncIterator[tuple[Endpoint, OpenAIProvider]]:
    endpoint = Endpoint(reply)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", endpoint.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    provider = OpenAIProvider("teacher", settings(f"http://{host}:{port}/v1", **more))
    try:
        yield endpoint, provider
    finally:
        await provider.aclose()
        await runner.cleanup()


async def failure(awaitable: Awaitable[Reply]) -> AttemptFailed:
    with pytest.raises(AttemptFailed) as caught:
        await awaitable
    return caught.value


async def test_a_plain_call_carries_turns_and_settings_and_counts_what_it_cost() -> None:
    price = {"input": 0.4, "output": 1.6}
    more = {"params": {"top_p": 0.5}, "temperature": 0.0, "max_tokens": 77, "price": price}
    async with asking(lambda asked: say(answer("é\n```x```\n")), **more) as (endpoint, provider):
        reply = await provider.complete(Call("teacher", ASK))
    asked = endpoint.asked[0]
    assert [(m["role"], m["content"]) for m in asked["messages"]] == [
        (t.role, t.content) for t in ASK
    ]
    assert (asked["model"], asked["top_p"], asked["temperature"], asked["max_tokens"]) == (
        "m", 0.5, 0.0, 77,
    )  # fmt: skip
    assert "response_format" not in asked and "seed" not in asked
    assert reply.text == "é\n```x```\n" and reply.model == "openai/m"
    assert (reply.tokens_in, reply.tokens_out) == (1000, 500)
    assert reply.usd == pytest.approx(0.0012) and reply.seconds > 0


async def test_tools_and_their_turns_survive_byte_for_byte() -> None:
    arguments = '{"place":  "Zürich", "n": 1.0}'
    call = ToolCall(id="c1", name="look", arguments=arguments)
    spec = ToolSpec("look", "Looks.", '{"type":"object","properties":{}}')
    turns = (
        *ASK,
        Turn(role="assistant", content="", tool_calls=(call,)),
        Turn(role="tool", content="sunny", tool_call_id="c1"),
    )
    function = {"name": "look", "arguments": arguments}
    raw = {"id": "c2", "type": "function", "function": function}
    with_tools = answer(None, "tool_calls", tool_calls=[raw])
    async with asking(lambda asked: say(with_tools)) as (endpoint, provider):
        reply = await provider.complete(Call("teacher", turns, tools=(spec,)))
    asked = endpoint.asked[0]
    assert asked["messages"][2]["tool_calls"][0]["function"] == function
    assert asked["messages"][2]["content"] is None
    assert asked["messages"][3] == {"role": "tool", "content": "sunny", "tool_call_id": "c1"}
    assert asked["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert reply.tool_calls == (ToolCall(id="c2", name="look", arguments=arguments),)


async def test_structure_steps_down_once_and_is_remembered() -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        kind = asked.get("response_format", {}).get("type")
        if kind:
            return error(400, f"'response_format' of type '{kind}' is not supported")
        return say(answer("{}"))

    call = Call("teacher", ASK, reply_type=ScoreReply)
    async with asking(reply) as (endpoint, provider):
        await asyncio.gather(*(provider.complete(call) for _ in range(3)))
        before = len(endpoint.asked)
        await provider.complete(call)
        assert len(endpoint.asked) == before + 1
        await provider.complete(Call("teacher", ASK))
    first, last, free = endpoint.asked[0], endpoint.asked[before], endpoint.asked[-1]
    schema = first["response_format"]["json_schema"]
    assert schema["name"] == "ScoreReply" and schema["strict"] is True
    assert schema["schema"]["required"] == ["own_answer", "reason", "score_first", "score_second"]
    assert "response_format" not in last and "score_second" in last["messages"][0]["content"]
    assert last["messages"][0]["content"].startswith("Be brief.")
    assert free["messages"][0]["content"] == "Be brief."


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        (400, ("This response_format type is unavailable now", "m does not support Json Output.")),
        (400, ("json_schema is not supported", "JSON mode is not enabled for this model")),
        (422, ("response_format.type: Input should be 'text'",) * 2),
        (400, ("Unknown parameter: 'response_format'.",) * 2),
        (500, ("response_format json_schema is not supported by this backend",) * 2),
    ],
)
async def test_structure_steps_down_to_the_prompt_on_what_servers_say(
    status: int, texts: tuple[str, str]
) -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        kind = asked.get("response_format", {}).get("type")
        if kind:
            return error(status, texts[kind == "json_object"])
        return say(answer(VERDICT))

    call = Call("teacher", ASK, reply_type=ScoreReply)
    async with asking(reply) as (endpoint, provider):
        for _ in range(3):
            assert (await provider.complete(call)).text == VERDICT
        assert len(endpoint.asked) == 5  # two refusals, once
        models = {alias: settings(provider.endpoint, model="m") for alias in ("juror", "examiner")}
        opened = open_models(models, share_limits(models, patience_s=1, notify=print), 7)
        for alias in models:
            await opened[alias].provider.complete(call)
            await opened[alias].provider.aclose()
        assert len(endpoint.asked) == 9  # aliases of one model learn together


async def test_templates_without_a_system_turn_get_its_words_in_the_users() -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        if asked["messages"][0]["role"] == "system":
            return error(400, "System role not supported")
        return say(answer())

    async with asking(reply) as (endpoint, provider):
        await provider.complete(Call("teacher", ASK))
    content = f"{ASK[0].content}\n\n{ASK[1].content}"
    assert endpoint.asked[-1]["messages"] == [{"role": "user", "content": content}]


async def test_a_pinned_structure_and_other_400s_do_not_step_down() -> None:
    refusal = "response_format json_schema is not supported"
    call = Call("teacher", ASK, reply_type=ScoreReply)
    async with asking(lambda a: error(400, refusal), structured="schema") as (endpoint, provider):
        assert (await failure(provider.complete(call))).final
        assert len(endpoint.asked) == 1
    long = "maximum context length is 8 tokens; reduce max_tokens or max_completion_tokens"
    async with asking(lambda asked: error(400, long)) as (endpoint, provider):
        failed = await failure(provider.complete(call))
        assert failed.final and not failed.refused and "maximum context" in str(failed)
        assert len(endpoint.asked) == 1


async def test_renamed_and_unknown_fields_are_learned() -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        if "max_tokens" in asked:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.")
        if "seed" in asked:
            return error(422, "Extra inputs are not permitted: seed")
        return say(answer())

    async with asking(reply) as (endpoint, provider):
        await provider.complete(Call("teacher", ASK, sample=2))
        await provider.complete(Call("teacher", ASK, sample=3))
    assert len(endpoint.asked) == 4
    assert endpoint.asked[0]["seed"] == 2 and "seed" not in endpoint.asked[-1]
    assert endpoint.asked[-1]["max_completion_tokens"] == 2048


@pytest.mark.parametrize(
    ("status", "text", "final", "refused"),
    [
        (401, "bad key", False, True),
        (404, "The model `m` does not exist", False, True),
        (301, "", False, True),
        (403, "flagged by moderation", True, False),
        (413, "too large", True, False),
        (408, "slow", False, False),
        (409, "conflict", False, False),
        (429, "rate", False, False),
        (429, "You exceeded your current quota", False, True),
        (500, "oops", False, False),
        (503, "busy", False, False),
    ],
)
async def test_http_errors_are_classified(
    status: int, text: str, final: bool, refused: bool
) -> None:
    async with asking(lambda asked: error(status, text)) as (_, provider):
        failed = await failure(provider.complete(Call("teacher", ASK)))
    assert (failed.status, failed.final, failed.refused) == (status, final, refused)
    assert text in str(failed) and "teacher" in str(failed)


@pytest.mark.parametrize(
    ("headers", "more", "wait"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({"Retry-After": "0.25"}, {}, 0.25),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, {}, 1.5),
        ({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=2))}, {}, 172_800.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"}, {}, 62.0),
        ({}, {"retry_after_ms": 300}, 0.3),
        ({"Retry-After": "soon"}, {}, None),
        ({}, {}, None),
    ],
)
async def test_the_endpoints_own_wish_is_read(
    headers: dict[str, str], more: dict[str, Any], wait: float | None
) -> None:
    async with asking(lambda asked: error(429, "slow down", headers, **more)) as (_, provider):
        failed = await failure(provider.complete(Call("teacher", ASK)))
    # A date is read against the clock, and these were made when the tests were collected.
    assert failed.retry_after == (None if wait is None else pytest.approx(wait, rel=0.05))


@pytest.mark.parametrize(
    ("body", "text", "final"),
    [
        (b'{"choices": [{"mess', "malformed JSON", False),
        ([1, 2], "no chat completion", False),
        ({"choices": None}, "no chat completion", False),
        ({"choices": []}, "no chat completion: it holds no choices", False),
        ({"error": {"message": "overloaded"}}, "the endpoint says: overloaded", False),
        ({"error": f"no room for {KEY}"}, "the endpoint says: no room for [redacted]", False),
        ({"error": {"code": "503", "message": "upstream"}}, "status 503: upstream", False),
        ({"error": {"message": "prompt is too long"}}, "too long for the model's context", True),
        ({"choices": [{"message": "hello"}]}, "no chat completion", False),
        (answer(None), "empty reply", False),
        (answer("", "length"), "raise max_tokens", True),
        (answer(None, refusal="I will not."), "refused: I will not.", True),
        (answer("half", "content_filter"), "content filter", True),
        (answer(None, "tool_calls", tool_calls=[{"id": "x"}]), "no chat completion", False),
        ({"error": {"code": 503, "message": "upstream"}}, "status 503: upstream", False),
    ],
)
async def test_responses_that_are_no_reply(
    body: Any, text: str, final: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARENA_TEST_KEY", KEY)
    async with asking(lambda asked: say(body)) as (_, provider):
        failed = await failure(provider.complete(Call("teacher", ASK)))
    assert text in str(failed) and failed.final is final and not failed.refused


async def test_half_an_emoji_in_a_response_does_not_cost_the_rest() -> None:
    body = orjson.dumps(answer("HALF and a\U0001f600")).replace(b"HALF", rb"\ud83d \\u0000 \u0000")
    async with asking(lambda asked: say(body)) as (_, provider):
        reply = await provider.complete(Call("teacher", ASK))
    assert sound(reply).text == "\ufffd \\u0000 \ufffd and a\U0001f600"


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (answer(None), (1000, 500)),
        (answer("", "length"), (1000, 500)),
        (answer(None, refusal="I will not."), (1000, 500)),
        (answer("half", "content_filter"), (1000, 500)),
        ({"usage": {"prompt_tokens": 8, "completion_tokens": None}}, (8, 0)),
        (answer(None) | {"usage": None}, None),
        (answer(None) | {"usage": {"prompt_tokens": 0, "completion_tokens": 0}}, None),
        (b'{"choices": [{"mess', (58, 2048)),  # what was cut off was written: at most that
        ([1, 2], None),
    ],
)
async def test_an_unusable_response_tells_what_it_cost(
    body: Any, counted: tuple[int, int] | None
) -> None:
    price = {"input": 1.0, "output": 2.0}
    async with asking(lambda asked: say(body), price=price) as (_, provider):
        failed = await failure(provider.complete(Call("teacher", ASK)))
    if counted is None:
        assert failed.usage is None
    else:
        assert failed.usage is not None
        assert (failed.usage.tokens_in, failed.usage.tokens_out) == counted
        assert failed.usage.usd == pytest.approx((counted[0] + 2 * counted[1]) / 1e6)


async def test_a_cut_off_reply_is_returned_and_missing_usage_is_estimated() -> None:
    body = answer('{"reason": "lon', "length") | {"usage": None}
    async with asking(lambda asked: say(body)) as (_, provider):
        reply = await provider.complete(Call("teacher", ASK, reply_type=ScoreReply))
    assert reply.finish == "length" and reply.text == '{"reason": "lon'
    assert (reply.tokens_in, reply.tokens_out) == (6, 4)


@pytest.mark.parametrize(
    ("message", "text", "thoughts"),
    [
        ({"content": f"<think>{{hm}}</think>{VERDICT}"}, VERDICT, "{hm}"),
        ({"content": VERDICT, "reasoning_content": "hm"}, VERDICT, "hm"),
        ({"content": None, "reasoning_content": VERDICT}, VERDICT, VERDICT),
        ({"content": "", "reasoning": f"So:\n{VERDICT}"}, f"So:\n{VERDICT}", f"So:\n{VERDICT}"),
    ],
)
async def test_thoughts_are_cut_before_anyone_reads_the_reply(
    message: dict[str, Any], text: str, thoughts: str
) -> None:
    call = Call("teacher", ASK, reply_type=ScoreReply)
    async with asking(lambda asked: say(answer(**message))) as (_, provider):
        reply = await provider.complete(call)
    assert (reply.text, reply.thoughts) == (text, thoughts)


@pytest.mark.parametrize(
    ("message", "finish", "reply_type"),
    [
        ({"content": None, "reasoning_content": "The answer is 4."}, "stop", None),
        ({"content": "<think>so, first"}, "length", None),
        ({"content": "", "reasoning": "so, perhaps"}, "stop", ScoreReply),
        ({"content": "", "reasoning": VERDICT}, "length", ScoreReply),
    ],
)
async def test_a_reply_that_is_all_thoughts_is_named_and_not_asked_again(
    message: dict[str, Any], finish: str, reply_type: type[ScoreReply] | None
) -> None:
    body = answer(finish=finish, **message)
    async with asking(lambda asked: say(body)) as (_, provider):
        failed = await failure(provider.complete(Call("teacher", ASK, reply_type=reply_type)))
    assert failed.final and failed.usage is not None
    assert "thinking" in str(failed) and "max_tokens" in str(failed)


async def test_half_an_emoji_and_control_characters_cost_no_reply() -> None:
    cut = orjson.dumps(answer("fine @")).replace(b"@", rb"\f\u0000\ud83d")
    async with asking(lambda asked: say(cut)) as (_, provider):
        assert (await provider.complete(Call("teacher", ASK))).text == "fine \ufffd\ufffd"


async def test_models_are_asked_as_they_bear_it() -> None:
    more = {"model": "o3-mini", "temperature": 0.5}
    async with asking(lambda asked: say(answer()), **more) as (endpoint, provider):
        await provider.complete(Call("teacher", ASK))
    assert endpoint.asked[0]["messages"][0]["role"] == "developer"
    for effort, temperature in ((None, None), ("none", 0.5)):
        more = {"model": "gpt-5", "temperature": 0.5}
        more |= {"params": {"reasoning_effort": effort}} if effort else {}
        async with asking(lambda asked: say(answer()), **more) as (endpoint, provider):
            await provider.complete(Call("teacher", ASK))
        assert endpoint.asked[0].get("temperature") == temperature


async def test_dropped_hanging_and_absent_endpoints_are_retryable() -> None:
    async with MockServer(MockOptions(rate_drop=1.0)) as mock:
        provider = OpenAIProvider("teacher", settings(mock.url))
        dropped = await failure(provider.complete(Call("teacher", ASK)))
        await provider.aclose()
    async with MockServer(MockOptions(rate_hang=1.0)) as mock:
        provider = OpenAIProvider("teacher", settings(mock.url, timeout_s=0.1))
        hung = await failure(provider.complete(Call("teacher", ASK)))
        await provider.aclose()
    provider = OpenAIProvider("teacher", settings(mock.url))
    absent = await failure(provider.complete(Call("teacher", ASK)))
    await provider.aclose()
    for failed in (dropped, hung, absent):
        assert failed.status == 0 and not failed.final and not failed.refused
    assert isinstance(hung.__cause__, TimeoutError) and "0.1 s" in str(hung)


async def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_TEST_KEY", KEY)
    async with asking(lambda asked: error(401, f"wrong key: {KEY}")) as (endpoint, provider):
        failed = await failure(provider.complete(Call("teacher", ASK)))
        shown = f"{provider!r} {provider.params} {failed!r} {failed}"
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in shown and "[redacted]" in shown


async def test_a_large_request_is_streamed() -> None:
    big = (Turn(role="user", content="x" * (3 * 2**19)),)

    async with MockServer() as mock:
        provider = OpenAIProvider("teacher", settings(mock.url))
        assert (await provider.complete(Call("teacher", big))).text
        await provider.aclose()


def test_where_a_redirect_leads_is_told_in_characters_that_a_store_holds() -> None:
    failure = http_failure(301, {"Location": "\udcff://x"}, b"", where="m")
    assert "it redirects to ?://x: check base_url" in str(failure)


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return what a server needs whose certificate nobody vouches for."""
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    given = ["openssl", *made, "-keyout", key, "-out", certificate]
    subprocess.run(given, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        (True, r"certificate is not accepted: self.signed .*SSL_CERT_FILE"),
        (False, "no TLS is spoken there"),
    ],
)
async def test_an_address_that_cannot_be_trusted_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool, told: str
) -> None:
    met: list[None] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(None)
        writer.write(b"HTTP/1.1 400 no\r\n\r\n")
        writer.close()

    monkeypatch.setenv("ARENA_TEST_KEY", KEY)
    context = self_signed(tmp_path) if tls else None
    async with await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        models = {"m": settings(f"https://127.0.0.1:{port}/v1", retries=5)}
        limits = share_limits(models, patience_s=30, notify=lambda text: None)
        opened = open_models(models, limits, 7)["m"]
        with pytest.raises(EndpointDown, match=told):
            await opened.limits.run(lambda: opened.provider.complete(Call("m", ASK)), 10)
        await opened.provider.aclose()
    assert len(met) <= 1
