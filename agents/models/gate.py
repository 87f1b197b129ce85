"""The gate before every request: open, closed for a while, or closed for good."""

import asyncio

from ..errors import Interrupted, StopRun


class Gate:
    """Lets requests leave, or holds them back; what is under way lands all the same."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._why: StopRun | None = None

    @property
    def paused(self) -> bool:
        """Whether requests wait until `go`."""
        return not self._open.is_set()

    @property
    def closed(self) -> bool:
        """Whether no request leaves any more."""
        return self._why is not None

    def pause(self) -> None:
        """Hold requests back until `go`; the ledger still answers."""
        if self._why is None:
            self._open.clear()

    def go(self) -> None:
        """Let requests leave again."""
        self._open.set()

    def close(self, why: StopRun | None = None) -> None:
        """Let no request leave any more: whoever asks gets the error, which stops the run cleanly."""
        self._why = self._why or why or Interrupted()
        self._open.set()

    async def passed(self) -> None:
        """Return once a request may leave.

        Raises:
            StopRun: none may any more.
        """
        await self._open.wait()
        if self._why is not None:
            raise self._why
