"""Which rows are asked for: those of some judges, with some values in some columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.tables import Batch
from .arrays import coded, mapped


@dataclass(frozen=True)
class Asked:
    """The judges and values that are asked for; nothing asks for all."""

    judges: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns with the values that a row may have there."""

    @classmethod
    def of(cls, judges: Iterable[str] | None, where: Iterable[str] | None) -> Self:
        """Read what the command line says: names of judges, and COLUMN=VALUE.

        Raises:
            UserError: It is not written so.
        """
        values: dict[str, tuple[str, ...]] = {}
        for text in where or ():
            name, equals, value = text.partition("=")
            if not (equals and name.strip()):
                raise UserError(
                    f"--where {text!r}: write COLUMN=VALUE, for example category=coding"
                )
            values[name.strip()] = (*values.get(name.strip(), ()), value)
        return cls(tuple(judges or ()), values)

    def rows(self, batch: Batch) -> Bools:
        """Tell which rows have the values, in any one of several of a column."""
        keep = np.ones(len(batch), dtype=np.bool_)
        for name, values in self.where.items():
            column = batch.columns.get(name)
            known = dict.fromkeys(map(_folded, values), 1.0)
            keep &= mapped(coded(column), known) == 1.0 if column is not None else False
        return keep

    def judge(self, name: str) -> bool:
        """Tell whether a judge is one of those."""
        return not self.judges or _folded(name) in set(map(_folded, self.judges))

    def told(self, judges: Iterable[str]) -> Iterator[str]:
        """Yield what is asked for in words, with the judges that there are."""
        for name, values in self.where.items():
            yield f"{name}={' or '.join(values)}"
        if self.judges:
            yield f"judge {' or '.join(self.judges)} (there are: {', '.join(judges)})"


def _folded(name: str) -> str:
    return name.strip().lower()


ALL = Asked()
