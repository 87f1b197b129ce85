"""What runs inside the sandbox: reads code, runs it, tells how it went. Standard library only.

It is started as `python -c SOURCE LIMITS`. A request is a line of JSON on the pipe that was stdin, an
answer one on the pipe that was stdout, with the mark of its request; the code itself sees an empty stdin, and
what it prints goes to a file that cannot grow beyond the limit. The code is `__main__`; this is not.
"""

import ast
import builtins
import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
import types

OPEN = 256  # files, pipes and sockets of one process: what waits in those counts nowhere else
CROWD = 50_000


def main() -> None:
    """Serve until the pipe closes."""
    memory, files, processes, seconds, most = map(int, sys.argv[1].split(","))
    for limit, most_of in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, OPEN),
    ):
        resource.setrlimit(limit, (most_of, most_of))
    if processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    asked, told = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nothing, printed = os.open(os.devnull, os.O_RDONLY), tempfile.TemporaryFile()
    os.dup2(nothing, 0)
    shown, streams, own = printed.fileno(), (sys.stdout, sys.stderr), os.getpid()
    code_of, answer = json.loads, json.dumps
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    space = module.__dict__
    space["__builtins__"] = builtins
    for line in asked:
        code, mark = code_of(line)
        os.ftruncate(shown, 0)
        os.lseek(shown, 0, os.SEEK_SET)
        os.dup2(shown, 1)
        os.dup2(shown, 2)
        sys.stdout, sys.stderr = streams
        value, error = run(code, space)
        if os.getpid() != own:
            os._exit(0)  # a child that the code forked: it answers for nobody
        if processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(
                    -1, signal.SIGKILL
                )  # in a process tree of its own: all that the code started
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
        for stream in (sys.stdout, sys.stderr, *streams):
            with contextlib.suppress(Exception):  # whatever the code has put there
                stream.flush()
        os.lseek(shown, 0, os.SEEK_SET)
        output = os.read(shown, 4 * most).decode("utf-8", "replace")
        cut = [said[:most] + (" …" if len(said) > most else "") for said in (output, value, error)]
        if processes and any(map(crowded, ("/tmp", "/dev/shm"))):
            os._exit(0)
        told.write(f"{mark} {answer(cut)}\n")
        told.flush()


def crowded(folder: str) -> bool:
    """Return whether a folder holds more files than it may: no limit of size counts empty ones."""
    room = os.statvfs(folder)
    return room.f_files - room.f_ffree > CROWD


def run(code: str, space: "dict[str, object]") -> "tuple[str, str]":
    """Return the last expression's value and the error, as text."""
    try:
        tree, last = ast.parse(code, "<code>"), None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = tree.body.pop()
        exec(compile(tree, "<code>", "exec"), space)
        if not isinstance(last, ast.Expr):
            return "", ""
        value = eval(compile(ast.Expression(last.value), "<code>", "eval"), space)
        return "" if value is None else repr(value), ""
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == "<code>"]
        if isinstance(error, SyntaxError) and error.filename == "<code>":
            lines.append(error.lineno)  # what cannot be read has no frame
        where = f" (line {lines[-1]})" if lines else ""
        said = traceback.format_exception_only(type(error), error)[-1].strip()
        return "", said + where


if __name__ == "__main__":
    main()
