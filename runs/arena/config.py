"""The config of an arena: models by alias, who contends, who judges.

    models:
      mine: {provider: openai, model: my-7b, base_url: http://127.0.0.1:8000/v1}
      theirs: {provider: recorded, model: gpt-4, file: answers.jsonl.gz}
      judge: {provider: recorded, model: gpt-4, file: verdicts.csv.gz, family: recorded-judge}
    contenders: [mine, theirs]
    jury: [judge]
    arena: {verdict: choice}
    objective: [math, coding]      # categories where a juror first writes its own answer

A run's config works too: the contenders and the jury of its cast then play.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import Field

from ...agents.cast import Cast, faults
from ...agents.models.settings import ModelSettings
from ...graphs.settings import ArenaSettings, GraphSettings
from ..config.config import EMBEDDED, OfRun, RunConfig
from ..config.load import BudgetSettings, ExecutionSettings, Fault
from ..config.protocol import protocol_faults
from .questions import OBJECTIVE, SKILL


class ArenaConfig(OfRun):
    """Everything an arena needs besides its prompts."""

    models: dict[str, ModelSettings] = Field(min_length=1)
    contenders: tuple[str, ...] = ()
    jury: tuple[str, ...] = ()
    examiner: str = ""
    """Who writes the questions of `peer_battle`; empty: the first juror."""
    arena: ArenaSettings = ArenaSettings()
    objective: tuple[str, ...] = OBJECTIVE
    """Categories of prompts with one right answer: a juror writes its own before it judges."""
    seed: int = Field(default=7, ge=0)
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

    UNGIVEN = EMBEDDED

    @property
    def cast(self) -> Cast:
        """Who speaks; the first contender stands as the target, which has no part to play here."""
        return Cast(
            default=self.jury[0],
            target=self.contenders[0],
            contenders=self.contenders,
            jury=self.jury,
            examiner=self.examiner or None,
        )

    @property
    def players(self) -> dict[str, ModelSettings]:
        """The models that play, by alias; the others need no key."""
        asking = (self.examiner,) if self.examiner and self.arena.protocol == "peer_battle" else ()
        named = dict.fromkeys(self.contenders + self.jury + asking)
        return {alias: self.models[alias] for alias in named}

    def graph_settings(self) -> GraphSettings:
        """Return what the battle graph needs."""
        return GraphSettings(
            skills=(SKILL.name,),
            seed=self.seed,
            arena=self.arena,
            in_flight=self.execution.in_flight,
        )

    @staticmethod
    def is_meant(data: Mapping[str, Any]) -> bool:
        """Return whether data is an arena's own config: it names contenders or a jury outside a cast."""
        return "cast" not in data and bool({"contenders", "jury"} & data.keys())

    @classmethod
    def may_be(cls, names: Collection[str]) -> bool:
        """Return whether a config of these sections can be meant for an arena: it has a cast alone."""
        foreign = RunConfig.model_fields.keys() - cls.model_fields.keys() - {"cast"}
        return "cast" in names and not foreign & set(names)

    @classmethod
    def own(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what concerns an arena in a config that may be a run's."""
        own = super().own(data)
        cast = data.get("cast")
        if isinstance(cast, Mapping):
            named = cast.get("contenders") or []
            if isinstance(named, list):
                named = [*filter(None, [cast.get("target")]), *named]
                named = [one for at, one in enumerate(named) if one not in named[:at]]
            own.setdefault("contenders", named)
            own.setdefault("jury", cast.get("jury") or [])
            own.setdefault("examiner", cast.get("examiner") or cast.get("default") or "")
        return own

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with who contends and who judges, by the options that name them."""
        for told in _cast_faults(self):
            yield None, told


def _cast_faults(config: ArenaConfig) -> list[str]:
    if len(config.contenders) < 2 or len(set(config.contenders)) < len(config.contenders):
        found = ",".join(config.contenders) or "none"
        return [f"--contenders: found {found}; name two or more models of the config, each once"]
    if not config.jury:
        return [
            "--jury: found none; name at least one model, three of different families are better"
        ]
    told = list(faults(config.cast, config.models))
    if not told:
        told += protocol_faults(config.arena, config.cast, config.models, ())
    # The first contender stands in for the target, the first juror for the default.
    own = (t for t in told if not t.startswith(("cast.default", "cast.target")))
    return [
        text.replace("cast.contenders", "--contenders").replace("cast.jury", "--jury")
        for text in own
    ]
