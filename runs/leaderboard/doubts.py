"""Warnings: what makes a board say less than it seems to, and what to do about it. They are told first."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...tools.audit.canned import Canned
from ...tools.audit.findings import COIN
from ...tools.ratings.exposure import Exposure
from ...tools.ratings.position import Flips
from ...tools.ratings.share import wilson

ONE_ORDER = 0.5
"""Share of what chance would balance below which what a place wins goes to the ratings."""
LEANING = 0.8
"""Share of a model's battles in one place from which a reader must be told."""
LEAST = 10
"""Battles of a model below which its place is a matter of chance."""
_MARKS = re.compile(r"[-_/\s]+")
FEW_OPPONENTS = 3
MANY = 6
"""Models of a tournament in which few opponents are too few."""
UNEVEN = 0.5
"""Share of the questions that must count, were all of equal weight."""
SHOWN = 6
"""Names listed of many."""


@dataclass(frozen=True)
class Doubt:
    """One warning."""

    kind: str
    """`one_order`, `leaning`, `few_opponents`, `uneven_questions`, `carried`, `canned`, `cut`,
    `given_twice`, `unnamed`, `spelled`, `islands`, `open_ratings`, `repeated`, `copies`, `flips`."""
    words: str


def twice_doubts(twice: Mapping[str, str]) -> Iterator[Doubt]:
    """Yield the files that were given twice."""
    for path, first in twice.items():
        what = "is given twice" if path == first else f"holds the same bytes as {first}"
        yield Doubt(
            "given_twice", f"{path} {what}: it is read once, or its battles would count double."
        )


def spelled_doubts(models: Iterable[str]) -> Iterator[Doubt]:
    """Yield the models whose names differ in case, spaces, or marks between words only."""
    alike: dict[str, list[str]] = {}
    for model in models:
        alike.setdefault(_MARKS.sub("", model).casefold(), []).append(model)
    for names in alike.values():
        if len(names) > 1:
            yield Doubt(
                "spelled",
                f"{listed(names)}: rated as {len(names)} models, though only case, spaces or marks tell the "
                "names apart. If they are one, write its name one way.",
            )


def flips_doubt(found: Flips) -> Iterator[Doubt]:
    """Yield that judges go by the place: they reverse credibly more often than tossing a coin would."""
    if found.both and wilson(found.inconsistent / found.both, found.both)[0] > COIN:
        yield Doubt(
            "flips",
            f"Judges reverse their winner with the order on {found.inconsistent / found.both:.0%} of "
            f"{found.both:,} pairs that one of them judged in both, more than a coin would: the place "
            "decides, not the answer, and models look more alike than they are. It takes another judge, not "
            "more battles; `audit` tells which judges do.",
        )


def repeated_doubts(elsewhere: int, copies: int, *, named: bool) -> Iterator[Doubt]:
    """Yield that rows are told twice, in two files or in one; `named` tells whether judges have names."""
    judges = "" if named else ", or name the judge of each in a column judge if they are several"
    if elsewhere:
        yield Doubt(
            "repeated",
            f"{elsewhere:,} rows have the question, models, order and judge of a row in an earlier file, and "
            f"count again. Leave one of the files out{judges}; if a file means another model by a name, as "
            "some of AlpacaEval's do, rename it.",
        )
    if copies:
        yield Doubt(
            "copies",
            f"{copies:,} rows say of a question, models, order and judge what an earlier row of their file "
            f"says, and count again. Leave them out{judges or '; if each is a vote of its own, keep them'}.",
        )


def unnamed_doubt() -> Iterator[Doubt]:
    """Yield that a board ranks no models."""
    yield Doubt(
        "unnamed",
        "The files do not tell whose answers a pair holds: output_1 and output_2 are places in a row, and "
        "their ratings say nothing of any model. What the judges are worth beside the labels is told by "
        "`audit FILE --labels FILE`.",
    )


def canned_doubts(
    found: Iterable[Canned], *, left_out: bool = False, option: str = "--without-canned"
) -> Iterator[Doubt]:
    """Yield the contenders whose answers are canned, or speak to the judge."""
    for told in found:
        if told.reasons:
            next_move = "it is left out" if left_out else f"{option} leaves it out"
            yield Doubt(
                "canned",
                f"{told.model}: {'; '.join(told.reasons)}. What it wins says nothing of what it can; "
                f"{next_move}.",
            )


def open_doubts(
    islands: Sequence[Sequence[str]], components: Sequence[Sequence[str]]
) -> Iterator[Doubt]:
    """Yield that models never met, or that some only won or only lost against all others."""
    if len(islands) > 1:
        yield Doubt(
            "islands",
            f"The battles fall into {len(islands)} islands of models that never met: {grouped(islands)}. "
            "Compare ratings within an island only.",
        )
    if len(components) > 1:
        yield Doubt(
            "open_ratings",
            f"The battles leave ratings open: {len(components)} groups of models have no chain of wins both "
            f"ways ({grouped(components)}). A small ridge holds the ratings finite: how far such groups are "
            "apart is not known, only who is ahead. Let them meet more, or others.",
        )


def exposure_doubts(
    found: Exposure, baseline: str | None = None, *, ordered: bool = True
) -> Iterator[Doubt]:
    """Yield what the layout of battles leaves open.

    Args:
        found: The layout.
        baseline: Who is in all battles, if anybody is.
        ordered: Whether it is known who was shown first.
    """
    one_order = ordered and found.balanced < ONE_ORDER * found.by_chance
    if one_order:
        yield Doubt(
            "one_order",
            f"Pairs were shown in one order only, or mostly ({found.balanced:.0%} of the battles have one in "
            "the other order): what a judge gives to the place shown first goes to the models that stood "
            "there, and ratings can be off by a hundred points. Judge each pair in both orders, or draw "
            "the order by chance.",
        )
    leaning = found.leaning(LEAST, LEANING) if ordered else {}
    if leaning and not (one_order and baseline):
        far = sorted(leaning.items(), key=lambda of: (-abs(of[1] - 0.5), of[0]))
        told = [f"{model} ({share:.0%})" for model, share in far]
        yield Doubt(
            "leaning",
            f"Mostly shown in one place (first in …): {listed(told)}. Their ratings hold what that place "
            "wins.",
        )
    yield from _opponents(found, baseline)
    if found.effective < UNEVEN * found.questions:
        yield Doubt(
            "uneven_questions",
            f"A few questions carry the result: {found.questions:,} questions say as much as "
            f"{found.effective:.0f} of equal weight. Battle on each as often, or give rows a weight.",
        )


def _opponents(found: Exposure, baseline: str | None) -> Iterator[Doubt]:
    if len(found.models) < MANY:
        return
    if baseline is not None:
        yield Doubt(
            "few_opponents",
            f"All battles are with {baseline}: two other models are compared by how each does against it, "
            "which need not be how they do against each other.",
        )
        return
    few = [
        f"{model} ({count})"
        for model, count in zip(found.models, found.opponents.tolist(), strict=True)
        if count < FEW_OPPONENTS
    ]
    if few:
        yield Doubt(
            "few_opponents",
            f"Met few opponents: {listed(few)}. Their ratings rest on those alone; let them meet others.",
        )


def carried_doubt(ahead: str, behind: str, count: int) -> Iterator[Doubt]:
    """Yield that a lead hangs on a few questions."""
    yield Doubt(
        "carried",
        f"{ahead} leads {behind} by {count} question{'s' * (count > 1)}: without them it would not. "
        "Look at them, or ask more questions.",
    )


def grouped(groups: Sequence[Sequence[str]]) -> str:
    """Return groups of names; of many the first ones."""
    told = [listed(list(group)) for group in groups[:SHOWN]]
    rest = [f"{len(groups) - SHOWN} more groups"] if len(groups) > SHOWN else []
    return " | ".join([*told, *rest])


def many(count: int, what: str) -> str:
    """Return a number with what is counted, whose plural is given."""
    return f"{count:,} {what.removesuffix('s') if count == 1 else what}"


def listed(names: list[str]) -> str:
    """Return names with commas; of many the first ones."""
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
