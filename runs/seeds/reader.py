"""Everything together: sources to seeds, one at a time, and a reject with a reason for the rest."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ...agents.errors import UserError
from ...agents.records import Seed, make_id
from .document import SeedReject
from .process import FIELDS, Part, read_file
from .settings import SeedSettings
from .source import Source, iter_sources

if TYPE_CHECKING:
    from ...tools.minhash import NearDuplicates


def read_seeds(settings: SeedSettings) -> Generator[Seed | SeedReject, None, None]:
    """Yield the seeds in the order of their files, with a reject for what gives none.

    Documents stream: memory holds one of them, whatever the number. The same files give the
    same seeds with the same ids. It stays with the thread that first asks it for something.

    Raises:
        UserError: the path does not exist (at once), or held no seed at all (at the end).
    """
    return _reported(
        settings, _unique(settings, iter_sources(settings.path, follow=settings.follow_links))
    )


def fingerprint(settings: SeedSettings) -> str:
    """Return a hash over the names and sizes of all source files, whatever order they come in."""
    total = 0
    for source in iter_sources(settings.path, follow=settings.follow_links):
        entry = f"{source.name}\x1f{source.size}".encode("utf-8", "surrogatepass")
        total += int.from_bytes(blake2b(entry, digest_size=16).digest(), "big")
    return f"{total % 2**128:032x}"


def _reported(
    settings: SeedSettings, found: Iterator[Seed | SeedReject]
) -> Generator[Seed | SeedReject, None, None]:
    """Pass everything on and complain at the end when there was no seed."""
    seeds = 0
    reasons: Counter[str] = Counter()
    first = ""
    for item in found:
        if isinstance(item, Seed):
            seeds += 1
        else:
            reasons[item.reason] += 1
            first = first or f": {item.name}: {item.detail}"
        yield item
    if not seeds:
        counted = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        raise UserError(
            f"seeds: {settings.path!r} holds no usable document ({counted or 'no file at all'})"
            f"{first}; point it at text, markdown, HTML, PDF, DOCX, code, tables, JSONL, Parquet or OpenAPI "
            f"files of at least seeds.min_chars={settings.min_chars} characters"
        )


def _unique(settings: SeedSettings, sources: Iterator[Source]) -> Iterator[Seed | SeedReject]:
    """Read, and drop what is too short or was there before."""
    from ...tools.minhash import NearDuplicates

    wanted = settings.wanted()
    with NearDuplicates(threshold=settings.near_duplicate) as earlier:
        for source in sources:
            for found in read_file(source, wanted):
                if isinstance(found, SeedReject):
                    yield found
                else:
                    yield from _judged(map(_seed, found), settings, earlier)


def _seed(part: Part) -> Seed:
    told: dict[str, Any] = dict(zip(FIELDS, part, strict=True))
    told["private"] = told["private"].split("\n") if told["private"] else ()
    return Seed.model_validate(told | {"id": make_id("seed", told["kind"], told["text"])})


def _judged(
    seeds: Iterable[Seed], settings: SeedSettings, earlier: "NearDuplicates"
) -> Iterator[Seed | SeedReject]:
    """Yield the seeds of one document that are new, and rejects for the others."""
    siblings: set[str] = set()
    for seed in seeds:
        reason, detail = _fault(seed, settings) or _repeats(seed, settings, earlier, siblings)
        siblings.add(seed.id)
        yield SeedReject(seed.name, reason, detail) if reason else seed


def _fault(seed: Seed, settings: SeedSettings) -> tuple[str, str] | None:
    """Return why a seed's length is wrong, if it is."""
    length = len(seed.text.strip())
    if not length:
        return "empty", "nothing is left after cleaning"
    if length < settings.min_chars:
        return "too_short", f"{length} characters; seeds.min_chars is {settings.min_chars}"
    # An operation with its schemas, or one table row, is kept whole up to twice the length.
    if length > 2 * settings.max_chars:
        return "too_long", f"{length} characters that cannot be split; raise seeds.max_chars"
    return None


def _repeats(
    seed: Seed, settings: SeedSettings, earlier: "NearDuplicates", siblings: set[str]
) -> tuple[str, str]:
    """Return why a seed is no news; two empty texts where it is."""
    if seed.id in earlier:
        return "exact_duplicate", f"the same text as {seed.id}"
    if settings.near_duplicate == 1.0:
        text = seed.id
    else:
        text = seed.text
    # Parts of one API description share schemas: that makes them no duplicates of each other.
    found = earlier.seen(seed.id, text, siblings)
    return ("near_duplicate", f"nearly the same text as {found}") if found else ("", "")
