"""The supervisor and its subgraphs, with what happened in each box and what is under way."""

from collections import defaultdict
from dataclasses import dataclass

from .source import Source

RING = (
    *("plan", "generate", "curate", "battle", "select", "second_look", "taxonomy", "complexity"),
    *("feed_back", "train", "evaluate", "gate"),
)
"""The boxes of the supervisor, in the order of a round."""
_BOXES = {"curation": "curate"} | dict.fromkeys(("battle", "committee", "peer_battle"), "battle")


def box_of(graph: str) -> str:
    """Return the box that runs a graph for each record; a flow, and its parts, belong to `generate`."""
    return _BOXES.get(graph, "generate")


@dataclass(frozen=True)
class Box:
    """One node."""

    name: str
    begun: int
    done: int
    failed: int
    calls: int
    seconds: float

    @property
    def under_way(self) -> int:
        """How often it has begun and not ended."""
        return max(0, self.begun - self.done - self.failed)


@dataclass(frozen=True)
class Picture:
    """The whole of it."""

    ring: tuple[Box, ...]
    inside: dict[str, tuple[Box, ...]]
    """By graph: the nodes of the subgraphs."""


def picture(source: Source, round: int = 0) -> Picture:
    """Return what happened in each node, in one round or (0) in all."""
    query = (
        "SELECT graph, node, kind, outcome, sum(n), sum(seconds) FROM counts "
        + ("WHERE round = ? " if round else "")
        + "GROUP BY 1, 2, 3, 4"
    )
    sums: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    with source.opened() as connection:
        for graph, node, kind, outcome, n, seconds in connection.execute(
            query, (round,) if round else ()
        ):
            of = sums[graph, node]
            of[kind] += n
            if kind == "node_finished":
                of["seconds"] += seconds
            if kind == "call" and outcome == "failed":
                of["call_failed"] += n
    inside: dict[str, list[Box]] = defaultdict(list)
    for (graph, node), of in sorted(sums.items()):
        if graph not in ("", "supervisor") and node:
            inside[graph].append(_box(node, of))
    ring = tuple(_box(node, sums["supervisor", node]) for node in RING)
    return Picture(ring, {graph: tuple(boxes) for graph, boxes in inside.items()})


def _box(name: str, of: dict[str, float]) -> Box:
    begun, done = (int(of[kind]) for kind in ("node_started", "node_finished"))
    failed = int(of["node_failed"] + of["failed"])
    return Box(name, begun, done, failed, int(of["call"]), of["seconds"])
