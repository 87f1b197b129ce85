"""What only some commands need: imported when used; a package that is absent is missed in words."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def optional(module: str, install: str) -> Any:
    """Return a package that is not always installed.

    Raises:
        ValueError: it is absent; tells what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # A package that is there but lacks one of its own is another fault: say which.
        if error.name and error.name.split(".")[0] != module.split(".")[0]:
            raise
        name = module.split(".")[0]
        raise ValueError(f"the package {name} is not installed: pip install '{install}'") from error


def sklearn(module: str) -> Any:
    """Return a module of scikit-learn: `sklearn("cluster")`.

    Raises:
        ValueError: scikit-learn is absent.
    """
    return optional(f"sklearn.{module}", "arenainstruct[arena]")


def on_first_use(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, which imports each public name from the file it lives in."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{homes[name]}", package), name)

    return find
