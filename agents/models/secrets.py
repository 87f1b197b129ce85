"""Keys: where an endpoint's is found, and how all are masked in any text that is stored, shown or logged."""

import ipaddress
import os
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ..errors import UserError
from .settings import EndpointSettings

MASK = "[redacted]"
_NAMES = re.compile(
    r"((^|_)(KEY|APIKEY|TOKEN|PAT|SECRET|PASSPHRASE|CREDENTIALS?)|PASSWORD|PASSWD)$", re.IGNORECASE
)
_PASSWORD = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_SHAPES = re.compile(
    r"\b(?:sk|rk|pk)-[A-Za-z0-9_*.\-]{8,}|\bhf_[A-Za-z0-9]{8,}|\bgh[pousr]_[A-Za-z0-9]{8,}"
    r"|\bAIza[A-Za-z0-9_\-]{20,}|(?<=[Bb]earer )[^\s\"',;]{4,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # the user and password of an address
)
_WORD = re.compile(r"[\w~-]{16,}", re.ASCII)
_RUN = re.compile("[A-Za-z0-9]{16,}")
_SHORTEST = 8
"""Shorter values (`none`, `EMPTY`, `test`) are words, not secrets."""


_KNOWN: set[str] = set()
"""Keys of this process, whatever the variables are called that hold them."""


def know(key: str) -> None:
    """Remember a key, so that it is masked wherever it turns up."""
    if len(key) >= _SHORTEST:
        _KNOWN.add(key)


def know_address(address: str) -> None:
    """Remember what may be a key in an address: it has letters and digits in one long run.

    Names of models, dates and versions have none.
    """
    parts = urlsplit(address)
    for word in _WORD.findall(f"{parts.path} {parts.query} {parts.fragment}"):
        if any(not run.isalpha() and not run.isdigit() for run in _RUN.findall(word)):
            know(word)


def mask_known(text: str) -> str:
    """Return a text without the keys of this process; what only looks like a key stays: it is data."""
    for key in _KNOWN:
        if key in text:
            text = text.replace(key, MASK)
    return text


def redact(text: str, extra: Iterable[str] = ()) -> str:
    """Return the text with the values of key-like environment variables and key shapes masked.

    `extra` are further secrets, known to the caller.
    """
    values = _environment() | _KNOWN | set(extra)
    # Longest first: a key that begins with another one is masked whole.
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, MASK)
    return _SHAPES.sub(MASK, text)


def _environment() -> set[str]:
    """Return the keys in the environment: by their names, in addresses, and in headers for collectors."""
    values = set[str]()
    for name, value in os.environ.items():
        if _NAMES.search(name):
            values.add(value)
        elif name.upper().endswith("_HEADERS"):
            values.update(
                word for pair in value.split(",") for word in pair.split("=", 1)[-1].split()
            )
        elif "@" in value:
            values.update(_PASSWORD.findall(value))
    return values


def is_secret(text: str) -> bool:
    """Return whether a text holds the shape of a key, or is the value of a key-like variable."""
    values = _environment()
    return bool(_SHAPES.search(text)) or (len(text) >= _SHORTEST and text in values)


UNASKED = "none"
"""The key of endpoints that nobody asks, or that ask for none."""


def find_key(alias: str, settings: EndpointSettings) -> str:
    """Return the key for a model's endpoint; `none` for a private endpoint without one.

    Raises:
        UserError: the endpoint is no http(s) address, or is public and has no key.
    """
    parts = urlsplit(settings.endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(
            f"models.{alias}.base_url: {settings.endpoint!r} is no address; "
            "write it as http://host:port/v1"
        )
    if parts.username or parts.password:
        raise UserError(
            f"models.{alias}.base_url holds a user name or password; "
            f"put the key into {settings.api_key_env} instead"
        )
    key = os.environ.get(settings.api_key_env, "").strip()
    know(key)
    if key or is_private(parts.hostname):
        return key or "none"
    raise UserError(
        f"models.{alias}.api_key_env: the environment variable {settings.api_key_env} is not set, "
        f"and {settings.endpoint} needs a key; export it, or name another variable there"
    )


def is_private(host: str) -> bool:
    """Return whether a host is this machine or one of the user's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # Names without a dot are containers and machines of the local network.
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
