"""What the taxonomy covered, lost and changed, round by round."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass

from ...graphs.supervisor.decisions import PolicyVersion, TaxonomyVersion
from ...taxonomy.policy import LeafPolicy, PolicyChange
from ...taxonomy.version import TaxonomyChange
from .source import Source


@dataclass(frozen=True)
class Cell:
    """One leaf in one round."""

    round: int
    skill: str
    leaf: str
    written: int
    rejected: int
    lost: int
    won: int
    even: int
    broken: int
    weight: float
    """In force while the round was written."""
    complexity: float

    @property
    def loss(self) -> float | None:
        """The target's share of lost instructions among those decided; None where none was."""
        decided = self.lost + self.won + self.even
        return self.lost / decided if decided else None


@dataclass(frozen=True)
class Growth:
    """The taxonomy over the rounds."""

    cells: tuple[Cell, ...]
    changes: tuple[PolicyChange, ...]
    """Every change of the policy, with its rule and numbers; the last first."""
    leaves: tuple[tuple[int, TaxonomyChange], ...]
    """Every change of the taxonomy itself, with its round."""
    skills: dict[str, tuple[str, ...]]
    """The leaves of each skill, in force now, those never drawn included."""

    def of(self, skill: str, leaf: str) -> "Growth":
        """Return what there is of one leaf."""
        own = (skill, leaf)
        return Growth(
            tuple(cell for cell in self.cells if (cell.skill, cell.leaf) == own),
            tuple(change for change in self.changes if (change.skill, change.leaf) == own),
            (),
            {skill: (leaf,)},
        )


_VERSIONS = "SELECT body FROM store.records WHERE kind = ? ORDER BY round, id"


def policy_versions(connection: sqlite3.Connection) -> list[PolicyVersion]:
    """Return the versions of a run's policy, the first one first."""
    found = connection.execute(_VERSIONS, ("policy",))
    return [PolicyVersion.model_validate_json(body) for (body,) in found]


def growth(source: Source) -> Growth:
    """Return how the taxonomy was covered and how the feedback changed it."""
    with source.opened() as connection:
        counted = connection.execute(
            "SELECT round, skill, leaf, outcome, count(*) FROM rows WHERE kind = 'draft' "
            "GROUP BY 1, 2, 3, 4"
        ).fetchall()
        policies = policy_versions(connection)
        versions = [
            TaxonomyVersion.model_validate_json(b)
            for (b,) in connection.execute(_VERSIONS, ("taxonomy",))
        ]
    changes = [change for version in policies for change in version.changes]
    return Growth(
        _cells([tuple(row) for row in counted], policies),
        tuple(reversed(changes)),
        tuple((v.round, change) for v in versions for change in v.changes),
        _skills(versions),
    )


def _cells(
    counted: list[tuple[int, str, str, str, int]], policies: list[PolicyVersion]
) -> tuple[Cell, ...]:
    sums: dict[tuple[int, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for round, skill, leaf, outcome, n in counted:
        sums[round, skill, leaf][outcome] += n
    cells = []
    for (round, skill, leaf), found in sorted(sums.items()):
        force = in_force(policies, round, skill, leaf)
        cells.append(
            Cell(
                *(round, skill, leaf, sum(found.values())),
                rejected=found["rejected"],
                lost=found["lost"],
                won=found["won"],
                even=found["even"],
                broken=found["broken"],
                weight=force.weight,
                complexity=force.level,
            )
        )
    return tuple(cells)


def in_force(policies: list[PolicyVersion], round: int, skill: str, leaf: str) -> LeafPolicy:
    """Return what the last policy made before a round says of a leaf."""
    before = [version.policy for version in policies if version.round < round]
    return before[-1].of(skill, leaf) if before else LeafPolicy()


def _skills(versions: list[TaxonomyVersion]) -> dict[str, tuple[str, ...]]:
    if not versions:
        return {}
    return {
        skill.name: tuple(leaf.name for leaf in skill.leaves)
        for skill in versions[-1].taxonomy.skills
    }
