"""Train: hands the round's rows to whoever trains the target.

Without a trainer nothing is trained: the rows are exported, and the round goes on with the same target.
"""

from langgraph.runtime import Runtime

from ...agents.contender_name import alias_of, contender_name
from ...agents.records import make_id
from .. import kinds
from ..services import Services
from ..trainer import TrainRequest, Weights
from .decisions import Trained
from .gate import start_of
from .state import RunState, RunUpdate, in_force


async def train(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Train a candidate, or record what there is to train on."""
    services, number = await in_force(state, runtime), state["round"]
    sft, preference = (state["counts"].get(kind, 0) for kind in ("sft", "preference"))
    rows = f"{sft} SFT and {preference} preference rows"
    trained = Trained(
        id=make_id("trained", number),
        round=number,
        trained=False,
        reason=f"export only: {rows} are in the dataset",
        sft=sft,
        preference=preference,
    )
    if services.trainer is not None and (weights := await _trained(services, state)):
        name = contender_name(alias_of(services.target), weights.version)
        trained = trained.model_copy(
            update={
                "trained": True,
                "reason": f"{weights.said}: {rows}",
                "contender": name,
                "model": weights.model.model_dump(mode="json"),
                "training": weights.training,
            }
        )
    await services.records.replace(kinds.TRAINED, number, [trained])
    if trained.contender:
        services.enlist(trained.contender, trained.model)
    services.notify("trained", round=number, trained=trained.trained, reason=trained.reason)
    return {"candidate": trained.contender}


async def _trained(services: Services, state: RunState) -> Weights | None:
    assert services.trainer is not None
    # Training wants the room that serving takes.
    await services.rest(services.target)
    start = start_of([g async for g in services.records.stream(kinds.GATE)], services.target)
    weights: Weights | None = await services.trainer.train(
        TrainRequest(
            round=state["round"],
            target=start,
            model=services.models[services.speaker(start)],
            records=services.records,
            notify=services.notify,
        )
    )
    return weights


async def enlist_trained(services: Services) -> None:
    """Let every target that earlier starts of the run trained be asked again."""
    async for trained in services.records.stream(kinds.TRAINED):
        if trained.contender:
            services.enlist(trained.contender, trained.model)
