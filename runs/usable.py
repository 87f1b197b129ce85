"""The seeds that a run can use: those of a kind that one of its skills takes."""

from collections.abc import Generator, Iterable
from contextlib import closing

from ..agents.errors import UserError
from ..agents.records import Seed
from ..taxonomy.skill import Skill
from .seeds import SeedReject, SeedSettings, read_seeds

NO_SKILL = "no_skill"
"""The reason of a reject that no skill takes."""


def usable_seeds(
    settings: SeedSettings, skills: Iterable[Skill]
) -> Generator[Seed | SeedReject, None, None]:
    """Yield the seeds that a skill takes, and a reject with a reason for the rest.

    Raises:
        UserError: the path does not exist (at once), or no seed at all can be used (at the end).
    """
    taken = {kind for skill in skills for kind in skill.seed_kinds}
    usable, left = False, dict[str, int]()
    with closing(read_seeds(settings)) as found:
        for item in found:
            if not isinstance(item, Seed) or item.kind in taken:
                usable |= isinstance(item, Seed)
                yield item
                continue
            left[item.kind] = left.get(item.kind, 0) + 1
            yield SeedReject(item.name, NO_SKILL, why(item.kind, taken))
    if not usable:
        raise UserError(
            f"seeds: no document of {settings.path!r} is of a kind that a skill takes: found "
            f"{told(left)}; the skills take {', '.join(sorted(taken))}: choose other skills, or "
            "other documents"
        )


def why(kind: str, taken: Iterable[str]) -> str:
    """Return why a seed is left out, in words."""
    return f"its kind is {kind}, and the skills take {', '.join(sorted(taken))} only"


def told(left: dict[str, int]) -> str:
    """Return counts by kind in words."""
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(left.items()))
