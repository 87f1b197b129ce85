"""The one door to every tool, beside the door to models: ledger, in-flight dedup, budget, limits, trace.

A tool that reaches outside is paid or waited for once: its result is committed to the ledger before
the model sees it. Tools that only compute take the same way without the ledger.
"""

import asyncio
import json
import time
from dataclasses import dataclass

from ..tools.tool import Given, Past, Tool
from .errors import ArenaInstructError, Diverged, ToolError, boundary
from .models.budget import Budget, Purse
from .models.call import Reply
from .models.characters import sound
from .models.flight import Flights
from .models.ledger import Ledger
from .models.request import Request
from .models.usage import Tally
from .records import Turn
from .tool_loop import LoopTool
from .trace import note

ROLE = "tool"
"""The role that a tool's calls bear in the ledger."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of a tool."""

    tool: Tool
    arguments: str
    """JSON text, as the model wrote it."""
    given: Given
    actor: str = ""
    """Who calls, as `role/alias`: for the trace, not part of the key."""
    subject: str = ""
    """Id of the record it is about: for the trace, not part of the key."""
    sample: int = 0
    """Which of several results of the same call this is."""

    @property
    def request(self) -> Request:
        """Return the use as the ledger keeps it: tool, version, arguments, files and sample."""
        name = f"{ROLE}/{self.tool.name}"
        return Request(
            model=name,
            version=self.tool.version,
            turns=(Turn(role="user", content=_same(self.arguments)),),
            params=json.dumps({"given": self.given.digest(self.tool)}),
            sample=self.sample,
            alias=name,
            role=ROLE,
            subject=self.subject,
        )


class ToolDoor:
    """Answers calls of tools."""

    def __init__(
        self,
        ledger: Ledger,
        budget: Budget,
        *,
        network: bool = True,
        tally: Tally | None = None,
    ) -> None:
        """Take the same ledger, budget and tally as the door to models.

        Without `network` what reaches outside is served from the ledger or not at all.
        """
        self._tally = tally or Tally()
        self._ledger = ledger
        self._budget = budget
        self._network = network
        self._in_flight = Flights[Reply]()
        self._slots: dict[str, asyncio.Semaphore] = {}

    async def call(self, use: ToolUse) -> str:
        """Return a tool's result.

        Raises:
            ValueError: what the model did wrong, in words for it.
            ToolError: the tool failed or took too long.
            BudgetSpent: the call does not fit under the ceiling; the run must stop.
        """
        started, asked = time.monotonic(), use.request
        outcome, served = "failed", ""
        try:
            reply, served = await self._answer(asked, use)
            outcome = served if reply.finish == "stop" else "refused"
            if use.tool.remembers:
                use.given.past.append(
                    Past(use.tool.name, use.arguments, reply.text, use.tool.memory)
                )
        finally:
            note(
                "tool",
                actor=use.actor,
                records=(use.subject,) if use.subject else (),
                keys=(asked.key(),) if use.tool.outside else (),
                outcome=outcome,
                seconds=time.monotonic() - started,
                data={"name": use.tool.name, "served": served == "served"},
            )
        if reply.finish != "stop":
            raise ValueError(reply.text)
        return reply.text

    def offer(self, tool: Tool, given: Given, *, actor: str, subject: str) -> LoopTool:
        """Return a tool as a model's loop takes it; every call of it comes back to this door."""

        async def handler(arguments: str) -> str:
            return await self.call(ToolUse(tool, arguments, given, actor, subject))

        return LoopTool(tool.name, tool.description, tool.parameters, handler)

    async def _answer(self, asked: Request, use: ToolUse) -> tuple[Reply, str]:
        """Return a result and where it came from."""
        if not use.tool.outside:
            return await _run(use), "ok"
        key = asked.key()
        if (reply := await self._ledger.recall(key)) is not None:
            self._tally.served[asked.alias] += 1
            return reply, "served"
        if not self._network:
            raise Diverged(
                f"the tool {use.tool.name} was not asked {use.arguments[:100]!r} about "
                f"{use.subject or 'no record'} in the run that is repeated"
            )
        twin = self._in_flight.boarded(key)
        reply = await self._in_flight.share(key, lambda: self._pay(key, asked, use))
        self._tally.served[asked.alias] += twin
        return reply, "served" if twin else "paid"

    async def _pay(self, key: str, asked: Request, use: ToolUse) -> Reply:
        """Pay for a call, unless another worker on the same ledger does."""
        async with self._ledger.claimed(key) as reply:
            return reply or await self._buy(key, asked, use)

    async def _buy(self, key: str, asked: Request, use: ToolUse) -> Reply:
        tool = use.tool
        purse = Purse(self._budget, tool.usd)
        slots = self._slots.setdefault(tool.name, asyncio.Semaphore(tool.at_once))
        usd = 0.0
        async with slots:
            await purse.fill()
            try:
                reply = await _run(use)
                usd = reply.usd
                await self._ledger.remember(key, asked, reply)
                self._tally.paid[asked.alias] += 1
                self._tally.spend(reply)
            finally:
                await purse.spend(usd)
        return reply


async def _run(use: ToolUse) -> Reply:
    """Let the tool answer within its limits; what the model did wrong is a result too."""
    tool, started = use.tool, time.monotonic()
    with boundary(ToolError, f"tool {tool.name}"):
        text, finish = await _tried(use)
    if len(text) > tool.most:
        text = f"{text[: tool.most]}\n(cut after {tool.most} characters of {len(text)})"
    reply = Reply(
        text=text,
        model=f"{ROLE}/{tool.name}@{tool.version}",
        usd=tool.usd,
        finish=finish,
        seconds=time.monotonic() - started if tool.outside else 0.0,
    )
    return sound(reply) if tool.outside else reply


async def _tried(use: ToolUse) -> tuple[str, str]:
    try:
        async with asyncio.timeout(use.tool.timeout_s):
            return await use.tool.answer(use.given, use.arguments), "stop"
    except ArenaInstructError:
        raise  # some of ours are ValueErrors too, and are not the model's to mend
    except ValueError as error:
        return str(error), "refused"
    except TimeoutError as error:
        raise ToolError(f"tool {use.tool.name}: no answer in {use.tool.timeout_s:g} s") from error


def _same(arguments: str) -> str:
    """Return arguments in one form, whatever the order and spacing that a model wrote them in."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments
