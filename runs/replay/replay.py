"""Replay: a run made again from its ledger alone, with the network forbidden, and its dataset compared.

It tells whether the run depends on nothing but its config, its documents and what its models said; and
where a changed prompt, setting or release makes it go another way, which call is the first one.
"""

import filecmp
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter

from ...agents.contender_name import version_of
from ...agents.errors import UserError
from ...agents.models.settings import ModelSettings
from ...graphs import kinds
from ...graphs.supervisor.decisions import Trained
from ...graphs.trainer import TrainRequest, Weights
from ..config.config import load_config
from ..control.interrupt import twin
from ..disk import kept_in
from ..folder import ARENA, RUNS, RunFolder
from ..manifest import Manifest
from ..opening import stored
from ..result import RunResult
from ..run import repeat_async
from ..screen.terminal import program
from ..store import Store
from .forked import FORK

_MODEL: TypeAdapter[ModelSettings] = TypeAdapter(ModelSettings)


@dataclass(frozen=True)
class Replayed:
    """What came of a replay."""

    run_id: str
    served: int
    """Calls that the ledger answered."""
    divergence: str = ""
    """The first call that it did not hold, and in what it differs from the one that it does."""
    differing: tuple[str, ...] = ()
    """Files of the dataset that came out other than they were, by their paths in it."""

    @property
    def identical(self) -> bool:
        """Whether the same bytes came out."""
        return not self.divergence and not self.differing

    def data(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"identical": self.identical, **asdict(self)}

    def __str__(self) -> str:
        if self.divergence:
            return f"diverged after {self.served} calls served: {self.divergence}"
        if self.differing:
            first, more = self.differing[0], len(self.differing) - 1
            others = f" and {more} more" if more else ""
            return f"differs ({self.served} calls served): dataset/{first}{others}"
        return f"identical ({self.served} calls served)"


async def replay_async(
    run: str, *, runs_dir: str | Path = RUNS, to: Path | None = None
) -> Replayed:
    """Make a completed run again in a scratch folder, or in one that is kept, and compare the datasets.

    Raises:
        UserError: there is no such run, or it is not completed.
    """
    folder = RunFolder.find(run, Path(runs_dir))
    kept = to / folder.run_id if to else None
    if kept and kept.exists():
        raise UserError(f"--to {to}: {kept} is there already; name another folder")
    # Of the copy, which nobody should resume: it may hold but a part of what was paid.
    again = "replay again" if to else "replay again, or into --to DIR"
    with folder.locked(), _scratch(kept) as scratch:
        copy = RunFolder(scratch / folder.run_id)
        with kept_in(scratch.parent if to else scratch, again):
            trained = await _prepare(folder, copy)
            result = await repeat_async(copy, _Trained(trained), again)
            found = _compared(folder, copy, result)
            if kept:
                os.rename(copy.path, kept)
        return found


replay = twin(replay_async)


@contextmanager
def _scratch(kept: Path | None) -> Iterator[Path]:
    """Yield a folder to work in, beside what is kept where something is; it is gone afterwards.

    One that a kill left behind goes first.
    """
    if kept is None:
        with TemporaryDirectory(prefix="replay-") as scratch:
            yield Path(scratch)
        return
    part = kept.with_name(f".{kept.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@dataclass(frozen=True)
class _Trained:
    """A trainer that trains nothing: what a run trained answered calls that are in its ledger."""

    by_round: Mapping[int, Trained]

    async def train(self, request: TrainRequest) -> Weights | None:
        """Return what was trained in the same round."""
        found = self.by_round.get(request.round)
        if found is None or not found.contender:
            return None
        return Weights(
            version=version_of(found.contender),
            model=_MODEL.validate_python(found.model),
            said=found.reason.rpartition(": ")[0],
            training=found.training,
        )


async def _prepare(folder: RunFolder, copy: RunFolder) -> dict[int, Trained]:
    """Lay out what a run begins with: config, manifest, all that was asked and answered, and ordered.

    Returns what it trained, by round.
    """
    with stored(folder.store()) as source:
        await _refuse(folder, source)
        # Told by their own names, before there are copies of them.
        Manifest.read(folder.manifest)
        load_config(folder.config, replays=True)
        copy.path.mkdir(parents=True)
        for name in (folder.config.name, folder.manifest.name):
            (copy.path / name).write_bytes((folder.path / name).read_bytes())
        with stored(copy.store()) as target:
            await target.copy_calls(source)
            orders = [order async for order in source.stream(kinds.ORDER) if order.round]
            await target.add(kinds.ORDER, 0, orders)
            if (forked := await source.get_meta(FORK)) is not None:
                await target.set_meta(FORK, forked)
        return {trained.round: trained async for trained in source.stream(kinds.TRAINED)}


async def _refuse(folder: RunFolder, store: Store) -> None:
    """Raise where there is nothing to replay up to its end."""
    if await store.get_meta(ARENA):
        raise UserError(f"replay {folder.run_id}: it is an arena; replay needs a run of `run`")
    status = folder.ended().get("status", "interrupted")
    if status != "completed":
        raise UserError(
            f"replay {folder.run_id}: it is not completed ({status}): "
            f"take it up first with `{program()} resume {folder.path}`"
        )


def _compared(folder: RunFolder, copy: RunFolder, result: RunResult) -> Replayed:
    served = result.calls["served"]
    if not result.completed:
        return Replayed(folder.run_id, served, divergence=result.reason)
    both = (folder.dataset, copy.dataset)
    names = {str(p.relative_to(d)) for d in both for p in d.rglob("*") if p.is_file()}
    same = set(filecmp.cmpfiles(*both, sorted(names), shallow=False)[0])
    return Replayed(folder.run_id, served, differing=tuple(sorted(names - same)))
