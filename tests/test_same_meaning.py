"""Tasks that ask the same in other words: found by their embeddings, about one context, and paid for once."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from arenainstruct.agents.errors import UserError
from arenainstruct.graphs import kinds
from arenainstruct.graphs.services import Asked
from arenainstruct.graphs.settings import CurationSettings
from arenainstruct.runs import load_config
from arenainstruct.runs.calls.calls import Wanted, calls
from arenainstruct.runs.check_models import check_models
from arenainstruct.runs.config.config import RunConfig
from arenainstruct.runs.duplicates import TaskDuplicates
from arenainstruct.runs.estimate.report import estimate
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock.replies import embed
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import Store

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
ASKED = (
    Asked("i-1", "Who lit the lamp first?", "the lighthouse"),
    Asked("i-2", "Name the person by whom it was switched on.", "the lighthouse"),
    Asked("i-3", "How many steps lead up?", "the lighthouse"),
    Asked("i-4", "Who lit the lamp first?", "the theatre"),
)
MEANT = {"i-1": (1.0, 0.0), "i-2": (0.98, 0.199), "i-3": (0.0, 1.0), "i-4": (1.0, 0.0)}


async def meaning(asked: Sequence[Asked]) -> list[Any]:
    vectors = [np.array(MEANT[one.id[:3]], dtype=np.float32) for one in asked]
    return [vector / np.linalg.norm(vector) for vector in vectors]


async def test_the_same_in_other_words_about_one_context_is_a_duplicate(store: Store) -> None:
    words = TaskDuplicates(store, CurationSettings())
    assert await words.seen(ASKED, 1) == [None] * 4
    await words.forget(1)
    meant = TaskDuplicates(store, CurationSettings(), meaning)
    assert await meant.seen(ASKED, 1) == [None, "i-1", None, None]
    # So it is in a later round, whatever was said between.
    later = [Asked(f"{one.id}-later", f"{one.text} Say it.", one.scope) for one in ASKED]
    assert await meant.seen(later, 2) == ["i-1", "i-1", "i-3", "i-4"]
    strict = TaskDuplicates(store, CurationSettings(same_meaning=0.999), meaning)
    assert await strict.seen(later[1:2], 2) == [None]


class Endpoint:
    """Embeds by the words of a text, whatever their order; or finds each too long."""

    def __init__(self) -> None:
        self.url, self.asked, self.refuses = "", 0, False

    async def handle(self, request: web.Request) -> web.Response:
        texts = orjson.loads(await request.read())["input"]
        self.asked += 1
        if self.refuses:
            told = {"error": {"message": "the input has 900 tokens, the model reads 512"}}
            return web.json_response(told, status=400)
        data = [{"index": n, "embedding": embed(text)} for n, text in enumerate(texts)]
        return web.json_response({"data": data, "usage": {"prompt_tokens": 9}})


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    endpoint, app = Endpoint(), web.Application()
    app.router.add_post("/v1/embeddings", endpoint.handle)
    async with TestServer(app) as opened:
        endpoint.url = str(opened.make_url("/v1"))
        yield endpoint


def config(server: Endpoint, **embedding: Any) -> RunConfig:
    named = {"provider": "openai", "model": "bge-small", "base_url": server.url, "retries": 0}
    return load_config(
        {
            **load_config().model_dump(mode="json", exclude_defaults=True),
            "seeds": {"path": str(DEMO)},
            "skills": ["reading_comprehension"],
            "rounds": 1,
            "per_seed": {"passages": 1, "instructions": 3, "refinements": 0},
            "embedding": {**named, "price": {"input": 1.0}, **embedding},
            "curation": {"same_meaning": 0.6},
        }
    )


async def test_a_run_pays_for_what_tasks_mean_and_is_replayed_without_a_network(
    server: Endpoint, tmp_path: Path
) -> None:
    asked = config(server)
    result = await launch_async(asked, runs_dir=tmp_path, run_id="by-meaning", limit=4)
    assert result.completed
    folder = RunFolder(Path(result.path))
    with stored(folder.store()) as opened:
        twins = [r async for r in opened.stream(kinds.REJECT) if r.reason == "duplicate"]
        kept = [i.id async for i in opened.stream(kinds.INSTRUCTION)]
    paid = [call async for call in calls(folder, Wanted(role="embedder"))]
    assert twins and {twin.parents[1] for twin in twins} <= set(kept)
    # Each task was embedded by itself, so each reject leads to the call behind it.
    assert {twin.subject for twin in twins} | set(kept) == {call.subject for call in paid}
    assert server.asked == len(paid) and result.usd > 0
    assert (await replay_async("by-meaning", runs_dir=tmp_path)).identical
    assert server.asked == len(paid)


async def test_what_cannot_be_embedded_is_told_and_compared_by_its_words(
    server: Endpoint, tmp_path: Path
) -> None:
    said: list[str] = []

    def hear(kind: str, data: dict[str, Any]) -> None:
        said.append(str(data.get("text", "")))

    server.refuses = True
    asked = config(server)
    result = await launch_async(asked, runs_dir=tmp_path, run_id="by-words", limit=2, on_event=hear)
    assert result.completed and result.counts["instruction"]
    assert any("compared with other tasks by its words only" in text for text in said)


async def test_check_asks_it_to_embed(server: Endpoint) -> None:
    found = {one.what: one for one in await check_models(config(server))}
    assert found["model embedding"].ok and "embeds in 64 dim" in found["model embedding"].detail


def test_a_model_of_this_machine_wants_its_package() -> None:
    here = {"provider": "sentence_transformers", "model": "all-MiniLM-L6-v2"}
    with pytest.raises(UserError, match="pip install sentence-transformers"):
        load_config(None, [f"seeds={DEMO}", f"embedding={here}"])


def test_an_estimate_counts_what_is_embedded(tmp_path: Path) -> None:
    nowhere = Endpoint()
    nowhere.url = "http://127.0.0.1:9/v1"
    with_it, without = config(nowhere, price={"input": 1e6}), config(nowhere)
    dear, cheap = estimate(with_it), estimate(without.model_copy(update={"embedding": None}))
    assert dear.likely.calls > cheap.likely.calls
    assert cheap.likely.usd == 0 < dear.likely.usd
    assert nowhere.asked == 0


def test_no_model_of_a_run_is_called_as_the_section_is() -> None:
    given = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises(UserError, match="models.embedding: .* give the model another name"):
        load_config(None, [f"seeds={DEMO}", f"embedding={given}", f"models.embedding={given}"])
