"""The check: everything that can be wrong offline, then each model, asked the way the run will."""

import asyncio

from ..agents.errors import ArenaInstructError
from ..agents.records import Seed
from ..taxonomy.skill import load_skill
from .check_models import Finding, check_models
from .config.config import RunConfig
from .config.skills import skill_faults
from .seeds import read_seeds

__all__ = ["Finding", "check"]

SAMPLE = 20
"""Seeds read: a folder of a million files is not read to its end."""


def check(config: RunConfig) -> list[Finding]:
    """Return what was looked at, the offline part first; everything is looked at, whatever fails."""
    seeds, kinds = _seeds(config)
    skills = [_skill(name, kinds) for name in config.skills]
    return [seeds, *skills, *asyncio.run(check_models(config))]


def _seeds(config: RunConfig) -> tuple[Finding, set[str]]:
    """Return what the first documents look like, and the kinds among them."""
    read, seeds = 0, []
    try:
        for item in read_seeds(config.seeds):
            read += 1
            seeds += [item] if isinstance(item, Seed) else []
            if seeds and read >= SAMPLE:
                break
    except ArenaInstructError as error:
        return Finding("seeds", False, str(error).removeprefix("seeds: "), by_user=True), set()
    kinds = {seed.kind for seed in seeds}
    detail = f"of the first {read} documents {len(seeds)} are usable ({', '.join(sorted(kinds))})"
    return Finding("seeds", True, detail), set(kinds)


def _skill(name: str, kinds: set[str]) -> Finding:
    try:
        skill = load_skill(name)
    except ValueError as error:
        return Finding(f"skill {name}", False, str(error), by_user=True)
    if faults := list(skill_faults(name)):
        return Finding(f"skill {name}", False, "; ".join(faults), by_user=True)
    detail = f"{len(skill.leaves)} leaves, {len(skill.transformations)} transformations"
    if kinds and not kinds & set(skill.seed_kinds):
        detail += f"; takes {', '.join(skill.seed_kinds)}: none of the documents read is one"
    return Finding(f"skill {name}", True, detail)
