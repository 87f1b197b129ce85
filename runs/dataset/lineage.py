"""Who stands behind an instruction: the models of all that it was made from."""

from collections.abc import Iterable, Sequence

from ...agents.records import Instruction, Passage
from ..store import Store


def find_instructions(store: Store, ids: Iterable[str]) -> dict[str, Instruction]:
    """Return the instructions among the ids, whether they passed the gate or stayed drafts."""
    wanted = list(ids)
    passed = store.get_many("instruction", wanted, Instruction)
    return passed | store.get_many("draft", (i for i in wanted if i not in passed), Instruction)


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
