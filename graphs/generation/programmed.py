"""Programmed: passages become instructions that the skill's own program writes; no model is called.

What the program cannot write is a reject that says why; a `resume` of the same round asks for it again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from langgraph.runtime import Runtime

from ...agents.errors import ToolError
from ...agents.records import Check, Instruction, Passage, Reject, Seed, make_id
from ...taxonomy.policy import draw_level
from ...taxonomy.skill import Leaf
from ...tools.programs import Item, Program, Wanted, named
from ..services import Services, reject
from .flow_state import Flow, FlowState, FlowUpdate, chance, in_order
from .instruction import share_out


async def program(state: FlowState, runtime: Runtime[Services]) -> FlowUpdate:
    """Draw leaves and levels for the passages, and let the program write."""
    services = runtime.context
    skill, round = services.skills[state["skill"]], state["round"]
    failed = partial(reject, stage="instruction", round=round.number, skill=skill.name)
    written: list[Instruction] = []
    rejects: list[Reject] = []
    write: Program = named(skill.program, "program")
    for passage, leaf, count in share_out(state, services, skill):
        levels = round.policy.levels(skill, leaf.name)
        for number in range(count):
            what = f"{passage.transformation}/{leaf.name}/{number}"
            random = chance(services.settings.seed, state, what)
            level = draw_level(levels, random)
            try:
                with working(skill.program, f"{leaf.name} at level {level}"):
                    item = write(Wanted(leaf.name, level, passage.text, random))
                    written.append(_instruction(state, passage, leaf, level, number, item))
            except ToolError as error:
                part = f"number {number + 1}"
                rejects.append(failed(error, subject=passage.id, leaf=leaf.name, part=part))
    return {"instructions": written, "rejects": state["rejects"] + rejects}


@contextmanager
def working(program: str, on: str) -> Iterator[None]:
    """Say what a skill's program did instead of the work that it was asked for.

    Raises:
        ToolError: it raised, tried to end the process, or gave what no record can hold. Ctrl-C stays.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        told = f"{program} failed on {on}: {type(error).__name__}: {error}"
        raise ToolError(told) from error


def _instruction(
    state: FlowState, passage: Passage, leaf: Leaf, level: int, number: int, item: Item
) -> Instruction:
    if not isinstance(item, Item):
        raise TypeError(f"it gave {type(item).__name__}, not an Item")
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
