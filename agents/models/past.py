"""A fork's past: what its parent run had asked before the event that it was forked at.

A call is first looked for as the parent made it, with its model and its prompt of then. Where the parent
had its answer before the event, that answer is served; every other call is made as the fork says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..fence import harmless
from .call import Call
from .request import Request, request


class Served(Protocol):
    """What tells of paid replies in the order in which they were written."""

    async def written(self, key: str) -> int:
        """Return the number of the reply paid under a key; 0 where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Then:
    """A model as the parent run asked it."""

    model: str
    version: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Past:
    """What came before the fork."""

    models: Mapping[str, Then]
    last: int
    """Replies up to this number were there before the event."""
    ledger: Served

    async def asked(self, call: Call, message: str) -> tuple[Call, Request] | None:
        """Return a call as the parent made it, if its answer was there before; else None."""
        if (then := self.models.get(call.alias)) is None:
            return None
        old = call
        if call.instead is not None and call.turns is call.instead.of:
            old = replace(call, turns=call.instead.turns, prompt=call.instead.prompt)
        old = harmless(old)
        told = request(old, then.model, then.params, version=then.version, message=message)
        return (old, told) if 0 < await self.ledger.written(told.key()) <= self.last else None
