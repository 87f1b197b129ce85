"""What an endpoint can do to a run: bodies without an end, counts that lie, other models, keys said aloud."""

import gzip
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from arenainstruct.agents.errors import BudgetSpent, ModelError, ReplyError
from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.structured import ask
from arenainstruct.agents.models.transport import MOST
from arenainstruct.agents.records import Turn
from arenainstruct.agents.replies import ScoreReply
from arenainstruct.runs.store import Store
from tests.endpoint import KEY, Asked, asking, body, said


@pytest.fixture
async def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asked]:
    monkeypatch.setenv("OUR_OWN_WORD", KEY)  # a name that says nothing of a key
    async with asking(tmp_path / "store.sqlite") as found:
        yield found


async def test_a_body_without_an_end_is_not_read(asked: Asked) -> None:
    asked.served = lambda: web.Response(body=b" " * (MOST + 1), content_type="application/json")
    with pytest.raises(ModelError, match="over 32 MiB"):
        await asked.once()


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 500])
async def test_a_packed_body_that_opens_to_gigabytes_is_not_opened(
    status: int, asked: Asked
) -> None:
    packed = gzip.compress(b"0" * (4 * MOST))
    asked.served = lambda: web.Response(
        body=packed,
        status=status,
        headers={"Content-Encoding": "gzip"},
        content_type="application/json",
    )
    with pytest.raises(ModelError, match="over 32 MiB once unpacked"):
        await asked.once()


async def test_packed_replies_are_read(asked: Asked) -> None:
    asked.served = lambda: web.Response(
        body=gzip.compress(orjson.dumps(body("packed"))),
        headers={"Content-Encoding": "gzip"},
        content_type="application/json",
    )
    assert (await asked.once()).text == "packed"


@pytest.mark.slow
@pytest.mark.parametrize("count", [-400_000_000, 10**30, 3.5, float("1e300"), "90", None, True, []])
async def test_no_count_lifts_the_ceiling_or_ends_the_run(count: Any, asked: Asked) -> None:
    asked.served = lambda: said(usage={"prompt_tokens": count, "completion_tokens": count})
    reply = await asked.once()
    assert 0 < reply.tokens_in < 100_000 and 0 < reply.tokens_out < 50_000
    assert 0 < asked.budget.spent < 1
    assert (await asked.store.totals()).usd == pytest.approx(asked.budget.spent)


@pytest.mark.parametrize("finish", [7, {"a": 1}, "x" * 10_000, ["stop"]])
async def test_odd_reasons_to_finish_are_no_reason_to_fail(finish: Any, asked: Asked) -> None:
    odd = body()
    odd["choices"][0]["finish_reason"] = finish
    asked.served = lambda: web.json_response(odd)
    assert (await asked.once()).finish == "unknown"


async def test_tool_calls_with_odd_ids_are_read(asked: Asked) -> None:
    odd = body("")
    call = {"id": 17, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    odd["choices"][0]["message"]["tool_calls"] = [call]
    asked.served = lambda: web.json_response(odd)
    assert (await asked.once()).tool_calls[0].id == "call_0"


async def test_the_ceiling_holds_back_what_replies_really_cost(tmp_path: Path) -> None:
    async with asking(tmp_path / "store.sqlite", ceiling=0.02) as asked:
        words = "word " * 400
        asked.served = lambda: said(words, {"prompt_tokens": 20, "completion_tokens": 400})
        with pytest.raises(BudgetSpent):
            for _ in range(20):
                await asked.once()
        assert asked.budget.spent <= 0.02
        assert [text for text in asked.told if "where max_tokens allows 100" in text]


@pytest.mark.slow
async def test_an_attempt_that_timed_out_may_have_been_paid(tmp_path: Path) -> None:
    async with asking(tmp_path / "store.sqlite", timeout_s=1) as asked:
        asked.hangs = True
        with pytest.raises(ModelError, match="no answer within"):
            await asked.once()
        assert asked.budget.spent > 0.001
        assert (await asked.store.totals()).usd == pytest.approx(asked.budget.spent)


async def test_a_reply_that_was_cut_off_is_asked_for_shorter_and_not_shown(asked: Asked) -> None:
    half = body('{"own_answer": "", "reason": "' + "so and " * 40)
    half["choices"][0]["finish_reason"] = "length"
    half["usage"] = {"prompt_tokens": 10, "completion_tokens": 100}
    asked.served = lambda: web.json_response(half)
    call = Call("a", (Turn(role="user", content="Judge."),), role="juror")
    with pytest.raises(
        ReplyError, match=r"cut off at 100 tokens; raise models\.a\.max_tokens: --set models"
    ):
        await ask(asked.door, call, ScoreReply)
    (_, first), (_, second) = asked.requests
    assert len(first) == len(second) == 1, "what was cut off is not said again"
    assert "cut off" in second[0]["content"]


async def test_a_reply_to_a_call_with_a_control_token_is_struck_too(asked: Asked) -> None:
    asked.served = lambda: said("no verdict")
    call = Call("a", (Turn(role="user", content="Judge: it ends.<|im_end|>"),), role="juror")
    for _ in range(2):
        with pytest.raises(ReplyError):
            await ask(asked.door, call, ScoreReply)
    assert len(asked.requests) == 4, "what did not parse is asked anew"


async def test_another_model_that_answers_is_told_once(asked: Asked) -> None:
    asked.served = lambda: said(model="somebody-else-7b")
    await asked.once()
    await asked.once()
    assert asked.told == ["a: small-1 was asked, and somebody-else-7b says it answered"]


async def test_a_key_said_aloud_is_kept_nowhere(asked: Asked, tmp_path: Path) -> None:
    asked.served = lambda: said(f"Your key is {KEY}.")
    assert KEY not in (await asked.once()).text
    asked.served = lambda: web.json_response(
        {"error": {"message": "x" * (300 - len(KEY) // 2) + KEY}}, status=400
    )
    with pytest.raises(ModelError) as failed:
        await asked.once()
    assert KEY[:8] not in str(failed.value)
    asked.store.close()  # what waits in its log is written
    assert KEY.encode() not in (tmp_path / "store.sqlite").read_bytes()
    asked.store = Store.open(tmp_path / "store.sqlite")


def packed(data: bytes, coding: str) -> web.Response:
    headers = {"Content-Encoding": coding}
    return web.Response(body=data, headers=headers, content_type="application/json")


async def test_a_body_packed_in_pieces_or_without_its_head_is_read(asked: Asked) -> None:
    data = orjson.dumps(body("packed"))
    asked.served = lambda: packed(gzip.compress(data[:20]) + gzip.compress(data[20:]), "gzip")
    assert (await asked.once()).text == "packed"
    asked.served = lambda: packed(zlib.compress(data)[2:-4], "deflate")
    assert (await asked.once()).text == "packed"


@pytest.mark.parametrize("odd", [b"NaN", b"Infinity", b"9" * 6000])
async def test_numbers_that_are_no_json_cost_no_reply(odd: bytes, asked: Asked) -> None:
    data = orjson.dumps(body("fine"))[:-1] + b',"logprob":' + odd + b"}"
    asked.served = lambda: web.Response(body=data, content_type="application/json")
    assert (await asked.once()).text == "fine"


@pytest.mark.parametrize("odd", [5, "call", {"a": 1}, [None], True])
async def test_tool_calls_that_are_none_are_a_failed_attempt(odd: Any, asked: Asked) -> None:
    told = body()
    told["choices"][0]["message"]["tool_calls"] = odd
    asked.served = lambda: web.json_response(told)
    with pytest.raises(ModelError, match="a broken tool call"):
        await asked.once()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"choices": [{"mess', "malformed JSON"),
        (b"[" * 100_000, "malformed JSON"),
        (b'data: {"choices": []}\n\ndata: [DONE]\n\n', r"malformed JSON: .* \(a stream, which"),
    ],
)
async def test_what_nobody_can_read_may_have_been_paid(
    data: bytes, says: str, asked: Asked
) -> None:
    asked.served = lambda: web.Response(body=data, content_type="application/json")
    with pytest.raises(ModelError, match=says):
        await asked.once()
    assert asked.budget.spent > 0.001
    assert (await asked.store.totals()).usd == pytest.approx(asked.budget.spent)


async def test_a_page_for_people_was_written_by_no_model(asked: Asked) -> None:
    asked.served = lambda: web.Response(
        text="<html><title>Log in</title>", content_type="text/html"
    )
    with pytest.raises(ModelError, match="Log in"):
        await asked.once()
    assert asked.budget.spent == 0
