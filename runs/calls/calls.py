"""The calls of a run, as they were sent and as they came back: what its ledger holds, made readable."""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from ...agents.records import Turn
from ..folder import RunFolder
from ..opening import stored
from ..store import Entry, Store
from ..store.requests import Unreadable

BEGINS = 90
"""Characters of a reply in a list."""
_PLACE = re.compile(r"\A(attempt \d+: )\S+: \S+ at \S+: ")
"""What an error of an endpoint begins with."""


@dataclass(frozen=True)
class Wanted:
    """Which calls are asked for."""

    role: str = ""
    model: str = ""
    """Its alias."""
    failed: bool = False
    """Those without a reply to use only."""
    id: str = ""
    """How the key begins, or the record that they are about."""

    def takes(self, call: "ShownCall") -> bool:
        """Return whether a call is one of them."""
        return (
            self.role in ("", call.role)
            and self.model in ("", call.alias)
            and not (self.failed and call.outcome == "paid")
            and (not self.id or call.key.startswith(self.id) or call.subject == self.id)
        )


@dataclass(frozen=True)
class ShownCall:
    """One call: what was asked, and what came of it."""

    key: str
    """Its name in the ledger; the rejects' column `calls` tells it."""
    role: str
    alias: str
    model: str
    subject: str
    """Id of the record it is about."""
    prompt: str
    """The prompt file's version, `name@hash`."""
    outcome: str
    """`paid`; `unusable`: paid, and did not parse or was cut off; `failed`: given up."""
    started: str
    """ISO time."""
    seconds: float
    tokens_in: int
    tokens_out: int
    usd: float
    finish: str
    cap: int
    """The `max_tokens` it was written under."""
    sent: tuple[dict[str, Any], ...]
    """The turns."""
    schema: str
    """Of the reply, as JSON text; empty for free text."""
    tools: tuple[str, ...]
    params: dict[str, Any]
    text: str
    thoughts: str
    tool_calls: tuple[dict[str, str], ...]
    errors: tuple[str, ...]
    """Of each attempt that gave no reply."""

    def line(self) -> str:
        """Return it at a glance."""
        said = self.errors[-1] if self.outcome == "failed" else self.text or str(self.tool_calls)
        # The alias stands before it, and where the model is on the page.
        said = _PLACE.sub(r"\1", " ".join(said.split()))
        return (
            f"{self.key[:12]}  {self.outcome:<8}  {self.role:<12} {self.alias:<12} "
            f"{self.tokens_in:>6} → {self.tokens_out:<6} {said[:BEGINS]}"
        )

    def page(self) -> str:
        """Return all of it."""
        head = (
            f"{self.key}: {self.outcome}\n"
            f"{self.role} ({self.alias}: {self.model}) about {self.subject or 'no record'}, prompt "
            f"{self.prompt or 'none'}\n{self.started}, {self.seconds:.2f} s, {self.tokens_in} tokens in, "
            f"{self.tokens_out} out of {self.cap} allowed, {self.usd:.6f} USD, "
            f"finish {self.finish or 'none'}"
        )
        parts = [head, *(f"── {turn['role']}\n{_said(turn)}" for turn in self.sent)]
        if self.schema:
            parts.append(f"── schema of the reply\n{self.schema}")
        if self.tools:
            parts.append(f"── tools offered\n{', '.join(self.tools)}")
        parts += [f"── attempt failed\n{error}" for error in self.errors]
        if self.thoughts:
            parts.append(f"── thoughts\n{self.thoughts}")
        if self.text or self.tool_calls:
            parts.append(f"── came back\n{_said({'content': self.text, 'calls': self.tool_calls})}")
        return "\n".join(parts)

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)


def _said(turn: dict[str, Any]) -> str:
    calls = [f"{call['name']}({call['arguments']})" for call in turn.get("calls", ())]
    return "\n".join([*([turn["content"]] if turn["content"] else []), *calls])


async def calls(folder: RunFolder, wanted: Wanted) -> AsyncIterator[ShownCall]:
    """Yield the calls of a run that are asked for: those that were paid, then those given up."""
    with stored(folder.store()) as store:
        for entry in store.entries():
            call = await _call(store, entry.key, entry)
            if wanted.takes(call):
                yield call
        for key in store.given_up():
            call = await _call(store, key, None)
            if wanted.takes(call):
                yield call


async def _call(store: Store, key: str, entry: Entry | None) -> ShownCall:
    """Return a call by its key, with the reply that was paid for it, if one was."""
    plain, _, struck = key.partition("/")
    asked, tried = await store.request(plain), await store.attempts(plain)
    if asked is None:  # it is written with its outcome, in one transaction
        raise Unreadable(f"ledger, {key}: its request is not in it")
    began = entry.started_at if entry else tried[0].started_at
    came = {name: getattr(entry, name) for name in _CAME} if entry else _NOTHING
    return ShownCall(
        key=key,
        role=asked.role,
        alias=asked.alias,
        model=asked.model,
        subject=asked.subject,
        prompt=asked.prompt,
        outcome="unusable" if struck else "paid" if entry else "failed",
        started=_time(key, began),
        seconds=entry.seconds if entry else sum(one.seconds for one in tried),
        sent=tuple(map(_turn, asked.turns)),
        schema=asked.schema,
        tools=tuple(tool.name for tool in asked.tools),
        params=orjson.loads(asked.params),
        tool_calls=tuple(orjson.loads(entry.tool_calls)) if entry and entry.tool_calls else (),
        errors=tuple(f"attempt {one.number}: {one.error}" for one in tried),
        **came,
    )


def _time(key: str, began: float) -> str:
    try:
        return datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"ledger, {key}: {began} is no time") from error


_CAME = ("tokens_in", "tokens_out", "usd", "finish", "cap", "text", "thoughts")
_NOTHING: dict[str, Any] = dict(zip(_CAME, (0, 0, 0.0, "", 0, "", ""), strict=True))


def _turn(turn: Turn) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in turn.tool_calls]
    return {"role": turn.role, "content": turn.content, **({"calls": calls} if calls else {})}
