"""Matchmaking: who battles whom over an instruction. A pure decision."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

Pair = tuple[str, str]
"""(model_a, model_b): contenders, by name."""


def pairs(contenders: Sequence[str], target: str, *, battles: int, random: Random) -> list[Pair]:
    """Return at most `battles` distinct pairs: the target's first, then the others', shuffled.

    Which side is model_a is drawn too, so that no model sits on one side more often.
    """
    others = [c for c in contenders if c != target]
    random.shuffle(others)
    rest = list(combinations(others, 2))
    random.shuffle(rest)
    chosen = [*((target, other) for other in others), *rest][:battles]
    return [(a, b) if random.random() < 0.5 else (b, a) for a, b in chosen]
