"""A contender's name, `alias@version`: what it is called and which weights answered.

Where no version is said the alias alone is the name. Answers, battles and ratings are told apart by
names, so that a trained target is another contender than its predecessor; models are looked up and
asked by what the config, or whoever trained them, calls them.
"""

from collections.abc import Container

MARK = "@"
"""Stands between the two; no alias of a config holds it."""


def contender_name(alias: str, version: str) -> str:
    """Return the name of a model; one that is a name with a version already stays as it is."""
    return f"{alias}{MARK}{version}" if version and MARK not in alias else alias


def alias_of(name: str) -> str:
    """Return what a contender is called, whatever its weights."""
    return name.partition(MARK)[0]


def version_of(name: str) -> str:
    """Return which weights answered; empty where none were said."""
    return name.partition(MARK)[2]


def known_as(name: str, models: Container[str]) -> str:
    """Return what a contender is found by among models: its whole name, or else its alias."""
    return name if name in models else alias_of(name)
