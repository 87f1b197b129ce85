"""Train: hands the round's rows to whoever trains the target.

Nothing is trained here: the rows are exported, and the round goes on with the same target.
"""

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ..services import Services
from .decisions import Trained
from .state import RunState, RunUpdate


async def train(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Record what there is to train on."""
    services, number = runtime.context, state["round"]
    sft, preference = (state["counts"].get(kind, 0) for kind in ("sft", "preference"))
    trained = Trained(
        id=make_id("trained", number),
        round=number,
        trained=False,
        reason=f"export only: {sft} SFT and {preference} preference rows are in the dataset",
        sft=sft,
        preference=preference,
    )
    await services.records.replace("trained", number, [trained])
    services.notify("trained", round=number, trained=False, reason=trained.reason)
    return {}
