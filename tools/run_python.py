"""The tool that runs Python in a sandbox; variables survive from call to call of one conversation."""

import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from .interpreter import Session, open_session
from .tool import Given, Past

NAME = "run_python"


async def run_python(
    given: Given,
    code: Annotated[str, Field(description="Python; the last line's value is returned too.")],
) -> str:
    """Run Python code. Variables stay for the next call. There is no network and only /tmp to write to.

    Returns what was printed, the value of the last line, and the error if there was one.
    """
    if not code.strip():
        raise ValueError("run_python needs one parameter, code: what to run")
    session = await _session(given)
    return (await session.run(code)).text()


async def _session(given: Given) -> Session:
    """Return the conversation's session, with the variables of the calls so far.

    A call that was served from the ledger ran in no session of this process: it is run again here.
    """
    session: Session | None = given.held.get(NAME)
    if session is None:
        session = await given.closing.enter_async_context(
            await open_session(given.settings.interpreter)
        )
        given.held[NAME] = session
    wanted = kept(given.past)
    done = len(session.cells)
    if session.cells != tuple(wanted[:done]):
        raise RuntimeError(f"{NAME}: the session holds other code than the conversation")
    for code in wanted[done:]:
        await session.run(code)
    return session


def kept(past: Sequence[Past]) -> list[str]:
    """Return the code whose variables the conversation has: all since its session was last lost."""
    found: list[str] = []
    for call in past:
        if call.tool != NAME:
            continue
        if not call.result.startswith("{"):
            continue  # refused before it ran
        # A long result is kept cut, and is no JSON then; one of a lost session holds nothing else.
        lost = call.result.startswith('{"lost"')
        found = [] if lost else [*found, json.loads(call.arguments)["code"]]
    return found
