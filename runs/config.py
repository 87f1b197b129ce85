"""The config: one YAML, validated as a whole before any money is spent.

*What* is made (seeds, skills, models, cast, …) stands apart from *how* it is executed (`budget`,
`execution`); only the first decides the bytes of the dataset.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from ..agents.cast import Cast, faults
from ..agents.errors import UserError
from ..agents.models.settings import ModelSettings
from ..graphs.settings import (
    ArenaSettings,
    CurationSettings,
    EvaluationSettings,
    FeedbackSettings,
    GraphSettings,
    PerSeed,
    SelectionSettings,
)
from ..taxonomy.skill import load_skill
from .seeds.settings import SeedSettings

HOW = ("budget", "execution")
"""Sections that never change the dataset."""
HOW_OF_MODEL = ("concurrency", "rpm", "tpm", "timeout_s", "retries", "api_key_env", "base_url")
"""Fields of a model that never change its replies (a moved endpoint is still the same model)."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class RunConfig(_Section):
    """Everything a run needs to know."""

    seeds: SeedSettings
    skills: tuple[str, ...] = Field(
        default=("reading_comprehension", "text_modification", "tool_use"), min_length=1
    )
    rounds: PositiveInt = 2
    per_seed: PerSeed = PerSeed()
    models: dict[str, ModelSettings] = Field(min_length=1)
    cast: Cast
    curation: CurationSettings = CurationSettings()
    arena: ArenaSettings = ArenaSettings()
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    seed: int = 7
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

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
        data["seeds"]["path"] = Path(self.seeds.path).name
        return data

    def yaml(self) -> str:
        """Return the whole resolved config as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_config(
    source: str | Path | Mapping[str, Any] | None = None, overrides: Iterable[str] = ()
) -> RunConfig:
    """Return the config from a YAML file or a mapping; None is the embedded one.

    `overrides` are `a.b=value` with a YAML value; the last one wins.

    Raises:
        UserError: naming file, field, value found and what is allowed, for everything that is wrong.
    """
    where = str(source) if isinstance(source, str | Path) else "config"
    if isinstance(source, Mapping):
        data = dict(source)
    else:
        data = _read(Path(source) if source is not None else EMBEDDED)
    for override in overrides:
        _override(data, override)
    try:
        config = RunConfig.model_validate(data)
    except ValidationError as error:
        raise UserError(explain(error, where)) from error
    if wrong := [*faults(config.cast, config.models), *_unknown_skills(config)]:
        raise UserError("\n".join(f"{where}: {fault}" for fault in wrong))
    return config


EMBEDDED = Path(__file__).parent / "configs" / "offline.yaml"
"""The config of a run without one: the embedded models only."""


def _unknown_skills(config: RunConfig) -> Iterable[str]:
    for name in config.skills:
        try:
            load_skill(name)
        except ValueError as error:
            yield f"skills: {error}"


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}: not YAML: {error.problem}") from error
    if not isinstance(data, dict):
        raise UserError(f"{path}: holds {type(data).__name__}, a config is a mapping of sections")
    return data


def _override(data: dict[str, Any], override: str) -> None:
    """Set one dotted field in place."""
    path, sign, value = override.partition("=")
    *parents, last = path.strip().split(".")
    if not sign or not last:
        raise UserError(f"--set {override}: write it as section.field=value")
    here = data
    for name in parents:
        inner = here.get(name)
        if name == "seeds" and isinstance(inner, str):
            inner = {"path": inner}
        if not isinstance(inner, dict | None):
            raise UserError(f"--set {override}: {name} is {inner!r}, not a section")
        here[name] = dict(inner or {})
        here = here[name]
    try:
        here[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UserError(f"--set {override}: {value!r} is not a YAML value") from error


def explain(error: ValidationError, where: str) -> str:
    """Return pydantic's findings as lines `file: field: found value; what is allowed`."""
    return "\n".join(f"{where}: {_finding(dict(e))}" for e in error.errors(include_url=False))


def _finding(finding: dict[str, Any]) -> str:
    loc = [str(part) for part in finding["loc"]]
    if loc and loc[0] == "models" and len(loc) > 2:
        del loc[2]  # the provider that pydantic's union names
    field = ".".join(loc)
    if finding["type"] == "extra_forbidden":
        section = _section(loc[:-1])
        allowed = f"; fields here: {', '.join(sorted(section))}" if section else ""
        return f"{field}: unknown field, found {finding['input']!r}{allowed}"
    if finding["type"] == "missing":
        return f"{field}: is missing"
    return f"{field}: found {finding['input']!r}; {finding['msg']}"


def _section(loc: list[str]) -> Iterable[str]:
    """Return the field names of the section at a location, where it is one of ours."""
    kind: Any = RunConfig
    for name in loc:
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return ()
        kind = kind.model_fields[name].annotation if name in kind.model_fields else None
    if loc[:1] == ["models"]:
        from ..agents.models.settings import OpenAISettings

        return OpenAISettings.model_fields
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()
