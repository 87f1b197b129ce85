"""The parts that a skill's prompts play: who speaks each, what it is told, what it replies."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part; a prompt file for it says the same role and reply, and uses some of the variables."""

    role: str
    reply: str
    """Name of the reply type in `agents.replies`."""
    variables: frozenset[str]


def _part(role: str, reply: str, variables: str) -> Part:
    return Part(role, reply, frozenset(variables.split()))


PARTS = {
    "transform": _part(
        "transformer", "PassageReply", "about seed seed_kind seed_title transformation"
    ),
    "describe": _part("describer", "ApisReply", "seed language"),
    "write": _part("writer", "TasksReply", "about passage apis leaf count complexity"),
    "suggest": _part(
        "suggester",
        "SuggestionsReply",
        "about passage apis task options leaf goals count complexity",
    ),
    "edit": _part(
        "editor",
        "EditReply",
        "about passage apis task options leaf goal direction expected_behaviour",
    ),
}
