"""How many tokens a model takes, prompt and reply together: as configured, or as its server says.

vLLM, llama.cpp, LM Studio and gateways tell it beside the model's name; llama.cpp also at `/props`,
Ollama at `/api/ps` and `/api/show`; a folder of a model holds it in its config. Asking costs no tokens; a
server that does not say leaves it open.
"""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from ..errors import UserError
from .secrets import find_key, is_private
from .settings import ModelSettings, OpenAISettings, TransformersSettings
from .transport import ACCEPTED, below, read_body

_SECONDS = 5.0
_NAMES = (
    *("max_model_len", "loaded_context_length", "n_ctx", "context_length", "context_window"),
    *("max_context_length", "n_ctx_train", "max_position_embeddings", "n_positions"),
)


async def with_windows(models: Mapping[str, ModelSettings]) -> dict[str, ModelSettings]:
    """Return the models with the context windows that their servers tell, where none is configured."""
    servers: dict[tuple[str, str], dict[str, OpenAISettings]] = {}
    for alias, model in models.items():
        if isinstance(model, OpenAISettings) and not model.context_window:
            servers.setdefault((model.endpoint, model.api_key_env), {})[alias] = model
    told = await asyncio.gather(*(_ask(own) for own in servers.values()))
    windows = {alias: window for found in told for alias, window in found.items()}
    windows |= {
        alias: window
        for alias, model in models.items()
        if isinstance(model, TransformersSettings)
        and not model.context_window
        and (window := window_of(model.model))
    }
    return {
        alias: model.model_copy(update={"context_window": windows[alias]})
        if alias in windows
        else model
        for alias, model in models.items()
    }


def window_of(folder: str) -> int | None:
    """Return the window that a folder's own config tells; None where there is none."""
    try:
        card = orjson.loads((Path(folder) / "config.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return _number(card)


async def _ask(models: Mapping[str, OpenAISettings]) -> dict[str, int]:
    """Return the windows that one server tells of its models, by alias."""
    alias, first = next(iter(models.items()))
    try:
        key = find_key(alias, first)
    except UserError:
        return {}  # opening the model says so
    headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": ACCEPTED}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    # Bodies are unpacked by `read_body`, which knows an end.
    async with aiohttp.ClientSession(
        headers=headers, timeout=timeout, auto_decompress=False
    ) as session:
        pages = _Pages(session)
        found: dict[str, int] = {}
        for alias, model in models.items():
            try:
                window = await _find(pages, model)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                break  # what is not there for one is not there for the others
            if window:
                found[alias] = window
    return found


async def _find(pages: "_Pages", model: OpenAISettings) -> int | None:
    host = model.endpoint.removesuffix("/v1")
    own = is_private(urlsplit(host).hostname or "")
    # Of a slot: what one call may take where llama.cpp serves several at a time.
    if own and (window := _of_slot(await pages.get(f"{host}/props"))):
        return window
    listed = await pages.get(below(model.endpoint, "models"))
    if window := _of_list(listed, model.model):
        return window
    if not own:
        return None
    running = await pages.get(f"{host}/api/ps")
    if window := _of_list({"data": (running or {}).get("models")}, model.model):
        return window
    return _of_card(await pages.get(f"{host}/api/show", {"model": model.model}))


class _Pages:
    """The JSON objects at a server's addresses, each asked for once."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._known: dict[tuple[str, str], dict[str, Any] | None] = {}

    async def get(self, url: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the object at an address, None where there is none."""
        place = (url, str(body))
        if place not in self._known:
            self._known[place] = await self._fetch(url, body)
        return self._known[place]

    async def _fetch(self, url: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        method = "GET" if body is None else "POST"
        async with self._session.request(method, url, json=body, allow_redirects=False) as response:
            told = await read_body(response) if response.status == 200 else b""
        try:
            found = orjson.loads(told)
        except orjson.JSONDecodeError:  # a page for people, as many servers have for any address
            return None
        return found if isinstance(found, dict) else None


def _of_slot(props: dict[str, Any] | None) -> int | None:
    settings = (props or {}).get("default_generation_settings")
    return _number(settings)


def _of_list(listed: dict[str, Any] | None, model: str) -> int | None:
    """Return the window of a model in a list of models; one that stands alone is the one."""
    data = (listed or {}).get("data")
    cards = [card for card in data if isinstance(card, dict)] if isinstance(data, list) else []
    named = [c for c in cards if model in (c.get("id"), c.get("name"), c.get("model"))]
    for card in named or (cards if len(cards) == 1 else []):
        if window := _number(card) or _number(card.get("meta")):
            return window
    return None


def _of_card(card: dict[str, Any] | None) -> int | None:
    """Return what Ollama says of a model: the setting it is run with, else what it was trained for."""
    if card is None:
        return None
    if found := re.search(r"\bnum_ctx\s+(\d+)", str(card.get("parameters"))):
        return int(found[1])
    trained = card.get("model_info")
    ends = ((k, v) for k, v in trained.items()) if isinstance(trained, dict) else ()
    return next((v for k, v in ends if k.endswith(".context_length") and isinstance(v, int)), None)


def _number(card: Any) -> int | None:
    if not isinstance(card, dict):
        return None
    told = (card.get(name) for name in _NAMES)
    return next((n for n in told if isinstance(n, int) and not isinstance(n, bool) and n > 0), None)
