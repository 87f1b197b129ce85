"""Where a run's money and time went."""

from ..spending import Spending
from . import bits
from .markup import Safe


def by_model(found: Spending) -> Safe:
    """Return what each model did in each role, and how long it took."""
    if not found.models:
        return bits.nothing("Nothing was asked yet", "Models show here with their first answers.")
    slowest = max((one.mean_s for one in found.models), default=0.0)
    lines = [
        [
            one.alias,
            one.role,
            bits.short(one.calls),
            bits.short(one.failed) if one.failed else "",
            bits.short(one.tokens_in),
            bits.short(one.tokens_out),
            bits.usd(one.usd),
            bits.clock(one.mean_s) if one.seconds else "–",
            bits.clock(one.slowest) if one.seconds else "–",
            bits.clock(one.seconds) if one.seconds else "–",
            bits.chip("slowest", "its calls take the longest on average")
            if slowest and one.mean_s == slowest
            else "",
        ]
        for one in found.models
    ]
    heads = (
        *("Model", "Role", "#Calls", "#Failed attempts", "#Tokens in", "#Tokens out", "#USD"),
        *("#Mean time", "#Longest", "#Time in all", ""),
    )
    return bits.table(heads, lines, label="By model and role")


def by_skill(found: Spending) -> Safe:
    """Return what each skill cost."""
    lines = [
        [
            one.skill.replace("_", " ") or "before any skill",
            f"{one.instructions:,}",
            f"{one.trains:,}",
            bits.short(one.calls),
            bits.short(one.tokens),
            bits.usd(one.usd),
            bits.usd(one.usd / one.trains) if one.trains else "–",
        ]
        for one in found.skills
    ]
    heads = (
        *("Skill", "#Instructions written", "#Training rows", "#Calls", "#Tokens", "#USD"),
        "#USD a training row",
    )
    return bits.table(heads, lines, label="By skill")
