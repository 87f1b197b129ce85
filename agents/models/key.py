"""The API key of an endpoint: from the environment, and not needed on the user's own network."""

import ipaddress
import os
from urllib.parse import urlsplit

from ..errors import UserError
from .secrets import know
from .settings import EndpointSettings

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
