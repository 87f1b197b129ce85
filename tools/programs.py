"""Programs that a config or a pack names as `package.module:name`: what they are, and how they are found.

Those of this package are its own. Any other is code that runs with the user's rights, so naming one
works only where the environment says that every config is trusted.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Any

ALLOWED = "ARENAINSTRUCT_SCRIPTED"
"""The environment variable that lets a config name code."""
_OWN = __name__.partition(".")[0] + "."


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instruction that a program is to write."""

    leaf: str
    level: int
    """How complex, 1 to 5; none that the skill's `levels` give no share."""
    text: str
    """The document it is made of."""
    random: Random
    """Its chance: the same for the same document, leaf, round and number."""


@dataclass(frozen=True, slots=True)
class Item:
    """An instruction that a program wrote, with the arguments of the leaf's checker."""

    task: str
    terms: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    shows_text: bool = False
    """Whether an answer gets the document before its eyes."""


Program = Callable[[Wanted], Item]
"""Writes instructions of a skill; one that raises makes a reject of what it was asked for."""


def named(path: str, field: str = "") -> Any:
    """Return what a config names.

    Raises:
        ValueError: it is not there, or may not be run; begins with the field, where one is said.
    """
    said = f"{field}: " if field else ""
    module, _, name = path.partition(":")
    if not module.startswith(_OWN) and not os.environ.get(ALLOWED):
        raise ValueError(
            f"{said}{path!r} is Python code that a config names; set {ALLOWED}=1 where every config "
            "is trusted"
        )
    with loaded(path, said):
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise _Unnamed(
                f"{said}{path!r} names nothing that can be called ({error}); write it as "
                "package.module:name"
            ) from error


class _Unnamed(ValueError):
    """What is named is not there; it was said so."""


@contextmanager
def loaded(path: str, said: str = "") -> Iterator[None]:
    """Say whatever the code that a config names does while it is loaded, or makes what it is for.

    Raises:
        ValueError: it raised, or tried to end the process. Ctrl-C stays what it is.
    """
    try:
        yield
    except (KeyboardInterrupt, _Unnamed):
        raise
    except BaseException as error:
        module = path.partition(":")[0]
        raise ValueError(
            f"{said}{path!r} cannot be loaded ({type(error).__name__}: {error}); mend {module}"
        ) from error
