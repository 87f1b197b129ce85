"""Ingest: the user's documents stream into the store as seeds, what is dropped as rejects.

The APIs of code and OpenAPI seeds are indexed on the way, so that tool use can search all seeds.
"""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import islice

from ..agents.errors import EpisodeError, UserError, boundary
from ..agents.models.secrets import mask_known, redact
from ..agents.records import Reject, Seed, make_id
from ..graphs import kinds, stages
from ..graphs.records import start_over
from ..taxonomy.skill import Skill
from ..tools.api_spec import ApiSpec
from ..tools.code_apis import outline
from ..tools.openapi import parse_openapi
from ..tools.retrieval import ApiIndex
from .seeds import SeedReject, SeedSettings, read_seeds
from .store import Store

BATCH = 100
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


def left_by_reason(rejects: Mapping[str, int]) -> str:
    """Return how many documents are of no use for which reason, the most frequent first."""
    found = sorted(rejects.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {_in_words(reason)}" for reason, count in found)


def _in_words(reason: str) -> str:
    kind = reason.removeprefix(_NO_SKILL)
    return f"of a kind that no skill takes ({kind})" if kind != reason else reason.replace("_", " ")


async def ingest(
    store: Store,
    index: ApiIndex,
    settings: SeedSettings,
    skills: Sequence[Skill],
    limit: int | None,
    *,
    told: Callable[[int], None] = lambda read: None,
) -> None:
    """Read the seeds into the store once; a run that was killed meanwhile starts over, to the same end.

    `told` gets the number of seeds so far, now and then.

    Raises:
        UserError: there is no usable seed.
    """
    if await store.get_meta("ingested"):
        await store.index_apis(index)
        return
    read = 0
    await start_over(store, stages.INGEST, 0)
    await store.forget_apis()
    async for batch in _batches(usable_seeds(settings, skills), limit):
        seeds = [_masked(item) for item in batch if isinstance(item, Seed)]
        rejects = [_reject(item) for item in batch if isinstance(item, SeedReject)]
        await store.add(kinds.SEED, 0, seeds)
        await store.add(kinds.REJECT, 0, rejects)
        await store.add_apis(await asyncio.to_thread(index_apis, index, seeds, read))
        told(read := read + len(seeds))
    await store.set_meta("ingested", True)


async def _batches(
    found: Generator[Seed | SeedReject, None, None], left: int | None
) -> AsyncIterator[list[Seed | SeedReject]]:
    """Yield what is read, by the batch, up to so many seeds."""
    loop = asyncio.get_running_loop()
    # One thread of its own: the index of duplicates is a SQLite connection, which keeps to a thread.
    with ThreadPoolExecutor(1, "seeds") as reader:
        try:
            while batch := await loop.run_in_executor(reader, _batch, found, left):
                yield batch
                if left is not None:
                    left -= sum(isinstance(item, Seed) for item in batch)
                if left == 0:
                    return
        finally:
            await loop.run_in_executor(reader, found.close)


def _batch(found: Iterator[Seed | SeedReject], left: int | None) -> list[Seed | SeedReject]:
    """Return the next items, with at most `left` seeds among them."""
    batch: list[Seed | SeedReject] = []
    for item in islice(found, BATCH):
        batch.append(item)
        if left is not None and sum(isinstance(i, Seed) for i in batch) >= left:
            break
    return batch


def index_apis(
    index: ApiIndex, seeds: Sequence[Seed], read: int = 0
) -> list[tuple[int, str, Sequence[ApiSpec]]]:
    """Index the APIs of seeds; return them with the places of their seeds, after those `read` before."""
    found: list[tuple[int, str, Sequence[ApiSpec]]] = []
    for place, seed in enumerate(seeds, read):
        if seed.kind in ("code", "api"):
            # Where it fails, the flow of this seed records it with its reason.
            with suppress(EpisodeError):
                index.add(seed.id, apis := _apis(seed))
                found.append((place, seed.id, apis))
    return found


def _apis(seed: Seed) -> list[ApiSpec]:
    with boundary(EpisodeError, "no APIs can be read"):
        return (
            outline(seed.text, seed.language) if seed.kind == "code" else parse_openapi(seed.text)
        )


def _masked(seed: Seed) -> Seed:
    """Return a seed without the keys of this process: what it says goes to models and into rows."""
    text = mask_known(seed.text)
    return seed if text is seed.text else seed.model_copy(update={"text": text})


def _reject(found: SeedReject) -> Reject:
    return Reject(
        id=make_id("reject", "seeds", found.name, found.reason),
        round=0,
        stage="seeds",
        reason=found.reason,
        detail=redact(found.detail)[:500],
        subject=found.name,
    )
