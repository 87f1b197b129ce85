"""Refinement: suggester and editor make further, harder instructions; parents are kept.

Each round takes one instruction of every lineage (the parent first, then its first edit), so that the
work grows with the number of rounds and not with its power.
"""

from functools import partial
from random import Random

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Edit, Steer, Suggest, Suggested
from ...agents.records import Instruction, Passage, make_id
from ...taxonomy.skill import Skill
from ..services import Services, failed_at, settle
from ..tracing import traced
from .flow_state import FlowState, FlowUpdate


class RefinementState(FlowState):
    """A flow's state with what the loop between suggester and editor needs."""

    done: int
    """Refinement rounds done."""
    frontier: list[Instruction]
    """What the next round refines."""


class RefinementUpdate(FlowUpdate, total=False):
    """What a node of the loop changes."""

    done: int
    frontier: list[Instruction]


async def suggest(state: RefinementState, runtime: Runtime[Services]) -> RefinementUpdate:
    """Ask for directions for every instruction of the frontier."""
    services = runtime.context
    skill = services.skills[state["skill"]]
    frontier = state["frontier"] if state.get("done") else state["instructions"]
    alias = services.cast.speaks("suggester")
    suggested, rejects = await settle(
        (
            services.troupe.send(
                _asked(state, services, skill, instruction),
                Suggested,
                "suggester",
                alias,
            ),
            failed_at("suggestion", instruction),
        )
        for instruction in frontier
    )
    return {
        "frontier": frontier,
        "suggestions": state["suggestions"] + [s for one in suggested for s in one.suggestions],
        "rejects": state["rejects"] + rejects,
    }


def _asked(
    state: RefinementState, services: Services, skill: Skill, instruction: Instruction
) -> Suggest:
    """Return what the suggester is asked about an instruction, under the round's policy."""
    refinement = state["round"].policy.refinement
    random = Random(f"{services.settings.seed}/{instruction.id}/operators")
    goals = refinement.offered(skill, instruction.leaf, random)
    worked = refinement.worked(skill, goals)
    aim = refinement.aim(skill.name, instruction.leaf)
    return Suggest(
        instruction=instruction,
        prompt=skill.prompts.suggest,
        leaf=skill.leaf(instruction.leaf),
        goals=goals,
        count=services.settings.per_seed.directions,
        ranked=bool(worked),
        steer=Steer(aim=aim, worked=worked) if aim else None,
    )


async def edit(state: RefinementState, runtime: Runtime[Services]) -> RefinementUpdate:
    """Carry every suggestion about the frontier out."""
    services = runtime.context
    skill = services.skills[state["skill"]]
    parents = {instruction.id: instruction for instruction in state["frontier"]}
    alias = services.cast.speaks("editor")
    goals = {goal.name: goal for goal in skill.operators}
    edited, rejects = await settle(
        (
            services.troupe.send(
                Edit(
                    instruction=parents[s.instruction_id],
                    suggestion=s,
                    prompt=skill.prompts.edit,
                    leaf=skill.leaf(parents[s.instruction_id].leaf),
                    expected=skill.expected,
                    goal=goals[s.goal],
                ),
                Instruction,
                "editor",
                alias,
            ),
            partial(failed_at("edit", parents[s.instruction_id]), part=s.id),
        )
        for s in state["suggestions"]
        if s.instruction_id in parents
    )
    passages = {edit.id: _rewritten(edit, parents[edit.parents[0]]) for edit in edited}
    edited = [e.about(passage) if (passage := passages[e.id]) else e for e in edited]
    return {
        "done": state.get("done", 0) + 1,
        "frontier": _first_of_each(edited),
        "passages": state["passages"] + [passage for passage in passages.values() if passage],
        "instructions": state["instructions"] + edited,
        "rejects": state["rejects"] + rejects,
    }


def again(state: RefinementState, runtime: Runtime[Services]) -> str:
    """Return where to go after an edit, or at the start."""
    wanted = runtime.context.settings.per_seed.refinements
    left = state["frontier"] if state.get("done") else state["instructions"]
    return "suggest" if left and state.get("done", 0) < wanted else END


def _rewritten(edited: Instruction, parent: Instruction) -> Passage | None:
    """Return the passage that an edit made of its parent's; None where it left that alone."""
    if edited.environment.material == parent.environment.material:
        return None
    return Passage(
        id=make_id("passage", edited.id),
        parents=(parent.passage_id,) if parent.passage_id else (),
        seed_id=edited.seed_id,
        skill=edited.skill,
        transformation=edited.transformation,
        text=edited.environment.material,
        model=edited.model,
    )


def _first_of_each(edited: list[Instruction]) -> list[Instruction]:
    """Return the first edit of each parent."""
    return list({i.parents[0]: i for i in reversed(edited)}.values())[::-1]


def build() -> CompiledStateGraph[RefinementState, Services, FlowState, FlowState]:
    """Return the compiled subgraph."""
    graph = StateGraph(
        RefinementState, context_schema=Services, input_schema=FlowState, output_schema=FlowState
    )
    graph.add_sequence(traced("refinement", suggest, edit))
    graph.add_conditional_edges(START, again, ["suggest", END])
    graph.add_conditional_edges("edit", again, ["suggest", END])
    return graph.compile(checkpointer=False, name="refinement")
