"""A contender's name, `alias@version`: what it is called and which weights answered.

Where no version is said the alias alone is the name. Answers, battles and ratings are told apart by
names, so that a trained target is another contender than its predecessor; models are looked up and
asked by what the config, or whoever trained them, calls them.

A contender that answers an instruction several times sits in the arena several times: its further
samples go by `alias@version#2` and so on, and are answers of the same contender.
"""

from collections.abc import Container

MARK = "@"
"""Stands between the two; no alias of a config holds it."""
SAMPLE = "#"
"""Sets the number of a further sample apart; no alias of a config holds it either."""


def contender_name(alias: str, version: str) -> str:
    """Return the name of a model; one that is a name with a version already stays as it is."""
    return f"{alias}{MARK}{version}" if version and MARK not in alias else alias


def alias_of(name: str) -> str:
    """Return what a contender is called, whatever its weights."""
    return whose(name).partition(MARK)[0]


def version_of(name: str) -> str:
    """Return which weights answered; empty where none were said."""
    return whose(name).partition(MARK)[2]


def known_as(name: str, models: Container[str]) -> str:
    """Return what a contender is found by among models: its whole name, or else its alias."""
    found = (one for one in (name, whose(name)) if one in models)
    return next(found, alias_of(name))


def seat_name(name: str, sample: int) -> str:
    """Return what a contender's sample goes by in the arena: its name, from the second one on numbered."""
    return name if sample == 1 else f"{name}{SAMPLE}{sample}"


def whose(seat: str) -> str:
    """Return the contender that sits there."""
    name, _, number = seat.rpartition(SAMPLE)
    return name if name and number.isdigit() else seat


def sample_of(seat: str) -> int:
    """Return the number of its sample, from 1."""
    return 1 if whose(seat) == seat else int(seat.rpartition(SAMPLE)[2])
