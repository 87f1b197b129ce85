"""Code against tests: the answer's Python runs in the sandbox, and each test after it ends without an error.

The terms are the tests: Python that asserts. They run in the same session after the answer, so what the
answer leaves by (`os._exit`) fails them.
"""

import ast
import asyncio
from collections.abc import Iterator

from ..interpreter import Cell, run_once
from ..settings import InterpreterSettings
from .task import CheckTask, Rule


def _problem(task: CheckTask) -> str:
    if not task.terms:
        return "no tests are given"
    for test in task.terms:
        try:
            tree = ast.parse(test)
        except (SyntaxError, ValueError, RecursionError) as error:
            return f"a test is no Python: {error}"
        if not any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(tree)):
            return f"the test {test[:60]!r} asserts nothing"
    if all(cell.ok for cell in _run(("", *task.terms))):
        return "the tests pass without any code"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    code = code_of(answer)
    if not code.strip():
        return "there is no code in it"
    told = _run((code, *task.terms))
    if told[-1].ok:
        return ""
    where = "the code" if len(told) == 1 else f"test {len(told) - 1} of {len(task.terms)}"
    return f"{where}: {(told[-1].error or told[-1].lost)[:200]}"


def _run(cells: tuple[str, ...]) -> list[Cell]:
    # A checker is asked in a thread of its own, where no event loop runs.
    return asyncio.run(run_once(InterpreterSettings(), cells))


def code_of(answer: str) -> str:
    """Return the Python of an answer: its last block of Python, else its last block, else all of it."""
    found = list(blocks(answer))
    python = [code for name, code in found if name in ("python", "py", "python3")]
    unnamed = [code for name, code in found if not name]
    return (python or unnamed or ([] if found else [answer]) or [""])[-1]


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fenced blocks of a markdown text: the language named, in lower case, and what is inside."""
    fence, name = "", ""
    held: list[str] = []
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                yield name, "".join(held)
                fence = ""
            else:
                held.append(line)
        elif bare.startswith(("```", "~~~")):
            fence = bare[: len(bare) - len(bare.lstrip(bare[0]))]
            name, held = next(iter(bare[len(fence) :].lower().split()), ""), []
    if fence:
        yield name, "".join(held)  # cut off, or never closed


RULE = Rule(_problem, _fault, literal=True)
