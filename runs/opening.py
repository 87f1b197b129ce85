"""What a command needs to ask models without a whole run: a ledger, the door, and the actors."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ..agents.actor import Desk
from ..agents.models.budget import Budget
from ..agents.models.door import Door, OpenModel
from ..agents.models.limits import share_limits
from ..agents.models.opening import open_models
from ..agents.models.settings import ModelSettings
from ..agents.tool_door import ToolDoor
from ..agents.troupe import Troupe
from ..tools.retrieval import ApiIndex
from .store import Store


@dataclass(frozen=True)
class Opened:
    """The open door, the ledger behind it, and the actors that speak through it."""

    store: Store
    door: Door
    troupe: Troupe


@dataclass(frozen=True)
class OpeningSettings:
    """What a command says about its models."""

    models: Mapping[str, ModelSettings]
    seed: int
    patience_s: float = 120.0
    """Seconds an endpoint may stay away."""


def ready(
    settings: OpeningSettings, notify: Callable[[str], None] = lambda text: None
) -> dict[str, OpenModel]:
    """Return the models behind their limits; nothing is sent and no file is made.

    Raises:
        UserError: a model's settings cannot work.
    """
    limits = share_limits(settings.models, patience_s=settings.patience_s, notify=notify)
    return open_models(settings.models, limits, settings.seed)


@asynccontextmanager
async def opened(
    models: Mapping[str, OpenModel], ledger: Path, usd: float | None
) -> AsyncIterator[Opened]:
    """Open a ledger at a path, the door over it and the actors; all is closed with the context.

    `usd` is the ceiling over all starts with the same ledger.
    """
    async with AsyncExitStack() as stack:
        store = Store.open(ledger)
        stack.callback(store.close)
        budget = Budget(usd, spent=store.totals().usd)
        door = Door(models, store, budget)
        stack.push_async_callback(door.aclose)
        tools = ToolDoor(store, budget, lambda kind, **data: None)
        index = stack.enter_context(ApiIndex())
        troupe = await stack.enter_async_context(Troupe(Desk(door, index, tools), _unheard))
        yield Opened(store, door, troupe)


def _unheard(what: str, role: str, alias: str, message: object) -> None:
    """Messages are not traced here: the ledger holds every call."""
