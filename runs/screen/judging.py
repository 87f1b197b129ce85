"""How judging went beyond the verdicts: what a cascade saved, what conferring changed."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from ...agents.cast import Cast
from ...agents.records import Battle
from ...graphs.arena.cascade import first_jurors, measure
from ...graphs.arena.conferring import conferred
from ...graphs.settings import ArenaSettings


async def judging(
    battles: Callable[[], AsyncIterator[Battle]], arena: ArenaSettings, cast: Cast
) -> dict[str, Any]:
    """Return the figures of the cascade and of conferring as plain data; only what was asked for.

    `battles` is called once for each, so that no battle has to be kept in memory.
    """
    data: dict[str, Any] = {}
    if arena.cascade is not None:
        first = first_jurors(cast.jury, arena.cascade)
        # The jury that selects: who evaluates is another, and its trust another matter.
        found = await measure((b async for b in battles() if b.purpose == "selection"), first)
        low, high = found.interval
        data["cascade"] = {
            "first": sorted(first),
            "margin": arena.cascade.margin,
            "battles": found.battles,
            "covered": found.covered,
            "coverage": round(found.coverage, 4),
            "audited": found.audited,
            "accuracy": None if found.accuracy is None else round(found.accuracy, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }
    if arena.protocol != "battle" and (changed := await conferred(battles())) is not None:
        data["conferring"] = {
            "games": changed.games,
            "turned": changed.turned,
            "agreement_before": round(changed.before, 4),
            "agreement_after": round(changed.after, 4),
        }
    return data


def judging_lines(data: dict[str, Any]) -> list[str]:
    """Return the same for a reader."""
    lines: list[str] = []
    cascade = data.get("cascade")
    if cascade and cascade["battles"]:
        trust = (
            f"the others agree on {cascade['accuracy']:.1%} of {cascade['audited']} audited ones "
            f"(95 %: {cascade['low']:.1%} to {cascade['high']:.1%})"
            if cascade["audited"]
            else "none of them was audited: set arena.cascade.audited higher to see how far to trust it"
        )
        lines.append(
            f"Cascade: {', '.join(cascade['first'])} decided {cascade['covered']} of "
            f"{cascade['battles']} battles ({cascade['coverage']:.1%}) at a margin of "
            f"{cascade['margin']:g}; {trust}"
        )
    if talk := data.get("conferring"):
        lines.append(
            f"Conferring: {talk['turned']} of {talk['games']} votes changed sides; mean agreement "
            f"{talk['agreement_before']:.1%} before, {talk['agreement_after']:.1%} after "
            "(agreement is not accuracy)"
        )
    return lines
