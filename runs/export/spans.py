"""Events as OpenTelemetry spans, with the attributes of GenAI and of OpenInference.

Work that begins and ends is one span; a call of a model or a tool is one by itself. Each record's way
through a graph is a trace; all of a run share their session. What was said stands in the ledger: spans
hold it only where that is asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from ...agents.trace import OK, Event
from ..store import Entry

_BEGINS = frozenset({"run_opened", "episode_started", "node_started", "sent"})
_ENDS = {
    **dict.fromkeys(("run_closed", "episode_finished", "node_finished", "replied"), True),
    **dict.fromkeys(("run_broken", "episode_failed", "node_failed", "failed"), False),
}
Attributes = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Span:
    """One span, in no exporter's words."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: float
    """Unix time."""
    end: float
    attributes: Attributes
    error: str = ""
    """Why it failed; empty where it did not."""


@dataclass(frozen=True)
class Paid:
    """What a paid call cost, and, where asked for, what was said."""

    entry: Entry
    turns: tuple[tuple[str, str], ...] = ()
    """(role, text) of what was asked."""


@dataclass
class Spans:
    """Takes events in and gives spans out as they end; what is under way is all that it keeps."""

    run: str
    paid: Callable[[str], Paid | None] = lambda key: None
    """Tells of a call by its key in the ledger."""
    _open: dict[str, Event] = field(default_factory=dict)
    _traces: dict[str, str] = field(default_factory=dict)

    def take(self, events: Iterable[Event]) -> Iterator[Span]:
        """Yield the spans that end with these events."""
        for event in events:
            if event.kind in _BEGINS:
                self._begin(event)
            elif event.kind in _ENDS:
                if (begun := self._open.pop(event.parent, None)) is not None:
                    yield self._work(begun, event)
                    self._traces.pop(event.parent, None)
            elif event.kind in ("call", "tool"):
                yield self._call(event)

    def _begin(self, event: Event) -> None:
        self._open[event.id] = event
        own = event.kind in ("run_opened", "episode_started")
        self._traces[event.id] = _hex(event.id, 16) if own else self._trace(event.parent)

    def _trace(self, event: str) -> str:
        return self._traces.get(event) or _hex(event, 16)

    def _work(self, begun: Event, ended: Event) -> Span:
        own = begun.kind in ("run_opened", "episode_started")
        told = self._common(begun)
        if begun.kind == "sent":
            role, _, alias = begun.actor.partition("/")
            told |= {
                "openinference.span.kind": "EVALUATOR" if role == "juror" else "AGENT",
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": begun.actor,
                "gen_ai.agent.id": begun.actor,
                "agent.name": begun.actor,
                "arenainstruct.alias": alias,
            }
        else:
            told |= {"openinference.span.kind": "CHAIN"}
            if own:
                told |= {
                    "gen_ai.operation.name": "invoke_workflow",
                    "gen_ai.workflow.name": begun.graph or "run",
                }
        name = (
            begun.actor
            if begun.kind == "sent"
            else "/".join(p for p in (begun.graph, begun.node) if p)
        )
        failed = (
            "" if ended.outcome in (OK, "") else f"{ended.outcome}: {ended.data.get('error', '')}"
        )
        parent = "" if own else _hex(begun.parent, 8)
        if own and begun.parent:
            told["arenainstruct.parent"] = begun.parent
        return Span(
            self._traces[begun.id],
            _hex(begun.id, 8),
            parent,
            name or "run",
            begun.at,
            max(begun.at, ended.at),  # the clock may have gone back
            told,
            failed,
        )

    def _call(self, event: Event) -> Span:
        told = self._common(event)
        if event.kind == "tool":
            tool = str(event.data.get("tool", "tool"))
            name = f"execute_tool {tool}"
            told |= {
                "openinference.span.kind": "TOOL",
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": tool,
                "tool.name": tool,
            }
        else:
            name, asked = self._chat(event)
            told |= asked
        failed = str(event.data.get("error", event.outcome)) if event.outcome == "failed" else ""
        return Span(
            self._trace(event.parent),
            _hex(event.id, 8),
            _hex(event.parent, 8),
            name,
            event.at - event.seconds,
            event.at,
            told,
            failed,
        )

    def _chat(self, event: Event) -> tuple[str, Attributes]:
        told: Attributes = {
            "openinference.span.kind": "LLM",
            "gen_ai.operation.name": "chat",
            "gen_ai.agent.name": event.actor,
            "arenainstruct.outcome": event.outcome,
        }
        found = self.paid(event.keys[0]) if event.keys else None
        if found is None:
            return "chat", told
        entry = found.entry
        provider, _, model = entry.model.partition("/")
        told |= {
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.finish_reasons": entry.finish,
            "gen_ai.usage.input_tokens": entry.tokens_in,
            "gen_ai.usage.output_tokens": entry.tokens_out,
            "llm.model_name": model,
            "llm.provider": provider,
            "llm.token_count.prompt": entry.tokens_in,
            "llm.token_count.completion": entry.tokens_out,
            "llm.token_count.total": entry.tokens_in + entry.tokens_out,
            # One that was served again cost nothing this time.
            "llm.cost.total": entry.usd if event.outcome == "paid" else 0.0,
        }
        return f"chat {model}", told | _said(found)

    def _common(self, event: Event) -> Attributes:
        told: Attributes = {
            "session.id": self.run,
            "gen_ai.conversation.id": self.run,
            "arenainstruct.event": event.id,
            "arenainstruct.round": event.round,
        }
        if event.graph:
            node = f"{event.graph}/{event.node}" if event.node else event.graph
            told |= {"graph.node.id": node, "graph.node.name": event.node or event.graph}
            if event.node:
                told["graph.node.parent_id"] = event.graph
        if event.records:
            told["arenainstruct.records"] = ",".join(event.records[:20])
        return told


def _said(found: Paid) -> Attributes:
    """Return what was asked and answered; empty where it was not asked for."""
    if not found.turns:
        return {}
    told: Attributes = {}
    for place, (role, text) in enumerate(found.turns):
        told[f"llm.input_messages.{place}.message.role"] = role
        told[f"llm.input_messages.{place}.message.content"] = text
    told |= {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": found.entry.text,
        "input.value": found.turns[-1][1],
        "output.value": found.entry.text,
    }
    return told


def _hex(name: str, size: int) -> str:
    """Return an id of so many bytes, the same for the same event always."""
    return blake2b(name.encode(), digest_size=size).hexdigest()
