"""Scoring routes of the mock server: rewards that are the same for the same prompt and answer.

With offline replies a reward is the grade that the embedded juror gives the answer, around 0; else it is
drawn by the request's hash. A model whose name holds `token` answers with a row a token at `/pooling`.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, Self

import orjson

from .options import MockOptions, share

Route = Literal["pooling", "classify", "score"]
WIDEST = 4.0
"""Drawn rewards lie between this and its negative; grades run from -4.5 to 4.5."""


@dataclass(frozen=True, slots=True)
class RewardRequest:
    """One answer to be scored."""

    digest: str
    route: Route
    model: str
    prompt: str
    answer: str

    @classmethod
    def parse(cls, route: Route, body: bytes) -> Self:
        """Read a request's body.

        Raises:
            ValueError: it holds no prompt and answer as the route wants them.
        """
        raw = orjson.loads(body)
        digest = blake2b(route.encode() + body, digest_size=16).hexdigest()
        prompt, answer = _pair(raw) if route == "score" else _conversation(raw)
        return cls(digest, route, str(raw.get("model", "")), prompt, answer)

    @property
    def tokens(self) -> int:
        """About how many tokens were read."""
        return (len(self.prompt) + len(self.answer)) // 4 + 1


def _pair(raw: Any) -> tuple[str, str]:
    if not all(isinstance(raw.get(name), str) for name in ("text_1", "text_2")):
        raise ValueError("'text_1' and 'text_2' must be texts")
    return raw["text_1"], raw["text_2"]


def _conversation(raw: Any) -> tuple[str, str]:
    messages = raw.get("messages")
    if not isinstance(messages, list) or len(messages) < 2:
        raise ValueError("'messages' must be a list that ends with the answer")
    texts = [str(message.get("content") or "") for message in messages]
    return "\n\n".join(texts[:-1]), texts[-1]


def reward_body(request: RewardRequest, options: MockOptions) -> bytes:
    """Return the response's body."""
    return _body(request, reward(request, options))


def reward(request: RewardRequest, options: MockOptions) -> float:
    """Return the reward of one answer."""
    if options.replies == "offline":
        from ...agents.models.offline.asking import read_question
        from ...agents.models.offline.judge import grade

        return round(grade(read_question(request.prompt), "answer", request.answer)[0] - 5.5, 3)
    drawn = share(request.model, request.prompt, request.answer)
    return round(WIDEST * (2 * drawn - 1), 3)


def no_reward(request: RewardRequest) -> bytes:
    """Return a response that holds no reward: NaN, null, or nothing at all, by the request's hash."""
    kind = int(request.digest[:8], 16) % 3
    if kind == 2:
        return b'{"object": "list", "data": []}'
    return _body(request, None).replace(b"null", b"NaN" if kind else b"null")


def _body(request: RewardRequest, value: float | None) -> bytes:
    item = {"index": 0, "object": request.route, **_said(request, value)}
    usage = {"prompt_tokens": request.tokens, "total_tokens": request.tokens}
    return orjson.dumps({"object": "list", "model": request.model, "data": [item], "usage": usage})


def _said(request: RewardRequest, value: float | None) -> dict[str, Any]:
    if request.route == "score":
        return {"score": value}
    if request.route == "classify":
        return {"label": "LABEL_0", "probs": [value], "num_classes": 1}
    rows = [[0.0]] * (request.tokens - 1)
    return {"data": [*rows, [value]] if "token" in request.model else [value]}
