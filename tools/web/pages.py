"""Reads a page from a public address, and from no other: model-written addresses lead anywhere.

Names are resolved here and the connection goes to the very address that was looked at, after a redirect too;
so no name can point into this network after it was checked.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..settings import SearchSettings

_HOPS = 5
_TEXT = ("text/", "application/xhtml", "application/json", "application/xml")
Allowed = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at an address."""

    url: str
    """Where it was found in the end."""
    kind: str
    """Its media type."""
    text: str


def public(address: str) -> bool:
    """Return whether an IP address is one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    teredo = getattr(found, "teredo", None)
    inner = mapped or (teredo[1] if teredo else None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


async def read_page(url: str, settings: SearchSettings, *, allowed: Allowed = public) -> Page:
    """Return the page at an address.

    Raises:
        ValueError: not http(s), not a public address, too large, or not text.
        OSError: nobody answers, or with an error.
    """
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
    connector = aiohttp.TCPConnector(resolver=_resolver(allowed), limit=4)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            for _ in range(_HOPS + 1):
                _refuse(url, allowed)
                async with session.get(url, allow_redirects=False) as reply:
                    if reply.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, reply.headers.get("Location", ""))
                        continue
                    if reply.status >= 400:
                        raise ValueError(
                            f"{url} answers {reply.status} {reply.reason or ''}".strip()
                        )
                    return Page(url, reply.content_type, await _body(reply, url, settings.page_kb))
        raise ValueError(f"{url}: more than {_HOPS} redirects")
    except aiohttp.InvalidURL as error:
        raise ValueError(f"{url[:200]}: not an address") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.__cause__, _NotPublic) or isinstance(error.os_error, _NotPublic):
            raise ValueError(f"{url}: not a public address") from error
        raise OSError(f"{url}: {error}") from error
    except aiohttp.ClientError as error:
        raise OSError(f"{url}: {type(error).__name__}: {error}") from error


async def _body(reply: Any, url: str, kb: int) -> str:
    if not reply.content_type.startswith(_TEXT):
        raise ValueError(f"{url} is {reply.content_type}, not text")
    held = bytearray()
    async for chunk in reply.content.iter_chunked(65_536):
        held += chunk
        if len(held) > kb * 1000:
            raise ValueError(f"{url} is larger than {kb} kB")
    try:
        return held.decode(reply.charset or "utf-8", "replace")
    except LookupError:
        return held.decode("utf-8", "replace")


def _refuse(url: str, allowed: Allowed) -> None:
    """Refuse an address by its looks; names are looked at where they are resolved."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url[:200]}: only http and https addresses are read")
    if parts.username or parts.password:
        raise ValueError(f"{parts.hostname}: an address with a user name is not read")
    try:
        literal = socket.inet_ntoa(socket.inet_aton(parts.hostname))  # 127.1 and 2130706433 too
    except OSError:
        literal = parts.hostname
    try:
        known = allowed(literal)
    except ValueError:
        return  # a name
    if not known:
        raise ValueError(f"{url}: not a public address")


class _NotPublic(OSError):
    """A name leads to an address that is not public."""


def _resolver(allowed: Allowed) -> Any:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Looking(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            loop = asyncio.get_running_loop()
            rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [(str(row[4][0]), int(row[0])) for row in rows]
            if not found or not all(allowed(address) for address, _ in found):
                raise _NotPublic(f"{host} is not at a public address")
            return [
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=kind,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
                for address, kind in found
            ]

        async def close(self) -> None:
            """Nothing to close."""

    return Looking()
