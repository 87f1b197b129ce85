"""Losses: what the target lost in a round and why, and what of it belongs together."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from ...agents.messages import Loss
from ...agents.records import Answer, Battle
from ...tools.embedding import TfidfEmbedder
from ...tools.optional import sklearn
from .. import kinds
from ..records import Records
from ..stream import paged
from ..testset.cluster import clusters
from .cells import DUPLICATE, PAGE
from .selection import won_by

MOST = 400
"""Losses of a skill that are clustered: the first by their ids."""
_TASK, _WHY = 500, 400
"""Characters of each that a taxonomist reads."""
DIMENSIONS = 16
TOLD_APART = 0.25
"""Least silhouette of clusters that are told apart at all."""
_COUNTS = (2, 3, 4)


async def losses_of(records: Records, number: int, target: str) -> Mapping[str, list[Loss]]:
    """Return what the target lost in a round, by skill, in the order of their ids."""
    found: dict[str, list[Loss]] = {}
    async for skill, loss in _losses(records, number, target):
        if len(mine := found.setdefault(skill, [])) < MOST:
            mine.append(loss)
    return {name: sorted(mine, key=lambda one: one.instruction_id) for name, mine in found.items()}


async def _losses(records: Records, number: int, target: str) -> AsyncIterator[tuple[str, Loss]]:
    async for page in paged(records.stream(kinds.DECISION, number), PAGE):
        lost = [decision for decision in page if decision.outcome == "lost"]
        asked = await records.get_many(kinds.INSTRUCTION, [d.instruction_id for d in lost])
        battles = await records.get_many(
            kinds.BATTLE, sorted({id for d in lost for id in d.parents[1:]})
        )
        answers = await answers_of(records, battles.values(), target)
        for decision in lost:
            its = [battles[id] for id in decision.parents[1:] if id in battles]
            if one := asked.get(decision.instruction_id):
                yield (
                    decision.skill,
                    Loss(
                        instruction_id=one.id,
                        seed_id=one.seed_id,
                        leaf=one.leaf,
                        task=one.task[:_TASK],
                        why=_why(its, target, answers)[:_WHY],
                    ),
                )


async def answers_of(records: Records, battles: Iterable[Battle], target: str) -> dict[str, Answer]:
    """Return the target's answers by id, where a checker decided by them."""
    checked = [b for b in battles if b.decided_by == "checker"]
    own = {b.answer_a if b.model_a == target else b.answer_b for b in checked}
    return await records.get_many(kinds.ANSWER, sorted(own))


def _why(battles: Sequence[Battle], target: str, answers: Mapping[str, Answer]) -> str:
    """Return what a juror, or the checker, said of the battle that the target lost most clearly."""
    lost = [
        (-won_by(battle), battle.id, battle)
        for battle in battles
        if target in (battle.model_a, battle.model_b)
        and battle.winner == ("model_b" if battle.model_a == target else "model_a")
    ]
    if not lost:
        return ""
    _, _, battle = min(lost)
    own = answers.get(battle.answer_a if battle.model_a == target else battle.answer_b)
    return next((g.reason for g in battle.games if g.reason), own.check_note if own else "")


async def clustered(losses: Sequence[Loss], seed: int) -> list[int] | None:
    """Return each loss's cluster by what is held against its answer; None where they are all alike.

    Tasks are not looked at, where a juror said anything: they would fall apart by what they are about.

    Raises:
        ValueError: scikit-learn is not installed.
    """
    metrics = sklearn("metrics")
    texts = [loss.why or loss.task for loss in losses]
    if len(set(texts)) < 2:
        return None
    vectors = await TfidfEmbedder(DIMENSIONS).embed(texts)
    best: tuple[float, list[int]] | None = None
    for count in _COUNTS:
        if count * 2 > len(losses):
            break
        labels = clusters(vectors, count, seed)
        if len(set(labels)) < 2:
            continue
        clear = round(float(metrics.silhouette_score(vectors, labels, metric="cosine")), 6)
        if best is None or clear > best[0]:
            best = clear, labels
    return best[1] if best and best[0] >= TOLD_APART else None


async def twins_of(records: Records, number: int) -> dict[str, dict[frozenset[str], int]]:
    """Return how many near duplicates pairs of leaves have, by skill."""
    found: dict[str, dict[frozenset[str], int]] = {}
    async for page in paged(records.stream(kinds.REJECT, number), PAGE):
        gone = {r.subject: r for r in page if r.reason == DUPLICATE and len(r.parents) > 1}
        ids = sorted({id for reject in gone.values() for id in reject.parents})
        drafts = await records.get_many(kinds.DRAFT, ids)
        for reject in gone.values():
            pair = [drafts[id] for id in reject.parents[:2] if id in drafts]
            leaves = frozenset(one.leaf for one in pair)
            if len(leaves) == 2 and len({one.skill for one in pair}) == 1:
                mine = found.setdefault(pair[0].skill, {})
                mine[leaves] = mine.get(leaves, 0) + 1
    return found
