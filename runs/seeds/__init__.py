"""Reads the documents a user points at and turns them into clean seeds, one at a time.

- `settings.py`: what the user says about the seeds
- `source.py`: which files there are; a folder, glob or file is never listed at once
- `formats.py`, `opening.py`: which reader a name asks for; bytes to text
- `web.py`, `markup.py`, `latex.py`, `office.py`, `table.py`, `rows.py`, `api.py`: a group of formats each
- `reading.py`: one file to its documents, their kind and title
- `licence.py`, `cleaning.py`: where a document comes from, and what is not the document
- `parts.py`: long prose and long code into parts
- `reader.py`: everything together, with duplicates dropped; what goes wrong costs one document
"""

from .document import SeedReject
from .reader import fingerprint, read_seeds
from .settings import SeedSettings
from .source import Source, iter_sources

__all__ = ["SeedReject", "SeedSettings", "Source", "fingerprint", "iter_sources", "read_seeds"]
