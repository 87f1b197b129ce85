"""Kinds of sites: each is drawn from a document, with tasks whose right outcome is known."""

from collections.abc import Callable
from random import Random

from .community import community
from .console import console
from .office import office
from .shop import shop
from .site import Site, SiteTask

__all__ = ["SITES", "Site", "SiteKind", "SiteTask"]

SiteKind = Callable[[str, Random], Site]
"""Draws a site from a document's text and chance."""

SITES: dict[str, SiteKind] = {
    "shop": shop,
    "office": office,
    "community": community,
    "console": console,
}
"""By the name of the transformation that asks for one."""
