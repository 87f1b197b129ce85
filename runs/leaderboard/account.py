"""An account of the rows: how they were read, and every one that was left out or read another way."""

from collections.abc import Iterator

from .reading import Loaded


def account(loaded: Loaded) -> Iterator[str]:
    """Yield it in sentences."""
    yield from _left_out(loaded)
    yield from _read_as(loaded)


def _left_out(loaded: Loaded) -> Iterator[str]:
    if loaded.dropped:
        told = ", ".join(f"{count} {kind}" for kind, count in loaded.dropped.items())
        yield f"Dropped {sum(loaded.dropped.values())} rows: {told}."
    if loaded.unjudged:
        yield f"In {loaded.unjudged:,} rows or games the judge gave no verdict: they are left out."
    if loaded.passed_over:
        yield f"{loaded.passed_over:,} rows are of other judges or values than were asked for."
    if loaded.broken:
        yield (
            f"Left out {loaded.broken} battles of instructions that the run found broken: they rate "
            "nobody."
        )


def _read_as(loaded: Loaded) -> Iterator[str]:
    if loaded.reread:
        told = ", ".join(f"{count} {how}" for how, count in loaded.reread.items())
        yield f"Read {sum(loaded.reread.values())} rows by another rule than the others: {told}."
    if loaded.published:
        told = ", ".join(f"{count} of {name}" for name, count in loaded.published.items())
        yield f"Files as published: {told}."
    if loaded.assumed:
        yield (
            f"The files do not name the baseline: it is taken to be {', '.join(loaded.assumed)}, as "
            "published; name another with --baseline."
        )
    if loaded.strong:
        yield f"{loaded.strong:,} verdicts call an answer much better (>>): each counts --strong times."
    if loaded.both_bad:
        yield (
            f"In {loaded.both_bad:,} of the ties the judge called both answers bad: ties like the others "
            "for the ratings."
        )
    if loaded.measured:
        yield (
            f"Lengths are the characters of answer_a and answer_b in {', '.join(loaded.measured)}."
        )
    if loaded.graded:
        yield (
            f"Graded preferences are taken from the column verdict (1 for model_a to 2 for model_b) "
            f"of {', '.join(loaded.graded)}."
        )
    if not loaded.ordered:
        yield "The files do not tell which answer was shown first: nothing is said of position."
