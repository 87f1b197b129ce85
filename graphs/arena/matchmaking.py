"""Matchmaking: who battles whom over an instruction. A pure decision."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

from ...agents.contender_name import seat_name

Pair = tuple[str, str]
"""(model_a, model_b): contenders, by name."""


def pairs(
    contenders: Sequence[str], target: str, *, battles: int, random: Random, samples: int = 1
) -> list[Pair]:
    """Return at most `battles` distinct pairs: the target's first, then the others', shuffled.

    Which side is model_a is drawn too, so that no model sits on one side more often. On top, each
    further one of the target's samples meets its first.
    """
    others = [c for c in contenders if c != target]
    random.shuffle(others)
    rest = list(combinations(others, 2))
    random.shuffle(rest)
    chosen = [*((target, other) for other in others), *rest][:battles]
    chosen += [(target, seat_name(target, sample)) for sample in range(2, samples + 1)]
    return [(a, b) if random.random() < 0.5 else (b, a) for a, b in chosen]
