"""An endpoint that replies as a test or an attack says, and the door before it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from arenainstruct.agents.models.budget import Budget
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.door import Door
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.opening import open_models
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.agents.records import Turn
from arenainstruct.runs.store import Store

KEY = "a-key-of-our-own-0123456789"
Served = Callable[[], web.StreamResponse | web.Response]


def body(content: str = "fine", usage: Any = None, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"choices": [choice], "usage": usage or {}, "model": "small-1", **more}


def said(content: str = "fine", usage: Any = None, **more: Any) -> web.Response:
    return web.json_response(body(content, usage, **more))


class Asked:
    """A door before a server that replies as the test says."""

    def __init__(self, door: Door, store: Store, budget: Budget) -> None:
        self.door, self.store, self.budget = door, store, budget
        self.told: list[str] = []
        self.served: Served = said
        self.hangs = False
        self.requests: list[tuple[Any, list[dict[str, Any]]]] = []
        self._number = 0

    async def once(self) -> Reply:
        """Ask something new."""
        self._number += 1
        turn = Turn(role="user", content=f"Question {self._number}?")
        return await self.door.complete(Call("a", (turn,), role="contender"))


@asynccontextmanager
async def asking(
    path: Path, ceiling: float | None = 1.0, timeout_s: float = 60
) -> AsyncIterator[Asked]:
    holder: list[Asked] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        sent = orjson.loads(await request.read())
        holder[0].requests.append((sent.get("response_format"), sent["messages"]))
        if holder[0].hangs:
            await asyncio.Event().wait()
        return holder[0].served()

    app = web.Application()
    app.router.add_post("/v1/chat/completions", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)  # a call that hangs is not waited for
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    settings = {
        "a": OpenAISettings.model_validate(
            {
                "provider": "openai",
                "model": "small-1",
                "base_url": f"http://127.0.0.1:{port}/v1",
                "api_key_env": "OUR_OWN_WORD",
                "price": {"input": 1.0, "output": 10.0},
                "max_tokens": 100,
                "retries": 0,
                "timeout_s": timeout_s,
            }
        )
    }
    limits = share_limits(settings, patience_s=1, notify=lambda text: None)
    models = open_models(settings, limits, 0)
    store = Store.open(path)
    budget = Budget(ceiling)
    told: list[str] = []
    door = Door(models, store, budget, notify=told.append)
    holder.append(found := Asked(door, store, budget))
    found.told = told
    try:
        yield found
    finally:
        await door.aclose()
        store.close()
        await runner.cleanup()
