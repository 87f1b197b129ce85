"""Everything a run must not lose, in one database: paid replies, records, events."""

from .database import drop_store, holds_store, try_store
from .entry import Entry
from .place import Place
from .store import STORE_FILE, Store, checkpointer, thread_of
from .tasks import Alike, Task
from .totals import LedgerTotals, Spent, Use

__all__ = [
    "STORE_FILE",
    "Alike",
    "Entry",
    "LedgerTotals",
    "Place",
    "Spent",
    "Store",
    "Task",
    "Use",
    "checkpointer",
    "thread_of",
    "drop_store",
    "holds_store",
    "try_store",
]
