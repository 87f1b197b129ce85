"""The kinds of flows, by the name that a skill's YAML gives: what is true of each before it is built.

No graph is imported here, so that a config is checked, and a run foretold, without building one.
"""

from dataclasses import dataclass

from ...taxonomy.skill import Skill


@dataclass(frozen=True)
class FlowKind:
    """How a flow turns seeds into passages, and whether agents or a program write about them."""

    roles: tuple[str, ...]
    """Roles that can carry a transformation out; the first does where the YAML names none."""
    transform: str = "transform"
    """Which part of `agents.parts` the skill's `transform` prompt plays."""
    programmed: bool = False
    """A program writes its instructions: the skill names it, and needs no prompts and no goals."""
    lists_apis: bool = False
    """Its passages are API lists, and its instructions are answered by calling them."""
    shows_sites: bool = False
    """Its passages are websites, which its program draws."""

    def role(self, named: str) -> str:
        """Return the role that carries a transformation out."""
        return named or self.roles[0]


KINDS = {
    "standard": FlowKind(roles=("transformer",)),
    "constrained": FlowKind(roles=("transformer",)),
    # A program searches: no role transforms.
    "retrieval": FlowKind(roles=("transformer",)),
    # A program draws the site that a passage holds, and the tasks on it.
    "web": FlowKind(roles=("transformer",), programmed=True, shows_sites=True),
    "program": FlowKind(roles=("transformer",), programmed=True),
    "tool_use": FlowKind(roles=("finder", "hypothesiser"), transform="describe", lists_apis=True),
}


def calling(skill: Skill) -> float:
    """Return the share of a skill's leaves whose answers may call something."""
    if KINDS[skill.flow].lists_apis:
        return 1.0
    return sum(bool(leaf.tools) for leaf in skill.leaves) / len(skill.leaves)
