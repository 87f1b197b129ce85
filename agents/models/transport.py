"""HTTP for model calls: one aiohttp session per provider, bytes in and bytes out.

The SDK's own transport layers cost more CPU a call than graph, agent and ledger together; this one
does only what a chat completion needs.
"""

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from .provider import AttemptFailed

_LARGE = 2**20
"""From here on aiohttp wants a stream, so as not to block the loop with one write."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Posts JSON to one address; the session is made in the loop that first asks."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self._url = URL(url)
        self._timeout_s = timeout_s
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "arenainstruct",
        }
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes) -> Answered:
        """Send one request.

        Raises:
            AttemptFailed: no whole response came; retryable. Its cause is the error underneath.
        """
        session = self._session or self._open()
        data = body if len(body) < _LARGE else io.BytesIO(body)
        try:
            async with session.post(self._url, data=data, allow_redirects=False) as response:
                return Answered(response.status, response.headers, await response.read())
        except TimeoutError as error:
            raise AttemptFailed(f"{self._url}: no answer within {self._timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            what = str(error) or type(error).__name__
            raise AttemptFailed(f"{self._url}: connection failed: {what}") from error

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            # TLS connections need a turn of the loop to close for good.
            await asyncio.sleep(0)

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self._session
