"""The config: one YAML, validated as a whole before any money is spent.

*What* is made (seeds, skills, models, cast, …) stands apart from *how* it is executed (`budget`,
`execution`); only the first decides the bytes of the dataset.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from os.path import exists, isdir
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, TypeAdapter, ValidationError, ValidationInfo, field_validator

from ...agents.cast import Cast, faults, unknown
from ...agents.models.settings import ModelSettings
from ...graphs.settings import (
    ArenaSettings,
    CurationSettings,
    EvaluationSettings,
    FeedbackSettings,
    GraphSettings,
    PerSeed,
    Rounds,
    SelectionSettings,
)
from ...taxonomy.finding import found
from ...taxonomy.loading import load_skill
from ...taxonomy.skill import Skill
from ...tools.browser.launch import NoBrowser, executable
from ...tools.mcp.tools import Named
from ...tools.mcp.tools import absent as mcp_absent
from ...tools.mcp.tools import faults as mcp_faults
from ...tools.settings import ToolSettings
from ...tools.use_browser import NAME as BROWSER
from ..seeds.settings import SeedSettings
from ..training.settings import TrainingSettings, training_faults
from .embedding import EMBEDDING, Embedding, SentenceSettings, with_embedding
from .explain import shown
from .load import BudgetSettings, Config, ExecutionSettings, Fault, Section, Source, load
from .protocol import protocol_faults
from .skills import repeated, sandbox_faults, skill_faults, tools_of

EMBEDDED = Path(__file__).parent / "offline.yaml"
"""The config of a run without one: the embedded models only."""
HOW = ("budget", "execution")
"""Sections that never change the dataset."""
HOW_OF_MODEL = (
    *("concurrency", "rpm", "tpm", "timeout_s", "retries", "api_key_env", "base_url", "batch"),
    *("device", "threads", "slots"),
)
"""Fields of a model that never change its replies (a moved endpoint is still the same model)."""


def parts_of(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a model's fields, and those of the one whose answers it mends."""
    yield model
    if "of" in model:
        yield from parts_of(model["of"])


class DatasetSettings(Section):
    """What the dataset holds besides what is trained on."""

    thoughts: bool = False
    """Whether what models thought before they answered stands in columns of its own."""


class RunConfig(Config):
    """Everything a run needs to know."""

    seeds: SeedSettings
    skills_path: str | None = None
    """Folder of your own skills: `x` is `x.yaml` or `x/x.yaml` in it."""
    skills: tuple[str, ...] = Field(
        default=("reading_comprehension", "text_modification", "tool_use"), min_length=1
    )
    """Names of skills (shipped, in `skills_path`, or brought by an installed package), or paths of your own
    that end in `.yaml`."""
    rounds: Rounds = 2
    per_seed: PerSeed = PerSeed()
    models: dict[str, ModelSettings] = Field(min_length=1)
    cast: Cast
    curation: CurationSettings = CurationSettings()
    arena: ArenaSettings = ArenaSettings()
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    tools: ToolSettings = ToolSettings()
    embedding: Embedding | None = None
    """What tells that two tasks ask the same in other words; None compares their words only."""
    dataset: DatasetSettings = DatasetSettings()
    training: TrainingSettings = TrainingSettings()
    seed: int = Field(default=7, ge=0)
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

    UNGIVEN = EMBEDDED

    @field_validator("skills_path")
    @classmethod
    def _whole(cls, folder: str | None) -> str | None:
        return folder and str(Path(folder).absolute())

    @field_validator("skills")
    @classmethod
    def _found_again(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Write paths out in full: a resume may start in another folder."""
        return tuple(found(name, info.data.get("skills_path")) for name in names)

    @field_validator("curation")
    @classmethod
    def _found_again_too(cls, given: CurationSettings) -> CurationSettings:
        files = tuple(str(Path(name).expanduser().absolute()) for name in given.benchmarks)
        return given.model_copy(update={"benchmarks": files})

    @classmethod
    def early_faults(cls, data: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong with the cast and the skills."""
        yield from _cast(data)
        yield from _skills(data)

    def faults(self) -> Iterator[Fault]:
        """Yield what the protocol of the arena cannot work with."""
        asked = protocol_faults(self.arena, self.cast, self.models, self.loaded_skills())
        yield from map(_located, asked)
        yield from map(
            _located, training_faults(self.training, self.cast, self.models, self.evaluation)
        )
        if EMBEDDING in self.models and self.players[EMBEDDING] != self.models[EMBEDDING]:
            words = f"is what the section `{EMBEDDING}` is asked by; give the model another name"
            yield ("models", EMBEDDING), f"models.{EMBEDDING}: {words}"
        for name in self.curation.benchmarks:
            if not exists(name):
                yield ("curation", "benchmarks"), f"curation.benchmarks: {name} does not exist"
        for words in sandbox_faults(self.tools.interpreter, self.loaded_skills()):
            yield ("tools", "interpreter"), f"tools.interpreter: {words}"
        yield from self._tool_faults()

    def _tool_faults(self) -> Iterator[Fault]:
        """Yield servers that are not there, and contenders that play no part."""
        given = self.tools.contenders
        names = [name for own in given.values() for name in own]
        for words in mcp_faults(self.tools, [*sorted(self._tools_used()), *names]):
            yield ("tools", "mcp"), words
        for alias, own in given.items():
            if alias not in self.models:
                known = ", ".join(self.models)
                yield (
                    ("tools", "contenders", alias),
                    f"tools.contenders: no model {alias!r}; models: {known}",
                )
            for name in own:
                if Named.read(name) is None:
                    words = (
                        f"{name!r} is no tool of an MCP server: write mcp:SERVER or mcp:SERVER:TOOL"
                    )
                    yield ("tools", "contenders", alias), f"tools.contenders.{alias}: {words}"

    def absent(self) -> Iterator[Fault]:
        """Yield what this machine lacks of what tools reach outside with."""
        for server, words in mcp_absent(self.tools):
            yield ("tools", "mcp", server), f"tools.mcp.{server}: {words}"
        if (
            isinstance(self.embedding, SentenceSettings)
            and find_spec("sentence_transformers") is None
        ):
            yield ("embedding",), "embedding: pip install sentence-transformers, which it needs"
        if BROWSER in self._tools_used():
            try:
                executable(self.tools.browser)
            except NoBrowser as error:
                yield ("tools", "browser"), f"tools.browser: {error}"

    def _tools_used(self) -> set[str]:
        return set[str]().union(*map(tools_of, self.loaded_skills()))

    def tool_settings(self) -> ToolSettings:
        """Return how tools work."""
        return self.tools

    @property
    def players(self) -> dict[str, ModelSettings]:
        """The models that are asked, by alias: all of them, and an embedding endpoint."""
        return with_embedding(self.models, self.embedding)

    def loaded_skills(self) -> list[Skill]:
        """Return the skills themselves."""
        return [load_skill(name) for name in self.skills]

    def graph_settings(self) -> GraphSettings:
        """Return what the graphs need."""
        own = {
            name: getattr(self, name) for name in GraphSettings.model_fields if name != "in_flight"
        }
        return GraphSettings(**own, in_flight=self.execution.in_flight)

    def placed(self) -> Self:
        """Return it with the place of its documents in full: a resume or a replay may start elsewhere."""
        path = str(Path(self.seeds.path).expanduser().absolute())
        return self.model_copy(update={"seeds": self.seeds.model_copy(update={"path": path})})

    def what(self) -> dict[str, Any]:
        """Return only what decides the dataset, as plain data: the same for any speed or address."""
        left_out = {*HOW, "training", "skills_path"}
        data = self.model_dump(mode="json", exclude=left_out, exclude_defaults=True)
        models = [part for model in data["models"].values() for part in parts_of(model)]
        for model in (*models, data.get("embedding", {})):
            for field in HOW_OF_MODEL:
                model.pop(field, None)
            for field in ("file", "model"):
                if Path(model.get(field, "")).is_absolute():
                    model[field] = Path(model[field]).name
        if trained := self.training.what():
            data["training"] = trained
        if benchmarks := data.get("curation", {}).get("benchmarks"):
            data["curation"]["benchmarks"] = [Path(name).name for name in benchmarks]
        if "skills" in data:
            data["skills"] = [Path(name).name for name in data["skills"]]
        data["seeds"]["path"] = Path(self.placed().seeds.path).name or self.seeds.path
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


class OfRun(Config):
    """The config of another command, for which a run's works too."""

    @classmethod
    def own(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what concerns a run alone."""
        foreign = RunConfig.model_fields.keys() - cls.model_fields.keys()
        return {name: value for name, value in data.items() if name not in foreign}


SHOWN = ("skills", "rounds", "per_seed", "seed")
"""What a reader sees even when it is the default."""


def _flow(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.removesuffix("\n").removesuffix("\n...")


def load_config(
    source: Source = None, overrides: Iterable[str] = (), *, replays: bool = False
) -> RunConfig:
    """Return a run's config from a YAML file or a mapping; None is the embedded one; see `load`.

    Raises:
        UserError: place, field, value found and what is allowed, of everything that is wrong.
    """
    return load(source, RunConfig, overrides, replays=replays)


def _cast(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the cast, as far as it and the models can be read."""
    models = data.get("models")
    try:
        cast = Cast.model_validate(data.get("cast"))
    except ValidationError:
        return
    try:
        wrong = faults(cast, _MODELS.validate_python(models), shared_jurors=_may_share(data))
    except ValidationError:
        wrong = unknown(cast, models) if isinstance(models, Mapping) else iter(())
    yield from map(_located, wrong)


def _may_share(data: Mapping[str, Any]) -> bool:
    section = data.get("evaluation")
    return isinstance(section, Mapping) and section.get("shared_jurors") is True


def _located(fault: str) -> Fault:
    """Return a fault with the field that it begins with."""
    return tuple(fault.partition(":")[0].split(".")), fault


def _skills(data: Mapping[str, Any]) -> Iterator[Fault]:
    given, folder = data.get("skills"), data.get("skills_path")
    own = folder if isinstance(folder, str) else None
    if own and not isdir(own):
        yield (
            ("skills_path",),
            f"skills_path: no folder {shown(own)}; skills stand in it as NAME.yaml",
        )
    named: list[str] = []
    for number, name in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(name, str):
            continue
        try:
            named.append(found(name, own))
        except ValueError:
            continue  # told by the field itself
        yield from ((("skills", number), f"skills: {fault}") for fault in skill_faults(named[-1]))
    yield from repeated(named)


_MODELS: TypeAdapter[dict[str, ModelSettings]] = TypeAdapter(dict[str, ModelSettings])
