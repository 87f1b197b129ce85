"""What every role shares: an address (role, model alias), one way to ask its model, and no state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from autogen_core import MessageContext, RoutedAgent
from autogen_core.exceptions import CantHandleException
from pydantic import BaseModel

from ..prompts.template import Prompt, inside, load_prompt, prompt_names
from ..taxonomy.skill import PromptFile
from ..tools.mcp.tools import Named, listed, listing
from ..tools.registry import TOOLS
from ..tools.retrieval import ApiIndex
from ..tools.settings import ToolSettings
from ..tools.tool import Given, Tool
from ..tools.web.web import Web
from .errors import PromptError, ToolError, boundary
from .models.call import Call, Instead, Reply
from .models.client import DoorClient
from .models.door import Door
from .models.structured import ask
from .records import Turn
from .small import Schema, ask_small
from .tool_door import ToolDoor, ToolUse
from .tool_loop import LoopTool, run_tool_loop

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class Desk:
    """What an actor may reach for."""

    door: Door
    index: ApiIndex
    """APIs of all seeds, for tools that search them."""
    tools: ToolDoor
    settings: ToolSettings = ToolSettings()
    """How tools work in this run."""
    web: Web = field(default_factory=Web)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    """In a fork: what is said in the place of a prompt, by its name."""

    def given(
        self, *, files: Mapping[str, str] | None = None, seed_id: str = "", busy: int = 0
    ) -> Given:
        """Return what tools may reach for in one conversation; a context, to close what they open."""
        return Given(
            files=files or {},
            index=self.index,
            seed_id=seed_id,
            busy=busy,
            settings=self.settings,
            web=self.web,
        )


class Actor(RoutedAgent):
    """A role on AutoGen's runtime; the key of its id is the alias of the model that speaks.

    A role is data first: its prompt file names the slot, the tools and the reply. A subclass adds
    one handler that turns the reply into a record.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(type(self).__doc__ or type(self).__name__)
        self.desk = desk

    @property
    def alias(self) -> str:
        """The model's alias in the config."""
        return self.id.key

    @property
    def model(self) -> str:
        """The model behind the alias, as provenance columns show it."""
        settings = self.desk.door.models[self.alias].settings
        return f"{settings.provider}/{settings.name}"

    @property
    def small(self) -> bool:
        """Whether the model is spoken to as a small one."""
        return self.desk.door.models[self.alias].settings.small

    @property
    def terse(self) -> bool:
        """Whether it is asked for no reasons."""
        return self.desk.door.models[self.alias].settings.terse

    async def on_unhandled_message(self, message: Any, ctx: MessageContext) -> NoReturn:
        """Raise: a message nobody handles is a fault of the graph that sent it."""
        raise CantHandleException(f"{self.id.type} does not handle {type(message).__name__}")

    def speak(
        self,
        prompt: PromptFile | str,
        variables: Mapping[str, Any],
        *,
        subject: str,
        note: str = "",
    ) -> Call:
        """Return the call that a prompt file and its variables make; a note closes the user turn.

        A small model is told the first paragraph of the rules, and no other, and shown an example.
        """
        template = prompt_of(prompt)
        if isinstance(prompt, PromptFile):
            variables = {"about": prompt.about, **variables}
        if self.small:
            template = small_prompt(template)
            variables = {**variables, "terse": self.terse}
        before = self._told(template, variables, subject, note)
        if (other := self.desk.prompts.get(template.name)) is None:
            turns, instead = before, None
        else:
            turns = self._told(other, variables, subject, note)
            instead, template = Instead(turns, before, template.version), other
        return Call(
            self.alias,
            turns,
            role=self.id.type,
            subject=subject,
            prompt=template.version,
            uses=template.tools,
            instead=instead,
        )

    def _told(
        self, template: Prompt, variables: Mapping[str, Any], subject: str, note: str
    ) -> tuple[Turn, ...]:
        """Return the turns that a prompt and its variables make."""
        with boundary(PromptError, f"rendering {template.name} for {subject}"):
            told = {name: variables[name] for name in template.variables}
            system, user = template.render(told)
            shown = template.example(told) if self.small else ""
        if self.small:
            system = first_paragraph(system)
        said = [shown] if shown else []
        said.append(f"{user}\n\n{note}" if note else user)
        return Turn(role="system", content=system), *(Turn(role="user", content=t) for t in said)

    async def ask(
        self,
        call: Call,
        reply_type: type[R],
        *,
        known: Mapping[str, Any] | None = None,
        bounds: Mapping[str, Schema] | None = None,
    ) -> tuple[R, Reply]:
        """Make a structured call; raises ReplyError when it does not parse after one repair.

        A small model is not asked for what is `known`, and held to `bounds` of the rest. Where the prompt
        names tools, the model first uses those that it wants, and reads again what they returned.
        """
        call = await self._informed(call)
        if self.small:
            given = {**(known or {}), **({"reason": ""} if self.terse else {})}
            return await ask_small(self.desk.door, call, reply_type, given, bounds or {})
        return await ask(self.desk.door, call, reply_type)

    async def listed(self, names: Iterable[str], subject: str) -> list[Tool]:
        """Return the tools of MCP servers among those named; a listing is asked for once."""
        wanted: dict[str, list[str]] = {}
        for named in filter(None, map(Named.read, names)):
            # An estimate knows no servers: it asks nobody.
            if named.server in self.desk.settings.mcp:
                wanted.setdefault(named.server, []).append(named.tool)
        found: list[Tool] = []
        for server, tools in wanted.items():
            async with self.desk.given() as reach:
                use = ToolUse(listing(server), "{}", reach, f"{self.id.type}/{self.alias}", subject)
                told = await self.desk.tools.call(use)
            with boundary(ToolError, f"tools of the MCP server {server}"):
                found += listed(server, told, tools)
        return found

    def offers(self, tools: Iterable[Tool], given: Given, subject: str) -> list[LoopTool]:
        """Return tools as this actor may call them, over what it is given."""
        actor = f"{self.id.type}/{self.alias}"
        return [self.desk.tools.offer(tool, given, actor=actor, subject=subject) for tool in tools]

    async def _informed(self, call: Call) -> Call:
        """Return a call that tells what its tools returned, as far as the model asked them."""
        theirs = await self.listed(call.uses, call.subject)
        tools = [*(TOOLS[name] for name in call.uses if name in TOOLS), *theirs]
        if not tools:
            return call
        system, *_, asked = call.turns
        client = DoorClient(
            self.desk.door.complete,
            self.alias,
            role=call.role,
            subject=call.subject,
            sample=call.sample,
            prompt=call.prompt,
        )
        async with self.desk.given() as reach:
            turns = await run_tool_loop(
                client,
                system=system.content,
                user_turns=(f"{asked.content}\n\n{_TOOLS_FIRST}",),
                tools=self.offers(tools, reach, call.subject),
                max_steps=max(tool.rounds for tool in tools),
            )
        results = "\n\n".join(turn.content for turn in turns if turn.role == "tool")
        if not results:
            return call
        told = f"{asked.content}\n\n<results>\n{inside(results, 'results')}\n</results>"
        return replace(call, turns=(*call.turns[:-1], asked.model_copy(update={"content": told})))


_TOOLS_FIRST = (
    "First call the tools whose results you need, and then say in a sentence what you found. "
    "Your reply in its form is asked for after that."
)


def prompt_of(file: PromptFile | str) -> Prompt:
    """Return a prompt of our own by its name, or one that a skill names."""
    if isinstance(file, str):
        return load_prompt(file)
    return load_prompt(file.name, Path(file.folder)) if file.folder else load_prompt(file.name)


@cache
def small_prompt(prompt: Prompt) -> Prompt:
    """Return what a small model is told in a prompt's place: the file `X_small` beside it, or its role's.

    Where neither is there, it is the prompt itself.
    """
    folder = prompt.path.parents[prompt.name.count("/")]
    beside = f"{prompt.name}_small"
    if beside in prompt_names(folder):
        return load_prompt(beside, folder)
    own = f"small/{prompt.role}"
    return load_prompt(own) if own in prompt_names() else prompt


def first_paragraph(text: str) -> str:
    """Return a text up to its first empty line."""
    return text.partition("\n\n")[0]


def variant(sample: int) -> str:
    """Return what tells a model that it is asked for another sample; empty for the first.

    It is said in words, since an endpoint may answer the same text with the same reply.
    """
    return f"This is request {sample + 1}: write another version than before." if sample else ""
