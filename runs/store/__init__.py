"""Everything a run must not lose, in one database: paid replies, records, events."""

from .ledger import Entry
from .store import STORE_FILE, Store
from .totals import LedgerTotals, Spent, Use

__all__ = ["STORE_FILE", "Entry", "LedgerTotals", "Spent", "Store", "Use"]
