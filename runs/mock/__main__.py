"""The mock server as a process: one JSON line with its address, then it serves until SIGTERM."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import fields

from .options import MockOptions
from .server import MockServer


def parse(arguments: list[str]) -> MockOptions:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m arenainstruct.runs.mock", description=__doc__)
    for field in fields(MockOptions):
        flag = f"--{field.name.replace('_', '-')}"
        if field.name == "replies":
            parser.add_argument(flag, choices=("canned", "offline"), default=field.default)
        elif field.name == "thoughts":
            kinds = ("none", "tags", "field", "only")
            parser.add_argument(flag, choices=kinds, default=field.default)
        elif field.name == "schema":
            parser.add_argument(flag, choices=("schema", "json", "prompt"), default=field.default)
        else:
            parser.add_argument(flag, type=type(field.default), default=field.default)
    parser.add_argument("--no-schema", dest="schema", action="store_const", const="json")
    return MockOptions(**vars(parser.parse_args(arguments)))


async def serve(options: MockOptions) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with MockServer(options) as mock:
        sys.stdout.write(json.dumps({"url": mock.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(parse(sys.argv[1:])))
