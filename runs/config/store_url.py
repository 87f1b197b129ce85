"""The address of a shared store: checked when it is read, and without its password where it is shown.

A password stands in it as `${NAME}`, a variable of the environment, or not at all: PostgreSQL's own
PGPASSWORD and ~/.pgpass are read. One that was written out is used, and never written down again.
"""

import re

SCHEMES = ("postgresql://", "postgres://")
_PARTS = re.compile(
    r"(?P<scheme>[a-z]+://)(?P<user>[^:/?#]*)(?::(?P<password>.*))?@(?P<rest>[^@]*)"
)
_VARIABLE = re.compile(r"\$\{\w+\}")
_SECRETS = re.compile(r"[?&](ssl)?password=", re.IGNORECASE)


def fault(address: str) -> str:
    """Return what is wrong with an address, in words that hold no part of it; empty when it is fine."""
    needs = "needs postgresql://user@host:port/database, or nothing for SQLite in the run's folder"
    if not address.startswith(SCHEMES):
        return needs
    if _SECRETS.search(address):
        return "holds a password in its query (not shown); write user:${NAME}@host instead"
    host, _, database = (
        without_password(address).partition("://")[2].partition("?")[0].partition("/")
    )
    return "" if host.count("@") <= 1 and database and "/" not in database else needs


def without_password(address: str) -> str:
    """Return the address as it may be shown and kept: the password gone, unless it is a variable's name."""
    found = _PARTS.fullmatch(address)
    if found is None or found["password"] is None or _VARIABLE.fullmatch(found["password"]):
        return address
    return f"{found['scheme']}{found['user']}@{found['rest']}"
