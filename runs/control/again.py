"""Asking again: a row that was rejected goes through its round once more when its run is taken up.

The order waits in the run's store. A call that failed is asked again by every resume; what a curator
refused is asked again where somebody wants it, and its answer of before is served no more.
"""

from collections.abc import Iterable

from ...agents.errors import UserError
from ...agents.records import Reject
from ...graphs import kinds
from ..folder import ARENA, RunFolder
from ..opening import stored
from ..screen.terminal import program
from ..store import Store
from .control import LIVE

AGAIN = "again"
"""Meta key of a store: ids of the rejects whose rows are to be asked again."""
_REFUSES = "curator"


async def ask_again(folder: RunFolder, ids: Iterable[str]) -> tuple[str, ...]:
    """Note rejected rows that the next start of a run asks its models about again; return all that are noted.

    Raises:
        UserError: one is no reject, or asking again would change nothing.
    """
    ids = tuple(ids)
    with stored(folder.store()) as store:
        found = await store.get_many(kinds.REJECT, ids)
        for id in ids:
            if why := await _refusal(folder, store, found.get(id)):
                raise UserError(f"ctl {folder.run_id} again: {id}: {why}")
        noted = tuple(sorted({*await waiting(store), *ids}))
        await store.set_meta(AGAIN, list(noted))
        return noted


async def waiting(store: Store) -> tuple[str, ...]:
    """Return the rejects whose rows wait to be asked again."""
    return tuple(await store.get_meta(AGAIN) or ())


async def strike_refusals(store: Store) -> bool:
    """Serve what was said of the rows that wait no more; return whether there are any."""
    rejects = await store.get_many(kinds.REJECT, await waiting(store))
    refused = {reject.subject for reject in rejects.values() if not reject.failed}
    for key in await store.asked_about(refused, _REFUSES):
        await store.strike(key)
    return bool(rejects)


async def _refusal(folder: RunFolder, store: Store, reject: Reject | None) -> str:
    """Return why a row cannot be asked again; empty where it can."""
    if await store.get_meta(ARENA):
        return "an arena's failed calls are asked again by the command that began it"
    if reject is None:
        return "there is no such reject in the run"
    live = await store.get_meta(LIVE) or {}
    reached = (live.get("reached") or folder.ended().get("reached", {})).get("round", 0)
    if not reject.round:
        return "the document was not taken in; mend it, or the settings, and begin another run"
    if reject.round != reached:
        return (
            f"it is of round {reject.round}, and the run has gone on to round {reached}, made under what "
            f"came of it; `{program()} fork` makes the run again from a place in it"
        )
    if reject.failed:
        return ""
    if reject.reason == "duplicate" or not await store.asked_about({reject.subject}, _REFUSES):
        return (
            f"no curator refused it ({reject.stage}/{reject.reason}): the same would come out again; a fork "
            "makes it under another config or prompt"
        )
    return ""
