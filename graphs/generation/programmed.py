"""Programmed: passages become instructions that the skill's own program writes; no model is called."""

from collections.abc import Iterator
from functools import cache

from langgraph.runtime import Runtime

from ...agents.records import Check, Instruction, Passage, Seed, make_id
from ...taxonomy.policy import draw_level
from ...taxonomy.skill import Leaf, Skill
from ...tools.programs import Item, Program, Wanted, named
from ..services import Services
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order
from .instruction import share_out


@cache
def _program(path: str) -> Program:
    program: Program = named(path, "program")
    return program


async def program(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw leaves and levels for the passages, and let the program write."""
    services = runtime.context
    skill = services.skills[state["skill"]]
    return {"instructions": list(_written(state, services, skill))}


def _written(state: FlowState, services: Services, skill: Skill) -> Iterator[Instruction]:
    write, round = _program(skill.program), state["round"]
    for passage, leaf, count in share_out(state, services, skill):
        levels = round.policy.levels(skill, leaf.name)
        for number in range(count):
            what = f"{passage.transformation}/{leaf.name}/{number}"
            random = chance(services.settings.seed, state, what)
            level = draw_level(levels, random)
            item = write(Wanted(leaf.name, level, passage.text, random))
            yield _instruction(state, passage, leaf, level, number, item)


def _instruction(
    state: FlowState, passage: Passage, leaf: Leaf, level: int, number: int, item: Item
) -> Instruction:
    seed: Seed = state["seed"]
    round = state["round"].number
    written = Instruction(
        id=make_id("instruction", passage.id, leaf.name, round, number),
        parents=(passage.id,),
        seed_id=seed.id,
        skill=passage.skill,
        leaf=leaf.name,
        transformation=passage.transformation,
        round=round,
        complexity=level,
        task=item.task,
        options=item.options,
        expected_behaviour=leaf.expected_behaviour,
        check=Check(name=leaf.checker, terms=item.terms, replacements=item.replacements)
        if leaf.checker
        else None,
        model=f"program/{passage.skill}",
        licence=seed.licence,
        source=seed.source or seed.name,
    )
    return written.about(passage) if item.shows_text else written


def build() -> Flow:
    """Return the compiled subgraph."""
    return in_order("programmed", program)
