"""Cells: what a round showed of each leaf, by the way its passages were made and by complexity.

The table that the feedback decides by and that `arenainstruct policy show` tells. It is computed from
records whenever it is wanted, and kept nowhere.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal, NamedTuple, TypeVar, get_args

from ...agents.records import Battle, Instruction, Reject
from .. import kinds, stages
from ..records import Records
from ..stream import paged
from .decisions import Decision, decision_id
from .learning_value import Evidence

Band = Literal["plain", "middle", "hard"]
BANDS: tuple[Band, ...] = get_args(Band)
"""Of levels, the plainest first."""
FORGOTTEN = 0.05
"""Rounds that count less than this are not read."""
PAGE = 200
"""Drafts looked at together."""
_GATES = (*stages.CURATE.steps, *stages.SECOND_LOOK.steps)
DUPLICATE = "duplicate"
"""The gate's reason for a task that an earlier one asks already."""


class Place(NamedTuple):
    """Where in the table a cell stands."""

    skill: str
    leaf: str
    transformation: str
    band: Band


@dataclass(frozen=True, slots=True)
class Cell:
    """What some instructions went through."""

    asked: int = 0
    """Instructions written."""
    won: int = 0
    tied: int = 0
    lost: int = 0
    """The target's undisputed battles over sound instructions."""
    decided: int = 0
    """Instructions with such a battle."""
    taught: float = 0.0
    """Sum over them of the share of its battles that the target lost."""
    broken: int = 0
    """Instructions that everybody lost, or that the jury disputes."""
    battles: int = 0
    """All battles that select, whoever met."""
    disputed: int = 0
    """Those without a clear verdict."""
    dropped: tuple[tuple[str, int], ...] = ()
    """Instructions that the gate refused, by cause."""

    @property
    def evidence(self) -> Evidence:
        """What asking them taught: what broke or was refused is a try too."""
        gone = sum(count for _, count in self.dropped)
        return Evidence(self.decided + self.broken + gone, self.taught)

    @property
    def novelty(self) -> float | None:
        """Share of what was written that nothing before it asks; None where nothing was written."""
        return 1 - dict(self.dropped).get(DUPLICATE, 0) / self.asked if self.asked else None

    @property
    def dispute(self) -> float | None:
        """Share of the battles that the jury disputes; None without any."""
        return self.disputed / self.battles if self.battles else None


def together(cells: Iterable[Cell]) -> Cell:
    """Return the cell of all their instructions, the same in any order."""
    cells = list(cells)
    causes: dict[str, int] = {}
    for cause, count in (pair for cell in cells for pair in cell.dropped):
        causes[cause] = causes.get(cause, 0) + count
    return Cell(
        asked=sum(c.asked for c in cells),
        won=sum(c.won for c in cells),
        tied=sum(c.tied for c in cells),
        lost=sum(c.lost for c in cells),
        decided=sum(c.decided for c in cells),
        taught=fsum(c.taught for c in cells),
        broken=sum(c.broken for c in cells),
        battles=sum(c.battles for c in cells),
        disputed=sum(c.disputed for c in cells),
        dropped=tuple(sorted(causes.items())),
    )


Table = Mapping[Place, Cell]
K = TypeVar("K")
Leaves = Mapping[tuple[str, str], Cell]
"""By skill and leaf."""


def cell_of(decision: Decision | None, battles: Sequence[Battle]) -> Cell:
    """Return the cell of one instruction that was written: its decision and its battles.

    Of what evaluates only that it was asked is counted, also where it turned out broken: the evaluation
    jury steers nothing.
    """
    if decision is None or any(battle.purpose == "evaluation" for battle in battles):
        return Cell(asked=1)
    played = decision.won + decision.tied + decision.lost
    sound = decision.outcome != "broken"
    return Cell(
        asked=1,
        won=decision.won * sound,
        tied=decision.tied * sound,
        lost=decision.lost * sound,
        decided=int(sound and played > 0),
        taught=decision.lost / played if sound and played else 0.0,
        broken=int(not sound),
        battles=len(battles),
        disputed=sum(battle.disputed for battle in battles),
    )


def by(table: Table, key: Callable[[Place], tuple[str, ...]]) -> dict[tuple[str, ...], Cell]:
    """Return the table summed up by what a key tells of a place, in the order of the keys."""
    found: dict[tuple[str, ...], list[Cell]] = {}
    for place, cell in table.items():
        found.setdefault(key(place), []).append(cell)
    return {name: together(cells) for name, cells in sorted(found.items())}


def by_leaf(table: Table) -> Leaves:
    """Return the table summed up by skill and leaf."""
    return {(skill, leaf): cell for (skill, leaf), cell in by(table, lambda p: p[:2]).items()}


def band(complexity: int) -> Band:
    """Return the band of a level asked for."""
    return "plain" if complexity < 3 else "middle" if complexity == 3 else "hard"


def place_of(asked: Instruction) -> Place:
    """Return where an instruction counts."""
    return Place(asked.skill, asked.leaf, asked.transformation, band(asked.complexity))


async def read_table(records: Records, number: int) -> Table:
    """Return a round's table; a page of instructions is in memory at a time."""
    found: dict[Place, Cell] = {}
    async for place, cell in _cells(records, number):
        found[place] = together([found.get(place, Cell()), cell])
    return dict(sorted(found.items()))


async def lately(records: Records, number: int, memory: float) -> dict[int, Table]:
    """Return the tables of rounds by number, the last one first, as far back as they count."""
    found: dict[int, Table] = {}
    counts = 1.0
    while number > 0 and counts >= FORGOTTEN:
        found[number] = await read_table(records, number)
        number, counts = number - 1, counts * memory
    return found


def faded(rounds: Mapping[int, Mapping[K, Cell]], memory: float) -> dict[K, Evidence]:
    """Return what asking taught by any key: each round counts `memory` of the one after it."""
    found: dict[K, Evidence] = {}
    for number, cells in rounds.items():
        counts = memory ** (max(rounds) - number)
        for key, cell in cells.items():
            found[key] = found.get(key, Evidence()) + cell.evidence.faded(counts)
    return found


async def _cells(records: Records, number: int) -> AsyncIterator[tuple[Place, Cell]]:
    async for page in paged(records.stream(kinds.DRAFT, number), PAGE):
        named = {draft.id: decision_id(draft.id) for draft in page}
        decisions = await records.get_many(kinds.DECISION, sorted(named.values()))
        fought = sorted({id for d in decisions.values() for id in d.parents[1:]})
        battles = await records.get_many(kinds.BATTLE, fought)
        sums: dict[Place, list[Cell]] = {}
        for draft in page:
            decision = decisions.get(named[draft.id])
            its = [
                battles[id] for id in (decision.parents[1:] if decision else ()) if id in battles
            ]
            sums.setdefault(place_of(draft), []).append(cell_of(decision, its))
        for place, cells in sums.items():
            yield place, together(cells)
    async for refused in paged(records.stream(kinds.REJECT, number), PAGE):
        gone = [reject for reject in refused if reject.stage in _GATES and not reject.failed]
        drafts = await records.get_many(kinds.DRAFT, sorted({reject.subject for reject in gone}))
        for reject in gone:
            if reject.subject in drafts:
                yield place_of(drafts[reject.subject]), _refused(reject)


def _refused(reject: Reject) -> Cell:
    """Return what a gate's no adds; a broken instruction that is refused at the second look is one try."""
    again = reject.stage in stages.SECOND_LOOK.steps
    return Cell(broken=-1 if again else 0, dropped=((reject.reason, 1),))
