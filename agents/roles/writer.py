"""The writer: writes several instructions of one leaf about a passage, never their answers."""

from dataclasses import replace

from autogen_core import MessageContext, message_handler

from ...taxonomy.skill import Leaf
from ..actor import Actor, prompt_of, variant
from ..conversion import apis_json, check_of
from ..environment import Environment, File
from ..errors import EpisodeError
from ..messages import Write, Written
from ..models.call import Reply
from ..records import Instruction, Passage, make_id
from ..replies import TaskReply, TasksReply, expecting

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
        wanted = expecting(message.expected, TasksReply)
        reply, raw = await self.ask(replace(call, sample=message.sample), wanted)
        tasks = reply.tasks[: message.count]
        if not tasks:
            raise Unfit(f"the passage {passage.id} carries no task of {message.leaf.name}")
        return Written(
            instructions=tuple(_instruction(message, t, n, raw) for n, t in enumerate(tasks))
        )


def _instruction(message: Write, task: TaskReply, number: int, raw: Reply) -> Instruction:
    passage, leaf, seed = message.passage, message.leaf, message.seed
    return Instruction(
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
        prompts=(prompt_of(message.prompt).version,),
        licence=seed.licence,
        source=seed.source or seed.name,
    ).about(passage)


def environment_of(passage: Passage, leaf: Leaf) -> Environment:
    """Return what an answerer gets beside its passage, with the places that the passage fills."""
    if leaf.gives == "file" and not passage.apis:
        return Environment(files=(File(name=FILE, text=""),), tools=leaf.tools)
    return Environment(tools=leaf.tools)
