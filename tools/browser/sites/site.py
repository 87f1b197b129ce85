"""A site with its tasks, and the parts that pages of all kinds are made of.

Tasks of level 1 and 2 say each step, with what is to be used in quotation marks; those above say what is
wanted, and leave the way there to whoever does it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from random import Random
from typing import Any

from ...constraints import telling_words
from ...site_checks import goal
from ..pages import Page, joined

PEOPLE: tuple[str, ...] = (
    "Ada Berg",
    "Bruno Costa",
    "Chen Li",
    "Dora Novak",
    "Emil Sand",
    "Farah Aziz",
)
_STEPS_SAID = 2
"""The highest level whose tasks say each step."""


@dataclass(frozen=True)
class SiteTask:
    """What to do on a site, and how one sees that it was done."""

    task: str
    state: dict[str, Any] = field(default_factory=dict)
    """What the site has kept of the visit in the end: this, and nothing else."""
    page: str = ""
    """The page to be on in the end; empty where that does not matter."""
    says: tuple[str, ...] = ()
    """What the answer has to say."""
    others: tuple[str, ...] = ()
    """What it would say if it were wrong: the other values of the same kind on the site."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Return the terms of its check."""
        return (goal(self.page, self.state), *self.says)


Draw = Callable[[int, Random], SiteTask]
"""Draws a task of a level."""


@dataclass(frozen=True)
class Site:
    """A site and what can be asked of it."""

    pages: Mapping[str, Page]
    tasks: Mapping[str, Draw]
    """By the leaf that they belong to."""

    @property
    def text(self) -> str:
        """Return the site as one text."""
        return joined(self.pages)


def worded(level: int, steps: str, aim: str) -> str:
    """Return the wording that a level asks for."""
    return steps if level <= _STEPS_SAID else aim


def names(text: str, random: Random, count: int) -> list[str]:
    """Return different names made of what a document is about, with a capital."""
    words = [word.capitalize() for word in telling_words(text) if word.isalpha()]
    words += ["Harbour", "Meadow", "Lantern", "Copper", "Willow", "Granite", "Orchard", "Falcon"]
    return random.sample(list(dict.fromkeys(words))[: count + 8], count)


def slug(name: str) -> str:
    """Return a name as paths and keys spell it."""
    return "-".join(name.lower().split())


def link(path: str, text: str) -> str:
    """Return a link."""
    return f'<a href="{path}">{escape(text)}</a>'


def navigation(links: Mapping[str, str]) -> str:
    """Return the links of a site's head, by text."""
    return f"<nav>{' '.join(link(path, text) for text, path in links.items())}</nav>"


def text_field(label: str, name: str, kind: str = "text") -> str:
    """Return a required text field under its label."""
    return f'<p><label>{escape(label)} <input name="{name}" type="{kind}" required></label></p>'


def choice(label: str, options: Iterable[str], attributes: str) -> str:
    """Return a choice under its label; the first option is the one that is set."""
    rows = "".join(f"<option>{escape(option)}</option>" for option in options)
    return f"<p><label>{escape(label)} <select {attributes}>{rows}</select></label></p>"


def switch(label: str, path: str, *, on: bool) -> str:
    """Return a checkbox that keeps what it is set to."""
    mark = " checked" if on else ""
    return f'<p><label>{escape(label)} <input type="checkbox" data-bind="{path}"{mark}></label></p>'


def sentences(text: str, most: int) -> list[str]:
    """Return the first short lines of a document, to fill pages with."""
    rows = [" ".join(row.split()) for row in text.replace(". ", ".\n").splitlines()]
    return [row[:200] for row in rows if 30 <= len(row)][:most] or ["Welcome."]
