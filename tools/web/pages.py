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
from urllib.parse import urljoin

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


_CARRIERS = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96"))
)
"""Where IPv6 holds an address of IPv4 in its last four bytes, beside the ways that Python knows."""


def public(address: str) -> bool:
    """Return whether an IP address is one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    teredo = getattr(found, "teredo", None)
    inner = mapped or (teredo[1] if teredo else None)
    if any(found in carrier for carrier in _CARRIERS):
        inner = ipaddress.IPv4Address(found.packed[-4:])
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


async def read_page(url: str, settings: SearchSettings, *, allowed: Allowed = public) -> Page:
    """Return the page at an address.

    Raises:
        ValueError: not http(s), not a public address, no page there, too large, or not text.
        OSError: nobody answers, or not now (429 and from 500 on).
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
                        url = _onward(url, reply.headers.get("Location", ""))
                        continue
                    if reply.status >= 400:
                        later = reply.status == 429 or reply.status >= 500
                        said = f"{url} answers {reply.status} {reply.reason or ''}".strip()
                        raise OSError(said) if later else ValueError(said)
                    return Page(url, reply.content_type, await _body(reply, url, settings.page_kb))
        raise ValueError(f"{url}: more than {_HOPS} redirects")
    except (aiohttp.InvalidURL, UnicodeError) as error:
        raise ValueError(f"{url[:200]}: not an address") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.__cause__, _NotPublic) or isinstance(error.os_error, _NotPublic):
            raise ValueError(f"{url}: not a public address") from error
        raise OSError(f"{url}: {error}") from error
    except aiohttp.ClientError as error:
        raise OSError(f"{url}: {type(error).__name__}: {error}") from error


def _onward(url: str, location: str) -> str:
    """Return where a redirect leads; raises ValueError where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise ValueError(f"{url[:200]} leads to {location[:200]!r}, which is no address") from None


async def _body(reply: Any, url: str, kb: int) -> str:
    if not reply.content_type.startswith(_TEXT):
        raise ValueError(f"{url} is {reply.content_type}, not text")
    held = bytearray()
    async for chunk in reply.content.iter_chunked(65_536):
        held += chunk
        if len(held) > kb * 1000:
            raise ValueError(f"{url} is larger than {kb} kB")
    return _decoded(bytes(held), reply.charset)


def _decoded(page: bytes, charset: str | None) -> str:
    """Return a page's text by its byte order mark, else by its header or its own head; else as UTF-8."""
    from bs4.dammit import EncodingDetector

    page, marked = EncodingDetector.strip_byte_order_mark(page)
    declared = EncodingDetector.find_declared_encoding(page, is_html=True)
    try:
        return page.decode(marked or charset or declared or "utf-8", "replace")
    except LookupError:
        return page.decode("utf-8", "replace")


def _refuse(url: str, allowed: Allowed) -> None:
    """Refuse an address by its looks; names are looked at where they are resolved.

    It is read as the client does, which writes digits of every script as ours and then asks no resolver.
    """
    import yarl

    try:
        parts = yarl.URL(url)
        host = parts.raw_host
    except ValueError:
        raise ValueError(f"{url[:200]}: not an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{url[:200]}: only http and https addresses are read")
    if parts.user or parts.password:
        raise ValueError(f"{host}: an address with a user name is not read")
    try:
        literal = socket.inet_ntoa(socket.inet_aton(host))  # 127.1 and 2130706433 too
    except OSError:
        literal = host
    try:
        known = allowed(literal)
    except ValueError:
        return  # a name
    if not known:
        raise ValueError(f"{url[:200]}: not a public address")


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
