"""The config: one YAML, validated as a whole before any money is spent.

*What* is made (seeds, skills, models, cast, …) stands apart from *how* it is executed (`budget`,
`execution`); only the first decides the bytes of the dataset.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    field_serializer,
    field_validator,
)

from ...agents.cast import Cast, faults, unknown
from ...agents.errors import UserError
from ...agents.models.secrets import is_secret
from ...agents.models.settings import EndpointSettings, ModelSettings
from ...graphs.settings import (
    ArenaSettings,
    CurationSettings,
    EvaluationSettings,
    FeedbackSettings,
    GraphSettings,
    PerSeed,
    SelectionSettings,
)
from ...taxonomy.lines import Location
from ...taxonomy.skill import load_skill, skill_path
from ..seeds.settings import SeedSettings
from .explain import explain
from .origin import Origin, join
from .pasted import pasted_keys
from .protocol import protocol_faults
from .skills import repeated, skill_faults
from .store_url import fault, without_password

HOW = ("budget", "execution")
"""Sections that never change the dataset."""
HOW_OF_MODEL = (
    *("concurrency", "rpm", "tpm", "timeout_s", "retries", "api_key_env", "base_url", "batch"),
)
"""Fields of a model that never change its replies (a moved endpoint is still the same model)."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BudgetSettings(_Section):
    """What the run may cost."""

    usd: PositiveFloat | None = None
    """Ceiling in USD over all starts of the run; None for none."""


class ExecutionSettings(_Section):
    """How the run is carried out."""

    in_flight: PositiveInt = 32
    """Seeds or instructions worked on at a time."""
    patience_s: PositiveFloat = 120.0
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


class DatasetSettings(_Section):
    """What the dataset holds besides what is trained on."""

    thoughts: bool = False
    """Whether what models thought before they answered stands in columns of its own."""


class RunConfig(_Section):
    """Everything a run needs to know."""

    seeds: SeedSettings
    skills: tuple[str, ...] = Field(
        default=("reading_comprehension", "text_modification", "tool_use"), min_length=1
    )
    """Names of shipped skills, or paths of your own that end in `.yaml`."""
    rounds: PositiveInt = 2
    per_seed: PerSeed = PerSeed()
    models: dict[str, ModelSettings] = Field(min_length=1)
    cast: Cast
    curation: CurationSettings = CurationSettings()
    arena: ArenaSettings = ArenaSettings()
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    dataset: DatasetSettings = DatasetSettings()
    seed: int = 7
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

    @field_validator("skills")
    @classmethod
    def _found_again(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Write paths out in full: a resume may start in another folder."""
        return tuple(
            str(Path(name).absolute()) if skill_path(name) == Path(name) else name for name in names
        )

    def graph_settings(self) -> GraphSettings:
        """Return what the graphs need."""
        own = {
            name: getattr(self, name) for name in GraphSettings.model_fields if name != "in_flight"
        }
        return GraphSettings(**own, in_flight=self.execution.in_flight)

    def what(self) -> dict[str, Any]:
        """Return only what decides the dataset, as plain data: the same for any speed or address."""
        data = self.model_dump(mode="json", exclude=set(HOW), exclude_defaults=True)
        for model in data["models"].values():
            for field in HOW_OF_MODEL:
                model.pop(field, None)
            if "file" in model:
                model["file"] = Path(model["file"]).name
        if "skills" in data:
            data["skills"] = [Path(name).name for name in data["skills"]]
        data["seeds"]["path"] = Path(self.seeds.path).name or self.seeds.path
        return data

    def yaml(self) -> str:
        """Return the whole resolved config as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def brief(self) -> str:
        """Return YAML to read at a glance: a line for each section and model, without most defaults."""
        data = self.model_dump(mode="json")
        unlike = self.model_dump(mode="json", exclude_defaults=True)
        names = [name for name in data if name in SHOWN or name in unlike]
        lines = [f"{name}: {_flow(unlike.get(name, data[name]))}" for name in names]
        models = [
            f"  {alias}: {_flow({'provider': model['provider'], **model})}"
            for alias, model in unlike["models"].items()
        ]
        lines[names.index("models")] = "\n".join(["models:", *models])
        return "\n".join(lines) + "\n"


SHOWN = ("skills", "rounds", "per_seed", "seed")
"""What a reader sees even when it is the default."""


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.removesuffix("\n").removesuffix("\n...")


def load_config(
    source: str | Path | Mapping[str, Any] | None = None, overrides: Iterable[str] = ()
) -> RunConfig:
    """Return the config from a YAML file or a mapping; None is the embedded one.

    `overrides` are `a.b=value` with a YAML value; the last one wins. What the environment says of
    addresses (`OPENAI_BASE_URL`) is filled in.

    Raises:
        UserError: place, field, value found and what is allowed, of everything that is wrong.
    """
    origin = Origin.of(EMBEDDED if source is None else source)
    for override in overrides:
        origin.override(override)
    data = origin.data
    findings = list(pasted_keys(data))
    hidden = {loc for loc, _ in findings}
    config = None
    try:
        config = RunConfig.model_validate(data)
    except ValidationError as error:
        findings += [f for f in explain(error, RunConfig) if f[0] not in hidden]
    findings += [*_cast(data), *_skills(data)]
    if config is not None and not findings:
        findings += _protocol(config)
    if findings or config is None:
        raise UserError(
            join(f"{origin.where(loc, hide=loc in hidden)}: {words}" for loc, words in findings)
        )
    return _addressed(config)


EMBEDDED = Path(__file__).parent / "offline.yaml"
"""The config of a run without one: the embedded models only."""


def _cast(data: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with the cast, as far as it and the models can be read."""
    models = data.get("models")
    try:
        cast = Cast.model_validate(data.get("cast"))
    except ValidationError:
        return
    try:
        wrong = faults(cast, _MODELS.validate_python(models))
    except ValidationError:
        wrong = unknown(cast, models) if isinstance(models, Mapping) else iter(())
    yield from map(_located, wrong)


def _located(fault: str) -> tuple[Location, str]:
    """Return a fault with the field that it begins with."""
    return tuple(fault.partition(":")[0].split(".")), fault


def _protocol(config: RunConfig) -> Iterator[tuple[Location, str]]:
    skills = map(load_skill, config.skills)
    return map(_located, protocol_faults(config.arena, config.cast, config.models, skills))


def _skills(data: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    given = data.get("skills")
    named = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    for number, name in enumerate(named):
        yield from ((("skills", number), f"skills: {fault}") for fault in skill_faults(name))
    yield from repeated(named)


_MODELS: TypeAdapter[dict[str, ModelSettings]] = TypeAdapter(dict[str, ModelSettings])


def _addressed(config: RunConfig) -> RunConfig:
    """Fill in the addresses that the environment gives, so that a resume finds the same endpoint."""
    models: dict[str, ModelSettings] = {}
    for alias, model in config.models.items():
        if isinstance(model, EndpointSettings) and not model.base_url:
            if is_secret(model.endpoint):
                raise UserError(
                    "OPENAI_BASE_URL: holds a user name or a password (not shown); "
                    f"put the key into {model.api_key_env}"
                )
            model = model.model_copy(update={"base_url": model.endpoint})
        models[alias] = model
    return config.model_copy(update={"models": models})
