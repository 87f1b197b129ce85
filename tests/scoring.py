"""A server that scores answers as a test says, and a reward model behind it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from arenainstruct.agents.models.reward import RewardProvider
from arenainstruct.agents.models.settings import RewardSettings
from arenainstruct.agents.records import Turn

ASK = (
    Turn(role="user", content="How high is the tower?"),
    Turn(role="assistant", content="It is 48 metres high."),
)


Answer = Callable[[web.Request, bytes], web.Response]


@asynccontextmanager
async def serving(answer: Answer, **more: Any) -> AsyncIterator[RewardProvider]:
    """Serve every path as a function of the request says, and open a provider on it."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request, await request.read())

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    data = {"provider": "reward", "model": "rm", "base_url": f"http://127.0.0.1:{port(runner)}/v1"}
    provider = RewardProvider("rm", RewardSettings.model_validate(data | more))
    try:
        yield provider
    finally:
        await provider.aclose()
        await runner.cleanup()


def port(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])


def say(item: Any, status: int = 200) -> web.Response:
    body = item if isinstance(item, bytes) else orjson.dumps(item)
    return web.Response(body=body, status=status, content_type="application/json")


def data(**item: Any) -> dict[str, Any]:
    return {"data": [{"index": 0, **item}], "usage": {"prompt_tokens": 20}}
