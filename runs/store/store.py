"""The store of a run: ledger, records, events, indices and meta in one database."""

from .apis import ApisTable
from .events import EventsTable
from .records import RecordsTable
from .sharing import SharedLedger
from .tasks import TasksTable

STORE_FILE = "store.sqlite"
"""Its name inside a run's folder, where it is a file."""


class Store(SharedLedger, RecordsTable, TasksTable, ApisTable, EventsTable):
    """Everything a run must not lose; what was awaited is there after a kill.

    It is the door's `Ledger` and the graphs' `Records`: one asynchronous interface over SQLite and
    PostgreSQL. Only what reads a whole table afterwards (`entries`, `events`) is not awaited.
    """
