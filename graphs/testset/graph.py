"""The test set's graph: clean, cluster, sift, then the diverse and the hard part.

clean ─→ group ─→ [sift] ─→ draw ─→ rate ─→ label
Cleaning comes first, so that what is asked for is what comes out.
"""

from dataclasses import replace
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Criteria, Difficulty, LabelCriteria, RateDifficulty
from .cluster import cluster_count, clusters
from .contamination import contaminated, duplicates
from .criteria import too_plain
from .prompt import Chosen, Part, Prompt, Removed
from .sample import diverse, hardest, spread
from .services import SetServices

EMBEDDED = 10_000
"""Characters of a prompt that its place among the clusters is decided by."""


class SetState(TypedDict):
    """The prompts on their way; those left out, with reasons."""

    prompts: list[Prompt]
    removed: list[Removed]
    clusters: dict[str, int]
    labels: dict[str, tuple[str, ...]]
    """Criteria met, by id."""
    chosen: list[Chosen]


class SetUpdate(TypedDict, total=False):
    """What a node changes."""

    prompts: list[Prompt]
    removed: list[Removed]
    clusters: dict[str, int]
    labels: dict[str, tuple[str, ...]]
    chosen: list[Chosen]


def start_state(prompts: list[Prompt]) -> SetState:
    """Return the state of a new test set; the order in which prompts came does not matter."""
    ordered = sorted(prompts, key=lambda prompt: prompt.id)
    return SetState(prompts=ordered, removed=[], clusters={}, labels={}, chosen=[])


def _left(prompts: list[Prompt], removed: list[Removed]) -> list[Prompt]:
    gone = {item.id for item in removed}
    return [prompt for prompt in prompts if prompt.id not in gone]


async def clean(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Leave out near duplicates, then what stands in training rows."""
    services, prompts = runtime.context, state["prompts"]
    services.notify("looking for repeated prompts", len(prompts))
    removed = await duplicates(prompts, services.settings.near_duplicate)
    if services.rows:
        services.notify("looking for prompts in training texts", len(services.rows))
        left = _left(prompts, removed)
        removed += await contaminated(left, services.rows, services.rules)
    return {"prompts": _left(prompts, removed), "removed": removed}


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
    """Draw the diverse part, and the candidates for the hard part (not yet rated)."""
    services, prompts = runtime.context, state["prompts"]
    places = {prompt.id: state["clusters"][prompt.id] for prompt in prompts}
    samples = set(diverse(prompts, places, services.diverse, services.seed))
    wanted = services.hard * services.settings.candidates
    candidates = set(spread(places, wanted, services.seed, salt="hard"))
    parts: dict[str, Part] = {
        id: "both" if id in samples & candidates else "diverse" if id in samples else "hard"
        for id in samples | candidates
    }
    return {
        "chosen": [Chosen(p, places[p.id], parts[p.id]) for p in prompts if p.id in parts],
    }


async def rate(state: SetState, runtime: Runtime[SetServices]) -> SetUpdate:
    """Rate the candidates and keep the hardest."""
    services = runtime.context
    candidates = [c.prompt for c in state["chosen"] if c.part != "diverse"]
    services.notify("rating difficulty", len(candidates))

    async def ask(prompt: Prompt) -> Difficulty:
        message = RateDifficulty(subject=prompt.id, prompt=prompt.text)
        return await services.troupe.send(message, Difficulty, "rater", services.rater)

    rated, failed = await services.ask_each(candidates, ask)
    levels = {id: found.level for id, found in rated.items()}
    kept = set(hardest(levels, services.hard, services.seed))
    chosen = [found for c in state["chosen"] if (found := _settled(c, rated, kept)) is not None]
    # A diverse prompt stays although nobody could rate it.
    here = {c.prompt.id for c in chosen}
    lost = [Removed(id, "unrated", why) for id, why in failed.items() if id not in here]
    return {"chosen": chosen, "removed": [*state["removed"], *lost]}


def _settled(chosen: Chosen, rated: dict[str, Difficulty], kept: set[str]) -> Chosen | None:
    """Return a prompt with its rating and its final part; None for a candidate that was not kept."""
    id = chosen.prompt.id
    if id not in kept and chosen.part == "hard":
        return None
    part: Part = chosen.part if id in kept else "diverse"
    if (rating := rated.get(id)) is None:
        return replace(chosen, part=part)
    return replace(chosen, part=part, difficulty=rating.level, difficulty_reason=rating.reason)


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


def build() -> CompiledStateGraph[SetState, SetServices, SetState, SetState]:
    """Return the compiled graph."""
    graph = StateGraph(SetState, context_schema=SetServices)
    graph.add_sequence([clean, group])
    graph.add_node("sift", sift)
    graph.add_sequence([draw, rate, label])
    graph.add_edge(START, "clean")
    graph.add_conditional_edges("group", filters, ["sift", "draw"])
    graph.add_edge("sift", "draw")
    graph.add_edge("label", END)
    return graph.compile(checkpointer=False, name="testset")
