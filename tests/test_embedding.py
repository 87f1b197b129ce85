"""Embedders give unit rows, the same for the same texts; an endpoint's are paid once."""

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenainstruct.agents.errors import ModelError, UserError
from arenainstruct.agents.models.base_settings import Price
from arenainstruct.agents.models.budget import Budget
from arenainstruct.agents.models.door import Door, OpenModel
from arenainstruct.agents.models.embedding import EmbeddingProvider, EndpointEmbedder
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.settings import EmbeddingSettings
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.store import Store
from arenainstruct.tools.embedding import SentenceEmbedder, TfidfEmbedder, Vectors

TEXTS = [
    "How do I bake sourdough bread at home?",
    "Which flour is best for baking sourdough bread?",
    "Write a Python function that merges two sorted lists.",
    "Implement merging of sorted lists in Python.",
    "",
]


async def test_tfidf_gives_unit_rows_that_repeat() -> None:
    first, second = [await TfidfEmbedder(8).embed(TEXTS) for _ in range(2)]
    assert first.dtype == np.float32
    assert np.linalg.norm(first[:4], axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert not first[4].any()
    assert np.array_equal(first, second)
    likeness = first @ first.T
    assert likeness[0, 1] > likeness[0, 2] and likeness[2, 3] > likeness[1, 2]


@pytest.mark.parametrize("texts", [[], ["one"], ["one", "two"], ["", ""], ["same", "same", "same"]])
async def test_tfidf_takes_few_and_empty_texts(texts: list[str]) -> None:
    vectors = await TfidfEmbedder().embed(texts)
    assert len(vectors) == len(texts) and np.isfinite(vectors).all()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ValueError, match="pip install 'sentence-transformers'"):
        SentenceEmbedder("any/model")


async def test_a_sentence_model_gives_unit_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        def __init__(self, name: str) -> None:
            assert name == "any/model"

        def encode(self, texts: list[str], **_: Any) -> list[list[float]]:
            return [[3.0, 4.0] for _ in texts]

    module = type(builtins)("sentence_transformers")
    module.SentenceTransformer = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    vectors = await SentenceEmbedder("any/model").embed(["a", "b"])
    assert vectors.tolist() == pytest.approx(np.array([[0.6, 0.8]] * 2))


async def embed(url: str, path: Path, texts: list[str], **own: Any) -> tuple[Vectors, Door]:
    """Embed through a fresh door over the ledger at a path."""
    settings = EmbeddingSettings(
        provider="openai", model="mock", base_url=url, batch=2, price=Price(input=1), **own
    )
    limits = share_limits({"embedding": settings}, patience_s=5, notify=lambda text: None)
    provider = EmbeddingProvider("embedding", settings)
    store = Store.open(path)
    models = {"embedding": OpenModel(settings, provider, limits["embedding"])}
    door = Door(models, store, Budget(None))
    try:
        return await EndpointEmbedder(door, "embedding", settings.batch).embed(texts), door
    finally:
        await door.aclose()
        store.close()


async def test_an_endpoint_is_asked_in_batches_and_paid_once(tmp_path: Path) -> None:
    async with MockServer() as server:
        texts = [*TEXTS, TEXTS[0]]
        first, door = await embed(server.url, tmp_path / "ledger.sqlite", texts)
        again, door_again = await embed(server.url, tmp_path / "ledger.sqlite", texts)
    assert first.shape == (6, 64)
    assert np.linalg.norm(first, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    assert np.array_equal(first[0], first[5]) and not np.array_equal(first[0], first[2])
    # Five different texts are three batches of at most two.
    assert (door.tally.paid["embedding"], door_again.tally.paid["embedding"]) == (3, 0)
    assert door.tally.usd > 0
    assert np.array_equal(first, again)


async def test_an_endpoint_that_refuses_a_text_is_an_error(tmp_path: Path) -> None:
    async with MockServer(MockOptions(key="right")) as server:
        with pytest.raises(Exception, match="401"):
            await embed(server.url, tmp_path / "ledger.sqlite", TEXTS)


async def test_a_response_without_vectors_is_an_error(tmp_path: Path) -> None:
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"index": 0, "embedding": [1.0, 2.0]}]})

    app = web.Application()
    app.router.add_post("/v1/embeddings", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        with pytest.raises(ModelError, match="1 vectors for 2 texts"):
            await embed(url, tmp_path / "ledger.sqlite", TEXTS[:2], retries=0)
    finally:
        await runner.cleanup()


def test_a_public_endpoint_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    settings = EmbeddingSettings(
        provider="openai",
        model="text-embedding-3-small",
        base_url="https://api.example.com/v1",
        api_key_env="NO_SUCH_KEY",
    )
    with pytest.raises(UserError, match=r"embedding\.api_key_env.*NO_SUCH_KEY"):
        EmbeddingProvider("embedding", settings)
