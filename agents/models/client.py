"""The door as AutoGen's model client: AgentChat's agents ask through it like everybody else."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import orjson
from autogen_core import CancellationToken, FunctionCall
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    FinishReasons,
    FunctionExecutionResultMessage,
    LLMMessage,
    ModelFamily,
    ModelInfo,
    RequestUsage,
    UserMessage,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from ..records import ToolCall, Turn
from .call import Call, Reply, ToolSpec

Complete = Callable[[Call], Awaitable[Reply]]

_FINISH: dict[str, FinishReasons] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "function_calls",
    "content_filter": "content_filter",
}
_CONTEXT = 128_000


class DoorClient(ChatCompletionClient):
    """Turns AutoGen's requests into calls; whatever the door raises passes through unchanged."""

    component_type = "model"

    def __init__(
        self,
        complete: Complete,
        alias: str,
        role: str,
        subject: str,
        *,
        sample: int = 0,
        prompt: str = "",
    ) -> None:
        self._complete = complete
        self._alias = alias
        self._role = role
        self._subject = subject
        self._sample = sample
        self._prompt = prompt
        self._used = RequestUsage(prompt_tokens=0, completion_tokens=0)

    async def create(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] = {},
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        """Make one call; `tool_choice` is honoured for `none`, which offers no tools."""
        offered = () if tool_choice == "none" else tuple(map(_tool, tools))
        call = Call(
            self._alias,
            tuple(turn for message in messages for turn in _turns(message)),
            reply_type=json_output if isinstance(json_output, type) else None,
            tools=offered,
            sample=self._sample,
            role=self._role,
            subject=self._subject,
            prompt=self._prompt,
        )
        reply = await self._complete(call)
        self._used.prompt_tokens += reply.tokens_in
        self._used.completion_tokens += reply.tokens_out
        made = sum(len(turn.tool_calls) for turn in call.turns)
        return _result(reply, made, with_tools=bool(offered))

    async def create_stream(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] = {},
        cancellation_token: CancellationToken | None = None,
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Yield the whole result once: the door does not stream."""
        yield await self.create(
            messages, tools=tools, tool_choice=tool_choice, json_output=json_output
        )

    async def close(self) -> None:
        """Do nothing: the door is closed by the run that opened it."""

    def actual_usage(self) -> RequestUsage:
        """Return the tokens of all calls made through this client."""
        return self.total_usage()

    def total_usage(self) -> RequestUsage:
        """Return the tokens of all calls made through this client."""
        return RequestUsage(self._used.prompt_tokens, self._used.completion_tokens)

    def count_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        """Return an estimate: four letters a token."""
        letters = sum(len(turn.content) for message in messages for turn in _turns(message))
        return (letters + sum(len(_tool(tool).parameters) for tool in tools)) // 4 + 1

    def remaining_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        """Return what an ordinary context window would leave; nothing here depends on it."""
        return _CONTEXT - self.count_tokens(messages, tools=tools)

    @property
    def capabilities(self) -> ModelInfo:
        """The same as `model_info`, under its old name."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """What models behind a door can be asked for."""
        return ModelInfo(
            vision=False,
            function_calling=True,
            json_output=True,
            structured_output=True,
            family=ModelFamily.UNKNOWN,
            multiple_system_messages=True,
        )


def _turns(message: LLMMessage) -> tuple[Turn, ...]:
    """Return an AutoGen message as turns; the results of several calls are several turns."""
    if isinstance(message, FunctionExecutionResultMessage):
        return tuple(
            Turn(role="tool", content=result.content, tool_call_id=result.call_id)
            for result in message.content
        )
    if isinstance(message, AssistantMessage):
        return (assistant_turn(message.content, message.thought or ""),)
    if isinstance(message, UserMessage):
        return (Turn(role="user", content=_text(message.content)),)
    return (Turn(role="system", content=message.content),)


def assistant_turn(content: str | list[FunctionCall], thought: str = "") -> Turn:
    """Return what a model said as a turn; `thought` is the text beside its calls."""
    if isinstance(content, str):
        return Turn(role="assistant", content=content)
    calls = tuple(ToolCall(id=c.id, name=c.name, arguments=c.arguments) for c in content)
    return Turn(role="assistant", content=thought, tool_calls=calls)


def _text(content: str | list[Any]) -> str:
    if isinstance(content, str):
        return content
    if images := [part for part in content if not isinstance(part, str)]:
        raise TypeError(f"a door takes text only, found {type(images[0]).__name__}")
    return "\n".join(content)


def _tool(tool: Tool | ToolSchema) -> ToolSpec:
    schema = tool if isinstance(tool, dict) else tool.schema
    parameters = orjson.dumps(schema.get("parameters", {"type": "object", "properties": {}}))
    return ToolSpec(schema["name"], schema.get("description", ""), parameters.decode())


def _result(reply: Reply, made: int, *, with_tools: bool) -> CreateResult:
    """Return AutoGen's result; `made` calls came before in this conversation.

    Calls of a model that was offered no tools are not calls: only its text counts.
    """
    usage = RequestUsage(reply.tokens_in, reply.tokens_out)
    finish = _FINISH.get(reply.finish, "unknown")
    if not (reply.tool_calls and with_tools):
        return CreateResult(finish_reason=finish, content=reply.text, usage=usage, cached=False)
    calls = [
        # Some endpoints give no id; a place in the conversation is as good and repeats exactly.
        FunctionCall(id=call.id or f"call_{made + n}", name=call.name, arguments=call.arguments)
        for n, call in enumerate(reply.tool_calls, 1)
    ]
    return CreateResult(
        finish_reason="function_calls",
        content=calls,
        usage=usage,
        cached=False,
        thought=reply.text or None,
    )
