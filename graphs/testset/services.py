"""What the test set's nodes reach for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...agents.errors import EpisodeError
from ...agents.troupe import Troupe
from ...tools.decontamination.rule import Rule
from ...tools.embedding import Embedder
from ..services import Handed
from ..stream import ordered
from .prompt import Prompt, TrainingText
from .settings import SamplingSettings

T = TypeVar("T")


@dataclass(frozen=True)
class SetServices(Handed):
    """A test set's order and its means, handed to the nodes as LangGraph's runtime context."""

    settings: SamplingSettings
    diverse: int
    hard: int
    seed: int
    embedder: Embedder
    rules: Sequence[Rule]
    """How training rows are recognised."""
    rows: Sequence[TrainingText]
    troupe: Troupe
    rater: str
    """The alias that rates and labels."""
    in_flight: int
    clean: bool
    """Only leave out what is repeated or stands in training rows."""
    telling: Mapping[str, float]
    """How far recorded models differ on a prompt, by its id; empty without results."""
    notify: Callable[[str, int], None]
    """`notify(stage, items)` before each stage."""

    async def ask_each(
        self, prompts: Sequence[Prompt], ask: Callable[[Prompt], Awaitable[T]]
    ) -> tuple[dict[str, T], dict[str, str]]:
        """Ask about every prompt; return replies and failures in words, both by id."""

        async def one(prompt: Prompt) -> tuple[str, T | EpisodeError]:
            try:
                return prompt.id, await ask(prompt)
            except EpisodeError as error:
                return prompt.id, error

        outcomes = [pair async for pair in ordered(_feed(prompts), one, self.in_flight)]
        replies = {id: found for id, found in outcomes if not isinstance(found, EpisodeError)}
        failed = {id: str(found) for id, found in outcomes if isinstance(found, EpisodeError)}
        return replies, failed


async def _feed(prompts: Sequence[Prompt]) -> AsyncIterator[Prompt]:
    for prompt in prompts:
        yield prompt
