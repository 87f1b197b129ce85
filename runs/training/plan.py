"""The plan of one training: what its process reads, and nothing else."""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict

from ..disk import write_whole
from .rows import Rows
from .settings import ORDER, REWARDED, TrainingSettings

_FILE = "plan.json"


class Plan(BaseModel):
    """What is trained, from what, on what and how; it stands in the folder where the work is done."""

    model_config = ConfigDict(frozen=True)

    base: str
    """Folder or hub name of the weights that it starts from."""
    origin: str
    """What these are called, wherever they lie."""
    rows: str
    """Folder of the rows."""
    counts: dict[str, int]
    """Lines by file."""
    digest: str
    """Hash of the rows."""
    seed: int
    settings: TrainingSettings

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps in order, a reward model among them where checkers do not reward all answers."""
        unchecked = self.counts["rlvr"] > self.counts["checked"]
        wanted = set(self.settings.steps)
        if wanted & REWARDED and unchecked and self.counts["preference"]:
            wanted.add("reward")
        return tuple(step for step in ORDER if step in wanted)

    @property
    def version(self) -> str:
        """What comes out is called: a hash of what is trained on and how, so the same for the same."""
        parts = (self.origin, self.digest, self.seed, self.settings.what())
        told = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
        return blake2b(told, digest_size=6).hexdigest()

    def kept(self, before: "Plan") -> tuple[str, ...]:
        """Return the first steps that are the same in a plan from before: what they made can stay."""
        pairs = takewhile(
            lambda pair: pair[0] == pair[1], zip(self.steps, before.steps, strict=False)
        )
        first = [step for step, _ in pairs]
        while first and self._told(first) != before._told(first):
            first.pop()
        return tuple(first)

    def _told(self, steps: Sequence[str]) -> tuple[Any, ...]:
        """Return all that decides what these steps make."""
        others = {*ORDER, "steps"} - {*steps}
        what = {name: value for name, value in self.settings.what().items() if name not in others}
        return self.origin, self.digest, self.seed, what

    def write(self, folder: Path) -> None:
        """Write it where the work is done."""
        write_whole(folder / _FILE, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it where the work is done."""
        return cls.model_validate_json((folder / _FILE).read_bytes())

    @classmethod
    def of(
        cls,
        base: str,
        origin: str,
        folder: Path,
        rows: Rows,
        seed: int,
        settings: TrainingSettings,
    ) -> Self:
        """Return the plan for rows that lie in a folder."""
        return cls(
            base=base,
            origin=origin,
            rows=str(folder),
            counts=rows.counts,
            digest=rows.digest,
            seed=seed,
            settings=settings,
        )
