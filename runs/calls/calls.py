"""The calls of a run, as they were sent and as they came back: what its ledger holds, made readable.

One by one, or summed up by role and prompt with one example of each.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import orjson

from ...agents.records import Turn
from ..folder import RunFolder
from ..opening import stored
from ..store import Entry, Store
from ..store.requests import Unreadable

BEGINS = 90
"""Characters of a reply in a list."""
_LINES = 8
"""Lines of a turn that are shown where no role is asked for."""
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
    tried: int
    """Which time of asking it is, from 1: a resume asks again for what could not be used."""
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

    @property
    def back(self) -> str:
        """What came back, and what failed."""
        came = {"content": self.text, "calls": self.tool_calls}
        return "\n".join(filter(None, (said(came), *self.errors)))

    def line(self) -> str:
        """Return it at a glance."""
        last = self.errors[-1] if self.outcome == "failed" else self.text or str(self.tool_calls)
        # The alias stands before it, and where the model is on the page.
        last = _PLACE.sub(r"\1", " ".join(last.split()))
        return _row(
            self.key[:12],
            self.outcome,
            str(self.tried),
            self.role,
            self.alias,
            str(self.tokens_in),
            str(self.tokens_out),
            last[:BEGINS],
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
        parts = [head, *(f"── {turn['role']}\n{said(turn)}" for turn in self.sent)]
        if self.schema:
            parts.append(f"── schema of the reply\n{self.schema}")
        if self.tools:
            parts.append(f"── tools offered\n{', '.join(self.tools)}")
        parts += [f"── attempt failed\n{error}" for error in self.errors]
        if self.thoughts:
            parts.append(f"── thoughts\n{self.thoughts}")
        if self.text or self.tool_calls:
            parts.append(f"── came back\n{said({'content': self.text, 'calls': self.tool_calls})}")
        return "\n".join(parts)

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)


def _row(*cells: str) -> str:
    key, outcome, tried, role, alias, read, written, last = cells
    return f"{key:<12}  {outcome:<8}  {tried:>3}  {role:<12} {alias:<12} {read:>6} → {written:<6} {last}"


HEAD = _row(
    "id", "outcome", "try", "role", "model", "in", "out", "what came back, or why nothing did"
)
"""Of the lines of calls; `in` and `out` are tokens."""


def said(turn: Mapping[str, Any]) -> str:
    """Return what a turn says and calls."""
    calls = [f"{call['name']}({call['arguments']})" for call in turn.get("calls", ())]
    return "\n".join([*([turn["content"]] if turn["content"] else []), *calls])


async def calls(folder: RunFolder, wanted: Wanted) -> AsyncIterator[ShownCall]:
    """Yield the calls of a run that are asked for: those that were paid, then those given up."""
    struck = Counter[str]()
    with stored(folder.store()) as store:
        for entry in store.entries():
            plain, _, off = entry.key.partition("/")
            call = await _call(store, entry.key, entry, struck[plain] + 1)
            if off:
                struck[plain] += 1
            if wanted.takes(call):
                yield call
        for key in store.given_up():
            call = await _call(store, key, None, struck[key] + 1)
            if wanted.takes(call):
                yield call


async def _call(store: Store, key: str, entry: Entry | None, tried: int) -> ShownCall:
    """Return a call by its key, with the reply that was paid for it, if one was."""
    plain, _, struck = key.partition("/")
    asked, attempts = await store.request(plain), await store.attempts(plain)
    if asked is None:  # it is written with its outcome, in one transaction
        raise Unreadable(f"ledger, {key}: its request is not in it")
    began = entry.started_at if entry else attempts[0].started_at
    came = {name: getattr(entry, name) for name in _CAME} if entry else _NOTHING
    return ShownCall(
        key=key,
        role=asked.role,
        alias=asked.alias,
        model=asked.model,
        subject=asked.subject,
        prompt=asked.prompt,
        tried=tried,
        outcome="unusable" if struck else "paid" if entry else "failed",
        started=_time(key, began),
        seconds=entry.seconds if entry else sum(one.seconds for one in attempts),
        sent=tuple(map(_turn, asked.turns)),
        schema=asked.schema,
        tools=tuple(tool.name for tool in asked.tools),
        params=orjson.loads(asked.params),
        tool_calls=tuple(orjson.loads(entry.tool_calls)) if entry and entry.tool_calls else (),
        errors=tuple(f"attempt {one.number}: {one.error}" for one in attempts),
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


def begun(text: str, lines: int, letters: int) -> str:
    """Return the first lines of a text, and the begin of long ones."""
    rows = [row if len(row) <= letters else f"{row[:letters]} …" for row in text.splitlines()]
    left = len(rows) - lines
    return "\n".join([*rows[:lines], *([f"… {left} lines more"] if left > 0 else [])])


@dataclass
class PromptSent:
    """One prompt file in one version, as one role sent it."""

    role: str
    prompt: str
    """`name@hash`; empty where no file made the turns."""
    example: ShownCall
    """The first call that got a reply, if any did."""
    calls: int = 0
    unusable: int = 0
    """Of them, paid and not usable: what came back did not parse, or was cut off."""
    failed: int = 0
    """Of them, given up."""
    models: dict[str, int] = field(default_factory=dict)
    """Calls by alias."""
    tokens_in: int = 0
    tokens_out: int = 0
    """Sums over the calls that were answered."""

    def take(self, call: ShownCall) -> None:
        """Count a call."""
        self.calls += 1
        self.unusable += call.outcome == "unusable"
        self.failed += call.outcome == "failed"
        self.models[call.alias] = self.models.get(call.alias, 0) + 1
        self.tokens_in += call.tokens_in
        self.tokens_out += call.tokens_out
        if self.example.outcome != "paid" and call.outcome == "paid":
            self.example = call

    def mean(self, tokens: int) -> int:
        """Return a sum of tokens as a mean over the calls that were answered."""
        return round(tokens / max(1, self.calls - self.failed))

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "role": self.role,
            "prompt": self.prompt,
            "calls": self.calls,
            "unusable": self.unusable,
            "failed": self.failed,
            "models": self.models,
            "mean_tokens_in": self.mean(self.tokens_in),
            "mean_tokens_out": self.mean(self.tokens_out),
            "example": self.example.data(),
        }


async def prompts_sent(folder: RunFolder, role: str = "") -> list[PromptSent]:
    """Return what a run sent, by role and prompt; one role's alone where it is named."""
    found: dict[tuple[str, str], PromptSent] = {}
    async for call in calls(folder, Wanted(role=role)):
        place = (call.role, call.prompt)
        found.setdefault(place, PromptSent(*place, call)).take(call)
    return [found[place] for place in sorted(found)]


def lines(sent: list[PromptSent], *, whole: bool) -> Iterator[str]:
    """Yield a table and an example of each role, or the whole example of each prompt."""
    yield (
        f"{'role':<14}{'prompt':<40}{'calls':>8}{'unusable':>10}{'failed':>8}{'in':>8}{'out':>7}  models"
    )
    for one in sent:
        models = ", ".join(f"{alias} {count:,}" for alias, count in sorted(one.models.items()))
        yield (
            f"{one.role:<14}{one.prompt or 'none':<40}{one.calls:>8,}{one.unusable:>10,}{one.failed:>8,}"
            f"{one.mean(one.tokens_in):>8,}{one.mean(one.tokens_out):>7,}  {models}"
        )
    yield "in, out: mean tokens of a call that was answered"
    told: set[str] = set()
    for one in sent:
        if whole or one.role not in told:
            told.add(one.role)
            yield f"\n━━ {one.role}, {one.prompt or 'no prompt file'}"
            yield one.example.page() if whole else _short(one.example)
    if not whole and sent:
        yield "\nAll of a role's prompts, whole: --role ROLE"


def _short(call: ShownCall) -> str:
    turns = [*((turn["role"], turn["content"]) for turn in call.sent), ("came back", call.back)]
    return "\n".join(
        f"── {name}\n{indent(begun(text, _LINES, 160), '   ')}" for name, text in turns
    )
