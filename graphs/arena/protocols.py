"""The protocols of the arena by the name that `arena.protocol` of a config gives them.

To add one, build its graph on `BattleState` and name it here.
"""

from collections.abc import Callable

from . import battle, committee, peer_battle
from .state import Protocol

PROTOCOLS: dict[str, Callable[[], Protocol]] = {
    "battle": battle.build,
    "committee": committee.build,
    "peer_battle": peer_battle.build,
}
