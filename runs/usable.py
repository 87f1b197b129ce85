"""The seeds that a run can use: those of a kind that one of its skills takes."""

from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing

from ..agents.errors import UserError
from ..agents.records import Seed
from ..taxonomy.skill import Skill
from .seeds import SeedReject, SeedSettings, read_seeds

_NO_SKILL = "no_skill_for_"
"""What the reason of a reject that no skill takes begins with; its kind follows."""


def usable_seeds(
    settings: SeedSettings, skills: Iterable[Skill]
) -> Generator[Seed | SeedReject, None, None]:
    """Yield the seeds that a skill takes, and a reject with a reason for the rest.

    Raises:
        UserError: the path does not exist (at once), or no seed at all can be used (at the end).
    """
    kinds = {kind for skill in skills for kind in skill.seed_kinds}
    takes = f"the skills take {', '.join(sorted(kinds))}"
    usable, left = False, Counter[str]()
    with closing(read_seeds(settings)) as found:
        for item in found:
            if isinstance(item, Seed) and item.kind not in kinds:
                item = SeedReject(item.name, _NO_SKILL + item.kind, takes)
                left[item.reason] += 1
            usable |= isinstance(item, Seed)
            yield item
    if not usable:
        raise UserError(
            f"seeds: {settings.path!r} holds no document of a kind that a skill takes "
            f"({left_out(left)}; {takes}); name other skills, or other documents"
        )


def left_out(rejects: Mapping[str, int]) -> str:
    """Return how many documents no skill takes, by kind and in words; empty where there is none."""
    counts = {
        kind: count
        for reason, count in rejects.items()
        if (kind := reason.rpartition(_NO_SKILL)[2]) != reason
    }
    if not counts:
        return ""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    return f"no skill takes {sum(counts.values()):,} of the documents: {kinds}"
