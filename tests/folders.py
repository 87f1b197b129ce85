"""Folders held against each other."""

import filecmp
from pathlib import Path


def differing(one: Path, two: Path) -> list[str]:
    """Name the files that differ between two folders in their bytes, or that only one of them has."""
    files = {p.relative_to(f) for f in (one, two) for p in f.rglob("*") if p.is_file()}
    assert files, f"{one} and {two} are empty"
    same = filecmp.cmpfiles(one, two, map(str, files), shallow=False)[0]
    return sorted({str(file) for file in files} - set(same))
