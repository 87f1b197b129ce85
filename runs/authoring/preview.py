"""One document through all stages of one skill: what was sent, what came back, and what was made of it.

It is a run of one round in a folder that is thrown away, so nothing differs from a real one.

from arenainstruct.runs.authoring.preview import preview
found = preview("mine.yaml", "seed.txt")
"""

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...agents.records import Passage, Record, Reject, Seed
from ...graphs import kinds
from ...graphs.kinds import Kind
from ..calls.calls import ShownCall, Wanted, calls
from ..config.config import RunConfig, load_config
from ..config.load import Source
from ..config.skills import read_anew
from ..folder import RunFolder
from ..opening import stored
from ..run import launch

_SMALL = (
    *("rounds=1", "per_seed.passages=2", "per_seed.instructions=4", "per_seed.per_leaf=1"),
    *("per_seed.refinements=1", "per_seed.directions=1", "arena.battles_per_instruction=1"),
    *("evaluation.held_out=0", "training.backend=export", "execution.store=null"),
)
"""What makes a run small enough to read, and keeps it from training."""


FEW = 4
"""Documents of a folder that are taken."""


@dataclass(frozen=True)
class _Part:
    """What belongs to a stage."""

    name: str
    roles: tuple[str, ...]
    kinds: tuple[Kind[Any], ...] = ()
    rejects: tuple[str, ...] = ()
    """Stages that its rejects bear."""


_PARTS = (
    _Part(
        "transformation",
        ("transformer", "describer", "finder", "hypothesiser"),
        (kinds.PASSAGE,),
        ("transformation",),
    ),
    _Part("instruction", ("writer",), (kinds.DRAFT,), ("instruction",)),
    _Part(
        "refinement", ("suggester", "editor"), (kinds.PASSAGE, kinds.DRAFT), ("suggestion", "edit")
    ),
    _Part("gate", ("curator",), (kinds.INSTRUCTION,), ("curation",)),
    _Part("answers", ("contender", "examiner", "tool"), (kinds.ANSWER,), ("answer", "examine")),
    _Part("judging", ("juror", "moderator"), (kinds.BATTLE,), ("judge",)),
    _Part("rows", (), (kinds.SFT, kinds.PREFERENCE, kinds.RLVR)),
)
_LAST = "other"
"""Where calls of other roles are shown."""


@dataclass
class StageShown:
    """What happened in one stage."""

    name: str
    calls: list[ShownCall] = field(default_factory=list)
    made: list[tuple[str, Record]] = field(default_factory=list)
    """What came of it, each with its kind."""
    rejects: list[Reject] = field(default_factory=list)

    @property
    def further(self) -> bool:
        """Whether it is what other roles were asked: nothing is made there."""
        return self.name == _LAST

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "stage": self.name,
            "calls": [call.data() for call in self.calls],
            "made": [{"kind": kind} | one.model_dump(mode="json") for kind, one in self.made],
            "rejects": [one.model_dump(mode="json") for one in self.rejects],
        }


@dataclass(frozen=True)
class Preview:
    """A document's way through one skill."""

    skill: str
    seeds: tuple[Seed, ...]
    """One, or those of a folder."""
    stages: tuple[StageShown, ...]
    status: str
    """How the run ended: `completed`, or why not."""

    @property
    def completed(self) -> bool:
        """Whether the run went to its end and made something."""
        return self.status == "completed"

    def stage(self, name: str) -> StageShown:
        """Return a stage by its name."""
        return next(stage for stage in self.stages if stage.name == name)

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "skill": self.skill,
            "seeds": [seed.model_dump(mode="json") for seed in self.seeds],
            "stages": [stage.data() for stage in self.stages],
            "status": self.status,
        }


def preview_config(
    skill: str, seed: str | Path, config: Source = None, overrides: Iterable[str] = ()
) -> RunConfig:
    """Return the config of a preview: that of a run, with one skill, one document, and little of all.

    Raises:
        UserError: the config or the skill is wrong; each fault with file and line.
    """
    read_anew()
    own = (f"skills={json.dumps([skill])}", f"seeds.path={json.dumps(str(seed))}")
    return load_config(config, (*_SMALL, *own, *overrides))


def preview(
    skill: str, seed: str | Path, config: Source = None, overrides: Iterable[str] = ()
) -> Preview:
    """Take one document through all stages of a skill, with the embedded models where no config is given.

    Of a folder it is the first few: a flow that searches finds nothing where there is only one.

    Raises:
        UserError: the config, the skill or the document is wrong; nothing was paid.
    """
    loaded = preview_config(skill, seed, config, overrides)
    with TemporaryDirectory(prefix="arenainstruct-") as scratch:
        limit = FEW if Path(seed).is_dir() else 1
        run = launch(loaded, runs_dir=scratch, run_id="preview-1", limit=limit)
        status = "completed" if run.completed else f"{run.status}: {run.reason}"
        folder = RunFolder(Path(scratch) / "preview-1")
        return asyncio.run(_read(folder, loaded.loaded_skills()[0].name, status))


async def _read(folder: RunFolder, skill: str, status: str) -> Preview:
    stages = {part.name: StageShown(part.name) for part in _PARTS} | {_LAST: StageShown(_LAST)}
    by_role = {role: part.name for part in _PARTS for role in part.roles}
    async for call in calls(folder, Wanted()):
        stages[by_role.get(call.role, _LAST)].calls.append(call)
    of_reject = {stage: part.name for part in _PARTS for stage in part.rejects}
    with stored(folder.store()) as store:
        seeds = [seed async for seed in store.stream(kinds.SEED)]
        async for reject in store.stream(kinds.REJECT):
            stages[of_reject.get(reject.stage, _LAST)].rejects.append(reject)
        for part in _PARTS:
            for kind in part.kinds:
                records = [record async for record in store.stream(kind)]
                stages[part.name].made += ((kind.name, r) for r in _of(part.name, records))
    shown = [s for s in stages.values() if s.name != _LAST or s.calls or s.rejects]
    return Preview(skill, tuple(seeds), tuple(shown), status)


def _of(stage: str, records: Iterable[Any]) -> Iterator[Any]:
    """Yield the records of a stage: what was edited is refinement's, and no earlier one's."""
    for record in records:
        edited = getattr(record, "operator", "seed") != "seed"
        if isinstance(record, Passage):
            edited = record.parents[:1] != (record.seed_id,)
        later = stage in ("gate", "answers", "judging", "rows")
        if later or edited == (stage == "refinement"):
            yield record
