"""The config that a run began with, as its store keeps it: what it makes cannot change any more.

The file in the run's folder can be edited or replaced, and a run that went on by it would hold what two
configs made, or be told to be completed by one that nobody ever ran.
"""

from typing import Any

from ..agents.errors import UserError
from .config.config import RunConfig, load_config, parts_of
from .folder import RunFolder
from .store import Store

_BEGUN = "config"
"""Meta key of a store."""
_MAY_CHANGE = "budget, execution, endpoints, max_tokens, training and more rounds may change"


async def keep_config(store: Store, config: RunConfig) -> None:
    """Note the config that a run goes on with."""
    await store.set_meta(_BEGUN, config.placed().model_dump(mode="json"))


async def begun_with(folder: RunFolder, store: Store) -> RunConfig:
    """Return the config that a run began with; of one that has not begun yet, what its folder holds.

    Raises:
        UserError: neither can be read.
    """
    kept = await store.get_meta(_BEGUN)
    return load_config(kept if isinstance(kept, dict) else folder.config, replays=True)


async def refuse_replaced(folder: RunFolder, store: Store) -> None:
    """Refuse to fork a run by a config that is not its own.

    Raises:
        UserError: its folder holds another one.
    """
    before, now = await begun_with(folder, store), load_config(folder.config, replays=True)
    if changed := _fixed(before, now):
        raise UserError(
            f"fork {folder.run_id}: {folder.config} is not what the run was made with ({changed}): put a "
            "copy of it back, and say what changes by --set"
        )


def refuse_change(folder: RunFolder, before: RunConfig, config: RunConfig) -> None:
    """Refuse to go on with a run under a config that makes something else.

    Raises:
        UserError: naming the sections that differ.
    """
    if not (changed := _fixed(before, config)):
        return
    by_hand = _changed(before.what(), load_config(folder.config, replays=True).what())
    move = (
        f"{folder.config} is not what the run began with ({by_hand}): put a copy of it back, and say what "
        "changes by --set"
        if by_hand
        else "start another one for that"
    )
    raise UserError(
        f"resume {folder.run_id}: {changed} cannot change in a run that has begun; {move} ({_MAY_CHANGE})"
    )


def _fixed(before: RunConfig, config: RunConfig) -> str:
    """Return the sections that differ and cannot change in a run that has begun, in words."""
    old, new = before.what(), config.what()
    for model in (*old["models"].values(), *new["models"].values()):
        for part in parts_of(model):
            part.pop("max_tokens", None)
    # Earlier rounds stay what they are; those that follow may be more, and trained in another way.
    for name in ("rounds", "training") if config.rounds >= before.rounds else ("training",):
        old.pop(name, None)
        new.pop(name, None)
    return _changed(old, new)


def _changed(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return the sections that differ, in words."""
    return ", ".join(sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k)))
