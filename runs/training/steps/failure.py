"""What ends a training, classified: each with what to do before it is taken up again."""

import errno
from typing import Literal

Kind = Literal["memory", "disk", "diverged", "missing", "other"]


class TrainingEnds(Exception):
    """A training cannot go on; `kind` tells why."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def classified(error: BaseException) -> TrainingEnds:
    """Return what an error of torch, of the disk or of a missing package means."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, TrainingEnds):
        return error
    # CPU allocators raise a plain RuntimeError, and only its words tell.
    words = str(error).lower()
    if (
        isinstance(error, MemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    ):
        return TrainingEnds("memory", text)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return TrainingEnds("disk", text)
    if "no space left" in words or "errno 28" in words:
        return TrainingEnds("disk", text)
    if isinstance(error, ImportError) or (
        isinstance(error, ValueError) and "is not installed" in words
    ):
        return TrainingEnds("missing", text)
    return TrainingEnds("other", text)
