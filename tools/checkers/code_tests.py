"""Code against tests: the answer's Python runs in the sandbox, and each test after it ends without an error.

The terms are the tests: Python that asserts. They run in the same session after the answer, so what the
answer leaves by (`os._exit`) fails them. A program may end by itself (`sys.exit(0)`); its main block does not
run, since nobody is there to give it input. Behind the tests stands one that must fail: an answer that makes
whatever is run look well is found out. One whose results say that they equal everything is not.
"""

import ast
import asyncio
import re
import secrets
from collections.abc import Iterator

from ..interpreter import Cell, open_session
from ..settings import InterpreterSettings
from .task import CheckTask, Rule

_AS_MODULE = "import sys\n__name__ = 'answer'\nsys.modules[__name__] = sys.modules['__main__']"
_LEFT = re.compile(r"SystemExit(: (0|None))?( \(line \d+\))?")


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
    word = secrets.token_hex(8)
    told = _run((code, *task.terms, f"raise AssertionError({word!r})"))
    tests = len(told) - 1
    if tests > len(task.terms):
        return "" if word in told[-1].error else "the code hides what fails"
    where = f"test {tests} of {len(task.terms)}" if tests else "the code"
    return f"{where}: {(told[-1].error or told[-1].lost)[:200]}"


def _run(cells: tuple[str, ...]) -> list[Cell]:
    """Return what became of the code and of the tests after it, up to the first that fails."""
    # A checker is asked in a thread of its own, where no event loop runs.
    return asyncio.run(_asked(*cells))


async def _asked(code: str, *tests: str) -> list[Cell]:
    async with await open_session(InterpreterSettings()) as session:
        await session.run(_AS_MODULE)
        told = [await session.run(code)]
        if told[0].ok or _LEFT.fullmatch(told[0].error):
            for test in tests:
                told.append(await session.run(test))
                if not told[-1].ok:
                    break
    return told


def code_of(answer: str) -> str:
    """Return the Python of an answer: its blocks of Python joined, else its last block, else all of it.

    Among several, one that is no Python is left out: a session that is shown, a pattern with dots.
    """
    found = list(blocks(answer))
    python = [code for name, code in found if name in ("python", "py", "python3")]
    if len(python) > 1:
        return "\n".join(filter(_parses, python)) or python[-1]
    unnamed = [code for name, code in found if not name]
    return (python or unnamed or ([] if found else [answer]) or [""])[-1]


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fenced blocks of a markdown text: the language named, in lower case, and what is inside.

    A block in a list is as far to the left as its fence stands.
    """
    fence, name, margin = "", "", 0
    held: list[str] = []
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if fence:
            if bare.startswith(fence) and not bare.strip(fence[0]):
                yield name, "".join(held)
                fence = ""
            else:
                held.append(line[min(margin, len(line) - len(line.lstrip(" "))) :])
        elif bare.startswith(("```", "~~~")):
            fence = bare[: len(bare) - len(bare.lstrip(bare[0]))]
            margin = len(line) - len(line.lstrip(" "))
            name, held = next(iter(bare[len(fence) :].lower().split()), ""), []
    if fence:
        yield name, "".join(held)  # cut off, or never closed


RULE = Rule(_problem, _fault, literal=True)
