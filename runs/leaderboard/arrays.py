"""Arrow columns as numpy: text as codes, anything else as numbers.

Arrow's own conversions import pandas where that is installed, which takes longer than to rate a
million battles; so numbers are read from Arrow's memory here.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Floats, Ints
from ...tools.ratings.verdict import folded

compute: Any = pyarrow.compute
"""Its functions are made when it is imported, unseen by type checkers."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CODED = pa.dictionary(pa.int32(), pa.string())


def coded(values: pa.Array) -> pa.DictionaryArray:
    """Return a column of names as dictionary codes; 1 and "1" are the same name."""
    if values.type == CODED:
        return values
    if pa.types.is_nested(values.type):
        # No name, but what a message must be able to show.
        values = pa.array([None if row is None else str(row) for row in values.to_pylist()])
    if not pa.types.is_string(values.type):
        values = values.cast(pa.string())
    return values.dictionary_encode()


def trimmed(values: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return a column of names without the spaces around them, which nobody sees."""
    bare = compute.utf8_trim_whitespace(values.dictionary)
    if bare.equals(values.dictionary):
        return values
    names = bare.dictionary_encode()
    return pa.DictionaryArray.from_arrays(names.indices.take(values.indices), names.dictionary)


def blank(values: pa.DictionaryArray) -> Bools:
    """Tell which rows hold nothing: null, or only spaces."""
    names = values.dictionary
    length = stored(compute.binary_length(compute.utf8_trim_whitespace(names)), np.int32)
    by_code = np.append((length == 0) | ~valid(names), True)
    return np.asarray(by_code[codes(values)], dtype=np.bool_)


def unprintable(values: pa.DictionaryArray) -> Bools:
    """Tell which names hold control characters."""
    by_code = [bool(CONTROL.search(name or "")) for name in values.dictionary.to_pylist()]
    return np.array([*by_code, False])[codes(values)]


def codes(values: pa.DictionaryArray) -> Ints:
    """Return the codes, -1 for null."""
    found = stored(values.indices, np.int32).astype(np.int64)
    return np.where(valid(values), found, -1) if values.null_count else found


def mapped(values: pa.DictionaryArray, known: Mapping[str, float]) -> Floats:
    """Return the number that each word stands for, in upper or lower case; NaN for the others."""
    by_code = [known.get(folded(name or ""), np.nan) for name in values.dictionary.to_pylist()]
    return np.asarray(np.array([*by_code, np.nan])[codes(values)])


def numbers(values: pa.Array) -> Floats:
    """Return a column as numbers; what is none is NaN."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = coded(values)
    if pa.types.is_dictionary(values.type):
        held = coded(values)
        return np.asarray(np.append(_parsed(held.dictionary), np.nan)[codes(held)])
    if pa.types.is_nested(values.type) or pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    found = stored(values.cast(pa.float64(), safe=False), np.float64)
    return np.where(valid(values), found, np.nan) if values.null_count else found


def stored(values: pa.Array, kind: Any) -> Any:
    """Return numbers as they lie in memory, of numpy type `kind`; null is any number."""
    if not len(values):
        return np.zeros(0, dtype=kind)
    found = np.frombuffer(values.buffers()[1], kind, values.offset + len(values))
    return found[values.offset :]


def valid(values: pa.Array) -> Bools:
    """Tell which values are not null."""
    if pa.types.is_null(values.type) or not values.null_count:
        return np.full(len(values), not pa.types.is_null(values.type))
    bits = np.frombuffer(values.buffers()[0], np.uint8)
    told = np.unpackbits(bits, count=values.offset + len(values), bitorder="little")
    return np.asarray(told[values.offset :], dtype=np.bool_)


def chosen(rows: Bools) -> pa.Array:
    """Return the numbers of the rows that are true, as Arrow's `take` wants them."""
    at = np.flatnonzero(rows).astype(np.int64)
    return pa.Array.from_buffers(pa.int64(), len(at), [None, pa.py_buffer(at)])


def _parsed(names: pa.Array) -> Floats:
    """Parse each of some texts; what is no number is NaN."""
    try:
        return np.asarray(stored(names.cast(pa.float64()), np.float64))
    except pa.ArrowInvalid:
        return np.array([_number(text) for text in names.to_pylist()], dtype=np.float64)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def joined(parts: list[pa.DictionaryArray]) -> tuple[pa.Array, Ints]:
    """Return the names of all parts, in order of appearance, and the codes of their rows."""
    chunked = pa.chunked_array(parts).unify_dictionaries()
    found = [codes(chunk) for chunk in chunked.chunks]
    return chunked.chunk(chunked.num_chunks - 1).dictionary, np.concatenate(found)
