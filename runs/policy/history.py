"""A run's policy over its rounds: versions, orders that wait, and what the feedback saw in each leaf."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ...agents.errors import UserError
from ...graphs import kinds
from ...graphs.stream import paged
from ...graphs.supervisor.cells import Table, read_table
from ...graphs.supervisor.decisions import Order, PolicyVersion, TaxonomyVersion
from ..dataset.coverage import read_versions
from ..folder import ARENA, RunFolder
from ..store import Store

PAGE = 500
V = TypeVar("V", PolicyVersion, TaxonomyVersion)


@dataclass(frozen=True)
class Cost:
    """What calls about the instructions of a leaf took: curating, hardening, answering, judging them."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True)
class History:
    """All versions, oldest first, and the table of every round that asked something."""

    policies: tuple[PolicyVersion, ...]
    taxonomies: tuple[TaxonomyVersion, ...]
    orders: tuple[Order, ...]
    tables: dict[int, Table] = field(default_factory=dict)
    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    """By skill and leaf."""

    @property
    def policy(self) -> PolicyVersion:
        """The version in force."""
        return self.policies[-1]

    @property
    def taxonomy(self) -> TaxonomyVersion:
        """The version in force."""
        return self.taxonomies[-1]

    @property
    def waiting(self) -> tuple[Order, ...]:
        """Orders that the next round's plan carries out."""
        return tuple(order for order in self.orders if not order.round)

    def version(self, number: int) -> PolicyVersion:
        """Return a version of the policy.

        Raises:
            UserError: there is none of that number; names those there are.
        """
        return _of(number, self.policies, lambda v: v.policy.version, "policy")

    def taxonomy_version(self, number: int) -> TaxonomyVersion:
        """Return a version of the taxonomy; as `version`."""
        return _of(number, self.taxonomies, lambda v: v.taxonomy.version, "taxonomy")


def _of(number: int, known: tuple[V, ...], told: Callable[[V], int], what: str) -> V:
    for version in known:
        if told(version) == number:
            return version
    versions = ", ".join(str(told(version)) for version in known)
    raise UserError(f"no {what} version {number}; versions: {versions}")


async def read_history(store: Store, folder: RunFolder, *, whole: bool = False) -> History:
    """Return a run's history; its tables and costs only where it is wanted `whole`.

    Raises:
        UserError: it is no run of `run`, or it has not begun its first round.
    """
    if await store.get_meta(ARENA):
        raise UserError(f"policy {folder.run_id}: it is an arena, which has no policy")
    policies, taxonomies = await read_versions(store)
    if not policies:
        raise UserError(f"policy {folder.run_id}: its first round has not begun yet")
    found = History(
        tuple(policies),
        tuple(taxonomies),
        tuple(sorted([o async for o in store.stream(kinds.ORDER)], key=lambda o: o.number)),
    )
    if not whole:
        return found
    number = 1
    while table := await read_table(store, number):
        found.tables[number] = table
        number += 1
    await _add_costs(store, found.costs)
    return found


async def _add_costs(store: Store, costs: dict[tuple[str, str], Cost]) -> None:
    async def spent() -> AsyncIterator[tuple[str, int, int, float]]:
        for row in store.spent():
            yield row

    async for page in paged(spent(), PAGE):
        drafts = await store.get_many(kinds.DRAFT, sorted({row[0] for row in page}))
        for subject, calls, tokens, usd in page:
            if subject in drafts:
                leaf = (drafts[subject].skill, drafts[subject].leaf)
                so_far = costs.get(leaf, Cost())
                costs[leaf] = Cost(so_far.calls + calls, so_far.tokens + tokens, so_far.usd + usd)
