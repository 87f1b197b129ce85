"""A session in a sandbox of E2B, in its cloud or self-hosted (`E2B_API_KEY`, `E2B_DOMAIN`)."""

import contextlib
from typing import Any, Self

from ..optional import optional
from ..settings import InterpreterSettings
from .session import Cell, Session

_IDLE_S = 300
"""Seconds after which E2B ends a sandbox that nobody closed."""


class E2BSession(Session):
    """Runs code in one sandbox, in a context that keeps the variables."""

    def __init__(self, sandbox: Any, settings: InterpreterSettings) -> None:
        self._sandbox, self._settings = sandbox, settings
        self._context: Any = None
        self._cells: list[str] = []

    @classmethod
    async def open(cls, settings: InterpreterSettings) -> Self:
        """Start a sandbox.

        Raises:
            RuntimeError: E2B refuses: no key, or none that it knows.
            ValueError: the package is absent.
        """
        e2b = optional("e2b_code_interpreter", "arenainstruct[tools]")
        try:
            sandbox = await e2b.AsyncSandbox.create(timeout=_IDLE_S)
        except (e2b.AuthenticationException, e2b.InvalidArgumentException) as error:
            raise RuntimeError(f"E2B: {error}; set E2B_API_KEY") from error
        return cls(sandbox, settings)

    @property
    def cells(self) -> tuple[str, ...]:
        """The code whose variables the sandbox holds."""
        return tuple(self._cells)

    async def run(self, code: str) -> Cell:
        """Run code; after a time-out the kernel stays busy, so the next code gets a fresh context."""
        e2b = optional("e2b_code_interpreter", "arenainstruct[tools]")
        if self._context is None:
            self._context = await self._sandbox.create_code_context()
        try:
            told = await self._sandbox.run_code(
                code, context=self._context, timeout=self._settings.timeout_s
            )
        except e2b.TimeoutException:
            self._context, self._cells = None, []
            why = f"stopped after {self._settings.timeout_s:g} s; all variables are gone"
            return Cell(lost=why)
        self._cells.append(code)
        printed = "".join([*told.logs.stdout, *told.logs.stderr])
        error = f"{told.error.name}: {told.error.value}" if told.error else ""
        return Cell(*map(self._cut, (printed, told.text or "", error)))

    def _cut(self, text: str) -> str:
        most = self._settings.output
        return text[:most] + (" …" if len(text) > most else "")

    async def close(self) -> None:
        """End the sandbox, so that it costs no more."""
        with contextlib.suppress(OSError):
            await self._sandbox.kill()
