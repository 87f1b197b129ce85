"""A model with tools, over one or more user turns: AgentChat's tool loop, told in our turns."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import (
    BaseAgentEvent,
    BaseChatMessage,
    TextMessage,
    ThoughtEvent,
    ToolCallExecutionEvent,
    ToolCallRequestEvent,
)
from autogen_core import CancellationToken
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import TextResultContent, ToolResult, ToolSchema, Workbench

from .errors import ArenaInstructError, ToolError, boundary
from .models.client import assistant_turn
from .records import Turn


@dataclass(frozen=True)
class LoopTool:
    """A function that the model may call."""

    name: str
    description: str
    parameters: dict[str, Any]
    """A JSON schema of the arguments."""
    handler: Callable[[str], Awaitable[str]]
    """From the arguments as JSON text to the result.

    A ValueError is shown to the model, which may try again; anything else ends the conversation.
    """


async def run_tool_loop(
    client: ChatCompletionClient,
    *,
    system: str,
    user_turns: Sequence[str],
    tools: Sequence[LoopTool],
    max_steps: int = 6,
) -> tuple[Turn, ...]:
    """Let a model answer the user turns one after another, calling tools as it likes.

    Returns everything after the first user turn: the assistant's turns, the tools' results and the
    later user turns in between, ending with an assistant turn. A user turn allows `max_steps`
    rounds of calls; after the last the model is asked once more, without tools, for its answer.

    Raises:
        ArenaInstructError: what the client raised, unchanged; ToolError when a tool failed.
    """
    workbench = _Tools(tools)
    agent = AssistantAgent(
        "assistant",
        client,
        workbench=workbench,
        system_message=system or None,
        max_tool_iterations=max_steps,
        reflect_on_tool_use=True,
    )
    turns: list[Turn] = []
    for text in user_turns:
        turns.append(Turn(role="user", content=text))
        turns += await _answer(agent, workbench, text)
    return tuple(turns[1:])


async def _answer(agent: AssistantAgent, workbench: "_Tools", text: str) -> list[Turn]:
    """Return the turns with which the agent answers one user turn."""
    turns: list[Turn] = []
    thought = ""
    message = TextMessage(content=text, source="user")
    stream = agent.on_messages_stream([message], CancellationToken())
    try:
        async for event in stream:
            if workbench.failure is not None:
                raise workbench.failure
            thought = event.content if isinstance(event, ThoughtEvent) else thought
            if new := _told(event, thought):
                turns += new
                thought = ""
    finally:
        await stream.aclose()
    return turns


def _told(event: BaseAgentEvent | BaseChatMessage | Response, thought: str) -> list[Turn]:
    """Return the turns that an event of the agent stands for; none for what we do not record."""
    if isinstance(event, ToolCallRequestEvent):
        return [assistant_turn(event.content, thought)]
    if isinstance(event, ToolCallExecutionEvent):
        return [
            Turn(role="tool", content=result.content, tool_call_id=result.call_id)
            for result in event.content
        ]
    if isinstance(event, Response) and isinstance(event.chat_message, TextMessage):
        return [Turn(role="assistant", content=event.chat_message.content)]
    return []


class _Tools(Workbench):
    """Our tools as an AutoGen workbench.

    AgentChat waits for ever for a tool that raises, so a failure is kept here and raised by the
    loop as soon as the results are announced, before the model is asked (and paid) again.
    """

    component_type = "workbench"

    def __init__(self, tools: Sequence[LoopTool]) -> None:
        self._by_name = {tool.name: tool for tool in tools}
        if len(self._by_name) < len(tools):
            names = [tool.name for tool in tools]
            raise ValueError(f"tools need names of their own, found {names}")
        self.failure: ArenaInstructError | None = None

    async def list_tools(self) -> list[ToolSchema]:
        """Return the tools with their schemas as given."""
        return [
            {"name": t.name, "description": t.description, "parameters": t.parameters}  # type: ignore[typeddict-item]
            for t in self._by_name.values()
        ]

    async def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
        call_id: str | None = None,
    ) -> ToolResult:
        """Call one tool; a ValueError becomes an error that the model reads."""
        text, is_error = await self._called(name, json.dumps(arguments, ensure_ascii=False))
        return ToolResult(name=name, result=[TextResultContent(content=text)], is_error=is_error)

    async def _called(self, name: str, arguments: str) -> tuple[str, bool]:
        try:
            with boundary(ToolError, f"tool {name}"):
                return await _tried(self._by_name[name], arguments)
        except ArenaInstructError as error:
            self.failure = self.failure or error
            return str(error), True

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def reset(self) -> None:
        """Nothing to reset."""

    async def save_state(self) -> Mapping[str, Any]:
        """Return no state: there is none."""
        return {}

    async def load_state(self, state: Mapping[str, Any]) -> None:
        """Load no state: there is none."""


async def _tried(tool: LoopTool, arguments: str) -> tuple[str, bool]:
    """Return the tool's result, or what the model did wrong."""
    try:
        return await tool.handler(arguments), False
    except ArenaInstructError:
        raise  # some of ours are ValueErrors too, and are not the model's to mend
    except ValueError as error:
        return json.dumps({"error": str(error)}, ensure_ascii=False), True
