"""Search and pages: what a model gets, what is refused, and that a replay needs no network."""

import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from arenainstruct.agents.errors import Diverged, ToolError
from arenainstruct.agents.tool_door import ToolDoor, ToolUse
from arenainstruct.runs.store import Store
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.settings import SearchSettings
from arenainstruct.tools.tool import Given
from arenainstruct.tools.web.pages import public, read_page
from arenainstruct.tools.web.web import Web

QUICK = SearchSettings(per_minute=100_000, results=2, timeout_s=5, page_kb=50, retries=1)


class Engine:
    """A search engine that answers what it is told, after so many failures."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.failures = failures

    def search(self, query: str, settings: SearchSettings) -> Sequence[dict[str, Any]]:
        self.asked.append((query, settings.region, settings.safesearch))
        if self.failures >= len(self.asked):
            raise OSError("too many requests")
        return [
            {"title": f"{query} {n}", "href": f"https://example.org/{n}", "body": "about it"}
            for n in range(5)
        ]


class Busy:
    """A page that is not served at first."""

    def __init__(self) -> None:
        self.visits: Counter[str] = Counter()

    async def __call__(self, request: web.Request) -> web.Response:
        self.visits[who := request.query.get("who", "")] += 1
        late = self.visits[who] > int(request.query["times"])
        return web.Response(text="at last") if late else web.Response(status=503)


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A small site on loopback; returns its address."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(
            text="<title>Tides</title><body><nav>Home</nav><main><h1>Tides</h1>"
            f"<p>{'The moon pulls the water. ' * 8}</p><script>alert(1)</script></main>",
            content_type="text/html",
        )

    async def large(request: web.Request) -> web.Response:
        return web.Response(text="x" * 60_000)

    async def bomb(request: web.Request) -> web.Response:
        body = gzip.compress(b"x" * 50_000_000)
        return web.Response(
            body=body, headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"}
        )

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def circle(request: web.Request) -> web.Response:
        raise web.HTTPFound("/circle")

    async def russian(request: web.Request) -> web.Response:
        body = "<meta charset=windows-1251><p>Привет</p>".encode("windows-1251")
        return web.Response(body=body, headers={"Content-Type": "text/html"})

    async def marked(request: web.Request) -> web.Response:
        body = "<p>Grüße</p>".encode("utf-16")
        return web.Response(body=body, headers={"Content-Type": "text/html; charset=utf-8"})

    async def picture(request: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG", content_type="image/png")

    app = web.Application()
    for name, handler in {
        "page": page,
        "large": large,
        "bomb": bomb,
        "away": away,
        "picture": picture,
        "russian": russian,
        "marked": marked,
        "circle": circle,
        "busy": Busy().__call__,
    }.items():
        app.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await (listening := web.TCPSite(runner, "127.0.0.1", 0)).start()
    assert listening._server is not None
    port = listening._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def here(address: str) -> bool:
    """As `public`, but this test's own machine counts as the internet."""
    return address == "127.0.0.1" or public(address)


def use(name: str, given: Given, **arguments: str) -> ToolUse:
    return ToolUse(TOOLS[name], json.dumps(arguments), given, "contender/a", "i")


async def test_a_search_is_asked_once_and_replayed_without_network(tmp_path: Path) -> None:
    engine = Engine(failures=1)
    given = Given(web=Web(QUICK, search=engine.search))
    store = Store.open(tmp_path / "store.sqlite")
    door = ToolDoor(store, await store.budget(None))
    told = await door.call(use("search_web", given, query="tides"))
    assert [(row["id"], row["url"]) for row in json.loads(told)] == [
        ("[1]", "https://example.org/0"),
        ("[2]", "https://example.org/1"),
    ]
    assert engine.asked == [("tides", "us-en", "moderate")] * 2
    offline = ToolDoor(store, await store.budget(None), network=False)
    assert await offline.call(use("search_web", given, query="tides")) == told
    with pytest.raises(Diverged, match="search_web"):
        await offline.call(use("search_web", given, query="other"))
    assert len(engine.asked) == 2
    store.close()


async def test_an_engine_that_stays_away_is_a_failed_tool(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.sqlite")
    door = ToolDoor(store, await store.budget(None))
    given = Given(web=Web(QUICK, search=Engine(failures=9).search))
    with pytest.raises(ToolError, match="search_web: OSError: too many requests"):
        await door.call(use("search_web", given, query="tides"))
    store.close()


async def test_a_page_is_asked_again_and_one_that_nobody_serves_is_told_to_the_model(
    site: str, tmp_path: Path
) -> None:
    given = Given(web=Web(QUICK, read=partial(read_page, allowed=here)))
    with closing(Store.open(tmp_path / "store.sqlite")) as store:
        door = ToolDoor(store, await store.budget(None))
        told = await door.call(use("read_page", given, url=f"{site}/busy?times=1&who=a"))
        assert told.endswith("at last")
        for url, why in {f"{site}/busy?times=9": "answers 503", "http://127.0.0.1:9/": "9"}.items():
            with pytest.raises(ValueError, match=why):
                await door.call(use("read_page", given, url=url))


async def test_a_page_is_read_as_markdown(site: str) -> None:
    given = Given(web=Web(QUICK, read=partial(read_page, allowed=here)))
    told = await TOOLS["read_page"].answer(given, json.dumps({"url": f"{site}/away?to=/page"}))
    assert told.startswith("# Tides") and "The moon pulls the water." in told
    assert "alert" not in told and "Home" not in told


@pytest.mark.parametrize(("path", "said"), [("russian", "Привет"), ("marked", "Grüße")])
async def test_a_page_that_names_its_encoding_itself_is_read_in_it(
    site: str, path: str, said: str
) -> None:
    told = await Web(QUICK, read=partial(read_page, allowed=here)).page(f"{site}/{path}")
    assert said in told[1]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/large", "larger than 50 kB"),
        ("/bomb", "larger than 50 kB"),
        ("/picture", "image/png, not text"),
        ("/none", "answers 404"),
        ("/circle", "redirects"),
        ("/away?to=http://10.0.0.1/", "not a public address"),
        ("/away?to=http://169.254.169.254/latest/meta-data", "not a public address"),
        ("/away?to=file:///etc/passwd", "only http and https"),
        ("/away?to=http://①②⑦.⓪.⓪.②/", "not a public address"),
        ("/away?to=http://[bad", "no address"),
    ],
)
async def test_what_is_refused_is_told_to_the_model(site: str, path: str, why: str) -> None:
    web_ = Web(QUICK, read=partial(read_page, allowed=here))
    with pytest.raises(ValueError, match=why):
        await web_.page(site + path)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://127.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://①②⑦.⓪.⓪.①:1/",
        "http://127。0。0。1:1/",
        "http://[::127.0.0.1]:1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:pass@example.org/",
        "javascript:alert(1)",
        "http://",
        "http://a..example/",
        "http://[::1",
        "no address",
    ],
)
async def test_only_public_addresses_are_read(url: str) -> None:
    with pytest.raises(ValueError, match="not a public address|only http|user name|not an address"):
        await read_page(url, QUICK)
