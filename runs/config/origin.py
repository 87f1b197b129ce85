"""Where the values of a config were written: a line of a file, or an override of the command line."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from ...agents.errors import UserError
from ...taxonomy.lines import Location, compose, line_of, load, text_of
from .explain import LONGEST


class Origin:
    """The raw data of a config, and the place of each value in it."""

    def __init__(self, name: str, data: dict[str, Any], node: yaml.Node | None = None) -> None:
        self.data = data
        self._name = name
        self._node = node
        self._overrides: dict[tuple[str, ...], str] = {}
        self._made: dict[tuple[str, ...], str] = {}
        """Sections that an override began."""

    @classmethod
    def of(cls, source: str | Path | Mapping[str, Any]) -> Self:
        """Return the origin of a YAML file, named as the user wrote it, or of a mapping.

        Raises:
            UserError: the file cannot be read, is no YAML or holds no sections.
        """
        if isinstance(source, Mapping):
            return cls("config", dict(source))
        name = str(source)
        try:
            text = text_of(source)
            node = compose(text, name)
            data = load(text, name)
        except IsADirectoryError as error:
            raise UserError(_not_a_config(name, "is a folder")) from error
        except OSError as error:
            raise UserError(f"{name}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(_not_a_config(name, "is not UTF-8 text")) from error
        except ValueError as error:
            raise UserError(f"not a YAML file: {error}") from error
        if not isinstance(data, dict):
            found = "is empty" if data is None else "holds no sections"
            raise UserError(_not_a_config(name, found))
        return cls(name, data, node)

    def where(self, loc: Location, *, hide: bool = False) -> str:
        """Return the place of a value: `mine.yaml:12`, or `--set rounds=two`; `hide` its secret."""
        names = tuple(map(str, loc))
        for path, override in reversed(self._overrides.items()):
            if names[: len(path)] == path or path[: len(names)] == names:
                return _told(override, hide)
        # What is missing in a section that only an override speaks of is missing there.
        if made := next((o for path, o in self._made.items() if names[: len(path)] == path), ""):
            return _told(made, hide)
        return f"{self._name}:{line_of(self._node, loc)}" if self._node else self._name

    def override(self, override: str) -> None:
        """Set one dotted field, `section.field=value` with a YAML value.

        Raises:
            UserError: it is written wrongly, or what it names is no section.
        """
        dotted, sign, value = override.partition("=")
        names = dotted.strip().split(".")
        if not sign or not all(names):
            raise UserError(f"--set {override}: write it as section.field=value")
        here, path = self.data, list[str]()
        while (name := _next_name(here, names)) != ".".join(names):
            names = names[name.count(".") + 1 :]
            if name not in here:
                self._made[(*path, name)] = override
            here[name] = _section(here.get(name), name, override)
            here = here[name]
            path.append(name)
        try:
            here[name] = load(value)
        except ValueError as error:
            raise UserError(
                f"--set {_short(override)}: {_short(repr(value))} is not a YAML value: {error}"
            ) from error
        key = (*path, name)
        self._overrides.pop(key, None)  # the last one of a field is also the last one in order
        self._overrides[key] = override


def _next_name(here: Mapping[str, Any], names: list[str]) -> str:
    """Return the first name, or several joined where they are a key (an alias with dots in it)."""
    joined = (".".join(names[:count]) for count in range(len(names), 1, -1))
    return next((name for name in joined if name in here), names[0])


def _section(value: Any, name: str, override: str) -> dict[str, Any]:
    """Return a copy of the section that a dotted name goes into."""
    if name == "seeds" and isinstance(value, str):
        value = {"path": value}
    if isinstance(value, list):
        raise UserError(f"--set {override}: {name} is a list; write it as a whole: {name}=[a, b]")
    if not isinstance(value, dict | None):
        raise UserError(f"--set {override}: {name} is {value!r}, not a section")
    return dict(value or {})


def _not_a_config(name: str, found: str) -> str:
    return (
        f"{name}: {found}; a config is a YAML file of sections (seeds, models, cast, …). "
        f"To run on documents with the embedded models: --seeds {name}"
    )


def _told(override: str, hide: bool) -> str:
    secret = hide or ("://" in override and re.search("@|password", override, re.I))
    return f"--set {override.partition('=')[0].strip() if secret else _short(override)}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def join(lines: Iterable[str]) -> str:
    """Return findings as one message, each once."""
    return "\n".join(dict.fromkeys(lines))
