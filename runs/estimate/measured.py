"""How fast endpoints were in earlier runs, as their ledgers tell: what an estimate of the time rests on."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...agents.errors import ArenaInstructError
from ...agents.models.settings import EndpointSettings, ModelSettings
from ..config.config import load_config
from ..folder import RunFolder
from ..opening import stored
from ..store.ledger import Worked

LOOKED_AT = 10
"""The latest runs whose ledgers are looked at."""
LEAST = 20
"""Replies from which on a run tells how fast an endpoint is."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an endpoint was."""

    tokens_per_s: float
    """Of one call, all that it waited for counted in."""
    lanes: float
    """Calls at a time, on average."""
    run: str
    """The run that tells it."""


async def measured(models: Mapping[str, ModelSettings], runs_dir: Path) -> dict[str, Speed]:
    """Return the speed of each endpoint that a run here has asked lately; the latest run counts."""
    wanted = {m.endpoint: m.model for m in models.values() if isinstance(m, EndpointSettings)}
    found: dict[str, Speed] = {}
    for folder in _latest(runs_dir):
        if wanted.keys() <= found.keys():
            break
        try:
            told = await _told(folder)
        except ArenaInstructError as error:
            logging.getLogger(__name__).debug("%s tells no speed: %s", folder.path, error)
            continue
        found = {place: told[place] for place in told.keys() & wanted.keys()} | found
    return found


def _latest(runs_dir: Path) -> Iterable[RunFolder]:
    kept = [folder for path in runs_dir.glob("*-*") if (folder := RunFolder(path)).has_store]
    kept = [folder for folder in kept if folder.config.is_file()]
    return sorted(kept, key=lambda folder: folder.config.stat().st_mtime, reverse=True)[:LOOKED_AT]


async def _told(folder: RunFolder) -> dict[str, Speed]:
    """Return what one run tells of the endpoints that it asked."""
    models = load_config(folder.config, replays=True).models
    with stored(folder.store()) as store:
        worked = await store.worked()
    places: dict[str, list[Worked]] = {}
    for alias, work in worked.items():
        if isinstance(model := models.get(alias), EndpointSettings):
            places.setdefault(model.endpoint, []).append(work)
    return {
        place: speed
        for place, works in places.items()
        if (speed := _speed(works, folder.run_id)) is not None
    }


def _speed(works: list[Worked], run: str) -> Speed | None:
    busy = sum(work.seconds for work in works)
    written = sum(work.tokens_out for work in works)
    span = max(work.last for work in works) - min(work.first for work in works)
    if sum(work.replies for work in works) < LEAST or not busy or not written or span <= 0:
        return None
    return Speed(written / busy, max(1.0, busy / span), run)
