"""What the nodes of every graph reach for, handed to them as LangGraph's runtime context."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from pydantic_core.core_schema import CoreSchema, any_schema

from ..agents.cast import Cast
from ..agents.contender_name import contender_name, known_as
from ..agents.errors import (
    EpisodeError,
    JudgeError,
    ModelError,
    PromptError,
    ReplyError,
    ToolError,
)
from ..agents.messages import Curate
from ..agents.models.secrets import redact
from ..agents.models.settings import ModelSettings
from ..agents.records import Instruction, Reject, make_id
from ..agents.troupe import Troupe
from ..taxonomy.policy import Policy
from ..taxonomy.skill import Leaf, Skill
from ..tools.decontamination import KnownTexts
from .library import Library
from .records import Records
from .settings import GraphSettings
from .trainer import Trainer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A task as it is looked for among earlier ones."""

    id: str
    text: str
    scope: str
    """What it is about: tasks of two scopes are never near duplicates."""


class Duplicates(Protocol):
    """Remembers tasks and finds near duplicates among them."""

    async def seen(self, asked: Sequence[Asked], round: int) -> list[str | None]:
        """Return for each, in order, the id of an earlier near duplicate, or remember it and return None."""
        ...

    async def forget(self, round: int) -> None:
        """Forget what was remembered in a round, which starts over."""
        ...


def _nobody(name: str, model: Mapping[str, Any]) -> None:
    raise RuntimeError(f"{name} was trained, but nobody here can open its model")


async def _nothing_held(name: str) -> None:
    """Nobody here holds weights in memory."""


class Handed:
    """A graph's context, which a run makes: LangGraph's tools show the graph, and cannot fill it in."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        """Let a graph tell the schema of its context, of which there is nothing that JSON could say."""
        return any_schema()


@dataclass(frozen=True)
class Services(Handed):
    """The run as a graph sees it."""

    settings: GraphSettings
    cast: Cast
    models: Mapping[str, ModelSettings]
    skills: Mapping[str, Skill]
    troupe: Troupe
    records: Records
    duplicates: Duplicates
    notify: Callable[..., None]
    """`notify(kind, **data)`: an event for the trace and the live view."""
    trainer: Trainer | None = None
    """Trains the target after each round; None leaves the rows to be exported."""
    library: Library = field(default_factory=Library)
    """All seeds, for flows that search them."""
    known: KnownTexts | None = None
    """Rows of the benchmarks that no instruction may repeat; None where none are given."""
    enlist: Callable[[str, Mapping[str, Any]], None] = _nobody
    """`enlist(name, model settings)`: opens a trained target's model behind the door."""
    rest: Callable[[str], Awaitable[None]] = _nothing_held
    """`rest(name)`: a contender's weights leave the memory until it is asked again."""

    def with_target(self, name: str) -> "Services":
        """Return the run with another target in force, `alias@version`; as it is where none is named."""
        if not name or name == self.target:
            return self
        old = self.cast.target
        contenders = tuple(name if alias == old else alias for alias in self.cast.contenders)
        cast = self.cast.model_copy(update={"target": name, "contenders": contenders})
        return replace(self, cast=cast)

    @property
    def contenders(self) -> tuple[str, ...]:
        """The names of all contenders, the target first: each alias with the version in force."""
        return tuple(map(self.name, self.cast.everyone))

    @property
    def target(self) -> str:
        """The name of the contender being improved."""
        return self.name(self.cast.target)

    def name(self, alias: str) -> str:
        """Return the contender's name that a model battles under."""
        return contender_name(alias, self.models[known_as(alias, self.models)].version)

    def speaker(self, name: str) -> str:
        """Return the model that a contender's answers are asked of."""
        return known_as(name, self.models)

    def leaf(self, instruction: Instruction) -> Leaf:
        """Return the leaf of an instruction."""
        return self.skills[instruction.skill].leaf(instruction.leaf)

    def meaning(self, instruction: Instruction) -> str:
        """Return what is expected of a good answer, in words; empty where it is simply to answer."""
        return self.skills[instruction.skill].behaviours.get(instruction.expected_behaviour, "")

    def curate(self, instruction: Instruction, evidence: str = "") -> Curate:
        """Return what the curator is asked about an instruction."""
        behaviours = tuple(self.skills[instruction.skill].behaviours.items())
        leaf = self.leaf(instruction)
        return Curate(instruction=instruction, leaf=leaf, behaviours=behaviours, evidence=evidence)


@dataclass(frozen=True)
class Round:
    """One round's number and the policy it runs under."""

    number: int
    policy: Policy


FAILURES: dict[type[EpisodeError], str] = {
    ModelError: "model",
    ReplyError: "reply",
    JudgeError: "judge",
    PromptError: "prompt",
    ToolError: "tool",
}
"""Reject reasons of calls and tools that failed; any other `EpisodeError` is a gate's no."""


def reject(
    error: EpisodeError,
    *,
    stage: str,
    round: int,
    subject: str,
    part: str = "",
    skill: str = "",
    leaf: str = "",
    reason: str = "",
) -> Reject:
    """Return the reject that a failed unit becomes; `part` tells which one of its subject's it was."""
    failure = next((name for kind, name in FAILURES.items() if isinstance(error, kind)), "")
    reason = failure or reason or type(error).__name__.lower()
    behind = error.behind()
    return Reject(
        id=make_id("reject", stage, round, subject, part, skill, leaf, reason),
        parents=(subject,),
        round=round,
        stage=stage,
        reason=reason,
        detail=redact(f"{part}: {error}" if part else str(error))[:500],
        subject=subject,
        skill=skill,
        leaf=leaf,
        failed=bool(failure),
        model=behind.alias,
        calls=behind.calls,
    )


def failed_at(stage: str, instruction: Instruction) -> "partial[Reject]":
    """Return what makes the reject of a call about an instruction that failed at a stage."""
    return partial(
        reject,
        stage=stage,
        round=instruction.round,
        subject=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
    )


async def settle(
    works: Iterable[tuple[Awaitable[T], Callable[[EpisodeError], Reject]]],
) -> tuple[list[T], list[Reject]]:
    """Await siblings together; what failed becomes a reject, in order, and stops nobody.

    Raises:
        StopRun: after all siblings are done; and any error that is not an `EpisodeError`.
    """
    pairs = list(works)
    outcomes: list[Any] = await asyncio.gather(*(w for w, _ in pairs), return_exceptions=True)
    done: list[T] = []
    rejects: list[Reject] = []
    for outcome, (_, as_reject) in zip(outcomes, pairs, strict=True):
        if isinstance(outcome, EpisodeError):
            rejects.append(as_reject(outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            done.append(outcome)
    return done, rejects
