"""API lists: the transformation of tool use. A seed's own APIs, widened to a list worth choosing from.

An OpenAPI seed is parsed by a program, code is described by an agent; the list is widened by the
finder, who searches the given seeds, or by the hypothesiser, whose APIs are flagged.
"""

from functools import partial

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.conversion import api_from, distinct
from ...agents.environment import Api
from ...agents.errors import EpisodeError, ToolError, boundary
from ...agents.messages import Apis, Describe, Find, Hypothesise
from ...agents.records import Passage, make_id
from ...taxonomy.skill import Transformation
from ...tools.api_spec import render_apis
from ...tools.openapi import parse_openapi
from ..services import Services, reject, settle
from ..tracing import traced
from .flow_state import FlowState, FlowUpdate, chance, ways
from .kinds import kind_of

OWN, LIST = 4, 8
"""APIs taken from the seed itself, and the length of a widened list."""


class NoApis(EpisodeError):
    """The seed offers no API; recorded as a reject."""


class ApiListState(FlowState):
    """A flow's state with the seed's own APIs."""

    apis: list[Api]


class ApiListUpdate(FlowUpdate, total=False):
    """What a node changes."""

    apis: list[Api]


async def describe(state: ApiListState, runtime: Runtime[Services]) -> ApiListUpdate:
    """Return the APIs that the seed itself offers."""
    seed, round = state["seed"], state["round"]
    failed = partial(reject, stage="transformation", round=round.number, subject=seed.id)
    found, rejects = await settle(
        [(_own(runtime.context, state), partial(failed, skill=state["skill"]))]
    )
    return {"apis": [api for apis in found for api in apis], "rejects": state["rejects"] + rejects}


async def _own(services: Services, state: FlowState) -> list[Api]:
    seed, apis = state["seed"], list[Api]()
    if seed.kind == "api":
        with boundary(ToolError, f"parsing {seed.name}"):
            apis = [api_from(spec) for spec in parse_openapi(seed.text)]
    if not apis:
        alias = services.cast.speaks("describer")
        prompt = services.skills[state["skill"]].prompts.transform
        message = Describe(seed=seed, prompt=prompt)
        reply = await services.troupe.send(message, Apis, "describer", alias)
        apis = list(distinct(reply.apis))
    if not apis:
        raise NoApis(f"{seed.name} offers no API")
    return apis


async def widen(state: ApiListState, runtime: Runtime[Services]) -> ApiListUpdate:
    """Make one API list a transformation: by search over the seeds, or by reconstruction."""
    services, seed, round = runtime.context, state["seed"], state["round"]
    skill = services.skills[state["skill"]]
    random = chance(services.settings.seed, state, "apis")
    asked = ways(state, skill)
    own = {t.name: random.sample(state["apis"], min(OWN, len(state["apis"]))) for t in asked}
    failed = partial(
        reject, stage="transformation", round=round.number, subject=seed.id, skill=skill.name
    )
    passages, rejects = await settle(
        (_widened(services, state, t, own[t.name]), partial(failed, part=t.name)) for t in asked
    )
    return {"passages": passages, "rejects": state["rejects"] + rejects}


async def _widened(
    services: Services, state: FlowState, transformation: Transformation, own: list[Api]
) -> Passage:
    seed, number = state["seed"], state["round"].number
    wanted = max(1, LIST - len(own))
    message: Hypothesise | Find
    role = kind_of(services.skills[state["skill"]].flow).role(transformation.role)
    if role == "hypothesiser":
        message = Hypothesise(subject=f"{seed.id}/{number}", apis=tuple(own), count=wanted)
    else:
        message = Find(seed=seed, apis=tuple(own), count=wanted)
    more = await services.troupe.send(message, Apis, role, services.cast.speaks(role))
    apis = distinct((*own, *more.apis))
    return Passage(
        id=make_id("passage", seed.id, state["skill"], transformation.name, number),
        parents=(seed.id,),
        seed_id=seed.id,
        skill=state["skill"],
        transformation=transformation.name,
        text=render_apis(apis),
        apis=apis,
        model=more.model,
    )


def has_apis(state: ApiListState) -> str:
    """Return where to go after the description."""
    return "widen" if state["apis"] else END


def build() -> CompiledStateGraph[ApiListState, Services, FlowState, FlowState]:
    """Return the compiled subgraph."""
    graph = StateGraph(
        ApiListState, context_schema=Services, input_schema=FlowState, output_schema=FlowState
    )
    for node in traced("api_lists", describe, widen):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "describe")
    graph.add_conditional_edges("describe", has_apis, ["widen", END])
    graph.add_edge("widen", END)
    return graph.compile(checkpointer=False, name="api_lists")
