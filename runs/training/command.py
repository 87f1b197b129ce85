"""Backend `command`: a program of the user's trains, on a cluster or wherever; files in, weights out.

It is called with its own arguments and finds in its environment

    ARENAINSTRUCT_ROWS    folder with sft.jsonl, preference.jsonl and rlvr.jsonl (see `rows.py`)
    ARENAINSTRUCT_BASE    the weights to start from
    ARENAINSTRUCT_OUT     a folder that it may write to; what an interrupted training left is still there
    ARENAINSTRUCT_PLAN    a JSON file with all of it, the settings and the seed too

and says what it made on the last line of its standard output, or in the file `result` in that folder: the
folder of a checkpoint in Hugging Face form, or the base URL of an endpoint that serves it (as
`{"endpoint": URL, "model": NAME}` where the endpoint serves several). Status 0 means that it is done.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from ...agents.errors import TrainingFailed
from .plan import Plan
from .process import Beside, beside

OUT = "out"
RESULT = "result"
_SHOWN = 200


async def train_there(plan: Plan, folder: Path, tell: Callable[..., None]) -> dict[str, str]:
    """Run the program in a folder with a plan; return `model`, or `endpoint` and `model`.

    Raises:
        TrainingFailed: it failed, took too long, or said nothing that can be used.
    """
    out, log = folder / OUT, folder / "log.txt"
    os.makedirs(out, exist_ok=True)
    _forget(out)
    command, seconds = plan.settings.command, plan.settings.timeout_s
    name = command[0]
    last = ""
    tell("notice", text=f"training: {' '.join(command)}; what it says: {log}")
    try:
        async with asyncio.timeout(seconds), beside(command, log, _told(plan, folder)) as process:
            last = await _last_line(process, log)
            status = await process.ended()
    except TimeoutError as error:
        raise TrainingFailed(
            f"{name} was ended after {seconds:g} s; raise training.timeout_s, or see {log}"
        ) from error
    except OSError as error:
        raise TrainingFailed(
            f"training.command: {name} cannot be started: {error.strerror}"
        ) from error
    if status:
        raise TrainingFailed(f"{name} ended with status {status}; see the end of {log}")
    return _read(name, _said(out, last), folder)


def _forget(out: Path) -> None:
    """Remove what an earlier start of the program said."""
    (out / RESULT).unlink(missing_ok=True)


def _told(plan: Plan, folder: Path) -> dict[str, str]:
    return os.environ | {
        "ARENAINSTRUCT_ROWS": str(Path(plan.rows).absolute()),
        "ARENAINSTRUCT_BASE": plan.base,
        "ARENAINSTRUCT_OUT": str((folder / OUT).absolute()),
        "ARENAINSTRUCT_PLAN": str((folder / "plan.json").absolute()),
    }


async def _last_line(process: Beside, log: Path) -> str:
    """Return the last line that says something; all of them are logged."""
    last = ""
    with log.open("a", encoding="utf-8") as file:
        async for line in process.lines():
            file.write(line + "\n")
            last = line.strip() or last
    return last


def _said(out: Path, last: str) -> str:
    try:
        return (out / RESULT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return last


def _read(name: str, said: str, folder: Path) -> dict[str, str]:
    """Return what a program says it made, if that is there."""
    told: Any = said
    if said.startswith("{"):
        try:
            told = orjson.loads(said)
        except orjson.JSONDecodeError:
            told = None
    if isinstance(told, dict) and set(told) == {"endpoint", "model"}:
        made = {key: str(value) for key, value in told.items()}
    elif isinstance(told, str) and told:
        made = {"endpoint": told, "model": ""} if "://" in told else {"model": told}
    else:
        raise _useless(name, said, "is no folder, no URL and no {endpoint, model}")
    if "endpoint" in made:
        parts = urlsplit(made["endpoint"])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _useless(name, said, "is no http(s) address")
        return made
    path = folder / OUT / made["model"]  # an absolute path stays what it is
    if not (path / "config.json").is_file():
        raise _useless(name, said, "is no folder of a model: it has no config.json")
    return {"model": str(path.absolute())}


def _useless(name: str, said: str, why: str) -> TrainingFailed:
    found = f"{said[:_SHOWN]!r} {why}" if said else "it said nothing"
    return TrainingFailed(
        f"{name} ended well, but its last line tells no weights: {found}; let it print the folder or the "
        "URL of what it made"
    )
