"""Reward models behind an endpoint: one answer in, one number out, as vLLM and its like serve them.

A call's turns are a conversation that ends with the answer; the reply's text is the reward as JSON.
vLLM has `/pooling` and `/classify` beside `/v1`, and `/score` at both places; other servers have all
of them below `/v1`. The one that is there is found by the first 404.
"""

import re
import time
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import orjson

from ..errors import UserError
from ..records import Turn
from .call import Call, Reply, Usage
from .concurrency import Pace
from .failure import failure_behind, http_failure
from .provider import AttemptFailed
from .secrets import find_key
from .settings import RewardSettings
from .transport import Answered, Transport
from .usage import believed, likely_in, most_in

_OURS = {"documents", "input", "messages", "model", "queries", "text_1", "text_2"}
_RAW = "use_activation"
"""vLLM squashes what a classifier says to 0–1 unless this is false; differences are lost by that."""


class RewardProvider:
    """Serves one reward model.

    Raises:
        UserError: the key is missing, or the settings cannot work; before anything is sent.
    """

    def __init__(self, alias: str, settings: RewardSettings, key: str = "") -> None:
        """Open it with a key, or with the one that the environment holds."""
        if odd := _OURS & settings.params.keys():
            raise UserError(
                f"models.{alias}.params: {sorted(odd)} cannot be set there; remove them"
            )
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {**settings.params, "reward": settings.route}
        self._settings = settings
        self._key = key or find_key(alias, settings)
        self._where = f"{alias}: {self.model} at {self.endpoint}"
        self._extra: dict[str, Any] = {_RAW: False, **settings.params}
        self._pace = Pace()
        self._answered = False
        """Whether it ever answered with these fields."""
        self._places = [
            Transport(url, self._key, settings.timeout_s)
            for url in addresses(settings.endpoint, settings.route)
        ]

    def __repr__(self) -> str:
        return f"RewardProvider({self._where})"

    async def complete(self, call: Call) -> Reply:
        """Make one attempt at scoring the answer that closes the call's turns.

        Raises:
            AttemptFailed: it failed, or no finite number came back.
        """
        started = time.perf_counter()
        read = likely_in(call)
        limit = self._pace.limit(self._settings.timeout_s, read, call.late)
        answered = await self._waited(self._body(call), limit, most_in(call))
        if self._dislikes_raw(answered):
            plain = {name: value for name, value in self._extra.items() if name != _RAW}
            answered = await self._waited(self._body(call, plain), limit, most_in(call))
            # Only a server that answers without the field dislikes the field.
            self._extra = plain if answered.status == 200 else self._extra
        if answered.status != 200:
            raise self._failure(answered.status, answered)
        self._answered = True
        reward = self._read(answered)
        used = self._usage(counted(answered.body) or read)
        seconds = time.perf_counter() - started
        self._pace.took(seconds, read)
        return Reply(
            text=repr(reward),
            model=used.model,
            tokens_in=used.tokens_in,
            usd=used.usd,
            seconds=seconds,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        for place in self._places:
            await place.aclose()

    def _body(self, call: Call, extra: Mapping[str, Any] | None = None) -> bytes:
        try:
            said = encode(call.turns, self._settings.route)
            fields = self._extra if extra is None else extra
            return orjson.dumps({**fields, "model": self.model, **said})
        except TypeError as error:
            raise AttemptFailed(f"the call is no valid JSON: {error}", final=True) from error

    async def _waited(self, body: bytes, limit: float, most: int) -> Answered:
        try:
            return await self._post(body, limit)
        except AttemptFailed as failure:
            if isinstance(failure.__cause__, TimeoutError):  # it may be charged for all the same
                failure.usage = self._usage(most)
            raise

    async def _post(self, body: bytes, limit: float) -> Answered:
        """Post to where the route was found; at a 404, to the other place."""
        first, other = self._places
        answered = await first.post(body, limit)
        if answered.status != 404:
            return answered
        found = await other.post(body, limit)
        if found.status == 404:
            return answered
        self._places = [other, first]
        return found

    def _dislikes_raw(self, answered: Answered) -> bool:
        """Return whether a server may refuse the field that asks for the bare number.

        One that has answered with it does not: rewards must not change their scale within a run.
        """
        open_question = not self._answered and _RAW in self._extra.keys() - self._settings.params
        refused = open_question and answered.status in (400, 422)
        return refused and bool(re.search(_RAW.encode(), answered.body))

    def _read(self, answered: Answered) -> float:
        try:
            return reward_in(answered.body)
        except AttemptFailed as failure:
            if behind := failure_behind(
                answered.headers, answered.body, where=self._where, secrets=(self._key,)
            ):
                raise behind from failure
            failure.args = (f"{self._where}: {failure}",)
            if tokens := counted(answered.body):
                failure.usage = self._usage(tokens)
            raise

    def _usage(self, tokens: int) -> Usage:
        usd = tokens * self._settings.price.input / 1e6
        return Usage(f"reward/{self.model}", tokens, 0, usd)

    def _failure(self, status: int, answered: Answered) -> AttemptFailed:
        return http_failure(
            status, answered.headers, answered.body, where=self._where, secrets=(self._key,)
        )


def addresses(endpoint: str, route: str) -> tuple[str, str]:
    """Return the two places of a route, the one where vLLM has it first."""
    host = endpoint.removesuffix("/v1")
    beside, below = f"{host}/{route}", f"{host}/v1/{route}"
    return (below, beside) if route == "score" else (beside, below)


MOST_READ = 10_000_000
"""Tokens of an answer and its question, at most."""
_FIELDS = ("data", "logits", "probs", "score")


def encode(turns: Sequence[Turn], route: str) -> dict[str, Any]:
    """Return the fields of a request that hold the conversation; its last turn is the answer."""
    if route != "score":
        return {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}
    *asked, answer = turns
    return {"text_1": "\n\n".join(turn.content for turn in asked), "text_2": answer.content}


def counted(body: bytes) -> int:
    """Return the tokens that a response says it read; 0 where it does not say."""
    try:
        return believed(orjson.loads(body)["usage"]["prompt_tokens"], MOST_READ)
    except (KeyError, TypeError, ValueError):
        return 0


def reward_in(body: bytes) -> float:
    """Return the reward in a response, in whichever shape its server gives it.

    `/pooling` answers with one number, with a row of labels, or with a row a token, of which the last one
    has read the whole answer; `/classify` with labels as `probs` or `logits`; `/score` with `score`. Of
    two labels the second is the good one, and the reward is how far it is ahead.

    Raises:
        AttemptFailed: it holds no finite number; `refused` where the model is no reward model.
    """
    try:
        item = orjson.loads(body)["data"][0]
        said = next(item[name] for name in _FIELDS if item.get(name) is not None)
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {body[:200]!r}"
        raise AttemptFailed(f"no reward in the response: {why}", status=200) from error
    reward = _reward(_last_row(said, counted(body)))
    if not isfinite(reward):
        raise AttemptFailed(f"the reward is {reward}, no finite number", status=200)
    return reward


def _last_row(said: Any, tokens: int) -> list[Any]:
    """Return the numbers of the last token, or of the whole text where there is one row."""
    rows = said if isinstance(said, list) else [said]
    if rows and isinstance(rows[-1], list):
        return _last_row(rows[-1], 0)
    # A number a token, without a list around each.
    return rows[-1:] if len(rows) == tokens else rows


def _reward(row: list[Any]) -> float:
    if not row or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in row):
        raise AttemptFailed(f"the reward is {row[:3]!r}, no number", status=200)
    if len(row) > 2:
        raise AttemptFailed(
            f"the model gives {len(row)} numbers where a reward model gives one, or two labels; "
            "check its name, and route",
            status=200,
            refused=True,
        )
    return float(row[-1]) - float(row[0]) if len(row) == 2 else float(row[0])
