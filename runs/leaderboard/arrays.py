"""Arrow columns as numpy: text as codes, anything else as numbers."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ...graphs.ratings.connection import Bools
from ...graphs.ratings.table import Floats, Ints

compute: Any = pyarrow.compute
"""Its functions are made when it is imported, unseen by type checkers."""


def coded(values: pa.Array) -> pa.DictionaryArray:
    """Return a column of names as dictionary codes; 1 and "1" are the same name."""
    kind = pa.dictionary(pa.int32(), pa.string())
    if values.type == kind:
        return values
    if not pa.types.is_string(values.type):
        values = values.cast(pa.string())
    return values.dictionary_encode()


def blank(values: pa.DictionaryArray) -> Bools:
    """Tell which rows hold nothing: null, or only spaces."""
    nothing = compute.equal(compute.utf8_trim_whitespace(values.dictionary), "")
    by_code = np.append(nothing.fill_null(True).to_numpy(zero_copy_only=False), True)
    return np.asarray(by_code[codes(values)], dtype=np.bool_)


def codes(values: pa.DictionaryArray) -> Ints:
    """Return the codes, -1 for null."""
    return np.asarray(values.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def mapped(values: pa.DictionaryArray, known: dict[str, float]) -> Floats:
    """Return the number that each name stands for, NaN for the others."""
    by_code = [known.get(name, np.nan) for name in values.dictionary.to_pylist()]
    return np.asarray(np.array([*by_code, np.nan])[codes(values)])


def numbers(values: pa.Array) -> Floats:
    """Return a column as numbers; what is none is NaN."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = _parsed(values)
    elif pa.types.is_nested(values.type) or pa.types.is_null(values.type):
        return np.full(len(values), np.nan)
    cast = values.cast(pa.float64(), safe=False)
    return np.asarray(cast.fill_null(np.nan).to_numpy(zero_copy_only=False))


def truths(values: pa.Array) -> Bools:
    """Tell which values say yes: true, or the text of it."""
    lower = compute.utf8_lower(coded(values).dictionary_decode())
    return np.asarray(
        compute.is_in(lower, pa.array(["true", "1", "yes"])).to_numpy(zero_copy_only=False)
    )


def _parsed(texts: pa.Array) -> pa.Array:
    trimmed = compute.utf8_trim_whitespace(texts)
    filled = compute.if_else(compute.equal(trimmed, ""), None, trimmed)
    try:
        return filled.cast(pa.float64())
    except pa.ArrowInvalid:
        return pa.array([_number(text) for text in filled.to_pylist()], pa.float64())


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def joined(parts: list[pa.DictionaryArray]) -> tuple[pa.Array, Ints]:
    """Return the names of all parts, in order of appearance, and the codes of their rows."""
    chunked = pa.chunked_array(parts).unify_dictionaries()
    found = [codes(chunk) for chunk in chunked.chunks]
    return chunked.chunk(chunked.num_chunks - 1).dictionary, np.concatenate(found)


def without_null(values: pa.Array) -> pa.DictionaryArray:
    """Return names as codes with "" for null."""
    held = coded(values)
    if held.null_count:
        held = compute.fill_null(held.dictionary_decode(), "").dictionary_encode()
    return held
