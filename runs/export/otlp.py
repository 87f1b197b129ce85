"""Sending a run's spans to a collector, by OTLP over HTTP: afterwards, or while it goes on.

Nothing is sent unless you name the collector to this program: `export RUN --otlp URL`, or the variable
`ARENAINSTRUCT_OTLP_ENDPOINT` for runs. The variables that other programs share (`OTEL_…`) are not read: a
collector that is set for something else must not get documents.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from ...agents.errors import UserError
from ...agents.models.secrets import redact
from ...agents.trace import Event
from ..control.interrupt import beside
from ..store import Store
from ..trace import Trace
from .spans import Paid, Span, Spans

ENDPOINT, HEADERS, CONTENT = (
    f"ARENAINSTRUCT_OTLP_{name}" for name in ("ENDPOINT", "HEADERS", "CONTENT")
)
_JSON = {"Content-Type": "application/json"}
_PAGE = 500
_MOST = 500_000
"""Bytes of a request."""
_EVERY_S = 2.0
_PATIENCE = aiohttp.ClientTimeout(total=20)


async def send(store: Store, run: str, url: str, *, content: bool = False) -> int:
    """Send all spans of a run to a collector; return how many there were.

    Raises:
        UserError: the collector cannot be reached, or refuses.
    """
    sending = Sending(store, run, url, content=content)
    try:
        return await sending.catch_up()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UserError(f"--otlp {url}: {redact(str(error)) or type(error).__name__}") from error


class Sending:
    """What has been sent of a run, and what is to be sent next."""

    def __init__(self, store: Store, run: str, url: str, *, content: bool) -> None:
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query:
            raise UserError(
                "the collector's address holds a user, a password or a query (not shown): name it without, "
                f"and its key as {HEADERS}=name=value"
            )
        self._store = store
        self._run = run
        self._url = url if url.endswith("/v1/traces") else f"{url.rstrip('/')}/v1/traces"
        self._content = content
        self._paid: dict[str, Paid] = {}
        self._spans = Spans(run, self._paid.get)
        self._after = 0

    async def catch_up(self) -> int:
        """Send what ended since the last time; return how many spans that were."""
        sent = 0
        async with aiohttp.ClientSession(timeout=_PATIENCE, headers=_headers()) as session:
            while page := await asyncio.to_thread(self._page):
                await self._look_up(page)
                spans = list(self._spans.take(page))
                for body in _bodies(self._run, spans) if spans else ():
                    async with session.post(
                        self._url, data=BytesIO(body), headers=_JSON
                    ) as response:
                        response.raise_for_status()
                sent += len(spans)
                self._after = page[-1].seq
        return sent

    def _page(self) -> list[Event]:
        return list(islice(self._store.events(after=self._after), _PAGE))

    async def _look_up(self, page: Iterable[Event]) -> None:
        """Find what the calls of a page cost and, where asked for, said."""
        keys = {event.keys[0] for event in page if event.kind == "call" and event.keys}
        self._paid.clear()
        for key, entry in (await self._store.paid(keys)).items():
            asked = await self._store.request(key) if self._content else None
            turns = tuple((turn.role, turn.content) for turn in asked.turns) if asked else ()
            self._paid[key] = Paid(entry, turns)


def _bodies(run: str, spans: list[Span]) -> Iterator[bytes]:
    """Yield spans as request bodies, none larger than collectors take by default where it can be parted."""
    body = orjson.dumps(_body(run, spans))
    if len(body) <= _MOST or len(spans) == 1:
        yield body
        return
    half = len(spans) // 2
    yield from _bodies(run, spans[:half])
    yield from _bodies(run, spans[half:])


@asynccontextmanager
async def exporting(store: Store, run: str, trace: Trace) -> AsyncIterator[None]:
    """Send spans while what is inside goes on, where a collector is named; else do nothing.

    A collector that is away stops nothing: its first failure is told, and it is tried again.
    """
    url = os.environ.get(ENDPOINT, "")
    if not url:
        yield
        return
    sending = Sending(store, run, url, content=os.environ.get(CONTENT, "") == "1")
    try:
        async with beside(_follow(sending, trace)):
            yield
    finally:
        await _tried(sending, trace, told=False)


async def _follow(sending: Sending, trace: Trace) -> None:
    told = False
    while True:
        await asyncio.sleep(_EVERY_S)
        told = not await _tried(sending, trace, told=told) or told


async def _tried(sending: Sending, trace: Trace, *, told: bool) -> bool:
    """Send what there is; return whether that went well."""
    try:
        await sending.catch_up()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if not told:
            trace.notice(
                f"{ENDPOINT}: {redact(str(error)) or type(error).__name__}; the run goes on"
            )
        return False
    return True


def _headers() -> dict[str, str]:
    """Return the headers that the environment gives: `name=value`, set apart by commas."""
    pairs = (pair.partition("=") for pair in os.environ.get(HEADERS, "").split(",") if pair)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _body(run: str, spans: Iterable[Span]) -> dict[str, Any]:
    """Return spans as OTLP's JSON."""
    resource = [_pair("service.name", "arenainstruct"), _pair("session.id", run)]
    scope = {"scope": {"name": "arenainstruct"}, "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def _span(span: Span) -> dict[str, Any]:
    told: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": 1,
        "startTimeUnixNano": str(int(span.start * 1e9)),
        "endTimeUnixNano": str(int(span.end * 1e9)),
        "attributes": [_pair(name, value) for name, value in span.attributes.items()],
        "status": {"code": 2, "message": span.error} if span.error else {"code": 1},
    }
    return told | ({"parentSpanId": span.parent_id} if span.parent_id else {})


def _pair(name: str, value: str | int | float | bool) -> dict[str, Any]:
    match value:
        case bool():
            held: dict[str, Any] = {"boolValue": value}
        case int():
            held = {"intValue": str(value)}
        case float():
            held = {"doubleValue": value}
        case _:
            held = {"stringValue": value}
    return {"key": name, "value": held}
