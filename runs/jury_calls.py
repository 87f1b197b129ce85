"""How many calls a jury makes over the battles of one instruction.

A juror judges both orders of every battle. A reward model scores each answer once, however many
battles it stands in.
"""

from collections.abc import Mapping, Sequence

from ..agents.cast import eligible
from ..agents.models.settings import ModelSettings, RewardModel
from ..graphs.arena.matchmaking import Pair

Models = Mapping[str, ModelSettings]


def calls(juror: str, pair: Pair, pairs: Sequence[Pair], models: Models) -> int:
    """Return a juror's calls over one battle, after those that come before it in `pairs`."""
    if not isinstance(models[juror], RewardModel):
        return 2
    before = [other for other in pairs[: pairs.index(pair)] if eligible((juror,), other, models)]
    return len(set(pair) - {alias for other in before for alias in other})


def jury_calls(jury: tuple[str, ...], pairs: Sequence[Pair], models: Models) -> int:
    """Return the calls of a whole jury over all battles."""
    return sum(
        calls(juror, pair, pairs, models)
        for pair in pairs
        for juror in eligible(jury, pair, models)
    )
