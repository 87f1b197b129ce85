"""Reward models: the shapes in which servers score, and the scale that turns scores into points."""

from typing import Any

import numpy as np
import orjson
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.reward import scores
from arenainstruct.tools.audit.scale import fit, log_loss
from tests.scoring import ASK, data, say, serving


@pytest.mark.parametrize(
    ("item", "reward"),
    [
        ({"data": [1.5]}, 1.5),
        ({"data": [[0.1]] * 19 + [[-2.25]]}, -2.25),
        ({"data": [0.1] * 19 + [3.5]}, 3.5),
        ({"data": [[0.5, 0.5], [-1.0, 2.0]]}, 3.0),
        ({"data": 2}, 2.0),
        ({"label": "LABEL_0", "probs": [0.75], "num_classes": 1}, 0.75),
        ({"probs": [0.25, 0.75], "num_classes": 2}, 0.5),
        ({"logits": [-0.5], "probs": None}, -0.5),
        ({"score": 1e-9}, 1e-9),
    ],
)
async def test_every_shape_that_servers_give_is_read(item: dict[str, Any], reward: float) -> None:
    async with serving(lambda request, body: say(data(**item)), price={"input": 50}) as provider:
        reply = await provider.complete(Call("rm", ASK))
    assert float(reply.text) == reward and reply.text == repr(reward)
    assert (reply.tokens_in, reply.tokens_out, reply.model) == (20, 0, "reward/rm")
    assert reply.usd == pytest.approx(0.001)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": []}',
        b"[]",
        b'{"data": [{"data": [NaN]}]}',
        b'{"data": [{"data": []}], "usage": {"prompt_tokens": 20}}',
        orjson.dumps(data(data=[None])),
        orjson.dumps(data(score="7")),
        orjson.dumps(data(score=True)),
        orjson.dumps(data(embedding=[0.1])),
    ],
)
async def test_what_is_no_number_is_a_failed_attempt_and_never_a_zero(body: bytes) -> None:
    async with serving(lambda request, sent: say(body)) as provider:
        with pytest.raises(AttemptFailed) as caught:
            await provider.complete(Call("rm", ASK))
    assert not caught.value.final and not caught.value.refused
    counted = b"prompt_tokens" in body
    assert (caught.value.usage is not None) == counted, "a reply that was paid is booked"


async def test_a_model_that_gives_vectors_is_refused_once_and_for_all() -> None:
    async with serving(lambda request, sent: say(data(data=[0.1] * 512))) as provider:
        with pytest.raises(AttemptFailed, match="512 numbers") as caught:
            await provider.complete(Call("rm", ASK))
    assert caught.value.refused


@pytest.mark.parametrize(
    ("route", "first", "second"),
    [
        ("pooling", "/pooling", "/v1/pooling"),
        ("classify", "/classify", "/v1/classify"),
        ("score", "/v1/score", "/score"),
    ],
)
async def test_a_route_is_found_beside_or_below_v1(route: str, first: str, second: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def answer(request: web.Request, body: bytes) -> web.Response:
        asked.append((request.path, orjson.loads(body)))
        return say(data(score=1)) if request.path == second else say({"detail": "Not Found"}, 404)

    async with serving(answer, route=route) as provider:
        await provider.complete(Call("rm", ASK))
        await provider.complete(Call("rm", ASK))
    assert [path for path, _ in asked] == [first, second, second]
    sent = asked[-1][1]
    assert sent["model"] == "rm" and sent["use_activation"] is False
    if route == "score":
        assert (sent["text_1"], sent["text_2"]) == (ASK[0].content, ASK[1].content)
    else:
        assert sent["messages"] == [{"role": t.role, "content": t.content} for t in ASK]


async def test_a_server_that_does_not_know_the_bare_number_is_asked_without() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: web.Request, body: bytes) -> web.Response:
        asked.append(orjson.loads(body))
        wrong = {"error": {"message": "Extra inputs are not permitted: use_activation"}}
        return say(wrong, 400) if "use_activation" in asked[-1] else say(data(score=0.5))

    async with serving(answer) as provider:
        for _ in range(2):
            assert (await provider.complete(Call("rm", ASK))).text == "0.5"
    assert ["use_activation" in sent for sent in asked] == [True, False, False]


async def test_errors_are_classified_as_everywhere() -> None:
    for status, refused, final in ((401, True, False), (404, True, False), (400, False, True)):
        wrong = {"message": "no"}
        async with serving(lambda r, b, s=status, w=wrong: say(w, s)) as provider:  # type: ignore[misc]
            with pytest.raises(AttemptFailed) as caught:
                await provider.complete(Call("rm", ASK))
        assert (caught.value.refused, caught.value.final) == (refused, final)
    async with serving(lambda r, b: say({"error": {"message": "busy", "code": 503}})) as provider:
        with pytest.raises(AttemptFailed, match="503") as caught:
            await provider.complete(Call("rm", ASK))
    assert caught.value.status == 503


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_points_follow_the_difference_of_rewards(ahead: float, scale: float) -> None:
    a, b = scores(ahead, scale)
    assert 1 <= a <= 10 and 1 <= b <= 10 and a + b == pytest.approx(11)
    assert scores(-ahead, scale) == (b, a)
    assert (a > b) == (a != b and ahead > 0)
    chance = (a - 5.5) / 9 + 0.5
    if 0.001 < chance < 0.999:
        assert np.log(chance / (1 - chance)) * scale == pytest.approx(ahead, rel=1e-6, abs=1e-9)


# ---- the scale --------------------------------------------------------------------------------------


def drawn(scale: float, seed: int, n: int = 600) -> tuple[Any, Any, Any]:
    """Draw rewards and verdicts that follow them at a scale; three battles a question."""
    random = np.random.default_rng(seed)
    ahead = random.normal(0, 3, n)
    won = (random.random(n) < 1 / (1 + np.exp(-ahead / scale))).astype(float)
    won[random.random(n) < 0.05] = 0.5
    return ahead, won, np.arange(n) // 3


def test_the_scale_of_drawn_verdicts_is_found_with_an_honest_interval() -> None:
    inside = 0
    for seed in range(60):
        ahead, won, question = drawn(2.0, seed, 300)
        # Ties pull towards even chances: the scale that they leave is that of the likelihood.
        keep = won != 0.5
        found = fit(ahead[keep], won[keep], question[keep])
        assert found.value and found.low and found.high and found.low < found.value < found.high
        inside += found.low <= 2.0 <= found.high
    assert 52 <= inside <= 60


def test_the_scale_has_the_greatest_likelihood_and_keeps_its_unit() -> None:
    ahead, won, question = drawn(1.3, 7)
    found = fit(ahead, won, question)
    assert found.value and found.error
    best = log_loss(ahead, won, 1 / found.value)
    assert all(log_loss(ahead, won, 1 / (found.value * f)) > best for f in (0.9, 0.99, 1.01, 1.1))
    assert best < np.log(2)
    assert fit(10 * ahead, won, question).value == pytest.approx(10 * found.value, rel=1e-6)
    swapped = fit(-ahead, 1 - won, question)
    assert swapped.value == pytest.approx(found.value, rel=1e-6)
    assert swapped.error == pytest.approx(found.error, rel=1e-6)


def test_no_scale_is_made_up() -> None:
    ahead, won, question = drawn(1.0, 3, 90)
    assert fit(ahead[:12], won[:12], question[:12]).note.startswith("too few")
    assert "not win more often" in fit(ahead, (ahead < 0).astype(float), question).note
    assert "any small scale" in fit(ahead, (ahead > 0).astype(float), question).note
    assert fit(0 * ahead, won, question).value is None


# ---- whole arenas -----------------------------------------------------------------------------------
