"""A finished run in the files that trainers take, with a `train.sh` that runs them once a model is named.

Unlike the Parquet configs, those for TRL and OpenAI keep tool calls native. Lines are written as a stream,
and no field is written that a row does not have.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...agents.errors import UserError
from ...agents.records import ToolCall, Turn
from ...agents.rows import PreferenceRow, SftRow
from ...graphs import kinds
from ..dataset.conversation import tool_specs, tool_specs_json
from ..dataset.example import Example, stream_examples
from ..disk import write_whole
from ..folder import RunFolder
from ..opening import stored
from ..store import STORE_FILE, Place
from ..training import exports
from .atif import trajectories

Line = dict[str, Any]
Told = Callable[[str], object]
ATIF = "atif"


@dataclass(frozen=True)
class Format:
    """How a row of `sft` and one of `preference` become a line, and what lies beside the lines."""

    sft: Callable[[Example[SftRow]], Line]
    preference: Callable[[Example[PreferenceRow]], Line | str]
    """Gives the reason where the format cannot hold the row."""
    files: Callable[[], Mapping[str, str]]
    """`train.sh` with the trainer's commands, and what they read besides the rows."""


def export(
    run_folder: str | Path, to: str | Path, format: str, told: Told = lambda line: None
) -> dict[str, int]:
    """Write `sft.jsonl`, `preference.jsonl` and what trains on them into the folder `to`.

    Returns the number of lines by file, and under `left_out` the preference rows that the format
    cannot hold, if any; `told` gets why, a line for each reason.

    Raises:
        UserError: no such run, no dataset in it yet, or an unknown format.
    """
    if format not in (*FORMATS, ATIF):
        known = ", ".join((*FORMATS, ATIF))
        raise UserError(f"export: format {format!r} is unknown; formats: {known}")
    place, folder = _finished(Path(run_folder)), Path(to)
    folder.mkdir(parents=True, exist_ok=True)
    if format == ATIF:
        return asyncio.run(_trajectories(place, folder, Path(run_folder).name))
    for name, text in FORMATS[format].files().items():
        write_whole(folder / name, text)
    return asyncio.run(_export(place, folder, FORMATS[format], told))


async def _export(place: Place, to: Path, format: Format, told: Told) -> dict[str, int]:
    why = Counter[str]()
    with stored(place) as store:
        single = (format.sft(e) async for e in stream_examples(store, kinds.SFT))
        pairs = (format.preference(e) async for e in stream_examples(store, kinds.PREFERENCE))
        counts = {
            "sft": await _write(to / "sft.jsonl", single, why),
            "preference": await _write(to / "preference.jsonl", pairs, why),
        }
    for reason, count in why.most_common():
        told(f"left out, {count} of the preference rows: {reason}")
    return counts | ({"left_out": why.total()} if why else {})


async def _trajectories(place: Place, to: Path, run: str) -> dict[str, int]:
    with stored(place) as store:
        told = (one async for one in trajectories(store, run))
        return {ATIF: await _write(to / "trajectories.jsonl", told, Counter())}


def _finished(run_folder: Path) -> Place:
    folder = RunFolder(run_folder)
    if not folder.has_store:
        raise UserError(f"export: {run_folder} is no run folder: it has no {STORE_FILE}")
    if not folder.dataset.is_dir():
        raise UserError(
            f"export: {run_folder} has no dataset yet; finish it: arenainstruct resume {run_folder}"
        )
    return folder.store()


async def _write(path: Path, lines: AsyncIterator[Line | str], why: Counter[str]) -> int:
    """Write the lines that there are and count `why` others are none; the file appears when it is whole."""
    temporary = path.with_name(f".{path.name}.part")
    written = 0
    with temporary.open("wb") as file:
        async for line in lines:
            if isinstance(line, str):
                why[line] += 1
                continue
            file.write(orjson.dumps(line) + b"\n")
            written += 1
    os.replace(temporary, path)
    return written


# ---- TRL: tools as JSON text and arguments as objects, as its chat templates read them -----------


def _trl_sft(example: Example[SftRow]) -> Line:
    line: Line = {"messages": _trl_turns([*example.prompt, *example.said(example.row.answer_id)])}
    if tools := tool_specs_json(example.given):
        line["tools"] = tools
    return line


def _trl_preference(example: Example[PreferenceRow]) -> Line:
    line: Line = {
        "prompt": _trl_turns(example.prompt),
        "chosen": _trl_turns(example.said(example.row.chosen_id)),
        "rejected": _trl_turns(example.said(example.row.rejected_id)),
        "margin": example.row.margin,
    }
    if tools := tool_specs_json(example.given):
        line["tools"] = tools
    return line


def _trl_turns(turns: Sequence[Turn]) -> list[Line]:
    """Return turns for TRL; a tool's turn carries the name of the tool that was called."""
    names = {call.id: call.name for turn in turns for call in turn.tool_calls}
    lines = []
    for turn in turns:
        line: Line = {"role": turn.role, "content": turn.content}
        if turn.tool_calls:
            line["tool_calls"] = [_trl_call(call) for call in turn.tool_calls]
        if name := names.get(turn.tool_call_id):
            line["name"] = name
        lines.append(line)
    return lines


def _trl_call(call: ToolCall) -> Line:
    try:
        arguments = orjson.loads(call.arguments)
    except orjson.JSONDecodeError:  # kept as the model wrote it: such a row was judged with it
        arguments = call.arguments
    return {"type": "function", "function": {"name": call.name, "arguments": arguments}}


# ---- OpenAI: arguments as JSON text, calls and results joined by ids ----------------------------


def _openai_sft(example: Example[SftRow]) -> Line:
    line: Line = {
        "messages": _openai_turns([*example.prompt, *example.said(example.row.answer_id)])
    }
    if tools := tool_specs(example.given):
        line["tools"] = tools
    return line


def _openai_preference(example: Example[PreferenceRow]) -> Line | str:
    """Return a pair, or why not where an answer goes on over further user turns."""
    chosen, rejected = (example.said(example.row.chosen_id), example.said(example.row.rejected_id))
    if reason := exports.goes_on(example):
        return reason
    given: Line = {"messages": _openai_turns(example.prompt)}
    if tools := tool_specs(example.given):
        given |= {"tools": tools, "parallel_tool_calls": True}
    return {
        "input": given,
        "preferred_output": _openai_turns(chosen),
        "non_preferred_output": _openai_turns(rejected),
    }


def _openai_turns(turns: Sequence[Turn]) -> list[Line]:
    return [dict(_openai_turn(turn)) for turn in turns]


def _openai_turn(turn: Turn) -> Iterator[tuple[str, Any]]:
    yield "role", turn.role
    if turn.content or not turn.tool_calls:
        yield "content", turn.content
    if turn.tool_calls:
        yield "tool_calls", [_openai_call(call) for call in turn.tool_calls]
    if turn.tool_call_id:
        yield "tool_call_id", turn.tool_call_id


def _openai_call(call: ToolCall) -> Line:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


FORMATS = {
    "trl": Format(_trl_sft, _trl_preference, exports.trl_files),
    "axolotl": Format(exports.messages, exports.single, exports.axolotl_files),
    "llamafactory": Format(exports.messages, exports.single, exports.llamafactory_files),
    "openrlhf": Format(exports.messages, exports.whole, exports.openrlhf_files),
    "openai": Format(_openai_sft, _openai_preference, exports.openai_files),
}
"""By name."""
