"""The trace: every event of a run, into the store and to whoever listens."""

from typing import Any

from ..agents.records import Record
from .store import Store

_SILENT = {"progress", "reading"}
"""Events for the live view only: the store knows the counts anyway."""


class Trace:
    """Writes events; the messages of actors are recorded by ids, the calls' texts are in the ledger."""

    def __init__(self, store: Store, listen: Any | None) -> None:
        self._store = store
        self._listen = listen

    def event(self, kind: str, **data: Any) -> None:
        """Record an event and pass it on."""
        if self._listen is not None:
            self._listen(kind, data)
        if kind not in _SILENT:
            stored = {key: value for key, value in data.items() if key != "door"}
            self._store.event(kind, **stored)

    def message(self, what: str, role: str, alias: str, message: Any) -> None:
        """Record that a message was sent to an actor, or that one replied."""
        self._store.event(
            what, actor=f"{role}/{alias}", subject=_subject(message), type=type(message).__name__
        )


def _subject(message: Any) -> str:
    """Return the id of what a message is about."""
    if isinstance(message, Record):
        return message.id
    for name in ("suggestion", "instruction", "passage", "seed"):
        if (inner := getattr(message, name, None)) is not None:
            return str(inner.id)
    return str(getattr(message, "subject", ""))
