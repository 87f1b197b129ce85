"""llama.cpp's own server for one GGUF file, in a process of its own.

    python -m arenainstruct.agents.models.local_server FILE --slots 4 --tokens 4096

It prints one line of JSON once it answers: its base URL, and whether the model's chat template has a place
for tools. It ends when its standard input does: with
whoever started it.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from importlib import import_module

_LOADING_S = 300.0


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument(
        "--tokens", type=int, default=4096, help="of context, for each slot; 0: the model's"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = options.file
    params.model_alias = {os.path.basename(options.file)}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = options.slots * options.tokens, options.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    # A lone caller of this machine: prompts of earlier calls are not worth its memory.
    params.cache_ram_mib = 0
    running = xllamacpp.Server(params)
    _await(running.listening_address)
    address = running.listening_address
    sys.stdout.write(json.dumps({"url": f"{address}/v1", "tools": _knows_tools(address)}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    # Its threads do not always end by themselves, and nothing of it is worth keeping.
    os._exit(0)


def _await(address: str) -> None:
    """Return once the server says that it is well."""
    end = time.monotonic() + _LOADING_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=10) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"the model was not loaded after {_LOADING_S:.0f} s")


def _knows_tools(address: str) -> bool:
    """Return whether tools are shown to the model; a server that does not say so is believed to."""
    with urllib.request.urlopen(f"{address}/props", timeout=10) as response:
        told = json.load(response).get("chat_template_caps", {})
    return bool(told.get("supports_tools", True))


if __name__ == "__main__":
    main()
