"""What a user says about the seeds: where they are and which of them to keep."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from .document import Wanted


class Limits(BaseModel):
    """What reading may take, so that no document can end a run: `seeds.limits`.

    Files are read in a process of its own. What goes beyond a limit ends that process, not the run,
    and costs one document.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: int = Field(default=60, ge=1, le=86_400)
    """Of processor time, for one document."""
    memory_mib: int = Field(default=2048, ge=512, le=16_777_216)
    """Of memory that the process may ask for, its libraries included. Not held on macOS."""
    output_mib: int = Field(default=64, ge=1, le=1_048_576)
    """What a file may open to, where that is more than 100 times its own size."""


class SeedSettings(BaseModel):
    """The `seeds` section; a plain path is enough (`seeds: docs/`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1)
    """A file, a folder, a glob, or a .jsonl/.parquet file (also .gz) with a text column."""
    follow_links: bool = False
    """Whether links that leave the folder are read too; those inside always are, each file once."""
    text_column: str = "text"
    """The column of JSON, JSONL and Parquet rows that holds the document."""
    min_chars: PositiveInt = 200
    """Shorter documents are dropped as `too_short`."""
    max_chars: int = Field(default=8000, ge=500, le=10_000_000)
    """A longer document becomes several seeds, split where its structure allows."""
    near_duplicate: float = Field(default=0.85, ge=0.5, le=1.0)
    """Jaccard similarity of word 5-grams that makes a duplicate; 1.0 drops exact ones only."""

    limits: Limits = Limits()
    """What reading one document may take."""

    def wanted(self) -> Wanted:
        """Return what the readers of files have to know."""
        limits = self.limits.model_dump()
        return Wanted(self.text_column, self.min_chars, self.max_chars, **limits)

    @model_validator(mode="before")
    @classmethod
    def _plain_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.min_chars >= self.max_chars:
            raise ValueError(
                f"min_chars is {self.min_chars} and max_chars is {self.max_chars}: "
                "no document can fit; make min_chars the smaller one"
            )
        return self
