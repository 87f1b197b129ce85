"""Loading a config of any kind: a run's, an arena's, a test set's; one way, with the same words.

A kind says what of the data is its own, what can be wrong with it besides its types, and what it is
where no file is given.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    field_serializer,
    field_validator,
)

from ...agents.errors import UserError
from ...agents.models.secrets import is_secret, know_address
from ...agents.models.settings import EndpointSettings, ModelSettings
from ...taxonomy.lines import Location
from ...taxonomy.plain import taken, unstorable
from ...tools.settings import ToolSettings
from .explain import explain, shown
from .origin import Origin, join
from .store_url import fault, without_password

Fault = tuple[Location | None, str]
"""Where something is wrong, None where the words say it all, and what."""
Source = str | Path | Mapping[str, Any] | None
"""A YAML file, a mapping, or None for what a kind is without."""
MOST_IN_FLIGHT = 1000
"""Seeds or instructions that a run may work on at a time."""


class Section(BaseModel):
    """A part of a config: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BudgetSettings(Section):
    """What the run may cost."""

    usd: PositiveFloat | None = None
    """Ceiling in USD over all starts of the run; None for none."""


class ExecutionSettings(Section):
    """How the run is carried out."""

    in_flight: int = Field(default=32, gt=0, le=MOST_IN_FLIGHT)
    """Seeds or instructions worked on at a time."""
    patience_s: float = Field(default=120.0, gt=0, le=2_592_000)
    """Seconds an endpoint may stay away before the run stops."""
    store: str | None = Field(default=None, repr=False)
    """`postgresql://user@host/database`, which runs and machines share; None: SQLite in the run's folder."""

    @field_validator("store")
    @classmethod
    def _reachable(cls, address: str | None) -> str | None:
        if address is not None and (wrong := fault(address)):
            raise ValueError(wrong)
        return address

    @field_serializer("store")
    def _public(self, address: str | None) -> str | None:
        """Leave a password out of everything that is written down."""
        return address and without_password(address)


class Config(Section):
    """What every kind of config has: each declares it at its own place, by which it is written out."""

    if TYPE_CHECKING:
        models: dict[str, ModelSettings]
        seed: int
        budget: BudgetSettings
        execution: ExecutionSettings

    UNGIVEN: ClassVar[Source] = None
    """What is loaded where nothing is given."""

    @classmethod
    def own(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what concerns this kind in data that may be another kind's."""
        return dict(data)

    @classmethod
    def early_faults(cls, data: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong with data, as far as it can be read."""
        yield from ()

    def faults(self) -> Iterator[Fault]:
        """Yield what cannot work, of a config whose every field is right by itself."""
        yield from ()

    def absent(self) -> Iterator[Fault]:
        """Yield what this machine lacks of what tools reach outside with; a replay needs none of it."""
        yield from ()

    def tool_settings(self) -> ToolSettings:
        """Return how tools work."""
        return ToolSettings()

    def addressed(self) -> Self:
        """Fill in the addresses that the environment gives, so that a resume finds the same endpoint."""
        models: dict[str, ModelSettings] = {}
        for alias, model in self.models.items():
            if isinstance(model, EndpointSettings):
                know_address(model.endpoint)
            if isinstance(model, EndpointSettings) and not model.base_url:
                if _why("base_url", model.endpoint):
                    raise UserError(
                        "OPENAI_BASE_URL: holds a user name or a password (not shown); "
                        f"put the key into {model.api_key_env}"
                    )
                model = model.model_copy(update={"base_url": model.endpoint})
            models[alias] = model
        return self.model_copy(update={"models": models})


C = TypeVar("C", bound=Config)


def load(
    source: Source, kind: type[C], overrides: Iterable[str] = (), *, replays: bool = False
) -> C:
    """Return the config of a kind from a YAML file or a mapping.

    `overrides` are `a.b=value` with a YAML value; the last one wins. What the environment says of
    addresses (`OPENAI_BASE_URL`) is filled in. What `replays` a run reaches nothing outside.

    Raises:
        UserError: place, field, value found and what is allowed, of everything that is wrong.
    """
    origin = Origin.of(kind.UNGIVEN or {} if source is None else source)
    for override in overrides:
        origin.override(override)
    findings: list[Fault] = [*pasted_keys(origin.data), *_unstorable(origin.data)]
    hidden = {loc for loc, _ in findings}
    config = None
    try:
        config = kind.model_validate(kind.own(origin.data))
    except ValidationError as error:
        findings += [f for f in explain(error, kind, origin.data) if f[0] not in hidden]
    else:
        findings += (
            (loc, f"{_dotted(loc)}: found {shown(value)}; needs {needs}")
            for loc, value, needs in taken(origin.data, config.model_dump())
        )
    findings += kind.early_faults(origin.data)
    if config is not None and not findings:
        findings += config.faults()
        findings += () if replays else config.absent()
    if findings or config is None:
        raise UserError(
            join(
                words if loc is None else f"{origin.where(loc, hide=loc in hidden)}: {words}"
                for loc, words in findings
            )
        )
    return config.addressed()


_KEY_NAMES = re.compile(r"(.*[-_])?(api[-_]?key|authorization|password|secret|token)", re.I)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*|[A-Za-z_]{1,40}")
_QUERY = re.compile(
    r"[?&][\w.-]*(key|token|sig|signature|secret|password|auth|code|credential)="
    r"|^\s*https?://[^/?#]*@",
    re.I,
)
_STORE = ("execution", "store")
"""Where an address may hold a password: `store_url` sees to it."""
_MOVE = "export it as an environment variable and name that one in api_key_env"


def pasted_keys(value: Any, loc: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield location and words of everything in raw config data that is, or looks like, a key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from pasted_keys(inner, (*loc, str(name)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from pasted_keys(inner, (*loc, number))
    elif loc == _STORE:
        return
    elif isinstance(value, str) and (why := _why(str(loc[-1]) if loc else "", value)):
        yield loc, f"{'.'.join(map(str, loc))}: {why}"


def _why(name: str, value: str) -> str:
    """Return why a text must not stand under this name; empty when it may."""
    if name == "api_key_env":
        if is_secret(value) or not _VARIABLE.fullmatch(value):
            return "needs the name of an environment variable, such as OPENAI_API_KEY, not the key"
        return ""
    if _KEY_NAMES.fullmatch(name) and value:
        return f"a key never stands in a config (its value is not shown); {_MOVE}"
    if is_secret(value) or _QUERY.search(value):
        return f"holds what looks like a key or a password (not shown); {_MOVE}"
    return ""


def _unstorable(value: Any) -> Iterator[Fault]:
    """Yield what no store or dataset can hold."""
    for loc, found, needs in unstorable(value):
        # Python writes no number out that has some thousand digits.
        what = f"a number of {found.bit_length()} bits" if isinstance(found, int) else shown(found)
        yield loc, f"{_dotted(loc)}: found {what}; needs {needs}"


def _dotted(loc: Location) -> str:
    return ".".join(map(str, loc)) or "the config"
