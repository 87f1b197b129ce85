"""What every provider is: one coroutine from a call to a reply."""

from typing import Any, Protocol, runtime_checkable

from .call import Call, Reply, Usage


class AttemptFailed(Exception):
    """One attempt at a call failed; the limits decide whether another one follows.

    `status` is the HTTP status or 0; `retry_after` is the endpoint's own wish in seconds, or None;
    `final` is True when trying again cannot help this call; `refused` when it cannot help any call
    (a wrong key, an unknown model); `usage` is what the endpoint counted for it all the same (an empty
    or unusable reply is paid), None where nobody knows.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        retry_after: float | None = None,
        final: bool = False,
        refused: bool = False,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.final = final
        self.refused = refused
        self.usage = usage


class NoText(AttemptFailed):
    """The endpoint answered as it should, but with no text: the model only thought, or was cut off."""


class Provider(Protocol):
    """Who serves a model. Raises `AttemptFailed` and nothing else for a failed attempt."""

    endpoint: str
    """Where it is served: a base URL, a file, `offline`. No part of the ledger key."""
    model: str
    """The model's name at the endpoint."""
    params: dict[str, Any]
    """What changes the reply besides the turns, wherever it is served: part of the ledger key."""

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Resting(Protocol):
    """A provider whose model is in this process, and need not be."""

    async def rest(self) -> None:
        """Give its memory back; the next call loads it again."""
        ...
