"""The kinds of flows, by the name that a skill's YAML gives: what is true of each before it is built.

No graph of this package is imported here, so that a config is checked, and a run foretold, without
building one.
"""

from dataclasses import dataclass

from ...taxonomy.skill import Skill
from ...tools.constraints import FAMILIES
from ...tools.programs import named


@dataclass(frozen=True)
class FlowKind:
    """How a flow turns seeds into passages, and whether agents or a program write about them."""

    roles: tuple[str, ...]
    """Roles that can carry a transformation out; the first does where the YAML names none."""
    transform: str = "transform"
    """Which of `PARTS` in `runs.config.skills` the skill's `transform` prompt plays."""
    programmed: bool = False
    """A program writes its instructions: the skill names it, and needs no prompts and no goals."""
    by_leaf: bool = False
    """A program makes of each leaf what it knows by the leaf's name: none is split, merged or proposed."""
    leaves: tuple[str, ...] = ()
    """The names that it knows; empty where the skill's own program says which."""
    lists_apis: bool = False
    """Its passages are API lists, and its instructions are answered by calling them."""
    shows_sites: bool = False
    """Its passages are websites, which its program draws."""

    def role(self, named: str) -> str:
        """Return the role that carries a transformation out."""
        return named or self.roles[0]


KINDS = {
    "standard": FlowKind(roles=("transformer",)),
    "constrained": FlowKind(roles=("transformer",), by_leaf=True, leaves=tuple(FAMILIES)),
    # A program searches: no role transforms.
    "retrieval": FlowKind(roles=("transformer",)),
    # A program draws the site that a passage holds, and the tasks on it.
    "web": FlowKind(roles=("transformer",), programmed=True, by_leaf=True, shows_sites=True),
    "program": FlowKind(roles=("transformer",), programmed=True, by_leaf=True),
    "tool_use": FlowKind(roles=("finder", "hypothesiser"), transform="describe", lists_apis=True),
}


OWN = ":"
"""What stands in a flow's name that is code of the user's: `package.module:build`."""


def kind_of(flow: str) -> FlowKind:
    """Return the kind of a flow; one of the user's is as the `KIND` beside it says, else as the standard one.

    Raises:
        ValueError: the user's code is not there, or may not be run.
    """
    if OWN not in flow:
        return KINDS[flow]
    named(flow)
    module = flow.partition(OWN)[0]
    try:
        found = named(f"{module}{OWN}KIND")
    except ValueError:
        return KINDS["standard"]
    if not isinstance(found, FlowKind):
        raise ValueError(f"{module}:KIND is {found!r}; it has to be a FlowKind of {__name__}")
    return found


def calling(skill: Skill) -> float:
    """Return the share of a skill's leaves whose answers may call something."""
    if kind_of(skill.flow).lists_apis:
        return 1.0
    return sum(bool(leaf.tools) for leaf in skill.leaves) / len(skill.leaves)
