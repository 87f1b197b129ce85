"""What a run really sent, role by role: its prompts and versions, how often, how long, and one example."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from ..folder import RunFolder
from .calls import ShownCall, Wanted, calls

_LINES = 8
"""Lines of a turn that are shown where no role is asked for."""


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
    back = [call.text, *(f"{one['name']}({one['arguments']})" for one in call.tool_calls)]
    turns = [(turn["role"], turn["content"]) for turn in call.sent]
    turns.append(("came back", "\n".join(filter(None, (*back, *call.errors)))))
    return "\n".join(f"── {name}\n{indent(_begin(text), '   ')}" for name, text in turns)


def _begin(text: str) -> str:
    rows = [row if len(row) <= 160 else f"{row[:160]} …" for row in text.splitlines()]
    left = len(rows) - _LINES
    return "\n".join([*rows[:_LINES], *([f"… {left} lines more"] if left > 0 else [])])
