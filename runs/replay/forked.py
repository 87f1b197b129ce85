"""What a fork knows of the run it came from: noted in its store, and heeded at every start of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ...agents.models.ledger import Past, Then
from ...agents.models.limits import share_limits
from ...agents.models.opening import open_models
from ...agents.models.settings import ModelSettings
from ...prompts.template import Prompt
from ..store import Store

FORK = "fork"
"""Meta key of a fork's store."""
_MODEL: TypeAdapter[ModelSettings] = TypeAdapter(ModelSettings)


class Forked(BaseModel):
    """Where a fork comes from, and what is other in it."""

    model_config = ConfigDict(frozen=True)

    parent: str
    at: str
    """The event before which everything is the parent's."""
    last: int
    """So many replies were there before it."""
    calls: int
    """Paid by the parent, and served here."""
    usd: float
    """What the parent had paid."""
    changes: tuple[str, ...]
    """As they were given."""
    models: dict[str, dict[str, Any]]
    """The parent's, by alias."""
    prompts: dict[str, str] = {}
    """Files in the place of prompts, by the prompts' names."""

    @classmethod
    async def read(cls, store: Store) -> Self | None:
        """Return what a store says; None where its run is no fork."""
        data = await store.get_meta(FORK)
        return cls.model_validate(data) if data else None

    def past(self, store: Store, seed: int) -> Past:
        """Return what the parent's calls are found by; none of its models is ever asked here."""
        models = {alias: _MODEL.validate_python(model) for alias, model in self.models.items()}
        limits = share_limits(models, patience_s=1.0, notify=lambda text: None)
        opened = open_models(models, limits, seed, network=False)
        then = {
            alias: Then(
                f"{m.settings.provider}/{m.settings.model}", m.settings.version, m.provider.params
            )
            for alias, m in opened.items()
        }
        return Past(then, self.last, store)

    def said(self) -> Mapping[str, Prompt]:
        """Return the prompts that are other than the parent's, by the names of those."""
        return {
            name: Prompt.parse(name, text, Path(f"{name}.j2"))
            for name, text in self.prompts.items()
        }
