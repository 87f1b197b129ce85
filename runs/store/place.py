"""Where a store is: a SQLite file, or the schema of one run in a PostgreSQL database.

Runs share a database as schemas: no statement then has to name its run, none can reach another run's
rows, and what a run leaves is dropped in one step. A schema is named after its run.
"""

import os
import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Self

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ...agents.errors import UserError
from ...agents.models.secrets import redact
from ..config.store_url import SCHEMES, without_password

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_LONGEST = 63
"""Bytes of a name that PostgreSQL tells apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is, and how it is reached."""

    text: str
    """A path or an address without its password: to be shown and kept."""
    url: URL
    """With the password: for the driver alone."""
    schema: str = ""

    @classmethod
    def of(cls, path_or_address: "str | Path | Place", run: str = "") -> "Place":
        """Return the place that a path names or, for a run, the address of a database.

        Raises:
            UserError: it is no address, or names a variable that is not set.
        """
        if isinstance(path_or_address, Place):
            return path_or_address
        text = str(path_or_address)
        if "://" not in text:
            return cls(text, URL.create("sqlite", database=text))
        shown = without_password(text)
        if not text.startswith(SCHEMES):
            raise UserError(f"store: {shown!r} is no database URL")
        try:
            url = make_url(re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", text))
        except (ArgumentError, ValueError) as error:
            raise UserError(f"store: {shown!r} is no database URL") from error
        return cls(shown, _filled(url, shown), _schema(run))

    @property
    def shared(self) -> bool:
        """Whether several machines may be at work there."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def run(self) -> str:
        """The run it is of, as its trace names it."""
        return self.schema or Path(self.text).parent.name

    @property
    def conninfo(self) -> str:
        """The address as PostgreSQL's own library takes it, password included."""
        plain = self.url.set(drivername="postgresql")
        return plain.render_as_string(hide_password=False)

    def told(self, error: object) -> str:
        """Return what went wrong there, in one line, without the password."""
        secrets = (str(self.url.password),) if self.url.password else ()
        return " ".join(redact(str(error), secrets).split())

    def in_schema(self) -> Self:
        """Return the place with its schema set for every connection."""
        options = " ".join((*_options(self.url), f'-csearch_path="{self.schema}"'))
        return replace(self, url=self.url.update_query_dict({"options": options}))


def _options(url: URL) -> tuple[str, ...]:
    given = url.query.get("options", ())
    return (given,) if isinstance(given, str) else given


def _schema(run: str) -> str:
    """Return the name of a run's schema."""
    if len(run.encode()) <= _LONGEST:
        return run or "arenainstruct"
    return f"{run[:40]}-{blake2b(run.encode(), digest_size=8).hexdigest()}"


def _filled(url: URL, shown: str) -> URL:
    """Return the address with the values of the environment's variables in it."""

    def value(found: "re.Match[str]") -> str:
        try:
            return os.environ[found[1]]
        except KeyError:
            raise UserError(
                f"execution.store: {shown} names the environment variable {found[1]}, which is not "
                "set: export it"
            ) from None

    def filled(part: str | None) -> str | None:
        return part and _VARIABLE.sub(value, part)

    return url.set(
        username=filled(url.username),
        password=filled(url.password),
        host=filled(url.host),
        database=filled(url.database),
    )
