"""The writer: writes several instructions of one leaf about a passage, never their answers."""

from dataclasses import replace
from typing import Any

from autogen_core import MessageContext, message_handler

from ...taxonomy.skill import Leaf
from ..actor import Actor, variant
from ..conversion import apis_json, check_of, task_bounds
from ..environment import Environment, File
from ..errors import EpisodeError
from ..messages import Write, Written
from ..models.call import Call, Reply
from ..records import Instruction, Passage, make_id
from ..replies import CheckReply, TaskReply, TasksReply, expecting

FILE = "passage.txt"


class Unfit(EpisodeError):
    """The passage cannot carry the leaf; recorded as a reject."""


class Writer(Actor):
    """Writes instructions of one leaf."""

    @message_handler
    async def write(self, message: Write, ctx: MessageContext) -> Written:
        """Return at most `count` instructions.

        Raises:
            Unfit: the model found nothing to ask.
        """
        passage = message.passage
        variables = {
            "passage": passage.text,
            "apis": apis_json(passage.apis),
            "leaf": message.leaf,
            "count": message.count,
            "complexity": message.complexity,
        }
        note = variant(message.sample)
        call = self.speak(message.prompt, variables, subject=passage.id, note=note)
        call = replace(call, sample=message.sample)
        tasks, raw = await (
            self._one(message, call) if self.small else self._several(message, call)
        )
        if not tasks:
            raise Unfit(f"the passage {passage.id} carries no task of {message.leaf.name}")
        return Written(
            instructions=tuple(
                _instruction(message, task, number, raw, raw.prompt or call.prompt)
                for number, task in enumerate(tasks)
            )
        )

    async def _several(self, message: Write, call: Call) -> tuple[list[TaskReply], Reply]:
        reply, raw = await self.ask(call, expecting(message.expected, TasksReply))
        return reply.tasks[: message.count], raw

    async def _one(self, message: Write, call: Call) -> tuple[list[TaskReply], Reply]:
        """Ask a small model for one task, and only for what its type does not say already."""
        leaf = message.leaf
        known: dict[str, Any] = {
            "expected_behaviour": leaf.expected_behaviour,
            "user_turns": [],
        }
        if leaf.options == (0, 0):
            known["options"] = []
        if not leaf.check_terms and not leaf.check_replacements:
            known["check"] = CheckReply(terms=[], replacements=[])
        wanted = expecting(message.expected, TaskReply)
        reply, raw = await self.ask(call, wanted, known=known, bounds=task_bounds(leaf))
        return [reply], raw


def _instruction(
    message: Write, task: TaskReply, number: int, raw: Reply, prompt: str
) -> Instruction:
    passage, leaf, seed = message.passage, message.leaf, message.seed
    written = Instruction(
        id=make_id("instruction", passage.id, leaf.name, message.sample, number),
        parents=(passage.id,),
        seed_id=seed.id,
        skill=passage.skill,
        leaf=leaf.name,
        transformation=passage.transformation,
        round=message.round,
        complexity=message.complexity,
        task=task.task,
        environment=environment_of(passage, leaf),
        options=tuple(task.options),
        user_turns=tuple(task.user_turns),
        expected_behaviour=task.expected_behaviour,
        check=check_of(leaf.checker, task.check),
        model=raw.model,
        prompts=(prompt,),
        licence=seed.licence,
        source=seed.source or seed.name,
    )
    return written if leaf.gives == "nothing" else written.about(passage)


def environment_of(passage: Passage, leaf: Leaf) -> Environment:
    """Return what an answerer gets beside its passage, with the places that the passage fills."""
    if leaf.gives == "file" and not passage.apis:
        return Environment(files=(File(name=FILE, text=""),), tools=leaf.tools)
    return Environment(tools=leaf.tools, busy=leaf.busy)
