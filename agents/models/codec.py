"""Calls to request bytes and response bytes to replies, as OpenAI-compatible endpoints speak.

`ChatOpenAI` says which settings a model bears and LangChain writes the messages; the rest of the
payload, and the reading of what comes back, is here. Arguments of tool calls stay byte for byte. Why a reply
ended each endpoint says in words of its own, and some of them mean that it is none.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from ..records import ToolCall, Turn
from .call import CUT, Call, Reply, ToolSpec, Usage
from .characters import read_json
from .dialect import Dialect, response_format
from .escapes import CONTROL
from .failure import is_page, plain
from .form import told, told_small
from .provider import AttemptFailed, NoText
from .secrets import redact
from .settings import OpenAISettings
from .structured import parses
from .thoughts import read_message
from .usage import HIDDEN, believed, dearest, most_in

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_SHOWN = 60
"""Characters shown of what is no response."""


class Codec:
    """Writes the requests and reads the responses of one model."""

    def __init__(self, settings: OpenAISettings, label: str = "") -> None:
        """Speak as the settings say; `label` is the model as configured, where it was so elsewhere."""
        self._settings = settings
        self._fields = _fields(settings)
        # OpenAI's reasoning models call the system turn by another name.
        self._developer = re.match(r"o\d", settings.model) is not None
        self._label = label or f"openai/{settings.model}"

    def encode(self, call: Call, dialect: Dialect) -> bytes:
        """Return the request's body.

        Raises:
            AttemptFailed: final: the call holds what JSON cannot (a lone surrogate).
        """
        turns, reply = call.turns, call.reply_type
        if reply is not None and dialect.mode != "schema":
            in_words = told_small if self._settings.small else told
            turns = in_words(turns, reply, dialect.mode)
        turns = turns if dialect.system else without_system(turns)
        payload = {**self._fields, dialect.cap: self._settings.max_tokens}
        if not dialect.temperature:
            payload.pop("temperature", None)
        payload["messages"] = self._messages(turns)
        if call.tools:
            payload["tools"] = [_tool(spec) for spec in call.tools]
        if call.sample and dialect.seeds:
            payload["seed"] = payload.get("seed", 0) + call.sample
        if reply is not None:
            structure = response_format(reply, dialect.mode, lengths=dialect.lengths)
            if structure is not None:
                payload["response_format"] = structure
        try:
            return orjson.dumps(payload)
        except TypeError as error:
            raise AttemptFailed(f"the call is no valid JSON: {error}", final=True) from error

    def _messages(self, turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
        from langchain_core.messages import convert_to_openai_messages

        messages = convert_to_openai_messages([_message(turn) for turn in turns])
        assert isinstance(messages, list)  # one message alone would come back by itself
        for turn, message in zip(turns, messages, strict=True):
            if turn.tool_calls:
                message["content"] = turn.content or None
                message["tool_calls"] = [_tool_call(c) for c in turn.tool_calls]
            if self._developer and turn.role == "system":
                message["role"] = "developer"
        return messages

    def decode(self, body: bytes, call: Call, seconds: float) -> Reply:
        """Return the reply in a response's body.

        Raises:
            AttemptFailed: it is malformed, empty, refused or filtered; with the usage it tells.
        """
        try:
            raw = _parse(body)
        except AttemptFailed as failure:
            # What nobody can read was written all the same; a page is of what stands before the model.
            failure.usage = None if is_page(body) else self.dearest(call)
            raise
        used = self._usage(raw, call, len(body))
        try:
            return self._decode(raw, call, used, seconds)
        except AttemptFailed as failure:
            failure.usage = used
            raise

    def _decode(self, raw: Any, call: Call, used: Usage | None, seconds: float) -> Reply:
        message, finish = _choice(raw)
        check_finish(message, finish)
        tool_calls = _tool_calls(message)
        thoughts, text = (CONTROL.sub("", part) for part in read_message(message))
        if not text.strip() and not tool_calls:
            if finish == "length" or not (call.reply_type and parses(thoughts, call.reply_type)):
                raise _empty(finish, thoughts, self._settings.max_tokens)
            text = thoughts  # servers that split thoughts off may take a whole reply for one
        tokens_in = used.tokens_in if used else 0
        tokens_out = used.tokens_out if used else 0
        tokens_in = tokens_in or sum(len(t.content) for t in call.turns) // 4 + 1
        tokens_out = tokens_out or _estimate(thoughts + text, tool_calls)
        return Reply(
            text=text,
            model=self._label,
            tool_calls=tool_calls,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            usd=self._usd(tokens_in, tokens_out),
            finish=finish,
            seconds=seconds,
            thoughts=thoughts,
            answered_by=str(raw.get("model") or "")[:200],
        )

    def dearest(self, call: Call) -> Usage | None:
        """Return what an attempt that nobody saw the end of may have cost; None where calls are free."""
        if not (usd := dearest(call, self._settings)):
            return None
        return Usage(self._label, most_in(call), self._settings.max_tokens, usd)

    def _usd(self, tokens_in: int, tokens_out: int) -> float:
        price = self._settings.price
        return (tokens_in * price.input + tokens_out * price.output) / 1e6

    def _usage(self, raw: Any, call: Call, size: int) -> Usage | None:
        """Return what a response of so many bytes was counted as; None where it does not say."""
        told = raw.get("usage") if isinstance(raw, dict) else None
        if not isinstance(told, dict):
            return None
        tokens_in = believed(told.get("prompt_tokens"), most_in(call) + HIDDEN)
        # What a model thought may be counted and not shown, and its limit may not be heeded.
        most = HIDDEN + 10 * max(size, self._settings.max_tokens)
        # Some count thoughts, which are charged like what is written, in the total alone.
        total = believed(told.get("total_tokens"), tokens_in + most) if tokens_in else 0
        tokens_out = max(believed(told.get("completion_tokens"), most), total - tokens_in)
        if not tokens_in and not tokens_out:
            return None
        return Usage(self._label, tokens_in, tokens_out, self._usd(tokens_in, tokens_out))


def _parse(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError as error:
        says = redact(" ".join(plain(body).split()))[:_SHOWN] or "nothing"
        text = f"the response is malformed JSON: {says!r}"
        if body.lstrip().startswith((b"data:", b"event:")):
            text += " (a stream, which was not asked for)"
        if is_page(body):
            text = f"the response is a page for people and no JSON, {says!r}: check base_url"
        raise AttemptFailed(text, status=200) from error


def without_system(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the turns with the system turn's text at the head of the first user turn."""
    if len(turns) < 2 or turns[0].role != "system" or turns[1].role != "user":
        return turns
    said = f"{turns[0].content}\n\n{turns[1].content}"
    return (Turn(role="user", content=said), *turns[2:])


def _fields(settings: OpenAISettings) -> dict[str, Any]:
    """Return what every request of a model holds, without what `ChatOpenAI` knows it not to bear."""
    # Seconds to import: only a run that uses such a model pays for it.
    from langchain_openai import ChatOpenAI

    chat = ChatOpenAI(
        model=settings.model,
        base_url=settings.endpoint,
        temperature=settings.temperature,
        # It decides whether a temperature may be sent at all.
        reasoning_effort=settings.params.get("reasoning_effort"),
        # Stand-ins for its HTTP clients, which we never use and which take 0.2 s to make.
        client=object(),
        async_client=object(),
    )
    fields = {"model": chat.model_name, "temperature": chat.temperature, **settings.params}
    return {name: value for name, value in fields.items() if value is not None}


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
    try:
        sound = isinstance(orjson.loads(call.arguments), dict)
    except orjson.JSONDecodeError:
        sound = False
    # Servers that put them into a template break at what a model wrote wrongly, and it has to see it.
    arguments = call.arguments if sound else json.dumps({"not_json": call.arguments})
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _tool(spec: ToolSpec) -> dict[str, Any]:
    parameters = orjson.Fragment(spec.parameters.encode())
    function = {"name": spec.name, "description": spec.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _tool_calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Return the tool calls of a raw message.

    Raises:
        AttemptFailed: they are no list, or one of them has no function.
    """
    calls: list[ToolCall] = []
    ids: set[str] = set()
    told = message.get("tool_calls") or []
    for number, raw in enumerate(told if isinstance(told, list) else (told,)):
        try:
            function = raw["function"]
            arguments = function.get("arguments") or "{}"
            if not isinstance(arguments, str):  # some servers send the object itself
                arguments = orjson.dumps(arguments).decode()
            name = str(function["name"])
        except (AttributeError, KeyError, TypeError) as error:
            text = "the response is no chat completion: it holds a broken tool call"
            raise AttemptFailed(text, status=200) from error
        id = raw.get("id")
        id = id if isinstance(id, str) and id else f"call_{number}"
        while id in ids:  # some servers give all of them one
            id = f"{id}_{number}"
        ids.add(id)
        calls.append(ToolCall(id=id, name=name, arguments=arguments))
    return tuple(calls)


def _choice(raw: Any) -> tuple[dict[str, Any], str]:
    """Return the message of a response, and why it ended.

    Raises:
        AttemptFailed: it is no chat completion.
    """
    lacks = ""
    choices: Any = raw.get("choices") if isinstance(raw, dict) else None
    if not isinstance(raw, dict):
        lacks = "it is no JSON object"
    elif not choices:
        lacks = "it holds no choices"
    elif not isinstance(choices, list) or not isinstance(choices[0], dict):
        lacks = "its choices are no list of objects"
    elif not isinstance(choices[0].get("message"), dict):
        lacks = "its first choice holds no message"
    if lacks:
        raise AttemptFailed(f"the response is no chat completion: {lacks}", status=200)
    return choices[0]["message"], read_finish(choices[0])


def _empty(finish: str, thoughts: str, max_tokens: int) -> NoText:
    if thoughts:
        text = (
            f"no text, and {len(thoughts)} characters of thoughts: the model spent its tokens thinking, "
            f"or the server takes its answers for thoughts; raise max_tokens ({max_tokens}), turn its "
            "thinking off, or start the server without a reasoning parser"
        )
        return NoText(text, status=200, final=True)
    if finish == "length":
        text = f"all {max_tokens} tokens were spent before any text; raise max_tokens"
        return NoText(text, status=200, final=True)
    return NoText("empty reply", status=200)


def _estimate(content: str, tool_calls: tuple[ToolCall, ...]) -> int:
    """Return about how many tokens a reply has, where the endpoint does not count them."""
    return (len(content) + sum(len(c.name) + len(c.arguments) for c in tool_calls)) // 4 + 1


_CUT = frozenset({CUT, "max_tokens", "model_length", "max_output_tokens", "token_limit"})
_FILTERED = frozenset(
    {"safety", "recitation", "blocklist", "prohibited_content", "spii", "sensitive", "refusal"}
)
_FILTER = "content_filter"
"""Some say after it what was filtered."""
_BROKEN_OFF = frozenset(
    {
        *("error", "abort", "cancelled", "load", "network_error", "insufficient_system_resource"),
        *("malformed_function_call", "unexpected_tool_call"),
    }
)
"""The endpoint gave up, not the model: what there is of a text is no reply."""
_LONGEST = 40


def read_finish(choice: Mapping[str, Any]) -> str:
    """Return why a choice ended, in OpenAI's words where it can be said in them.

    Raises:
        AttemptFailed: the endpoint broke it off; retryable.
    """
    told = choice.get("finish_reason") or "stop"
    if isinstance(told, dict):
        told = told.get("type")
    if not isinstance(told, str) or len(told) >= _LONGEST:
        return "unknown"
    word = told.lower()
    if word in _BROKEN_OFF:
        error = choice.get("error")
        why = error.get("message") if isinstance(error, dict) else None
        text = f"the endpoint broke the reply off ({told}){f': {str(why)[:200]}' if why else ''}"
        raise AttemptFailed(text, status=200)
    if word in _FILTERED or word.startswith(_FILTER):
        return _FILTER
    return CUT if word in _CUT else told


def check_finish(message: Mapping[str, Any], finish: str) -> None:
    """Let a reply pass that was not refused.

    Raises:
        AttemptFailed: it was, by the model or by a filter; asking again does not help.
    """
    if refusal := message.get("refusal"):
        raise AttemptFailed(f"the model refused: {str(refusal)[:200]}", status=200, final=True)
    if finish == _FILTER:
        raise AttemptFailed("the endpoint's content filter stopped it", status=200, final=True)
