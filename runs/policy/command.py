"""`arenainstruct policy show | diff | pin | rollback RUN`: what the next round asks, and why."""

import json
from collections.abc import Awaitable, Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..options import RUNS, JsonOption, RunArg, RunsOption
from ..screen.terminal import say

if TYPE_CHECKING:
    from ...graphs.supervisor.decisions import Order
    from ..folder import RunFolder
    from ..store import Store
    from .history import History

T = TypeVar("T")

policy = typer.Typer(
    help="Read what steers a run's next round, compare its versions, pin a leaf, or go back.",
    no_args_is_help=True,
)


@policy.command()
def show(run: RunArg, runs_dir: RunsOption = RUNS, as_json: JsonOption = False) -> None:
    """Show the policy in force, with what all rounds showed of each leaf and what it cost."""
    from .tell import show as page
    from .tell import shown

    history = _history(run, runs_dir, whole=True)
    say(json.dumps(shown(history)) if as_json else page(history))


@policy.command()
def coverage(run: RunArg, runs_dir: RunsOption = RUNS, as_json: JsonOption = False) -> None:
    """Show of each skill and leaf what was wanted, made and dropped, by transformation."""
    from dataclasses import asdict

    from ..dataset.coverage import page, read_coverage

    found = _with(run, runs_dir, lambda store, _: read_coverage(store))
    if as_json:
        say(json.dumps({"skills": [asdict(skill) for skill in found]}))
    else:
        say(page(found) or "nothing was asked yet: its first round has not begun")


@policy.command()
def diff(
    run: RunArg,
    one: Annotated[
        int | None, typer.Argument(metavar="[FROM]", help="Version; left out: the one before.")
    ] = None,
    other: Annotated[
        int | None, typer.Argument(metavar="[TO]", help="Version; left out: the one in force.")
    ] = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Show what two versions differ in, each difference with its reasons in numbers."""
    from .tell import diff as differing
    from .tell import told

    history = _history(run, runs_dir)
    last = history.policy.policy.version
    found = differing(history, max(1, last - 1) if one is None else one, other or last)
    say(json.dumps(found) if as_json else told(found))


@policy.command()
def pin(
    run: RunArg,
    leaf: Annotated[str, typer.Argument(metavar="SKILL/LEAF", help="The leaf to hold.")],
    weight: Annotated[
        float | None, typer.Option(min=0, help="How often it is asked; the usual is 1.")
    ] = None,
    complexity: Annotated[
        int | None, typer.Option(min=1, max=5, help="The level that is asked for.")
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="Let the feedback change it again.")] = False,
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Hold a leaf's weight, its complexity or both from the next round on: no feedback changes them.

    Without a value, what it has now is held.
    """
    from ...agents.errors import UserError
    from ...graphs.supervisor.decisions import Order

    if weight is not None and not 0 <= weight < inf:
        raise UserError(f"--weight {weight}: is no weight: a number from 0 on; the usual is 1")

    def made(history: "History", number: int) -> list[Order]:
        skill, name = _leaf(history, leaf)
        given = {"weight": weight, "complexity": complexity}
        fields = [f for f, value in given.items() if value is not None] or list(given)
        return [
            Order.model_validate(
                {
                    "id": _id(number + place),
                    "number": number + place,
                    "what": "free" if free else "pin",
                    "skill": skill,
                    "leaf": name,
                    "field": field,
                    "value": None if free else given[field],
                }
            )
            for place, field in enumerate(fields)
        ]

    _order(run, runs_dir, made, as_json)


@policy.command()
def rollback(
    run: RunArg,
    to: Annotated[int | None, typer.Option("--to", help="Version of the policy.")] = None,
    taxonomy: Annotated[int | None, typer.Option(help="Version of the taxonomy.")] = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Let the next round ask what an earlier version asked; left out: the policy before this one."""
    from ...graphs.supervisor.decisions import Order

    def made(history: "History", number: int) -> list[Order]:
        before = to
        if to is None and taxonomy is None:
            before = max(1, history.policy.policy.version - 1)
        if before is not None:
            history.version(before)
        if taxonomy is not None:
            history.taxonomy_version(taxonomy)
        return [
            Order(
                id=_id(number),
                number=number,
                what="rollback",
                policy=before or 0,
                taxonomy=taxonomy or 0,
            )
        ]

    _order(run, runs_dir, made, as_json)


def _id(number: int) -> str:
    from ...agents.records import make_id

    return make_id("order", number)


def _leaf(history: "History", given: str) -> tuple[str, str]:
    """Return skill and leaf that a user names.

    Raises:
        UserError: there is no such leaf in force; names those that are near.
    """
    from difflib import get_close_matches

    from ...agents.errors import UserError

    known = [f"{s.name}/{x.name}" for s in history.taxonomy.taxonomy.skills for x in s.in_force]
    if given not in known:
        near = get_close_matches(given, known, 3, 0.4) or known[:3]
        raise UserError(f"no leaf {given!r} in force; near: {', '.join(near)}")
    skill, leaf = given.split("/")
    return skill, leaf


def _history(run: str, runs_dir: Path, *, whole: bool = False) -> "History":
    from .history import read_history

    return _with(run, runs_dir, lambda store, folder: read_history(store, folder, whole=whole))


def _with(run: str, runs_dir: Path, work: Callable[["Store", "RunFolder"], Awaitable[T]]) -> T:
    import asyncio

    from ..folder import RunFolder
    from ..opening import stored

    folder = RunFolder.find(run, runs_dir)

    async def opened() -> T:
        with stored(folder.store()) as store:
            return await work(store, folder)

    return asyncio.run(opened())


def _order(
    run: str, runs_dir: Path, made: Callable[["History", int], "list[Order]"], as_json: bool
) -> None:
    """Write orders that wait for the next round's plan, and say so."""
    from ...graphs import kinds
    from ..screen.terminal import program
    from .history import read_history

    async def write(store: "Store", folder: "RunFolder") -> "list[Order]":
        with folder.locked():
            history = await read_history(store, folder)
            orders = made(history, len(history.orders) + 1)
            await store.add(kinds.ORDER, 0, orders)
            return orders

    orders = _with(run, runs_dir, write)
    if as_json:
        say(json.dumps({"waiting": [order.model_dump() for order in orders]}))
        return
    for order in orders:
        say(f"{order}: at the next round that begins with `{program()} resume {run}`")
    say("A run that has done all its rounds needs one more: --set rounds=N")
