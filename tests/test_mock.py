"""The mock server: what it counts, which faults it makes, and that its replies parse."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import BaseModel

from arenainstruct.agents import replies
from arenainstruct.agents.models.breaker import Breaker
from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.concurrency import Concurrency
from arenainstruct.agents.models.limits import Limits
from arenainstruct.agents.models.openai import OpenAIProvider
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.agents.models.structured import parse_reply
from arenainstruct.agents.records import Turn
from arenainstruct.runs.mock import MockOptions, MockServer

PROMPT = """<passage>The harbour engine was repaired by the signal keeper in winter.</passage>
<leaf name="x" answer_form="y" expected_behaviour="say_unanswerable" min_options="4">d</leaf>
<goals><goal name="harder" edits="task">b</goal></goals>
<check_terms>a word</check_terms> <count>3</count> number """


def call(number: int, reply: type[BaseModel] | None = None) -> Call:
    turns = (Turn(role="user", content=f"{PROMPT}{number}"),)
    return Call("m", turns, reply_type=reply)


def provider(url: str, **more: Any) -> OpenAIProvider:
    return OpenAIProvider(
        "m", OpenAISettings(provider="openai", model="mock", base_url=url, **more)
    )


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


async def post(url: str, body: Any) -> Any:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return await response.json()


@pytest.mark.parametrize("structured", ["schema", "json", "prompt"])
async def test_canned_replies_are_what_the_schema_asks(structured: str) -> None:
    kinds = [
        kind
        for kind in vars(replies).values()
        if isinstance(kind, type) and issubclass(kind, replies.ReplyBody)
    ]
    async with MockServer() as mock:
        model = provider(mock.url, structured=structured)
        for kind in kinds:
            if kind is not replies.ReplyBody:
                parse_reply((await model.complete(call(1, kind))).text, kind)
        first, second = [
            parse_reply(
                (await model.complete(call(i, replies.TasksReply))).text, replies.TasksReply
            )
            for i in (1, 2)
        ]
        await model.aclose()
    assert len(first.tasks) == 3 and len(first.tasks[0].options) == 4
    assert first.tasks[0].expected_behaviour == "say_unanswerable"
    assert len(first.tasks[0].check.terms) == 1
    assert len({task.task for task in (*first.tasks, *second.tasks)}) == 6


async def test_models_of_different_names_answer_differently() -> None:
    names = ("gpt-4.1", "qwen3-32b", "llama-3.2-3b")
    task = (
        "In what season was the engine repaired? The harbour engine was repaired by the keeper in winter. "
        "The bridge was painted by a teacher in spring. Answer question"
    )
    said: dict[str, list[str]] = {}
    async with MockServer(MockOptions(replies="offline")) as mock:
        for name in names:
            body = {"model": name, "messages": [{"role": "user", "content": ""}]}
            for number in range(30):
                body["messages"] = [{"role": "user", "content": f"{task} {number}."}]
                told = await post(f"{mock.url}/chat/completions", body)
                said.setdefault(name, []).append(told["choices"][0]["message"]["content"])
    assert len({tuple(answers) for answers in said.values()}) == len(names)


async def test_replies_are_deterministic_and_about_as_long_as_asked() -> None:
    async with MockServer(MockOptions(tokens=200)) as mock:
        model = provider(mock.url)
        one, same, other = [await model.complete(call(i)) for i in (1, 1, 2)]
        await model.aclose()
        stats = await get(mock.url.replace("/v1", "/stats"))
    assert one.text == same.text != other.text
    assert 150 <= one.tokens_out <= 350
    assert stats["requests"] == 3 and stats["duplicates"] == 1 and stats["paid"] == 3


@pytest.mark.parametrize(
    ("fault", "status"),
    [("429", 429), ("500", 500), ("drop", 0), ("malformed", 200), ("hang", 0)],
)
async def test_each_fault_fails_the_attempt(fault: str, status: int) -> None:
    options = MockOptions(**{f"rate_{fault}": 1.0}, retry_after=2.5, hang_s=30)  # type: ignore[arg-type]
    async with MockServer(options) as mock:
        model = provider(mock.url, timeout_s=0.2)
        with pytest.raises(AttemptFailed) as caught:
            await model.complete(call(1))
        await model.aclose()
        assert mock.counters.report()["duplicates"] == 0
    assert caught.value.status == status and not caught.value.final
    assert caught.value.retry_after == (2.5 if fault == "429" else None)


async def test_garbage_is_a_valid_response_that_does_not_parse() -> None:
    async with MockServer(MockOptions(rate_garbage=1.0)) as mock:
        model = provider(mock.url)
        reply = await model.complete(call(1, replies.ScoreReply))
        await model.aclose()
    with pytest.raises(ValueError, match="no JSON object with own_answer"):
        parse_reply(reply.text, replies.ScoreReply)


async def test_mixed_faults_are_the_same_every_time_and_retries_get_through() -> None:
    rates = {"rate_429": 0.1, "rate_500": 0.1, "rate_drop": 0.1, "rate_malformed": 0.1}
    reports = []
    for _ in range(2):
        async with MockServer(MockOptions(**rates, retry_after=0.0)) as mock:  # type: ignore[arg-type]
            model = provider(mock.url)
            breaker = Breaker(mock.url, patience_s=30, notify=lambda text: None)
            limits = Limits(breaker, Concurrency(), retries=20, sleep=lambda s: asyncio.sleep(0))

            async def ask(i: int, model: OpenAIProvider = model, limits: Limits = limits) -> str:
                reply = await limits.run(lambda: model.complete(call(i)), 300)
                return reply.text

            texts = await asyncio.gather(*(ask(i) for i in range(60)))
            await model.aclose()
            reports.append((texts, mock.counters.report()["statuses"]))
            assert mock.counters.report()["duplicates"] == 0
    assert reports[0] == reports[1]
    assert {"200", "429", "500", "drop", "malformed"} <= reports[0][1].keys()


async def test_the_structure_it_understands_can_be_lowered() -> None:
    for schema, tries in (("json", 2), ("prompt", 3)):
        async with MockServer(MockOptions(schema=schema)) as mock:  # type: ignore[arg-type]
            model = provider(mock.url)
            reply = await model.complete(call(1, replies.CurationReply))
            await model.aclose()
            assert parse_reply(reply.text, replies.CurationReply).self_contained
            assert mock.counters.report()["requests"] == tries


async def test_a_key_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    async with MockServer(MockOptions(key="right")) as mock:
        model = provider(mock.url)
        with pytest.raises(AttemptFailed) as caught:
            await model.complete(call(1))
        await model.aclose()
    assert caught.value.refused


async def test_tools_are_called_and_then_answered() -> None:
    parameters = {"type": "object", "properties": {"place": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look", "parameters": parameters}}]
    asked: dict[str, Any] = {"model": "x", "messages": [{"role": "user", "content": "hi"}]}
    async with MockServer() as mock:
        url = f"{mock.url}/chat/completions"
        bare = await post(url, asked)
        first = await post(url, asked | {"tools": tools})
        message = first["choices"][0]["message"]
        turns = [*asked["messages"], message, {"role": "tool", "content": "x", "tool_call_id": "1"}]
        last = await post(url, asked | {"tools": tools, "messages": turns})
    assert first["usage"]["prompt_tokens"] > bare["usage"]["prompt_tokens"]
    function = message["tool_calls"][0]["function"]
    assert function["name"] == "look" and json.loads(function["arguments"])["place"]
    assert last["choices"][0]["message"]["content"]


async def test_embeddings_models_and_reset() -> None:
    async with MockServer() as mock:
        texts = ["the red harbour engine", "a red harbour engine", "quite other words"]
        reply = await post(f"{mock.url}/embeddings", {"input": texts, "model": "e"})
        a, b, c = (row["embedding"] for row in reply["data"])
        packed = await post(
            f"{mock.url}/embeddings", {"input": "x", "encoding_format": "base64", "model": "e"}
        )
        models = await get(f"{mock.url}/models")
        await post(f"{mock.url}/chat/completions", {"model": "x", "messages": []})
        await post(mock.url.replace("/v1", "/reset"), {})
        stats = await get(mock.url.replace("/v1", "/stats"))
    near, far = (sum(x * y for x, y in zip(a, v, strict=True)) for v in (b, c))
    assert near > far and isinstance(packed["data"][0]["embedding"], str)
    assert models["data"] and stats["requests"] == 0


def test_it_runs_as_a_process_until_it_is_told_to_stop() -> None:
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "arenainstruct.runs.mock", "--port", "0", "--no-schema"]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(root / ".links"), "PATH": ""},
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert asyncio.run(get(url.replace("/v1", "/stats")))["requests"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
