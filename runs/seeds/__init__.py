"""Reads the documents a user points at and turns them into clean seeds, one at a time.

- `settings.py`: what the user says about the seeds
- `source.py`: which files there are; a folder, glob or file is never listed at once
- `reader.py`: everything together, with duplicates dropped; what goes wrong costs one document
- `process.py`, `child.py`: the process of its own in which files are read, its limits, and its boundary
- `reading.py`: one file to its documents, their kind and title
- `formats.py`, `opening.py`: which reader a name asks for; bytes to text
- `markup.py`, `office.py`, `table.py`, `rows.py`, `api.py`: a group of formats each
- `licence.py`, `cleaning.py`: where a document comes from, and what is not the document
- `parts.py`: long prose and long code into parts

Names are imported on first use, so that the process that reads loads its parsers and little else.
"""

from typing import TYPE_CHECKING

from ...tools.optional import on_first_use

if TYPE_CHECKING:
    from .document import SeedReject
    from .reader import fingerprint, read_seeds
    from .settings import SeedSettings
    from .source import Source, iter_sources

__all__ = ["SeedReject", "SeedSettings", "Source", "fingerprint", "iter_sources", "read_seeds"]

_HOME = {
    "SeedReject": "document",
    "SeedSettings": "settings",
    "Source": "source",
    "fingerprint": "reader",
    "iter_sources": "source",
    "read_seeds": "reader",
}

__getattr__ = on_first_use(__name__, _HOME)
