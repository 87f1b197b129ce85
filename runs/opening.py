"""What a command needs to ask models without a whole run: a ledger, the door, and the actors."""

from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from ..agents.actor import Desk
from ..agents.models.door import Door, OpenModel
from ..agents.models.limits import share_limits
from ..agents.models.opening import open_models
from ..agents.models.settings import ModelSettings
from ..agents.tool_door import ToolDoor
from ..agents.troupe import Troupe
from ..tools.retrieval import ApiIndex
from .store import Place, Store
from .trace import Trace


@dataclass(frozen=True)
class Opened:
    """The open door, the ledger behind it, the actors that speak through it, and what they tell."""

    store: Store
    door: Door
    troupe: Troupe
    trace: Trace


@dataclass(frozen=True)
class OpeningSettings:
    """What a command says about its models."""

    models: Mapping[str, ModelSettings]
    seed: int
    patience_s: float = 120.0
    """Seconds an endpoint may stay away."""
    network: bool = True
    """False where nobody is asked: no key is needed then."""


def ready(
    settings: OpeningSettings, notify: Callable[[str], None] = lambda text: None
) -> dict[str, OpenModel]:
    """Return the models behind their limits; nothing is sent and no file is made.

    Raises:
        UserError: a model's settings cannot work.
    """
    limits = share_limits(settings.models, patience_s=settings.patience_s, notify=notify)
    return open_models(settings.models, limits, settings.seed, network=settings.network)


def enlisting(
    door: Door,
    models: MutableMapping[str, ModelSettings],
    settings: OpeningSettings,
    notify: Callable[[str], None],
) -> Callable[[str, Mapping[str, Any]], None]:
    """Return what puts a trained target's model behind an open door, and among the run's models."""

    def enlist(name: str, model: Mapping[str, Any]) -> None:
        trained = _MODEL.validate_python(model)
        if models.get(name) != trained:
            new = ready(replace(settings, models={name: trained}), notify)
            door.models[name], models[name] = new[name], trained

    return enlist


_MODEL: TypeAdapter[ModelSettings] = TypeAdapter(ModelSettings)


@asynccontextmanager
async def opened(
    models: Mapping[str, OpenModel], ledger: Place, usd: float | None
) -> AsyncIterator[Opened]:
    """Open a ledger, the door over it and the actors; all is closed with the context.

    `usd` is the ceiling over all starts with the same ledger.
    """
    async with AsyncExitStack() as stack:
        store = Store.open(ledger)
        stack.callback(store.close)
        await store.own_run()
        budget = await store.budget(usd)
        door = Door(models, store, budget)
        stack.push_async_callback(door.aclose)
        tools = ToolDoor(store, budget)
        index = stack.enter_context(ApiIndex())
        troupe = await stack.enter_async_context(Troupe(Desk(door, index, tools)))
        trace = Trace(store, ledger.run)
        stack.enter_context(trace.started())
        yield Opened(store, door, troupe, trace)
