"""What stands behind a record: its models, its seed, and what its battles decided."""

from collections.abc import Iterable, Sequence

from ...agents.records import Instruction, Passage, Seed
from ...graphs.supervisor.decisions import Decision, decision_id
from ..store import Store


def find_instructions(store: Store, ids: Iterable[str]) -> dict[str, Instruction]:
    """Return the instructions among the ids: those that passed the gate, drafts, examiners' questions."""
    wanted = list(ids)
    found: dict[str, Instruction] = {}
    for kind in ("instruction", "draft", "question"):
        missing = [id for id in wanted if id not in found]
        found |= store.get_many(kind, missing, Instruction) if missing else {}
    return found


def find_seeds(store: Store, ids: Iterable[str]) -> dict[str, Seed]:
    """Return the seeds behind those ids that are seeds or passages."""
    wanted = list(ids)
    passages = store.get_many("passage", wanted, Passage)
    above = {id: passage.seed_id for id, passage in passages.items()}
    seeds = store.get_many("seed", [*wanted, *above.values()], Seed)
    return {id: seeds[up] for id in wanted if (up := above.get(id, id)) in seeds}


def find_outcomes(store: Store, instructions: Iterable[str]) -> dict[str, str]:
    """Return, by instruction id, where its battles led it; empty for one without a battle."""
    wanted = {id: decision_id(id) for id in instructions}
    found = store.get_many("decision", wanted.values(), Decision)
    return {id: found[key].outcome if key in found else "" for id, key in wanted.items()}


def models_behind(store: Store, instructions: Sequence[Instruction]) -> dict[str, set[str]]:
    """Return, by instruction id, its own model and those of its ancestors.

    Walks the parents level by level, so a page of instructions costs a few look-ups, not one each.
    """
    models = {instruction.id: {instruction.model} for instruction in instructions}
    paths = {instruction.id: set(instruction.parents) for instruction in instructions}
    while wanted := set().union(*paths.values()) if paths else set():
        drafts = find_instructions(store, wanted)
        passages = store.get_many("passage", wanted - drafts.keys(), Passage)
        for id, parents in paths.items():
            models[id] |= {
                found.model for p in parents if (found := drafts.get(p) or passages.get(p))
            }
            paths[id] = {up for p in parents if p in drafts for up in drafts[p].parents}
    return models
