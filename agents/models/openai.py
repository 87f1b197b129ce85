"""Models behind OpenAI-compatible endpoints, over a lean transport.

Of the CPU that `ChatOpenAI.ainvoke` spends on a call, about one hundredth builds the payload and
reads the result; the layers below take the rest, so the transport is ours.
"""

import time
from collections.abc import Callable
from typing import Any

from aiohttp import ClientPayloadError

from ..errors import UserError
from .call import Call, Reply
from .codec import Codec
from .dialect import Dialect, Learned
from .failure import failure_behind, http_failure
from .provider import AttemptFailed
from .secrets import find_key
from .settings import OpenAISettings
from .transport import Answered, Transport, below

_OURS = {
    *(
        "best_of",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "messages",
        "model",
        "n",
    ),
    *("response_format", "stream", "tools"),
}
"""What the request holds by itself: how often and how long a model writes decides what a call costs."""


class OpenAIProvider:
    """Serves one model of an OpenAI-compatible endpoint.

    Raises:
        UserError: the key is missing, or the settings cannot work; before anything is sent.
    """

    def __init__(
        self,
        alias: str,
        settings: OpenAISettings,
        learned: Learned | None = None,
        *,
        key: str = "",
        label: str = "",
        notify: Callable[[str], object] = lambda text: None,
    ) -> None:
        """Open it with a key, or with the one that the environment holds; `label` as that of `Codec`.

        `notify` gets a line about what is configured and had to be left out.
        """
        if odd := _OURS & settings.params.keys():
            raise UserError(
                f"models.{alias}.params: {sorted(odd)} cannot be set there; remove them "
                f"(how long a reply may be is models.{alias}.max_tokens)"
            )
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params = _params(settings)
        self._key = key or find_key(alias, settings)
        self._where = f"{alias}: {self.model} at {self.endpoint}"
        self._alias, self._notify = alias, notify
        self._adapts = settings.structured == "auto"
        self.learned = learned or Learned.of(settings.structured)
        self._codec = Codec(settings, label)
        self._timeout_s, self._max_tokens = settings.timeout_s, settings.max_tokens
        place = below(self.endpoint, "chat/completions")
        self._transport = Transport(place, self._key, self._timeout_s)

    def __repr__(self) -> str:
        return f"OpenAIProvider({self._where})"

    async def complete(self, call: Call) -> Reply:
        """Make one attempt at a call; what the endpoint turns out not to understand is said anew.

        Raises:
            AttemptFailed: it failed.
        """
        while True:
            started = time.perf_counter()
            dialect = self.learned.dialect
            answered = await self._post(call, dialect)
            if answered.status == 200:
                reply = self._read(answered, call, time.perf_counter() - started)
                self.learned.pace.took(reply.seconds, reply.tokens_out)
                return reply
            failure = self._failure(answered.status, answered)
            better = dialect.corrected(
                answered.status,
                str(failure),
                structured=self._adapts and call.reply_type is not None,
                seeded=call.sample > 0,
            )
            if better is None:
                raise failure
            # Calls in flight together meet the same refusal: only the first one moves the dialect.
            if self.learned.dialect == dialect:
                self.learned.dialect = better
                if dialect.temperature > better.temperature:
                    self._notify(
                        f"{self._where}: refuses a temperature, which is left out from now on; remove "
                        f"models.{self._alias}.temperature"
                    )

    async def _post(self, call: Call, dialect: Dialect) -> Answered:
        try:
            return await self._transport.post(self._codec.encode(call, dialect), self._limit(call))
        except AttemptFailed as failure:
            # The endpoint may well have written what nobody waited for or could read, and charge for it.
            if isinstance(failure.__cause__, TimeoutError | ClientPayloadError):
                failure.usage = self._codec.dearest(call)
            raise

    def _limit(self, call: Call) -> float:
        return self.learned.pace.limit(self._timeout_s, self._max_tokens, call.late)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _read(self, answered: Answered, call: Call, seconds: float) -> Reply:
        try:
            return self._codec.decode(answered.body, call, seconds)
        except AttemptFailed as failure:
            if behind := failure_behind(
                answered.headers, answered.body, where=self._where, secrets=(self._key,)
            ):
                behind.usage = failure.usage
                raise behind from failure
            failure.args = (f"{self._where}: {failure}",)
            raise

    def _failure(self, status: int, answered: Answered) -> AttemptFailed:
        return http_failure(
            status, answered.headers, answered.body, where=self._where, secrets=(self._key,)
        )


def _params(settings: OpenAISettings) -> dict[str, Any]:
    """Return what changes a reply besides the turns: part of the ledger's key.

    How long it may be is none of it: a reply that fitted is the same under any `max_tokens`.
    """
    fixed = {**settings.params, "structured": settings.structured}
    if settings.temperature is not None:
        return {**fixed, "temperature": settings.temperature}
    return fixed
