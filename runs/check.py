"""The check: everything that can be wrong offline, then each model, asked the way the run will."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from ..agents.errors import ArenaInstructError, UserError
from ..agents.records import Seed
from ..taxonomy import finding
from ..taxonomy.loading import load_skill
from .arena.config import ArenaConfig
from .check_models import Finding, check_models
from .config.config import RunConfig
from .config.load import Source, load
from .config.origin import Origin
from .config.skills import read_anew, skill_faults
from .folder import RUNS
from .ingest import left_by_reason, usable_seeds
from .store import Place, try_store

__all__ = ["Finding", "check", "load_either"]

SAMPLE = 20
"""Documents read: a folder of a million files is not read to its end."""


def load_either(source: Source, overrides: Iterable[str] = ()) -> RunConfig | ArenaConfig:
    """Return a run's config or an arena's, whichever it is; a cast without any documents can only play.

    Raises:
        UserError: it is wrong, or documents are given to an arena.
    """
    given = list(overrides)
    data = {} if source is None else Origin.of(source).data
    if ArenaConfig.may_be({*data, *(text.partition("=")[0].split(".")[0] for text in given)}):
        return load(source, ArenaConfig, given)
    if not ArenaConfig.is_meant(data):
        return load(source, RunConfig, given)
    if named := next((text for text in given if text.startswith("seeds")), ""):
        raise UserError(f"{named}: {source} is an arena's config, which takes no documents")
    return load(source, ArenaConfig, given)


def check(config: RunConfig | ArenaConfig, runs_dir: Path = RUNS) -> list[Finding]:
    """Return what was looked at, the offline part first; everything is looked at, whatever fails."""
    store = _store(config.execution.store, runs_dir)
    if isinstance(config, ArenaConfig):
        who, jury = ", ".join(config.contenders), ", ".join(config.jury)
        told = f"{who} battle, judged by {jury}; a run would need seeds besides"
        return [Finding("arena", True, told), store, *asyncio.run(check_models(config))]
    seeds, kinds = _seeds(config)
    skills = [_skill(name, kinds) for name in config.skills]
    return [seeds, *skills, store, *asyncio.run(check_models(config))]


def _store(address: str | None, runs_dir: Path) -> Finding:
    """Return whether a run could keep what it pays for."""
    if address:
        try:
            try_store(place := Place.of(address, "check-1"))
        except UserError as error:
            told = str(error).removeprefix("execution.store: ")
            return Finding("execution.store", False, told, by_user=True)
        return Finding("execution.store", True, f"{place.text} takes runs")
    there = next(p for p in (runs_dir.absolute(), *runs_dir.absolute().parents) if p.exists())
    try:
        with TemporaryFile(dir=there) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        told = f"{runs_dir} cannot be written: {error.strerror or error}; name another --runs-dir"
        return Finding("store", False, told, by_user=True)
    return Finding("store", True, f"{runs_dir} can be written")


def _seeds(config: RunConfig) -> tuple[Finding, set[str]]:
    """Return what the first documents look like, and the kinds among them."""
    kinds, rejects = Counter[str](), Counter[str]()
    try:
        for item in usable_seeds(config.seeds, config.loaded_skills()):
            if isinstance(item, Seed):
                kinds[item.kind] += 1
            else:
                rejects[item.reason] += 1
            if kinds and kinds.total() + rejects.total() >= SAMPLE:
                break
    except ArenaInstructError as error:
        return Finding("seeds", False, str(error).removeprefix("seeds: "), by_user=True), set()
    read = kinds.total() + rejects.total()
    detail = (
        f"of the first {read} documents {kinds.total()} are usable ({', '.join(sorted(kinds))})"
    )
    if rejects:
        detail += f"; {rejects.total()} are not: {left_by_reason(rejects)}"
    return Finding("seeds", True, detail), set(kinds)


def check_skills(names: Iterable[str], folder: str | None = None) -> list[Finding]:
    """Return what is wrong with skills, a finding for each mistake; one for a skill that has none.

    Raises:
        UserError: a name stands for several skills.
    """
    read_anew()
    found: list[Finding] = []
    for given in names:
        try:
            # As it was given where that is a path: what is told of it is read by whoever gave it.
            name = given if given.endswith((".yaml", ".yml")) else finding.found(given, folder)
        except ValueError as error:
            raise UserError(str(error)) from error
        faults = [Finding("skill", False, told, by_user=True) for told in skill_faults(name)]
        found += faults or [_skill(name, set())]
    return found


def _skill(name: str, kinds: set[str]) -> Finding:
    """Return what a skill holds; what is wrong with one was told when its config was loaded."""
    skill = load_skill(name)
    detail = f"{len(skill.leaves)} leaves, {len(skill.transformations)} transformations"
    if kinds and not kinds & set(skill.seed_kinds):
        detail += f"; takes {', '.join(skill.seed_kinds)}: none of the documents read is one"
    return Finding(f"skill {name}", True, detail)
