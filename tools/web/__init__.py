"""The web as tools reach it: a search, and pages of public addresses as markdown."""

from .web import Found, Web

__all__ = ["Found", "Web"]
