"""The one way to a ledger, the doors over it and the actors that speak through them.

opening = Opening(config.models, config)           # nothing is sent, no file is made
async with opening.at(folder.store) as opened:
await opened.troupe.send(...)
"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from ..agents.actor import Desk
from ..agents.errors import UserError
from ..agents.models.budget import Budget
from ..agents.models.door import Door, OpenModel
from ..agents.models.limits import share_limits
from ..agents.models.opening import open_models
from ..agents.models.secrets import know
from ..agents.models.settings import EndpointSettings, ModelSettings, TransformersSettings
from ..agents.tool_door import ToolDoor
from ..agents.troupe import Troupe
from ..tools.retrieval import ApiIndex
from ..tools.web.web import Web
from .config.load import Config
from .control.interrupt import landing
from .disk import legible
from .folder import CHECKPOINTS
from .replay.forked import Forked
from .store import Place, Store
from .trace import Listen, Trace

Seated = Callable[[dict[str, OpenModel]], dict[str, OpenModel]]
"""Gives other models in the places of those that are open."""
T = TypeVar("T")
_MODEL: TypeAdapter[ModelSettings] = TypeAdapter(ModelSettings)


@contextmanager
def stored(place: Place) -> Iterator[Store]:
    """Open a store alone, to read it or to copy from it.

    Raises:
        UserError: it cannot be opened, or is found to be damaged.
    """
    with legible(place.text), closing(Store.open(place)) as store:
        yield store


@dataclass(frozen=True)
class Opened:
    """What a command works with while it is open."""

    store: Store
    budget: Budget
    door: Door
    index: ApiIndex
    troupe: Troupe
    trace: Trace

    async def landing(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work that asks models; when cancelled, no request leaves and replies under way land."""
        return await landing(work, self.door.shut, self.trace.notice)


class Opening:
    """The models of a command behind their limits, before there is a ledger.

    Without `network` nobody is asked: what is not in the ledger is a divergence, and no key is needed.

    Raises:
        UserError: a model's settings cannot work.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        config: Config,
        *,
        network: bool = True,
        seated: Seated | None = None,
    ) -> None:
        """Open the models; `seated` puts others in their places, so that they need no key either."""
        self._config = config
        self._network = network
        self._seated = seated
        self._trace: Trace | None = None
        self.models = self.ready(models)
        if config.budget.usd is not None and seated is None:
            refuse_blind_ceiling(config.budget.usd, models)

    def ready(self, models: Mapping[str, ModelSettings]) -> dict[str, OpenModel]:
        """Return models behind their limits, whose notices go into the trace once there is one."""
        patience = self._config.execution.patience_s
        limits = share_limits(models, patience_s=patience, notify=self._notice)
        asked = self._network and self._seated is None
        opened = open_models(models, limits, self._config.seed, network=asked, notify=self._notice)
        return self._seated(opened) if self._seated else opened

    def enlist(
        self,
        opened: Opened,
        models: MutableMapping[str, ModelSettings],
        folder: Path,
        name: str,
        model: Any,
    ) -> None:
        """Put a trained target's model behind an open door, and among the run's models.

        Where the run's folder was moved, its checkpoints have moved with it.
        """
        trained = _MODEL.validate_python(model)
        if isinstance(trained, TransformersSettings) and not Path(trained.model).exists():
            here = (folder / CHECKPOINTS / Path(trained.model).name).absolute()
            if here.is_dir():
                trained = trained.model_copy(update={"model": str(here)})
        if models.get(name) != trained:
            opened.door.models[name] = self.ready({name: trained})[name]
            models[name] = trained

    @asynccontextmanager
    async def at(self, place: Place, *, listen: Listen | None = None) -> AsyncIterator[Opened]:
        """Open a ledger and all that stands before it; everything is closed with the context.

        The budget's ceiling holds over all starts with the same ledger, and all workers that share
        it. `listen` hears every event.
        """
        async with AsyncExitStack() as stack:
            store = stack.enter_context(closing(Store.open(place)))
            await store.own_run()
            self._trace = trace = Trace(store, place.run, listen)
            stack.enter_context(trace.started())
            budget = await store.budget(self._config.budget.usd)
            forked = await Forked.read(store)
            door = Door(
                self.models,
                store,
                budget,
                network=self._network,
                past=forked.past(store, self._config.seed) if forked else None,
                notify=trace.notice,
            )
            stack.push_async_callback(door.aclose)
            tools = ToolDoor(store, budget, network=self._network, tally=door.tally)
            prompts = forked.said() if forked else {}
            index = stack.enter_context(ApiIndex())
            settings = self._config.tool_settings()
            for server in settings.mcp.values():
                know(os.environ.get(server.key_env, ""))
            desk = Desk(door, index, tools, settings, Web(settings.search), prompts)
            troupe = await stack.enter_async_context(Troupe(desk))
            yield Opened(store, budget, door, index, troupe, trace)

    def beside(self, ledger: Path) -> AbstractAsyncContextManager[Opened]:
        """Open a command's own ledger: a file, or its part of the database that its config names."""
        ledger.parent.mkdir(parents=True, exist_ok=True)
        return self.at(Place.of(self._config.execution.store or ledger, ledger.parent.name))

    def _notice(self, text: str) -> None:
        if self._trace is not None:
            self._trace.notice(text)


def refuse_blind_ceiling(usd: float, models: Mapping[str, ModelSettings]) -> None:
    """Refuse a ceiling that no call could ever reach.

    Raises:
        UserError: models are behind endpoints, and none of them has a price.
    """
    served = {a: m.price for a, m in models.items() if isinstance(m, EndpointSettings)}
    if served and all(price.free for price in served.values()):
        raise UserError(
            f"budget.usd: {usd:g} holds nothing back, since no model has a price: set "
            f"models.{min(served)}.price (USD per million tokens: input, output), or remove budget.usd"
        )
