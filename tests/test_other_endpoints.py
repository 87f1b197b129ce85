"""What endpoints besides OpenAI's say in words of their own, and what becomes of the call."""

from typing import Any

import orjson
import pytest
from aiohttp import web

from arenainstruct.agents.models.call import Call, ToolSpec
from arenainstruct.agents.models.failure import http_failure
from arenainstruct.agents.models.openai import OpenAIProvider
from arenainstruct.agents.records import ToolCall, Turn
from arenainstruct.agents.replies import ScoreReply
from tests.test_openai_provider import ASK, VERDICT, answer, asking, error, failure, say, settings

PLAIN = Call("teacher", ASK)
JUDGE = Call("teacher", ASK, reply_type=ScoreReply)
GROQ = (
    "Rate limit reached for model `m` on tokens per minute (TPM): Limit 6000, Used 5900, Requested 700. "
    "Please try again in 1m2.5s. Need more tokens? Upgrade at https://console.groq.com/settings/billing"
)
GEMINI = "You exceeded your current quota, please check your plan and billing details."
DELAY = [{"@type": "QuotaFailure"}, {"@type": "RetryInfo", "retryDelay": "17s"}]


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"error": {"message": GROQ, "code": "rate_limit_exceeded"}}, 62.5),
        ([{"error": {"message": GEMINI, "status": "RESOURCE_EXHAUSTED", "details": DELAY}}], 17.0),
        ({"error": {"message": "Please try again in 20ms."}}, 0.02),
        ({"message": "Requests rate limit exceeded"}, None),
        ({"error": "See our page about billing to get more requests a minute."}, None),
    ],
)
def test_a_rate_that_is_exceeded_is_no_credit_that_is_spent(body: Any, wait: float | None) -> None:
    failed = http_failure(429, {}, orjson.dumps(body), where="t")
    assert not failed.refused and not failed.final
    assert failed.retry_after == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize(
    ("status", "text", "hint"),
    [
        (400, "Your credit balance is too low to access the API. Go to Plans & Billing.", "no credit"),
        (429, GEMINI, "no credit"),
        (400, "Billing hard limit has been reached", "no credit"),
        (400, "API key not valid. Please pass a valid API key.", "check the key"),
        (400, "Incorrect API key provided: xa***.", "check the key"),
        (400, "Model Not Exist", "the model's name"),
        (400, "x is not a valid model ID", "the model's name"),
        (404, 'model "x" not found, try pulling it first', "the model's name"),
        (405, "Method Not Allowed", "check base_url"),
    ],
)  # fmt: skip
def test_what_no_call_can_get_past_stops_the_run_and_says_where_to_look(
    status: int, text: str, hint: str
) -> None:
    failed = http_failure(status, {}, orjson.dumps({"error": {"message": text}}), where="t")
    assert failed.refused and hint in str(failed)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "No endpoints found that support tool use."),
        (400, '"auto" tool choice requires --enable-auto-tool-choice'),
        (400, "the model said that the key was not valid"),
    ],
)
def test_what_one_call_cannot_get_stops_no_other(status: int, text: str) -> None:
    failed = http_failure(status, {}, orjson.dumps({"error": {"message": text}}), where="t")
    assert failed.final and not failed.refused


@pytest.mark.parametrize("odd", [[], {}, 7, None, [{"retryDelay": 3}], "x"])
def test_no_error_is_too_odd_to_be_told(odd: Any) -> None:
    error = {"code": odd, "type": odd, "details": odd, "message": "so it is"}
    for status in (400, 404, 429, 500):
        failed = http_failure(status, {}, orjson.dumps({"error": error}), where="t")
        assert "so it is" in str(failed)
    for body in (orjson.dumps(odd), orjson.dumps({"error": odd}), b"\xff\xfe{", b"\x00"):
        assert http_failure(500, {}, body, where="t").status == 500


def test_a_generation_that_broke_off_is_asked_for_again() -> None:
    body = b'{"error": "Request failed during generation", "error_type": "generation"}'
    failed = http_failure(424, {}, body, where="t")
    assert not failed.final and not failed.refused


def test_pages_and_redirects_are_told_in_a_few_words() -> None:
    page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>"
    assert str(http_failure(502, {}, page, where="t")) == "t: status 502: 502 Bad Gateway"
    large = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    failed = http_failure(413, {}, large, where="t")
    assert str(failed) == "t: status 413: 413 Request Entity Too Large" and failed.final
    bare = b"<html><style>p {color: red}</style><body><p>Too <b>large</b></p></body></html>"
    assert str(http_failure(413, {}, bare, where="t")) == "t: status 413: Too large"
    moved = http_failure(307, {"Location": "https://x.example/v1?key=abc"}, b"", where="t")
    assert moved.refused and "it redirects to https://x.example/v1: check base_url" in str(moved)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<!doctype html><html><title>Sign in</title></html>", "a page for people and no JSON, 'Sign in'"),
        (b"data: {}\n\ndata: [DONE]\n\n", "malformed JSON: 'data: {} data: [DONE]'"),
    ],
)  # fmt: skip
async def test_a_response_that_is_no_json_is_shown(body: bytes, text: str) -> None:
    async with asking(lambda asked: say(body)) as (_, provider):
        failed = await failure(provider.complete(PLAIN))
    assert text in str(failed)


async def test_a_place_that_there_is_not_is_told_under_status_200_too() -> None:
    odd = {"error": "Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway"}
    async with asking(lambda asked: say(odd)) as (_, provider):
        failed = await failure(provider.complete(PLAIN))
    assert failed.refused and "check base_url" in str(failed)


@pytest.mark.parametrize(
    "before",
    [b"\xef\xbb\xbf", b"\n\n  \n", b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"],
)
async def test_what_stands_before_the_json_costs_nothing(before: bytes) -> None:
    body = before + orjson.dumps(answer("fine"))
    async with asking(lambda asked: say(body)) as (endpoint, provider):
        assert (await provider.complete(PLAIN)).text == "fine"
    assert len(endpoint.asked) == 1
    failed = http_failure(400, {}, before + b'{"error": {"message": "no"}}', where="t")
    assert str(failed) == "t: status 400: no"


@pytest.mark.parametrize(
    ("told", "finish"),
    [
        ("model_length", "length"),
        ("MAX_TOKENS", "length"),
        ({"type": "length", "length": 100}, "length"),
        ({"type": "stop", "matched": 128009}, "stop"),
        ("eos_token", "eos_token"),
        (None, "stop"),
    ],
)
async def test_a_reply_that_was_cut_is_one_in_all_words_for_it(told: Any, finish: str) -> None:
    body = answer("half of a")
    body["choices"][0]["finish_reason"] = told
    async with asking(lambda asked: say(body)) as (_, provider):
        assert (await provider.complete(PLAIN)).finish == finish


@pytest.mark.parametrize(
    ("told", "more", "text", "final"),
    [
        ("error", {"error": {"code": 502, "message": "Upstream timeout"}}, "Upstream timeout", False),
        ("insufficient_system_resource", {}, "insufficient_system_resource", False),
        ("load", {}, "broke the reply off", False),
        ({"type": "abort"}, {}, "broke the reply off", False),
        ("SAFETY", {}, "content filter", True),
        ("content_filter: PROHIBITED_CONTENT", {}, "content filter", True),
    ],
)  # fmt: skip
async def test_what_the_endpoint_broke_off_is_no_reply(
    told: Any, more: dict[str, Any], text: str, final: bool
) -> None:
    body = answer("half of a")
    body["choices"][0] |= {"finish_reason": told, **more}
    async with asking(lambda asked: say(body)) as (_, provider):
        failed = await failure(provider.complete(PLAIN))
    assert text in str(failed) and failed.final is final
    assert failed.usage is not None and failed.usage.tokens_out == 500


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 420}, (100, 320)),
        ({"prompt_tokens": 100, "total_tokens": 420}, (100, 320)),
        ({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}, (100, 20)),
        ({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": -5}, (100, 20)),
        ({"prompt_tokens": 100, "completion_tokens": 20}, (100, 20)),
    ],
)
async def test_thoughts_that_only_the_total_counts_are_paid(
    usage: dict[str, int], counted: tuple[int, int]
) -> None:
    async with asking(lambda asked: say(answer() | {"usage": usage})) as (_, provider):
        reply = await provider.complete(PLAIN)
    assert (reply.tokens_in, reply.tokens_out) == counted


@pytest.mark.parametrize("ids", [("0", "0"), (None, None), ("a", ""), ("call_1", "call_1")])
async def test_each_tool_call_has_an_id_of_its_own(ids: tuple[Any, Any]) -> None:
    calls = [{"id": id, "function": {"name": "f", "arguments": {"n": 1}}} for id in ids]
    body = answer(None, "tool_calls", tool_calls=calls)
    tool = ToolSpec("f", "", "{}")
    async with asking(lambda asked: say(body)) as (_, provider):
        reply = await provider.complete(Call("teacher", ASK, tools=(tool,)))
    assert len({call.id for call in reply.tool_calls}) == 2
    assert [call.arguments for call in reply.tool_calls] == ['{"n":1}'] * 2


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('{"a":  1}', '{"a":  1}'),
        ('{"a": tru', '{"not_json": "{\\"a\\": tru"}'),
        ("[1]", '{"not_json": "[1]"}'),
        ("", '{"not_json": ""}'),
    ],
)
async def test_arguments_that_are_no_object_break_no_template_of_a_server(
    written: str, sent: str
) -> None:
    made = ToolCall(id="c1", name="f", arguments=written)
    said = Turn(role="assistant", content="", tool_calls=(made,))
    turns = (*ASK, said, Turn(role="tool", content="wrong", tool_call_id="c1"))
    async with asking(lambda asked: say(answer())) as (endpoint, provider):
        await provider.complete(Call("teacher", turns))
    assert endpoint.asked[0]["messages"][2]["tool_calls"][0]["function"]["arguments"] == sent


@pytest.mark.parametrize(
    "text",
    [
        "The provided JSON schema contains features not supported by xgrammar.",
        "Failed to initialize samplers: failed to parse grammar",
        "The specified schema produces a constraint that has too many states for serving.",
    ],
)
@pytest.mark.parametrize("bounds", [True, False])
async def test_a_schema_that_makes_no_grammar_goes_without_its_bounds_first(
    text: str, bounds: bool
) -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        kind = asked.get("response_format", {}).get("type")
        if kind == "json_schema" and (not bounds or b"maxLength" in orjson.dumps(asked)):
            return error(400, text)
        return say(answer(VERDICT))

    async with asking(reply) as (endpoint, provider):
        assert (await provider.complete(JUDGE)).text == VERDICT
        before = len(endpoint.asked)
        await provider.complete(JUDGE)
    kinds = [asked["response_format"]["type"] for asked in endpoint.asked]
    assert kinds[-1] == ("json_schema" if bounds else "json_object")
    assert len(kinds) == before + 1, "a refusal is met once"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Generated JSON does not match the expected schema. See 'failed_generation'. Error: jsonschema: "
         "missing properties: 'reason'", "json_validate_failed"),
        ("Failed to call a function. See 'failed_generation' for more details.", "tool_use_failed"),
    ],
)  # fmt: skip
async def test_what_a_model_wrote_badly_is_asked_for_again_in_the_same_way(
    text: str, code: str
) -> None:
    async with asking(lambda asked: error(400, text, code=code)) as (endpoint, provider):
        failed = await failure(provider.complete(JUDGE))
    assert not failed.final and not failed.refused and len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported value: 'temperature' does not support 0.3 with this model.",
        "`temperature` is deprecated for this model.",
        "Unsupported parameter: 'temperature' is not supported with this model.",
    ],
)
async def test_a_temperature_that_is_refused_is_left_out_and_told(text: str) -> None:
    def reply(asked: dict[str, Any]) -> web.Response:
        return error(400, text) if "temperature" in asked else say(answer())

    told: list[str] = []
    async with asking(reply) as (endpoint, opened):
        own = settings(opened.endpoint, temperature=0.3)
        provider = OpenAIProvider("teacher", own, notify=told.append)
        await provider.complete(PLAIN)
        await provider.complete(PLAIN)
        await provider.aclose()
    assert len(endpoint.asked) == 3
    assert len(told) == 1 and "remove models.teacher.temperature" in told[0]


async def test_a_deployment_of_azure_is_asked_by_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARENA_TEST_KEY", "a-key-for-azure")
    async with asking(lambda asked: say(answer())) as (endpoint, opened):
        own = settings(f"{opened.endpoint}?api-version=2024-10-21")
        provider = OpenAIProvider("teacher", own)
        assert (await provider.complete(PLAIN)).text == "fine"
        await provider.aclose()
    assert endpoint.headers[0]["api-key"] == "a-key-for-azure"
