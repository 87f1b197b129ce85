"""Complexity: what was won at ease is asked harder, and what was lost all over is asked plainer."""

from langgraph.runtime import Runtime

from ..services import Services
from .decide import leaf_records
from .grading import grade
from .state import RunState, RunUpdate, current_round, in_force


async def complexity(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Move each leaf's level by one towards the band of win rates."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    changes = grade(
        round.policy,
        await leaf_records(services, round.number),
        services.skills.values(),
        round=round.number,
        settings=services.settings.feedback,
    )
    return {"levels": [change.model_dump() for change in changes]}
