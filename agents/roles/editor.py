"""The editor: carries one suggestion out and returns the harder instruction; the parent stays."""

from typing import Any

from autogen_core import MessageContext, message_handler

from ..actor import Actor
from ..conversion import apis_json, check_of, task_bounds, told_task
from ..environment import Environment
from ..errors import ReplyError
from ..messages import Edit
from ..records import Instruction, make_id
from ..replies import CheckReply, EditReply, expecting

EASED = (
    "Whatever is said above about harder tasks: this edit makes the task plainer, and everything that "
    "the direction leaves stays as it is."
)


class Editor(Actor):
    """Writes harder instructions, and plainer ones where the goal eases."""

    @message_handler
    async def edit(self, message: Edit, ctx: MessageContext) -> Instruction:
        """Return the edited instruction.

        Raises:
            ReplyError: the edit changed nothing, left a passage alone that it was to change, or
                expects another behaviour than its goal.
        """
        parent, goal = message.instruction, message.goal
        variables = {
            "passage": parent.environment.material,
            "apis": apis_json(parent.environment.apis),
            "task": told_task(parent),
            "options": list(parent.options),
            "leaf": message.leaf,
            "goal": goal,
            "direction": message.suggestion.direction,
            "expected_behaviour": goal.expected_behaviour or parent.expected_behaviour,
        }
        note = EASED if goal.eases else ""
        call = self.speak(message.prompt, variables, subject=message.suggestion.id, note=note)
        known = _known(message, variables["expected_behaviour"])
        wanted = expecting(message.expected, EditReply)
        reply, raw = await self.ask(call, wanted, known=known, bounds=task_bounds(message.leaf))
        edited = parent.model_copy(
            update={
                "id": make_id("instruction", message.suggestion.id, parent.leaf),
                "parents": (parent.id, message.suggestion.id),
                "complexity": _complexity(parent, message),
                "task": reply.task,
                "environment": _environment(parent, message, reply),
                "options": tuple(reply.options),
                "user_turns": tuple(reply.user_turns),
                "expected_behaviour": reply.expected_behaviour,
                "check": check_of(message.leaf.checker, reply.check),
                "operator": goal.name,
                "depth": parent.depth + 1,
                "model": raw.model,
                "prompts": (*parent.prompts, raw.prompt or call.prompt),
            }
        )
        _refuse_missed(parent, edited, message)
        return edited


def _complexity(parent: Instruction, message: Edit) -> int:
    """Return the level after the edit: one more, or one less where its goal eases."""
    return max(1, parent.complexity - 1) if message.goal.eases else min(5, parent.complexity + 1)


def _known(message: Edit, expected_behaviour: Any) -> dict[str, Any]:
    """Return what an edit leaves as it is."""
    parent = message.instruction
    known = {
        "task": parent.task,
        "options": list(parent.options),
        "check": CheckReply(
            terms=list(parent.check.terms) if parent.check else [],
            replacements=list(parent.check.replacements) if parent.check else [],
        ),
    }
    if message.goal.edits == "task":
        asked = {"task"} | ({"options"} if parent.options else set())
        asked |= {"check"} if parent.check else set()
        known = {name: value for name, value in known.items() if name not in asked}
        known["passage"] = ""
    return {
        **known,
        "expected_behaviour": expected_behaviour,
        "user_turns": list(parent.user_turns),
    }


def _environment(parent: Instruction, message: Edit, reply: EditReply) -> Environment:
    """Return what is given after the edit; where the goal edits the task, all stays byte for byte."""
    given = parent.environment
    if message.goal.edits == "passage" and given.material and reply.passage:
        return given.rewritten(reply.passage)
    return given


def _refuse_missed(parent: Instruction, edited: Instruction, message: Edit) -> None:
    wanted = message.goal.expected_behaviour
    if wanted and edited.expected_behaviour != wanted:
        raise ReplyError(
            f"goal {message.goal.name} leads to {wanted}, the edit to {edited.expected_behaviour}"
        )
    if message.goal.edits == "passage" and edited.environment == parent.environment:
        raise ReplyError(f"goal {message.goal.name} asks for an edited passage; it is unchanged")
    if edited.prompt() == parent.prompt() and edited.user_turns == parent.user_turns:
        raise ReplyError(f"the edit for goal {message.goal.name} changed nothing")
