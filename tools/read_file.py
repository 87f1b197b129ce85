"""The tool that reads a file's lines, each with a mark to cite it by."""

from typing import Annotated

from pydantic import Field

from .tool import Given

MOST_LINES = 200


async def read_file(
    given: Given,
    name: Annotated[str, Field(description="The file; leave it out where there is only one.")] = "",
    first: Annotated[int, Field(ge=1, description="The first line to read, from 1.")] = 1,
    last: Annotated[int, Field(ge=1, description="The last line to read.")] = MOST_LINES,
) -> str:
    """Read lines of a given file. Each comes with the mark to cite it by, such as [notes.txt:12]."""
    files = given.files
    name = name or next(iter(files), "")
    if name not in files:
        raise ValueError(f"there is no file {name!r}; files: {', '.join(files) or 'none'}")
    lines = files[name].splitlines()
    if not first <= min(last, len(lines)):
        raise ValueError(f"{name} has {len(lines)} lines; {first} to {last} holds none of them")
    last = min(last, len(lines), first + MOST_LINES - 1)
    shown = [f"[{name}:{n}] {lines[n - 1]}" for n in range(first, last + 1)]
    if last < len(lines):
        shown.append(f"({len(lines) - last} more lines)")
    return "\n".join(shown)
