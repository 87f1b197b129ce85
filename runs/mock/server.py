"""The mock server itself: routes, latency, faults and the shape of OpenAI's responses."""

import asyncio
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from .counters import Counters
from .options import Fault, MockOptions, pick_fault, share
from .replies import DIMENSIONS, Canned, embed, garbage, in_base64, speak_offline
from .request import ChatRequest
from .rewards import RewardRequest, Route, no_reward, reward_body

_RANK = {"prompt": 0, "json": 1, "schema": 2}
_FIELD = {"json": "json_object", "schema": "json_schema"}
_LARGEST = 64 * 2**20
_MODELS = ("mock", "weak", "medium", "strong", "judge", "reward")
_ROUTES: dict[str, Route] = {
    "/pooling": "pooling",
    "/classify": "classify",
    "/score": "score",
    "/v1/score": "score",
}
"""Where vLLM scores."""


class MockServer:
    """Serves on loopback while the context is open; `url` is the base URL for clients."""

    def __init__(self, options: MockOptions | None = None) -> None:
        self.options = options or MockOptions()
        self.counters = Counters()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        for place in _ROUTES:
            app.router.add_post(place, self._reward)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/stats", self._stats)
        app.router.add_post("/reset", self._reset)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.options.host, self.options.port, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _chat(self, http: web.Request) -> web.Response:
        body = await http.read()
        if (refusal := self._refusal(http)) is not None:
            return refusal
        try:
            request = ChatRequest.parse(body)
        except ValueError as error:
            return self._error(400, f"invalid request: {error}")
        with self.counters.flight():
            self.counters.attempts[request.digest] += 1
            return await self._answer(http, request)

    async def _answer(self, http: web.Request, request: ChatRequest) -> web.Response:
        options = self.options
        if _RANK[request.structure] > _RANK[options.schema]:
            field = _FIELD[request.structure]
            return self._error(400, f"response_format of type '{field}' is not supported")
        if 0 < options.context < (asked := request.tokens + request.most):
            return self._error(
                400,
                f"This model's maximum context length is {options.context} tokens. However, you "
                f"requested {asked} tokens ({request.tokens} in the messages).",
            )
        fault = await self._meet(http, request.digest)
        return fault if isinstance(fault, web.Response) else self._complete(request, fault)

    async def _meet(self, http: web.Request, digest: str) -> web.Response | Fault:
        """Wait as configured; return the response of a fault that ends the attempt, or the fault."""
        options = self.options
        fault = pick_fault(options, digest, self.counters.attempts[digest])
        if fault in {"429", "500"}:
            return self._error(int(fault), "this is a fault of the mock server")
        delay = options.latency_ms + options.jitter_ms * share(digest)
        await asyncio.sleep(delay / 1000 if fault != "hang" else options.hang_s)
        return self._drop(http) if fault == "drop" else fault

    async def _reward(self, http: web.Request) -> web.Response:
        body = await http.read()
        if (refusal := self._refusal(http)) is not None:
            return refusal
        try:
            request = RewardRequest.parse(_ROUTES[http.path], body)
        except ValueError as error:
            return self._error(400, f"invalid request: {error}")
        with self.counters.flight():
            self.counters.attempts[request.digest] += 1
            fault = await self._meet(http, request.digest)
            return fault if isinstance(fault, web.Response) else self._score(request, fault)

    def _score(self, request: RewardRequest, fault: Fault) -> web.Response:
        if fault == "garbage":
            return self._json(no_reward(request))
        body = reward_body(request, self.options)
        if fault == "malformed":
            return self._half(body)
        self.counters.pay(request.digest, request.tokens, 0)
        return self._json(body)

    def _complete(self, request: ChatRequest, fault: Fault) -> web.Response:
        content, tool_calls = self._speak(request, fault)
        cut = 0 < 4 * request.most < len(content) and not tool_calls
        content = content[: 4 * request.most] if cut else content
        tokens_in, tokens_out = request.tokens, (len(content) + 40 * len(tool_calls)) // 4 + 1
        message: dict[str, Any] = {"role": "assistant", **self._thought(content)}
        if tool_calls:
            message["tool_calls"] = tool_calls
        body = orjson.dumps(
            {
                "id": f"chatcmpl-{request.digest}",
                "object": "chat.completion",
                "created": 0,
                "model": request.model,
                "choices": [
                    {
                        "index": 0,
                        "message": message,
                        "finish_reason": "tool_calls"
                        if tool_calls
                        else "length"
                        if cut
                        else "stop",
                    }
                ],
                "usage": {
                    "prompt_tokens": tokens_in,
                    "completion_tokens": tokens_out,
                    "total_tokens": tokens_in + tokens_out,
                },
            }
        )
        if fault == "malformed":
            return self._half(body)
        self.counters.pay(request.digest, tokens_in, tokens_out)
        return self._json(body)

    def _thought(self, content: str) -> dict[str, Any]:
        """Return the content, with thoughts where the options want them."""
        thought = f"Let me see {{what}} to say: {len(content)} letters."
        kind = self.options.thoughts if content else "none"
        if kind == "tags":
            return {"content": f"<think>\n{thought}\n</think>\n\n{content}"}
        if kind == "only":
            return {"content": None, "reasoning_content": content}
        return {"content": content or None, **({"reasoning": thought} if kind == "field" else {})}

    def _speak(self, request: ChatRequest, fault: Fault) -> tuple[str, list[dict[str, Any]]]:
        """Return the content and the tool calls."""
        if fault == "garbage":
            return garbage(request.digest), []
        if self.options.replies == "offline":
            return speak_offline(request)
        canned = Canned(request, self.options.tokens)
        call = canned.tool_call()
        return ("", [call]) if call else (canned.reply(), [])

    async def _embeddings(self, http: web.Request) -> web.Response:
        if (refusal := self._refusal(http)) is not None:
            return refusal
        asked = orjson.loads(await http.read())
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors = [embed(str(t), asked.get("dimensions") or DIMENSIONS) for t in texts]
        packed = asked.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": i, "embedding": in_base64(v) if packed else v}
            for i, v in enumerate(vectors)
        ]
        tokens = sum(len(str(t)) for t in texts) // 4 + 1
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        reply = {"object": "list", "data": data, "model": asked.get("model"), "usage": usage}
        return self._json(orjson.dumps(reply))

    async def _models(self, http: web.Request) -> web.Response:
        if (refusal := self._refusal(http)) is not None:
            return refusal
        window = {"max_model_len": self.options.context} if self.options.context else {}
        models = [{"id": name, "object": "model", "owned_by": "mock", **window} for name in _MODELS]
        return web.json_response({"object": "list", "data": models})

    async def _stats(self, http: web.Request) -> web.Response:
        return web.json_response(self.counters.report())

    async def _reset(self, http: web.Request) -> web.Response:
        self.counters = Counters()
        return web.json_response({})

    def _refusal(self, http: web.Request) -> web.Response | None:
        """Return the 401 for a wrong key."""
        if (
            not self.options.key
            or http.headers.get("Authorization") == f"Bearer {self.options.key}"
        ):
            return None
        return self._error(401, "Incorrect API key provided")

    def _error(self, status: int, text: str) -> web.Response:
        self.counters.statuses[str(status)] += 1
        headers = {"Retry-After": f"{self.options.retry_after:g}"} if status == 429 else None
        error = {"message": text, "type": "mock_error", "code": None}
        return web.json_response({"error": error}, status=status, headers=headers)

    def _json(self, body: bytes) -> web.Response:
        self.counters.statuses["200"] += 1
        return web.Response(body=body, content_type="application/json")

    def _half(self, body: bytes) -> web.Response:
        self.counters.statuses["malformed"] += 1
        return web.Response(body=body[: len(body) // 2], content_type="application/json")

    def _drop(self, http: web.Request) -> web.Response:
        self.counters.statuses["drop"] += 1
        if http.transport is not None:
            http.transport.abort()
        return web.Response()
