"""An array of JSON in runs of its elements, of which memory holds one run."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .allowance import weighed
from .table import MOST, TOO_LONG, TableError

RUN = 1 << 20
"""Characters of a run, unless one element is longer."""
_SCAN = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
_BETWEEN = re.compile(r"\s*([,\]]?)\s*")
# What a text that was cut says is wrong with it stands at its end, or is a string without one.
_CUT = "Unterminated string"
_NEAR_END = 16


class Elements:
    """The elements of an array at the top of a file."""

    def __init__(self, path: Path, first: bytes, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = self._decode(first).lstrip()[1:]
        self._over = False

    def runs(self) -> Iterator[bytes]:
        """Yield arrays that hold the elements, one run after the other.

        Raises:
            TableError: the file is no array of JSON, or one element is too long to be held.
            ValueError: it is no UTF-8.
        """
        end, last = 0, False
        while not last:
            end, last = self._next(end)
            if last:
                self._refuse_more(end)
            if last or end > RUN:
                yield f"[{self._text[:end].lstrip().removeprefix(',')}]".encode()
                self._text, end = self._text[end:], 0

    def _refuse_more(self, end: int) -> None:
        rest = self._text[end:].lstrip().removeprefix("]")
        while not rest.strip() and (more := self._file.read(RUN)):
            rest = self._decode(more)
        if rest.strip():
            raise TableError(f"{self._path}: is no JSON: something follows its array")

    def _next(self, start: int) -> tuple[int, bool]:
        """Return where the next element ends; the same place and True where there is none."""
        while True:
            between = _BETWEEN.match(self._text, start)
            assert between  # it may be empty
            if between[1] == "]":
                return start, True
            if (found := self._scanned(between.end())) is not None:
                return found, False

    def _scanned(self, at: int) -> int | None:
        """Return where an element ends; None where more of the file had to be read first."""
        try:
            if at < len(self._text):
                end = _SCAN(self._text, at)[1]
                if end < len(self._text):
                    return end
        except json.JSONDecodeError as error:
            cut = error.msg.startswith(_CUT) or error.pos > len(self._text) - _NEAR_END
            if self._over or not cut:
                raise TableError(f"{self._path}: is no JSON: {error.msg}") from error
        except RecursionError as error:
            raise TableError(f"{self._path}: is nested too deeply") from error
        if self._over:
            raise TableError(f"{self._path}: is no JSON: its array does not end")
        # Twice as much each time: what is scanned again is no more than what is read.
        held = len(weighed(self._text, self._path)) - at
        if held > MOST:
            raise TableError(f"{self._path}: an element of its array {TOO_LONG}")
        more = self._file.read(max(RUN, held))
        self._over = not more
        self._text += self._decode(more, final=not more)
        return None
