"""Endpoints that send too much, count falsely, hang, or say a key aloud; and who else is called."""

import asyncio
import gzip
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from arenainstruct.agents.errors import ArenaInstructError, BudgetSpent
from arenainstruct.agents.models.transport import MOST
from tests.attack.attack import Attack
from tests.endpoint import KEY, Asked, asking, said
from tests.process import start
from tests.sink import ADDRESSES, TELEMETRY, Sink

CEILING = 0.02
Does = Callable[[Asked], Awaitable[str]]


def _asked(does: Does, folder: Path, ceiling: float = CEILING, timeout_s: float = 60) -> str:
    async def attack() -> str:
        async with asking(folder / "store.sqlite", ceiling, timeout_s) as asked:
            return await does(asked)

    return asyncio.run(attack())


def _sends(make: Callable[[], bytes], **headers: str) -> Does:
    async def does(asked: Asked) -> str:
        data = make()
        asked.served = lambda: web.Response(
            body=data, headers=headers, content_type="application/json"
        )
        return await _outcome(asked)

    return does


async def _outcome(asked: Asked) -> str:
    try:
        await asked.once()
    except ArenaInstructError as error:
        return "a failed call: over 32 MiB" if "over 32 MiB" in str(error) else str(error)[-60:]
    return "a reply"


def _counts(count: Any) -> Does:
    async def does(asked: Asked) -> str:
        asked.served = lambda: said(usage={"prompt_tokens": count, "completion_tokens": count})
        return await _spent(asked)

    return does


async def _long(asked: Asked) -> str:
    asked.served = lambda: said("word " * 400, {"prompt_tokens": 20, "completion_tokens": 400})
    return await _spent(asked)


async def _spent(asked: Asked) -> str:
    """Ask until the ceiling is reached."""
    try:
        for _ in range(2000):
            await asked.once()
    except BudgetSpent:
        ceiling = asked.budget.ceiling or 0.0
        return "within the ceiling" if asked.budget.spent <= ceiling else "over the ceiling"
    return "the ceiling holds nothing"


async def _hangs(asked: Asked) -> str:
    asked.hangs = True
    await _outcome(asked)
    return "booked at what it may cost" if asked.budget.spent > 0.001 else "booked at nothing"


def _aloud(folder: Path) -> str:
    os.environ["OUR_OWN_WORD"] = KEY  # as `asking` looks for it

    async def does(asked: Asked) -> str:
        asked.served = lambda: said(f"Your key is {KEY}.")
        return (await asked.once()).text

    text = _asked(does, folder)
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    return (
        "the key is nowhere" if KEY not in text and KEY.encode() not in kept else "the key is kept"
    )


def _traced(folder: Path) -> str:
    async def attack() -> str:
        sink = Sink()
        server = await asyncio.start_server(sink.take, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            process = await start(
                *("run", "--limit", 1, "--runs-dir", folder, "--set", "rounds=1"),
                **{**TELEMETRY, **dict.fromkeys(ADDRESSES, url)},
            )
            await process.communicate()
        return f"exit {process.returncode}, {sink.connections} connections"

    return asyncio.run(attack())


_TOO_LONG, _WITHIN = ("a failed call: over 32 MiB",), ("within the ceiling",)
_GZIP = {"Content-Encoding": "gzip"}
_DONE: list[tuple[str, Does, tuple[str, ...]]] = [
    ("a body without an end", _sends(lambda: b" " * (MOST + 1)), _TOO_LONG),
    (
        "a packed body of 128 MiB",
        _sends(lambda: gzip.compress(b"0" * (4 * MOST)), **_GZIP),
        _TOO_LONG,
    ),
    ("negative counts", _counts(-400_000_000), _WITHIN),
    ("replies four times max_tokens", _long, _WITHIN),
]
ATTACKS = [
    *(
        Attack(f"endpoint: {what}", partial(_asked, does), promised)
        for what, does, promised in _DONE
    ),
    Attack(
        "endpoint: counts beyond any number",
        partial(_asked, _counts(10**30), ceiling=1.0),  # one such reply is believed to be long
        _WITHIN,
    ),
    Attack(
        "endpoint: no answer",
        partial(_asked, _hangs, timeout_s=1.0),
        ("booked at what it may cost",),
    ),
    Attack("endpoint: a key said aloud", _aloud, ("the key is nowhere",)),
    Attack("environment: addresses of tracing services", _traced, ("exit 0, 0 connections",)),
]
