"""Making a test set: the prompts read, the models opened, the graph run."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ...agents.errors import UserError
from ...agents.models.door import Door
from ...agents.models.embedding import EndpointEmbedder
from ...agents.models.settings import EmbeddingSettings
from ...graphs.testset.cluster import keywords
from ...graphs.testset.contamination import rules
from ...graphs.testset.graph import SetState, build, start_state
from ...graphs.testset.prompt import Prompt, TrainingText
from ...graphs.testset.sample import refuse_too_few
from ...graphs.testset.services import SetServices
from ...graphs.tracing import episode
from ...tools.embedding import Embedder, SentenceEmbedder, TfidfEmbedder
from ...tools.optional import sklearn
from ..config.embedding import EMBEDDING, SentenceSettings, with_embedding
from ..leaderboard.reading import load
from ..leaderboard.verdicts import spreads
from ..opening import Opened, Opening
from .config import SetConfig, TfidfSettings
from .prompts import read_prompts, read_training
from .result import Asked, ClusterFact, SetResult


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    instructions: Path
    diverse: int
    hard: int
    against: tuple[Path, ...] = ()
    prompt_column: str | None = None
    category_column: str = "category"
    clean: bool = False
    """Only leave out what is repeated or stands in training rows."""
    results: tuple[str, ...] = ()
    """Recorded battles on the prompts: those that models differ on are chosen first."""


async def make(
    order: Order,
    config: SetConfig,
    ledger: Path,
    notify: Callable[[str, int], None] = lambda stage, items: None,
) -> SetResult:
    """Return the test set; what its models are paid for is kept in the ledger.

    Raises:
        UserError: what the user wrote is wrong; nothing was paid.
        StopRun: the budget is spent or an endpoint is down; the ledger keeps what was paid.
    """
    prompts, empty = read_prompts(
        order.instructions, prompt_column=order.prompt_column, category_column=order.category_column
    )
    refuse_too_few(prompts, order.diverse)
    telling = spreads(load(list(order.results)).battles) if order.results else {}
    if order.results and not telling.keys() & {prompt.id for prompt in prompts}:
        raise UserError(
            f"--results {', '.join(order.results)}: none of its questions is the id of a prompt; it has "
            f"{min(telling, default='none')}, the prompts {prompts[0].id}"
        )
    rows = read_training(order.against)
    rater = {config.alias: config.models[config.alias]}
    opening = Opening(with_embedding(rater, config.embedding), config)
    async with opening.beside(ledger) as door:
        try:
            services = _services(order, config, rows, door, telling, notify)
        except ValueError as error:  # a package or a model that is not there
            raise UserError(str(error)) from error
        ended = await door.landing(episode(build(), start_state(prompts), services))
        state = cast(SetState, ended)
        asked = Asked(
            str(order.instructions),
            order.diverse,
            order.hard,
            config.seed,
            tuple(map(str, order.against)),
            order.clean,
        )
        return SetResult(
            asked=asked,
            prompts=prompts,
            empty=empty,
            training_texts=len(rows),
            chosen=state["chosen"],
            removed=state["removed"],
            shared=state["shared"],
            clusters=_clusters(state, prompts),
            near_duplicate=config.testset.near_duplicate,
            rules=[(rule.name, rule.threshold) for rule in services.rules] if rows else [],
            calls=door.door.tally.calls(),
            usd=door.door.tally.usd,
        )


def open_embedder(config: SetConfig, door: Door) -> Embedder:
    """Return the configured embedder.

    Raises:
        ValueError: its package is not installed.
    """
    match config.embedding:
        case TfidfSettings():
            return TfidfEmbedder(config.embedding.dimensions)
        case SentenceSettings():
            return SentenceEmbedder(config.embedding.model)
        case EmbeddingSettings():
            return EndpointEmbedder(door, EMBEDDING, config.embedding.batch)


def _services(
    order: Order,
    config: SetConfig,
    rows: list[TrainingText],
    opened: Opened,
    telling: Mapping[str, float],
    notify: Callable[[str, int], None],
) -> SetServices:
    sklearn("cluster")  # its absence is told before anything is paid
    embedder = open_embedder(config, opened.door)
    return SetServices(
        settings=config.testset,
        diverse=order.diverse,
        hard=order.hard,
        seed=config.seed,
        embedder=embedder,
        rules=rules(config.testset.decontamination, embedder),
        rows=rows,
        troupe=opened.troupe,
        rater=config.alias,
        in_flight=config.execution.in_flight,
        clean=order.clean,
        telling=telling,
        notify=notify,
    )


def _clusters(state: SetState, prompts: list[Prompt]) -> list[ClusterFact]:
    places = state["clusters"]
    texts = {prompt.id: prompt.text for prompt in prompts}
    words = keywords([texts[id] for id in places], list(places.values()))
    sizes = Counter(places.values())
    chosen = Counter(c.cluster for c in state["chosen"])
    return [
        ClusterFact(cluster, size, chosen[cluster], tuple(words[cluster]))
        for cluster, size in sorted(sizes.items())
    ]
