"""Taxonomy: what was lost decides which leaves are asked more (diversity)."""

from langgraph.runtime import Runtime

from ..services import Services
from .decide import leaf_records
from .feedback import weigh
from .state import RunState, RunUpdate, current_round, in_force


async def taxonomy(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Weigh the leaves by the target's losses in them."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    changes = weigh(
        round.policy,
        await leaf_records(services, round.number),
        services.skills.values(),
        round=round.number,
        settings=services.settings.feedback,
    )
    return {"weights": [change.model_dump() for change in changes]}
