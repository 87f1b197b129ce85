"""The trace of a run: every event into the store, and what tells of progress to whoever listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..agents.trace import Tracer, note, span
from .screen.terminal import aside
from .store import Store

Listen = Callable[[str, dict[str, Any]], None]
"""Called with (kind, data) for every event; must be quick."""
_SILENT = {"progress", "reading"}
"""Events for the live view only: the store knows the counts anyway."""


class Trace:
    """Writes the events of one start of a run."""

    def __init__(self, store: Store, run: str, listen: Listen | None = None) -> None:
        self._tracer = Tracer(run, store.event)
        self._listen = listen

    @contextmanager
    def started(self) -> Iterator[None]:
        """Trace what is done inside as one start of the run: all its events lead up to it."""
        # LangSmith's variables in the environment would make the libraries post documents to it.
        from langsmith.run_helpers import tracing_context

        with tracing_context(enabled=False), span("run", tracer=self._tracer):
            yield

    def notice(self, text: str) -> None:
        """Record a line for whoever watches; where nobody listens it goes to standard error."""
        if self._listen is None:
            aside(text)
        self.event("notice", text=text)

    def event(self, kind: str, **data: Any) -> None:
        """Record an event where the work that runs now belongs, and pass it on."""
        if self._listen is not None:
            self._listen(kind, data)
        if kind not in _SILENT:
            note(kind, data={key: value for key, value in data.items() if key != "door"})
