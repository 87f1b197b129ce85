"""Lengths where a file holds the answers themselves, as the battles of a run do."""

from collections.abc import Collection, Sequence

import pyarrow as pa

from .arrays import compute
from .source import Batch

ANSWERS = ("answer_a", "answer_b")
LENGTHS = {"len_a": "answer_a", "len_b": "answer_b"}
"""What each length is measured on where it is not there."""


def measurable(known: Collection[str]) -> bool:
    """Tell whether lengths can be had by measuring the answers."""
    return set(ANSWERS) <= set(known) and not set(LENGTHS) <= set(known)


def with_lengths(batch: Batch, style: Sequence[str]) -> Batch:
    """Return the batch with the characters of its answers, where lengths are asked for and lack."""
    if "len" not in style or not measurable(batch.columns):
        return batch
    lengths = {name: _characters(batch.columns[answer]) for name, answer in LENGTHS.items()}
    return Batch(batch.columns | lengths, batch.numbers, batch.broken)


def _characters(texts: pa.Array) -> pa.Array:
    """Count characters; what is no text has no length."""
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return pa.nulls(len(texts), pa.int32())
    return compute.utf8_length(texts)
