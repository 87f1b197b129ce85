"""Where a skill's file stands: in this folder, in one of the user's, in an installed package, or at a path.

A package brings skills by entry points of the group `arenainstruct.skills`: the name is the skill's, the
value the package in whose folder `NAME.yaml` stands. Nothing of the package is imported.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import chain
from os.path import isdir, isfile
from pathlib import Path

FOLDER = Path(__file__).parent
GROUP = "arenainstruct.skills"
_YAML = (".yaml", ".yml")
_LONGEST = 100
"""Characters of a name that is nowhere that are told."""


def skill_path(name: str) -> Path:
    """Return the file of a skill: a path that ends in `.yaml`, one of this folder, or of a package."""
    if name.endswith(_YAML):
        return Path(name)
    shipped = FOLDER / f"{name}.yaml"
    return shipped if isfile(shipped) else _installed(name) or shipped


def skill_names() -> list[str]:
    """Return the names of the skills that stand in this folder, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def installed_skills() -> list[str]:
    """Return the names of the skills that installed packages bring, sorted."""
    return sorted(point.name for point in entry_points(group=GROUP))


def found(name: str, folder: str | Path | None) -> str:
    """Return a skill as a config is to keep it: the name of a shipped one, or the whole path of its file.

    In `folder`, the skill `x` is `x.yaml` or `x/x.yaml`.

    Raises:
        ValueError: the name stands for several files, or for none.
    """
    if name.endswith(_YAML):
        return str(Path(name).absolute())
    own = list(_beside(name, Path(folder))) if folder else []
    first = skill_path(name)
    files = [*own, *([first] if isfile(first) else [])]
    if len(files) > 1:
        places = ", ".join(map(str, files))
        raise ValueError(f"skill {name!r} stands in several places: {places}; name one by its path")
    if not files:
        raise ValueError(unknown(name, folder))
    if files[0].parent == FOLDER:
        return name
    return str(files[0].absolute())


def unknown(name: str, folder: str | Path | None = None) -> str:
    """Return what is said of a skill that is nowhere: those that there are, the nearest first."""
    said = repr(name) if len(name) <= _LONGEST else f"{name[:_LONGEST]!r}…"
    if name.endswith(_YAML):
        return f"skill {said}: no such file"
    files = (
        chain(*map(Path(folder).glob, ("*.yaml", "*/*.yaml"))) if folder and isdir(folder) else ()
    )
    named = {file.stem for file in files}
    own = {stem for stem in named if folder and any(_beside(stem, Path(folder)))}
    known = sorted({*own, *skill_names(), *installed_skills()})
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    where = (
        f"in {folder} or shipped" if folder else "shipped; one of your own is named by its .yaml"
    )
    return f"skill {said}: there is none of that name; {hint}{where}: {', '.join(known)}"


def _beside(name: str, folder: Path) -> Iterator[Path]:
    files = (folder / f"{name}.yaml", folder / name / f"{name}.yaml")
    return (file for file in files if isfile(file))


def _installed(name: str) -> Path | None:
    """Return the file of a skill that a package brings.

    Raises:
        ValueError: two packages bring it, or the package of the entry point has no such file.
    """
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        return None
    packages = {point.value for point in points}
    if len(packages) > 1:
        raise ValueError(
            f"skill {name!r}: several packages bring it: {', '.join(sorted(packages))}"
        )
    (package,) = packages
    spec = find_spec(package.partition(".")[0])
    rest = package.split(".")[1:]
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        if (path := Path(place, *rest, f"{name}.yaml")).is_file():
            return path
    raise ValueError(
        f"skill {name!r}: the entry point {name} = {package!r} names a package that has no {name}.yaml"
    )
