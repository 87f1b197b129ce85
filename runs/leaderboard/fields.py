"""Which columns of a file of battles are read, and as what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...agents.errors import UserError
from .measure import LENGTHS, measurable
from .source import Source

Control = Literal["length", "style"]

REQUIRED = ("question_id", "model_a", "model_b")
OF_RUN = ("disputed", "outcome", "cascade", "propensity", "before_a", "before_b")
"""What only the battles of a run, or the games of an arena, tell."""
OPTIONAL = ("winner", "preference", "weight", "judge", "verdict", *OF_RUN)
GAMES = tuple(
    f"games/{name}"
    for name in ("juror", "shown_first", "score_a", "score_b", "before_a", "before_b")
)
"""The jurors' single games in the battles of a run."""
OUTCOMES = frozenset(
    {"model", "answer", "score", "before", "rating", "preference", "win", "reward"}
)
"""Pairs that tell who won or who played, never style."""


@dataclass(frozen=True)
class Fields:
    """What to read of every file, decided on the first one."""

    by: str | None
    style: tuple[str, ...]
    """Names of the pairs to hold equal: `len` stands for the columns len_a and len_b."""

    def names(self, source: Source, has: Iterable[str]) -> list[str]:
        """Return the columns to read of one file, each once.

        Raises:
            UserError: A column is missing; names what the file has.
        """
        known = set(has)
        pairs = [f"{name}_{side}" for name in self.style for side in "ab"]
        if measurable(known):
            pairs = [LENGTHS.get(name, name) for name in pairs]
        needed = [*REQUIRED, *pairs, *([self.by] if self.by else [])]
        if not {"winner", "preference"} & known:
            needed.append("winner")
        if missing := [name for name in needed if name not in known]:
            raise UserError(_told(source, missing[0], known))
        games = GAMES if "games" in known and source.path.suffix == ".parquet" else ()
        more = [name for name in OPTIONAL if name in known or not source.complete]
        return list(dict.fromkeys([*needed, *more, *games]))


def _told(source: Source, missing: str, known: set[str]) -> str:
    if not any(known):
        return f"{source.path}: holds nothing: it needs rows with question_id, model_a, model_b and winner"
    alike = [name for name in known if name.strip().lower() == missing.lower()]
    move = f"; rename {alike[0]!r}" if alike else ""
    return (
        f"{source.path}: no column {missing!r}; its columns are: {', '.join(sorted(known))}{move}"
    )


def fields(source: Source, *, by: str | None, control: Control | None) -> Fields:
    """Decide what to read from the first row of the first file.

    Raises:
        UserError: Control for style was asked for and there are no style columns.
    """
    if control == "length":
        return Fields(by, ("len",))
    if control is None:
        return Fields(by, ())
    row = source.first()
    found = style_pairs(row) or (("len",) if measurable(row) else ())
    if not found:
        raise UserError(
            f"{source.path}: --control style needs columns such as len_a and len_b, with a number "
            "for each answer, and there are none"
        )
    return Fields(by, found)


def style_pairs(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the numeric pairs `<name>_a`, `<name>_b` of a row that tell of style."""
    names = (column.removesuffix("_a") for column in row if column.endswith("_a"))
    return tuple(
        name
        for name in names
        if name not in OUTCOMES
        and _is_number(row[f"{name}_a"])
        and _is_number(row.get(f"{name}_b"))
    )


def _is_number(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
