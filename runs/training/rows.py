"""The rows that a round trains on, as JSONL: its own, and a share of those of earlier rounds.

`sft.jsonl`: `messages`. `preference.jsonl`: `prompt`, `chosen`, `rejected`, `margin`. `rlvr.jsonl`: `prompt`,
and `instruction` where a checker rewards the answer. All are what the model is asked in battles, word for
word: conversations in plain text, control tokens broken.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from ...agents.fence import untokened
from ...agents.records import Turn
from ...agents.rows import PreferenceRow, SftRow
from ...graphs import kinds
from ...graphs.kinds import Kind
from ...graphs.records import Records
from ...graphs.stream import paged
from ..dataset.conversation import plain
from ..dataset.example import PAGE, Example, T, examples

FILES = {"sft": "sft.jsonl", "preference": "preference.jsonl", "rlvr": "rlvr.jsonl"}
Line = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """What was written: lines by file (`checked`: those of `rlvr` with a checker), and a hash of them all."""

    counts: dict[str, int]
    digest: str


@dataclass(frozen=True)
class Draw:
    """Which rows a round learns from."""

    round: int
    replay: float
    seed: int

    def takes(self, id: str, round: int) -> bool:
        """Return whether a row is among them: those of the round, and of earlier ones their share."""
        if round >= self.round:
            return round == self.round
        drawn = blake2b(f"{self.seed}/{self.round}/{id}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") < self.replay * 2**64


async def write_rows(records: Records, draw: Draw, folder: Path) -> Rows:
    """Write the files of a round's training into a folder, in the order of the rows' ids."""
    os.makedirs(folder, exist_ok=True)
    hashed, counts = blake2b(digest_size=16), dict.fromkeys((*FILES, "checked"), 0)
    lines = {
        "sft": (_sft(e) async for e in _drawn(records, kinds.SFT, draw)),
        "preference": (_preference(e) async for e in _drawn(records, kinds.PREFERENCE, draw)),
        "rlvr": _rlvr(records, draw),
    }
    for name, found in lines.items():
        with (folder / FILES[name]).open("wb") as file:
            async for line in found:
                text = orjson.dumps(line) + b"\n"
                file.write(text)
                hashed.update(text)
                counts[name] += 1
                counts["checked"] += "instruction" in line
        hashed.update(b"\x00")
    return Rows(counts, hashed.hexdigest())


async def _drawn(records: Records, kind: Kind[T], draw: Draw) -> AsyncIterator[Example[T]]:
    async def taken() -> AsyncIterator[T]:
        async for row in records.stream(kind):
            if draw.takes(row.id, row.round):
                yield row

    page: list[T]
    async for page in paged(taken(), PAGE):
        for example in await examples(records, page):
            yield example


def _sft(example: Example[SftRow]) -> Line:
    turns = [*example.prompt, *example.said(example.row.answer_id)]
    return {"messages": plain(_safe(turns), example.given)}


def _preference(example: Example[PreferenceRow]) -> Line:
    row = example.row
    return {
        "prompt": plain(_safe(example.prompt), example.given),
        "chosen": plain(_safe(example.said(row.chosen_id))),
        "rejected": plain(_safe(example.said(row.rejected_id))),
        "margin": row.margin,
    }


async def _rlvr(records: Records, draw: Draw) -> AsyncIterator[Line]:
    """Yield what the target may be asked again: decided, of one turn, and nothing to call."""
    async for decision in records.stream(kinds.DECISION):
        if decision.outcome in ("broken", "held_out"):
            continue
        if not draw.takes(decision.id, decision.round):
            continue
        asked = await records.get(kinds.INSTRUCTION, decision.instruction_id)
        if asked is None or asked.environment.callable or asked.user_turns:
            continue
        line: Line = {"prompt": plain(_safe([Turn(role="user", content=asked.prompt())]))}
        if asked.check is not None:
            line["instruction"] = asked.model_dump(mode="json", exclude_defaults=True)
        yield line


def _safe(turns: Any) -> list[Turn]:
    """Return turns as the door lets them through to a model."""
    return [turn.model_copy(update={"content": untokened(turn.content)}) for turn in turns]
