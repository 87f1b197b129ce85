"""Web: a seed becomes websites, and each of them tasks whose outcome a program knows; no model is called.

What a transformation is called says which kind of site is drawn; the tasks of a leaf are what that kind has
under the leaf's name.
"""

from collections.abc import Mapping
from functools import partial

from langgraph.runtime import Runtime

from ...agents.environment import Environment
from ...agents.errors import ToolError
from ...agents.records import Check, Instruction, Passage, Reject, Seed, make_id
from ...taxonomy.policy import draw_level
from ...taxonomy.skill import Leaf, Skill
from ...tools.browser.sites import Site, SiteKind
from ...tools.programs import named
from ..services import Services, reject
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order, ways
from .instruction import share_out
from .programmed import working


async def build_sites(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw a site a transformation."""
    services, seed, number = runtime.context, state["seed"], state["round"].number
    skill = services.skills[state["skill"]]
    failed = partial(reject, stage="transformation", round=number, skill=skill.name)
    passages: list[Passage] = []
    rejects: list[Reject] = []
    for way in ways(state, skill):
        try:
            with working(skill.program, f"the site {way.name}"):
                text = _site(state, services, skill, way.name).text
                passages.append(_passage(seed, skill, way.name, number, text))
        except ToolError as error:
            rejects.append(failed(error, subject=seed.id, part=way.name))
    return {"passages": passages, "rejects": state["rejects"] + rejects}


def _passage(seed: Seed, skill: Skill, way: str, number: int, text: str) -> Passage:
    return Passage(
        id=make_id("passage", seed.id, skill.name, way, number),
        parents=(seed.id,),
        seed_id=seed.id,
        skill=skill.name,
        transformation=way,
        text=text,
        model=f"program/{skill.name}",
    )


def _site(state: FlowState, services: Services, skill: Skill, kind: str) -> Site:
    """Draw a site; the same one for the same document, kind and round."""
    random = chance(services.settings.seed, state, f"site/{kind}")
    kinds: Mapping[str, SiteKind] = named(skill.program, "program")
    return kinds[kind](state["seed"].text, random)


async def set_tasks(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw the tasks that the quotas ask for."""
    services = runtime.context
    skill, round = services.skills[state["skill"]], state["round"]
    failed = partial(reject, stage="instruction", round=round.number, skill=skill.name)
    made: list[Instruction] = []
    rejects: list[Reject] = []
    for passage, leaf, count in share_out(state, services, skill):
        on = f"{leaf.name} on the site {passage.transformation}"
        try:
            with working(skill.program, on):
                site = _site(state, services, skill, passage.transformation)
        except ToolError as error:
            rejects.append(failed(error, subject=passage.id, leaf=leaf.name))
            continue
        for number in range(count):
            try:
                with working(skill.program, on):
                    made.append(_instruction(state, services, passage, leaf, site, number))
            except ToolError as error:
                part = f"number {number + 1}"
                rejects.append(failed(error, subject=passage.id, leaf=leaf.name, part=part))
    return {"instructions": made, "rejects": state["rejects"] + rejects}


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
