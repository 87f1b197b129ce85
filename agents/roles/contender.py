"""The contender: answers an instruction as any user's model would see it, without a system prompt."""

import json

from autogen_core import MessageContext, message_handler

from ...tools.registry import offered
from ...tools.use_browser import SITE
from ..actor import Actor
from ..contender_name import contender_name, seat_name
from ..errors import ReplyError
from ..messages import Respond
from ..models.call import Call, Reply
from ..models.client import Complete, DoorClient
from ..records import Answer, Instruction, Turn, make_id
from ..tool_loop import run_tool_loop


class Heard:
    """Asks a model; keeps its thoughts, whether a reply was cut off, who answered, what it was told of."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete
        self.thoughts: list[str] = []
        self.cut = False
        self.listed: tuple[str, ...] = ()
        """Tools of MCP servers that it is told of, as JSON."""
        self.model = ""

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call."""
        reply = await self._complete(call)
        self.thoughts.append(reply.thoughts)
        self.cut = self.cut or reply.cut
        self.model = reply.model
        return reply


class Contender(Actor):
    """Answers instructions; with anything to call it runs AgentChat's tool loop, else it talks."""

    @message_handler
    async def respond(self, message: Respond, ctx: MessageContext) -> Answer:
        """Return the answer: one turn, or the whole conversation.

        Raises:
            ReplyError: the answer is empty.
        """
        instruction = message.instruction
        heard = Heard(self.desk.door.complete)
        sample = message.sample - 1
        if instruction.environment.callable or self._own:
            turns = await self._use_tools(instruction, heard, sample)
        elif message.talk is None:
            turns = await self._talk(instruction, heard, sample)
        else:
            turns = (*message.talk, await self._next(instruction, heard, sample, message.talk))
        if not turns or not turns[-1].content.strip():
            raise ReplyError(f"{self.alias} answered {instruction.id} with an empty text")
        name = contender_name(self.alias, self.desk.door.models[self.alias].settings.version)
        return Answer(
            id=make_id("answer", instruction.id, seat_name(name, message.sample)),
            parents=(instruction.id,),
            instruction_id=instruction.id,
            contender=name,
            sample=message.sample,
            model=heard.model or self.model,
            turns=turns,
            thoughts=tuple(heard.thoughts) if any(heard.thoughts) else (),
            cut=heard.cut,
            listed=heard.listed,
        )

    async def _talk(self, instruction: Instruction, heard: Heard, sample: int) -> tuple[Turn, ...]:
        turns: tuple[Turn, ...] = ()
        for text in ("", *instruction.user_turns):
            turns += (Turn(role="user", content=text),) if text else ()
            turns += (await self._next(instruction, heard, sample, turns),)
        return turns

    async def _next(
        self, instruction: Instruction, heard: Heard, sample: int, said: tuple[Turn, ...]
    ) -> Turn:
        """Return the answer to all that was said: the instruction, then the talk about it."""
        call = Call(
            self.alias,
            (Turn(role="user", content=instruction.prompt()), *said),
            role="contender",
            subject=instruction.id,
            about=(instruction.id,),
            sample=sample,
        )
        reply = await heard.complete(call)
        return Turn(role="assistant", content=reply.text)

    @property
    def _own(self) -> tuple[str, ...]:
        """Names of the tools that it has whatever it is asked."""
        return self.desk.settings.contenders.get(self.alias, ())

    async def _use_tools(
        self, instruction: Instruction, heard: Heard, sample: int
    ) -> tuple[Turn, ...]:
        client = DoorClient(
            heard.complete, self.alias, role="contender", subject=instruction.id, sample=sample
        )
        given = instruction.environment
        files = {file.name: file.text for file in given.files}
        if given.site is not None:
            files[SITE] = given.site
        names = (*given.tools, *self._own)
        subject = instruction.id
        async with self.desk.given(files=files, busy=given.busy) as reach:
            theirs = await self.listed(names, subject)
            heard.listed = tuple(json.dumps(tool.spec, sort_keys=True) for tool in theirs)
            known = list({t.name: t for t in (*offered(given.apis, names), *theirs)}.values())
            return await run_tool_loop(
                client,
                system="",
                user_turns=(instruction.prompt(), *instruction.user_turns),
                tools=self.offers(known, reach, subject),
                max_steps=max((tool.rounds for tool in known), default=1),
            )
