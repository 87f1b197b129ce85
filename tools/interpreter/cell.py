"""What running one piece of code gave, and who runs it."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one piece of code."""

    output: str = ""
    """What it printed, to stdout and stderr, as far as it was kept."""
    value: str = ""
    """The last line's value, as `repr` shows it; empty for None, and where the last line has none."""
    error: str = ""
    """The exception, as its last line says it, with the line of the code; empty where none was raised."""
    lost: str = ""
    """Why the session ended with this code, so that its variables are gone; empty where they are there."""

    @property
    def ok(self) -> bool:
        """Whether it ran to its end."""
        return not self.error and not self.lost

    def text(self) -> str:
        """Return what a model reads: a JSON object of what there is to say."""
        told = {"output": self.output, "value": self.value, "error": self.error, "lost": self.lost}
        return json.dumps(
            {k: v for k, v in told.items() if v} or {"output": ""}, ensure_ascii=False
        )


class Session(ABC):
    """Runs one piece of code after another; variables survive. A context that ends it."""

    @property
    @abstractmethod
    def cells(self) -> tuple[str, ...]:
        """The code whose variables it holds."""

    @abstractmethod
    async def run(self, code: str) -> Cell:
        """Run code; what it raises is in the cell."""

    @abstractmethod
    async def close(self) -> None:
        """End it, and all that it started."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()
