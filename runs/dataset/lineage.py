"""What stands behind a record: its models, its seed, and what its battles decided."""

from collections.abc import Iterable, Sequence

from ...agents.records import Instruction, Seed
from ...graphs import kinds
from ...graphs.records import Records
from ...graphs.supervisor.decisions import Decision, decision_id


async def find_instructions(store: Records, ids: Iterable[str]) -> dict[str, Instruction]:
    """Return the instructions among the ids: drafts, passed or not, and examiners' questions."""
    wanted = list(ids)
    found = await store.get_many(kinds.DRAFT, wanted)
    missing = [id for id in wanted if id not in found]
    return found | await store.get_many(kinds.QUESTION, missing)


async def find_seeds(store: Records, ids: Iterable[str]) -> dict[str, Seed]:
    """Return the seeds behind those ids that are seeds or passages."""
    wanted = list(ids)
    passages = await store.get_many(kinds.PASSAGE, wanted)
    above = {id: passage.seed_id for id, passage in passages.items()}
    seeds = await store.get_many(kinds.SEED, [*wanted, *above.values()])
    return {id: seeds[up] for id in wanted if (up := above.get(id, id)) in seeds}


async def find_decisions(store: Records, instructions: Iterable[str]) -> dict[str, Decision | None]:
    """Return, by instruction id, what was decided on it; None for one without a battle."""
    wanted = {id: decision_id(id) for id in instructions}
    found = await store.get_many(kinds.DECISION, wanted.values())
    return {id: found.get(key) for id, key in wanted.items()}


async def models_behind(store: Records, instructions: Sequence[Instruction]) -> dict[str, set[str]]:
    """Return, by instruction id, its own model and those of its ancestors.

    Walks the parents level by level, so a page of instructions costs a few look-ups, not one each; an
    ancestor that is its own, in a store edited by hand, is met once.
    """
    models = {instruction.id: {instruction.model} for instruction in instructions}
    paths = {instruction.id: set(instruction.parents) for instruction in instructions}
    met = {id: set(parents) for id, parents in paths.items()}
    while wanted := set().union(*paths.values()) if paths else set():
        drafts = await find_instructions(store, wanted)
        passages = await store.get_many(kinds.PASSAGE, wanted - drafts.keys())
        for id, parents in paths.items():
            models[id] |= {
                found.model for p in parents if (found := drafts.get(p) or passages.get(p))
            }
            above = {up for p in parents if p in drafts for up in drafts[p].parents}
            paths[id] = above - met[id]
            met[id] |= above
    return models
