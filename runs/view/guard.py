"""Who may talk to the viewer: this machine alone, or who holds the token; never another site's page.

A browser sends a page of any site to loopback if that page asks for it. So every request, and every
socket, must name a host that is served here, and come from a page of this server or from none.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
COOKIE = "arenainstruct_token"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


def loopback(host: str) -> bool:
    """Return whether a host is this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An ASGI middleware before everything else."""

    def __init__(self, app: App, host: str, token: str = "") -> None:
        """Serve `host`; with a token, whoever holds it."""
        self._app = app
        self._token = token
        self._host = host
        self._local = loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        if why := self._refusal(scope, headers):
            await _refuse(scope, send, why)
            return

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS, *self._cookie(scope)]
            await send(message)

        await self._app(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> str:
        """Return why a request is refused; empty where it may pass."""
        host = headers.get("host", "")
        if not self._served(urlsplit(f"//{host}").hostname or ""):
            return f"this server is not {host or 'without a name'}"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "a page of another site asks"
        if self._token and not self._held(scope, headers):
            return "open the address with ?token=… that the command printed"
        return ""

    def _served(self, name: str) -> bool:
        if self._local:
            return loopback(name)
        # A name that another site points at this machine is caught by the token, which it lacks.
        return name == self._host or self._host in ("0.0.0.0", "::")

    def _held(self, scope: Scope, headers: dict[str, str]) -> bool:
        # The cookie may be of a viewer that ran here before: the address has the word.
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        held = _asked(scope) or (str(cookie.value) if cookie else "")
        return hmac.compare_digest(held.encode(), self._token.encode())

    def _cookie(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        if not self._token or scope["type"] != "http" or not _asked(scope):
            return []
        kept = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        return [(b"set-cookie", kept.encode())]


def _asked(scope: Scope) -> str:
    asked = str(scope.get("query_string", b""), "latin-1")
    return parse_qs(asked).get("token", [""])[0]


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    plain = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": plain})
    await send({"type": "http.response.body", "body": f"refused: {why}\n".encode()})
