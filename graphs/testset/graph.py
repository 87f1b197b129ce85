"""The test set's graph: clean, cluster, sift, then the diverse and the hard part.

clean ─→ [end] ─→ group ─→ [sift] ─→ draw ─→ rate ─→ label
Cleaning comes first, so that what is asked for is what comes out.
"""

from dataclasses import replace

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...agents.messages import Criteria, Difficulty, LabelCriteria, RateDifficulty
from ..tracing import traced
from .cluster import cluster_count, clusters, too_plain
from .contamination import Training, contaminated
from .prompt import Chosen, Part, Prompt, Removed, with_passages
from .repeats import duplicates
from .sample import diverse, hardest, spread
from .services import SetServices

EMBEDDED = 10_000
"""Characters of a prompt that its place among the clusters is decided by."""
WAVE = 10
"""Prompts rated at least in place of those that nobody could rate."""


class SetState(TypedDict):
    """The prompts on their way; those left out, with reasons."""

    prompts: list[Prompt]
    removed: list[Removed]
    shared: list[Removed]
    """Prompts that share their passage with training rows and are kept all the same."""
    clusters: dict[str, int]
    labels: dict[str, tuple[str, ...]]
    """Criteria met, by id."""
    chosen: list[Chosen]


class SetUpdate(TypedDict, total=False):
    """What a node changes."""

    prompts: list[Prompt]
    removed: list[Removed]
    shared: list[Removed]
    clusters: dict[str, int]
    labels: dict[str, tuple[str, ...]]
    chosen: list[Chosen]


def start_state(prompts: list[Prompt]) -> SetState:
    """Return the state of a new test set; the order in which prompts came does not matter."""
    ordered = sorted(prompts, key=lambda prompt: prompt.id)
    return SetState(prompts=ordered, removed=[], shared=[], clusters={}, labels={}, chosen=[])


def _left(prompts: list[Prompt], removed: list[Removed]) -> list[Prompt]:
    gone = {item.id for item in removed}
    return [prompt for prompt in prompts if prompt.id not in gone]


async def clean(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Leave out near duplicates, then what stands in training rows."""
    services, settings = runtime.context, runtime.context.settings
    prompts = with_passages(state["prompts"])
    services.notify("looking for repeated prompts", len(prompts))
    removed, shared = await duplicates(prompts, settings), list[Removed]()
    if services.rows:
        services.notify("looking for prompts in training texts", len(services.rows))
        training = Training(services.rows, services.rules, settings.same_task)
        leaks = await contaminated(_left(prompts, removed), training)
        keep = settings.decontamination.shared_passages == "keep"
        for leak in leaks:
            (shared if keep and leak.reason == "shared_passage" else removed).append(leak)
    left = _left(prompts, removed)
    kept = {leak.id: leak.matched for leak in shared}
    whole = [Chosen(p, None, "clean", shares_passage=kept.get(p.id, "")) for p in left]
    chosen = whole if services.clean else []
    return {"prompts": left, "removed": removed, "shared": shared, "chosen": chosen}


async def group(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Embed the prompts and cluster them."""
    services, prompts = runtime.context, state["prompts"]
    services.notify("embedding and clustering", len(prompts))
    vectors = await services.embedder.embed([prompt.text[:EMBEDDED] for prompt in prompts])
    count = services.settings.clusters or cluster_count(len(prompts))
    labels = clusters(vectors, count, services.seed)
    return {"clusters": {p.id: label for p, label in zip(prompts, labels, strict=True)}}


async def sift(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Label all prompts and leave out those, and whole clusters, that meet too few criteria."""
    services = runtime.context
    services.notify("labelling criteria", len(state["prompts"]))
    labels, failed = await _label(services, state["prompts"])
    removed = [Removed(id, "unlabelled", why) for id, why in failed.items()]
    removed += too_plain(labels, state["clusters"], services.settings.criteria)
    return {
        "prompts": _left(state["prompts"], removed),
        "removed": [*state["removed"], *removed],
        "labels": labels,
    }


async def draw(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Draw the diverse part."""
    services, prompts = runtime.context, state["prompts"]
    places = {prompt.id: state["clusters"][prompt.id] for prompt in prompts}
    samples = set(
        diverse(
            prompts,
            places,
            services.diverse,
            services.seed,
            telling=services.telling,
            most=services.settings.per_cluster,
        )
    )
    return {"chosen": [_chosen(state, p, "diverse") for p in prompts if p.id in samples]}


async def rate(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Rate candidates among the prompts that the diverse part left, and keep the hardest.

    Others take the place of those that nobody could rate, until a whole wave of them fails: a rater
    that says nothing usable is not asked about every prompt.
    """
    services = runtime.context

    async def ask(prompt: Prompt) -> Difficulty:
        message = RateDifficulty(subject=prompt.id, prompt=prompt.text)
        return await services.troupe.send(message, Difficulty, "rater", services.rater)

    rated: dict[str, Difficulty] = {}
    failed: dict[str, str] = {}
    wave = _candidates(state, services, set(), services.hard * services.settings.candidates)
    while wave:
        services.notify("rating difficulty", len(wave))
        replies, lost = await services.ask_each(wave, ask)
        rated, failed = rated | replies, failed | lost
        usable = replies or len(wave) < WAVE
        missing = max(services.hard - len(rated), WAVE) if services.hard > len(rated) else 0
        wave = _candidates(state, services, rated.keys() | failed.keys(), missing if usable else 0)
    removed = [Removed(id, "unrated", why) for id, why in failed.items()]
    return {
        "chosen": [*state["chosen"], *_hardest(state, rated, services)],
        "removed": [*state["removed"], *removed],
    }


def _candidates(
    state: SetState, services: SetServices, tried: set[str], count: int
) -> list[Prompt]:
    """Return so many prompts to rate, evenly over the clusters; none that is chosen or was tried."""
    gone = tried | {chosen.prompt.id for chosen in state["chosen"]}
    left = [prompt for prompt in state["prompts"] if prompt.id not in gone]
    places = {prompt.id: state["clusters"][prompt.id] for prompt in left}
    drawn = set(spread(places, count, services.seed, salt="hard"))
    return [prompt for prompt in left if prompt.id in drawn]


def _hardest(state: SetState, rated: dict[str, Difficulty], services: SetServices) -> list[Chosen]:
    levels = {id: found.level for id, found in rated.items()}
    kept = set(hardest(levels, services.hard, services.seed))
    return [
        replace(
            _chosen(state, prompt, "hard"),
            difficulty=rated[prompt.id].level,
            difficulty_reason=rated[prompt.id].reason,
        )
        for prompt in state["prompts"]
        if prompt.id in kept
    ]


def _chosen(state: SetState, prompt: Prompt, part: Part) -> Chosen:
    row = next((kept.matched for kept in state["shared"] if kept.id == prompt.id), "")
    return Chosen(prompt, state["clusters"][prompt.id], part, shares_passage=row)


async def label(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Label the chosen prompts that have no labels yet."""
    services = runtime.context
    missing = [c.prompt for c in state["chosen"] if c.prompt.id not in state["labels"]]
    labels = dict(state["labels"])
    if services.settings.criteria.use == "label":
        services.notify("labelling criteria", len(missing))
        found, _ = await _label(services, missing)
        labels |= found
    return {
        "labels": labels,
        "chosen": [replace(c, criteria=labels.get(c.prompt.id)) for c in state["chosen"]],
    }


async def _label(
    services: SetServices, prompts: list[Prompt]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    async def ask(prompt: Prompt) -> tuple[str, ...]:
        message = LabelCriteria(subject=prompt.id, prompt=prompt.text)
        return (await services.troupe.send(message, Criteria, "rater", services.rater)).met

    return await services.ask_each(prompts, ask)


def filters(state: SetState, runtime: Runtime[SetServices]) -> str:
    """Return where to go after the clusters are known."""
    return "sift" if runtime.context.settings.criteria.use == "filter" else "draw"


def ends(state: SetState, runtime: Runtime[SetServices]) -> str:
    """Return where to go once repeats are left out."""
    return END if runtime.context.clean else "group"


def build() -> CompiledStateGraph[SetState, SetServices, SetState, SetState]:
    """Return the compiled graph."""
    graph = StateGraph(SetState, context_schema=SetServices)
    graph.add_sequence(traced("testset", clean))
    graph.add_sequence(traced("testset", group))
    graph.add_sequence(traced("testset", sift))
    graph.add_sequence(traced("testset", draw, rate, label))
    graph.add_edge(START, "clean")
    graph.add_conditional_edges("clean", ends, ["group", END])
    graph.add_conditional_edges("group", filters, ["sift", "draw"])
    graph.add_edge("sift", "draw")
    graph.add_edge("label", END)
    return graph.compile(checkpointer=False, name="testset")
