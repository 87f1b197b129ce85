"""HTML that cannot be injected into: what is not made here is escaped, in one place."""

import html
import re

_VOID = frozenset({"br", "hr", "input", "meta"})
_HREF = re.compile(r"[/#?][^\s\\]*\Z|[\w-]+\.html(#[^\s\\]*)?\Z|\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:-]*\Z")
Child = object
"""`Safe`, text, a number, or None for nothing."""


class Safe(str):
    """HTML that was made here."""

    __slots__ = ()


def h(tag: str, *children: Child, **attributes: object) -> Safe:
    """Return an element; texts in it and its attributes are escaped.

    An attribute's underscores become hyphens (`class_` is `class`); None and False leave it out. Links
    only lead into the viewer's own pages.

    Raises:
        ValueError: a link leads elsewhere, or an attribute could run a script.
    """
    told = []
    for given, value in attributes.items():
        if value is None or value is False:
            continue
        name = given.rstrip("_").replace("_", "-")
        if name.startswith("on") or not _NAME.match(name):
            raise ValueError(f"markup: {name} is no attribute that is set here")
        if name == "href" and (str(value).startswith("//") or not _HREF.match(str(value))):
            raise ValueError(f"markup: {value!r} leads out of the viewer")
        told.append(f" {name}" if value is True else f' {name}="{html.escape(str(value))}"')
    opened = f"<{tag}{''.join(told)}>"
    return Safe(opened) if tag in _VOID else Safe(f"{opened}{join(*children)}</{tag}>")


def join(*children: Child) -> Safe:
    """Return children one after the other, texts escaped."""
    return Safe("".join(_child(child) for child in children))


def _child(child: Child) -> str:
    if isinstance(child, Safe):
        return child
    if isinstance(child, list | tuple):
        return join(*child)
    return "" if child is None else html.escape(str(child))
