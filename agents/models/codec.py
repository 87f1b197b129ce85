"""Calls to request bytes and response bytes to replies, with `ChatOpenAI`'s knowledge of both.

`ChatOpenAI` builds the payload (roles and parameters differ by model) and reads the result; that
takes about 25 µs a call. Arguments of tool calls pass it by: they stay byte for byte.
"""

from typing import TYPE_CHECKING, Any

import orjson

from ..records import ToolCall, Turn
from .call import Call, Reply, ToolSpec, Usage
from .characters import sound_json
from .dialect import Dialect, response_format, schema_text
from .provider import AttemptFailed, NoText
from .settings import OpenAISettings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI


class Codec:
    """Writes the requests and reads the responses of one model."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self._chat = _chat(settings)
        self._label = f"openai/{settings.model}"

    def encode(self, call: Call, dialect: Dialect) -> bytes:
        """Return the request's body.

        Raises:
            AttemptFailed: final: the call holds what JSON cannot (a lone surrogate).
        """
        turns, reply = call.turns, call.reply_type
        if reply is not None and dialect.mode != "schema":
            turns = with_system(turns, schema_text(reply))
        payload = self._chat._get_request_payload(
            [_message(turn) for turn in turns], **self._settings.params
        )
        payload[dialect.cap] = payload.pop("max_completion_tokens")
        for turn, message in zip(turns, payload["messages"], strict=True):
            if turn.tool_calls:
                message["content"] = turn.content or None
                message["tool_calls"] = [_tool_call(c) for c in turn.tool_calls]
        if call.tools:
            payload["tools"] = [_tool(spec) for spec in call.tools]
        if call.sample and dialect.seeds:
            payload["seed"] = payload.get("seed", 0) + call.sample
        if reply is not None and (structure := response_format(reply, dialect.mode)) is not None:
            payload["response_format"] = structure
        try:
            return orjson.dumps(payload)
        except TypeError as error:
            raise AttemptFailed(f"the call is no valid JSON: {error}", final=True) from error

    def decode(self, body: bytes, call: Call, seconds: float) -> Reply:
        """Return the reply in a response's body.

        Raises:
            AttemptFailed: it is malformed, empty, refused or filtered; with the usage it tells.
        """
        raw = _parse(body)
        try:
            return self._decode(raw, call, seconds)
        except AttemptFailed as failure:
            failure.usage = self._usage(raw)
            raise

    def _decode(self, raw: dict[str, Any], call: Call, seconds: float) -> Reply:
        content, usage = self._read(raw)
        finish = raw["choices"][0].get("finish_reason") or "stop"
        message = raw["choices"][0]["message"]
        _check_refusal(message, finish)
        tool_calls = _tool_calls(message)
        if not content and not tool_calls:
            raise _empty(finish, self._settings.max_tokens)
        tokens_in = usage.get("input_tokens") or sum(len(t.content) for t in call.turns) // 4 + 1
        tokens_out = usage.get("output_tokens") or _estimate(content, tool_calls)
        return Reply(
            text=content,
            model=self._label,
            tool_calls=tool_calls,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            usd=self._usd(tokens_in, tokens_out),
            finish=finish,
            seconds=seconds,
        )

    def _usd(self, tokens_in: int, tokens_out: int) -> float:
        price = self._settings.price
        return (tokens_in * price.input + tokens_out * price.output) / 1e6

    def _usage(self, raw: Any) -> Usage | None:
        """Return what a response without a usable reply was counted as; None where it does not say."""
        told = raw.get("usage") if isinstance(raw, dict) else None
        if not isinstance(told, dict):
            return None
        counts = [told.get("prompt_tokens"), told.get("completion_tokens")]
        tokens_in, tokens_out = (n if isinstance(n, int) else 0 for n in counts)
        if tokens_in <= 0 and tokens_out <= 0:
            return None
        return Usage(self._label, tokens_in, tokens_out, self._usd(tokens_in, tokens_out))

    def _read(self, raw: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the text of a response and its usage."""
        try:
            raw["choices"][0]["message"].setdefault("role", "assistant")
            message: Any = self._chat._create_chat_result(raw).generations[0].message
            usage = dict(message.usage_metadata or {})
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise AttemptFailed(
                f"the response is no chat completion: {type(error).__name__}", status=200
            ) from error
        content = message.content
        return content if isinstance(content, str) else str(message.text), usage


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:  # half an emoji as an escape is no JSON, and the rest of the reply is paid
        return orjson.loads(sound_json(body.decode()))
    except ValueError as error:
        raise AttemptFailed("the response is malformed JSON", status=200) from error


def with_system(turns: tuple[Turn, ...], text: str) -> tuple[Turn, ...]:
    """Return the turns with a text at the end of the system turn; many templates allow only one."""
    if turns and turns[0].role == "system":
        return (Turn(role="system", content=f"{turns[0].content}\n\n{text}"), *turns[1:])
    return (Turn(role="system", content=text), *turns)


def _chat(settings: OpenAISettings) -> "ChatOpenAI":
    # Seconds to import: only a run that uses such a model pays for it.
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=settings.model,
        base_url=settings.endpoint,
        max_completion_tokens=settings.max_tokens,
        temperature=settings.temperature,
        # It decides whether a temperature may be sent at all.
        reasoning_effort=settings.params.get("reasoning_effort"),
        use_responses_api=False,
        # Stand-ins for its HTTP clients, which we never use and which take 0.2 s to make.
        client=object(),
        async_client=object(),
    )


def _message(turn: Turn) -> "BaseMessage":
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    if turn.role == "tool":
        return ToolMessage(content=turn.content, tool_call_id=turn.tool_call_id)
    if turn.role == "user":
        return HumanMessage(content=turn.content)
    if turn.role == "system":
        return SystemMessage(content=turn.content)
    return AIMessage(content=turn.content)


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _tool(spec: ToolSpec) -> dict[str, Any]:
    parameters = orjson.Fragment(spec.parameters.encode())
    function = {"name": spec.name, "description": spec.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _tool_calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Return the tool calls of a raw message.

    Raises:
        AttemptFailed: one of them has no function.
    """
    calls = []
    for number, raw in enumerate(message.get("tool_calls") or ()):
        try:
            function = raw["function"]
            arguments = function.get("arguments") or "{}"
            if not isinstance(arguments, str):  # some servers send the object itself
                arguments = orjson.dumps(arguments).decode()
            name = str(function["name"])
        except (AttributeError, KeyError, TypeError) as error:
            raise AttemptFailed("the response holds a broken tool call", status=200) from error
        calls.append(ToolCall(id=raw.get("id") or f"call_{number}", name=name, arguments=arguments))
    return tuple(calls)


def _check_refusal(message: dict[str, Any], finish: str) -> None:
    if refusal := message.get("refusal"):
        raise AttemptFailed(f"the model refused: {str(refusal)[:200]}", status=200, final=True)
    if finish == "content_filter":
        raise AttemptFailed("the endpoint's content filter stopped it", status=200, final=True)


def _empty(finish: str, max_tokens: int) -> NoText:
    if finish == "length":
        text = f"all {max_tokens} tokens were spent before any text; raise max_tokens"
        return NoText(text, status=200, final=True)
    return NoText("empty reply", status=200)


def _estimate(content: str, tool_calls: tuple[ToolCall, ...]) -> int:
    """Return about how many tokens a reply has, where the endpoint does not count them."""
    return (len(content) + sum(len(c.name) + len(c.arguments) for c in tool_calls)) // 4 + 1
