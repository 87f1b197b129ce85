"""Web: a seed becomes websites, and each of them tasks whose outcome a program knows; no model is called.

What a transformation is called says which kind of site is drawn; the tasks of a leaf are what that kind has
under the leaf's name.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from langgraph.runtime import Runtime

from ...agents.environment import Environment
from ...agents.records import Check, Instruction, Passage, make_id
from ...taxonomy.policy import draw_level
from ...taxonomy.skill import Leaf, Skill
from ...tools.browser.sites import Site, SiteKind
from ...tools.programs import named
from ..services import Services
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order, ways
from .instruction import share_out


@cache
def _kinds(path: str) -> Mapping[str, SiteKind]:
    kinds: Mapping[str, SiteKind] = named(path, "program")
    return kinds


async def build_sites(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw a site a transformation."""
    services, seed, number = runtime.context, state["seed"], state["round"].number
    skill = services.skills[state["skill"]]
    passages = [
        Passage(
            id=make_id("passage", seed.id, skill.name, way.name, number),
            parents=(seed.id,),
            seed_id=seed.id,
            skill=skill.name,
            transformation=way.name,
            text=_site(state, services, skill, way.name).text,
            model=f"program/{skill.name}",
        )
        for way in ways(state, skill)
    ]
    return {"passages": passages}


def _site(state: FlowState, services: Services, skill: Skill, kind: str) -> Site:
    """Draw a site; the same one for the same document, kind and round."""
    random = chance(services.settings.seed, state, f"site/{kind}")
    return _kinds(skill.program)[kind](state["seed"].text, random)


async def set_tasks(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw the tasks that the quotas ask for."""
    services = runtime.context
    skill = services.skills[state["skill"]]
    return {"instructions": list(_instructions(state, services, skill))}


def _instructions(state: FlowState, services: Services, skill: Skill) -> Iterator[Instruction]:
    for passage, leaf, count in share_out(state, services, skill):
        site = _site(state, services, skill, passage.transformation)
        for number in range(count):
            yield _instruction(state, services, passage, leaf, site, number)


def _instruction(
    state: FlowState, services: Services, passage: Passage, leaf: Leaf, site: Site, number: int
) -> Instruction:
    seed, round = state["seed"], state["round"]
    random = chance(services.settings.seed, state, f"{passage.transformation}/{leaf.name}/{number}")
    level = draw_level(round.policy.levels(services.skills[passage.skill], leaf.name), random)
    drawn = site.tasks[leaf.name](level, random)
    return Instruction(
        id=make_id("instruction", passage.id, leaf.name, round.number, number),
        parents=(passage.id,),
        seed_id=seed.id,
        skill=passage.skill,
        leaf=leaf.name,
        transformation=passage.transformation,
        round=round.number,
        complexity=level,
        task=drawn.task,
        environment=Environment(tools=leaf.tools, site=""),
        expected_behaviour=leaf.expected_behaviour,
        check=Check(name=leaf.checker, terms=drawn.terms, replacements=drawn.others),
        model=passage.model,
        licence=seed.licence,
        source=seed.source or seed.name,
    ).about(passage)


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("web", build_sites, set_tasks)
