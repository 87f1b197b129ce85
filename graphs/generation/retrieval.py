"""Retrieval: a passage is what a search over all seeds finds about one of them, in no telling order.

So a task of it has to be answered from several documents, most of which do not hold the answer.
"""

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.messages import Transform
from ...agents.records import Passage
from ...agents.roles.transformer import passage_id
from ...tools.documents import Extract
from ...tools.search_files import paragraphs
from ..services import Services, reject
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order, ways

OWN = 3
"""Paragraphs of the seed itself."""
_LONGEST = 1_500
_EMPTY = "no_paragraph", "it has no paragraph"
_ALONE = (
    "no_neighbour",
    "no other document is near it that has its licence, nothing private, and trains or evaluates as it does",
)


async def retrieve(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Make each passage of what is found about a part of the seed."""
    services, seed, round = runtime.context, state["seed"], state["round"]
    skill = services.skills[state["skill"]]
    random = chance(services.settings.seed, state, "retrieval")
    rows = [text[:_LONGEST] for _, text in paragraphs(seed.text) if len(text) >= 80]
    passages: list[Passage] = []
    rejects = list(state["rejects"])
    for transformation in ways(state, skill):
        start = random.randrange(max(1, len(rows) - OWN + 1))
        own = rows[start : start + OWN]
        found = await services.library.near(services.records, seed, own) if own else []
        if not found:
            reason, words = _ALONE if own else _EMPTY
            rejects.append(
                reject(
                    EpisodeError(words),
                    stage="transformation",
                    round=round.number,
                    subject=seed.id,
                    skill=skill.name,
                    part=transformation.name,
                    reason=reason,
                )
            )
            continue
        title = seed.title or seed.name
        extracts = [*(Extract(seed.id, title, text) for text in own), *found]
        random.shuffle(extracts)
        message = Transform(
            seed=seed,
            skill=skill.name,
            prompt=skill.prompts.transform,
            transformation=transformation,
            sample=round.number - 1,
        )
        passages.append(
            Passage(
                id=passage_id(message),
                parents=tuple(dict.fromkeys([seed.id, *(e.seed_id for e in found)])),
                seed_id=seed.id,
                skill=skill.name,
                transformation=transformation.name,
                text="\n\n".join(
                    f"## Document {n}: {e.title}\n\n{e.text}" for n, e in enumerate(extracts, 1)
                ),
            )
        )
    return {"passages": passages, "rejects": rejects}


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("retrieval", retrieve)
