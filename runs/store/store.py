"""The store of a run: ledger, records, events and meta in one database."""

from .events import EventsTable
from .ledger import LedgerTable
from .records import RecordsTable

STORE_FILE = "store.sqlite"
"""Its name inside a run's folder."""


class Store(LedgerTable, RecordsTable, EventsTable):
    """Everything a run must not lose; what was awaited is there after a kill.

    It is the door's `Ledger` and the graphs' `Records`. Reads are safe from any thread but for
    `recall` and `get_meta`, which belong to the thread of the event loop.
    """
