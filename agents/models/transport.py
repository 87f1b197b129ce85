"""HTTP for model calls: one aiohttp session per provider, bytes in and bytes out.

The SDK's own transport layers cost more CPU a call than graph, agent and ledger together; this one
does only what a chat completion needs.
"""

import asyncio
import io
import ssl
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from yarl import URL

from .provider import AttemptFailed

MOST = 32 * 2**20
"""Bytes of a response, as sent and as unpacked, that are read at most: a reply has thousands."""
ACCEPTED = "gzip, deflate"
"""How a body may be packed."""
_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""How zlib is told of each coding that we say to accept."""
_GZIP = b"\x1f\x8b"
_LARGE = 2**20
"""From here on aiohttp wants a stream, so as not to block the loop with one write."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def below(endpoint: str, path: str) -> str:
    """Return the address of a path below an endpoint, whose own query (`?api-version=…`) comes last."""
    base, mark, query = endpoint.partition("?")
    return f"{base.rstrip('/')}/{path}{mark}{query}"


class Transport:
    """Posts JSON to one address; the session is made in the loop that first asks."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self._url = URL(url)
        self._timeout_s = timeout_s
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "User-Agent": "arenainstruct",
        }
        if "api-version" in self._url.query:
            self._headers["api-key"] = key  # how Azure's deployments take it
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, limit_s: float | None = None) -> Answered:
        """Send one request; `limit_s` are the seconds for it, where they are not the usual ones.

        Raises:
            AttemptFailed: no whole response came; retryable, unless the address cannot be trusted. Its cause
                is the error underneath.
        """
        session = self._session or self._open()
        data = body if len(body) < _LARGE else io.BytesIO(body)
        limit_s = limit_s or self._timeout_s
        within = aiohttp.ClientTimeout(total=limit_s)
        try:
            async with session.post(
                self._url, data=data, allow_redirects=False, timeout=within
            ) as response:
                return Answered(response.status, response.headers, await read_body(response))
        except TooLargeError as error:
            raise AttemptFailed(f"{self._url}: {error}", final=True) from error
        except TimeoutError as error:
            raise AttemptFailed(f"{self._url}: no answer within {limit_s:.3g} s") from error
        except aiohttp.ClientSSLError as error:
            why = _distrusted(error)
            told = f"{self._url}: {why or f'connection failed: {error}'}"
            raise AttemptFailed(told, refused=bool(why)) from error
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
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,  # it would unpack without an end
        )
        return self._session


def _distrusted(error: aiohttp.ClientSSLError) -> str:
    """Return why no call at all can be made over TLS, with the next move; empty where another try may."""
    said = (
        error.certificate_error
        if isinstance(error, aiohttp.ClientConnectorCertificateError)
        else error.os_error
    )
    if isinstance(said, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted: {said.verify_message.rstrip('.')} (check base_url; for an "
            "authority of your own, SSL_CERT_FILE names its file)"
        )
    if "WRONG_VERSION_NUMBER" in str(said):
        return "no TLS is spoken there (check base_url: http:// may be meant)"
    return ""


class TooLargeError(ValueError):
    """A response that goes on for longer than any reply does."""

    def __init__(self, how: str) -> None:
        super().__init__(f"a response of over {MOST // 2**20} MiB{how}: it is not read")


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    """Return a response's body, unpacked here: the session must not do it, since it knows no end.

    Raises:
        TooLargeError: it is longer than any reply.
    """
    return _unpacked(response.headers.get("Content-Encoding", ""), await _read(response))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        if (size := size + len(part)) > MOST:
            response.close()
            raise TooLargeError("")
    return b"".join(parts)


def _unpacked(coding: str, body: bytes) -> bytes:
    """Return a body as it was before it was packed."""
    if (bits := _PACKED.get(coding.strip().lower())) is None:
        return body
    try:
        return _members(bits, body)
    except zlib.error as error:
        if bits == _PACKED["deflate"]:  # some send it without the head that belongs before it
            with suppress(zlib.error):
                return _members(-zlib.MAX_WBITS, body)
        raise aiohttp.ClientPayloadError(f"its {coding} cannot be unpacked: {error}") from error


def _members(bits: int, body: bytes) -> bytes:
    """Return what was packed: in one piece, or in several behind each other."""
    data = b""
    while True:
        stream = zlib.decompressobj(bits)
        data += stream.decompress(body, MOST - len(data) + 1)
        if stream.unconsumed_tail or len(data) > MOST:
            raise TooLargeError(" once unpacked")
        data += stream.flush()
        if not (body := stream.unused_data).startswith(_GZIP):
            return data
