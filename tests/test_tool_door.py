"""The door to tools: paid once, within limits, told in the trace, and used by a contender."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from arenainstruct.agents.environment import Api, File
from arenainstruct.agents.errors import BudgetSpent, Diverged, ToolError
from arenainstruct.agents.messages import Respond
from arenainstruct.agents.models.call import Reply
from arenainstruct.agents.models.usage import Tally
from arenainstruct.agents.records import Answer, ToolCall
from arenainstruct.agents.tool_door import ToolDoor, ToolUse
from arenainstruct.agents.trace import Event, Tracer, span
from arenainstruct.runs.dataset.rows import instruction_row
from arenainstruct.runs.store import Store
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.tool import Given, Tool, tool
from tests.stage import Line, instruction, staged

POEM = "The tide comes in.\nThe light goes round.\nNobody sleeps."


class Weather:
    """A tool that reaches outside: it counts how often it was really asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def tool(self, **limits: Any) -> Tool:
        async def weather(
            given: Given, town: Annotated[str, Field(description="The town")], days: int = 1
        ) -> str:
            """Tell the weather of a town."""
            self.asked.append(town)
            await asyncio.sleep(0)
            if town == "Nowhere":
                raise ValueError("there is no town Nowhere")
            if town == "Storm":
                raise RuntimeError("the line is dead")
            if town == "Slow":
                await asyncio.sleep(60)
            return f"{town}: rain for {days} days"

        return tool(weather, outside=True, **limits)


def use(made: Tool, arguments: str, **more: Any) -> ToolUse:
    return ToolUse(made, arguments, Given(), "contender/small", "i-1", **more)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


async def door(
    store: Store, usd: float | None = None, *, network: bool = True, tally: Tally | None = None
) -> ToolDoor:
    return ToolDoor(store, await store.budget(usd), network=network, tally=tally)


@contextmanager
def traced() -> Iterator[list[Event]]:
    """Collect what tools are told to have done inside."""
    events: list[Event] = []
    tools: list[Event] = []
    with span("run", tracer=Tracer("run-1", events.append)):
        yield tools
    tools += [event for event in events if event.kind == "tool"]


def test_the_schema_is_the_signature_and_the_docstring_what_the_model_reads() -> None:
    made = Weather().tool()
    assert (made.name, made.description) == ("weather", "Tell the weather of a town.")
    assert made.parameters["properties"]["town"] == {"type": "string", "description": "The town"}
    assert made.parameters["required"] == ["town"]
    assert made.parameters["additionalProperties"] is False


async def test_a_call_is_paid_once_also_after_a_restart(store: Store) -> None:
    weather = Weather()
    made = weather.tool(usd=0.01)
    tally = Tally()
    first = await door(store, tally=tally)
    with traced() as events:
        said = await asyncio.gather(
            first.call(use(made, '{"town": "Oslo", "days": 2}')),
            first.call(use(made, '{"days":2,"town":"Oslo"}')),
        )
    assert list(said) == ["Oslo: rain for 2 days"] * 2
    counted = tally.calls()
    assert (counted["paid"], counted["served"], tally.usd) == (1, 1, 0.01)
    again = await door(store)
    assert await again.call(use(made, '{"town": "Oslo", "days": 2}')) == said[0]
    assert weather.asked == ["Oslo"]
    assert [event.outcome for event in events] == ["paid", "served"]
    (entry,) = store.entries()
    asked = await store.request(entry.key)
    assert asked is not None and asked.key() == entry.key
    repeated = await door(store, network=False)
    assert await repeated.call(use(made, '{"town": "Oslo", "days": 2}')) == said[0]
    with pytest.raises(Diverged, match="the tool weather was not asked"):
        await repeated.call(use(made, '{"town": "Bergen"}'))
    (spent,) = (await store.totals()).uses
    assert (spent.role, spent.calls, spent.usd) == ("tool", 1, 0.01)


async def test_another_sample_version_or_file_is_another_call(store: Store) -> None:
    weather = Weather()
    there = await door(store)
    arguments = '{"town": "Oslo"}'
    await there.call(use(weather.tool(), arguments))
    await there.call(use(weather.tool(), arguments, sample=1))
    await there.call(use(weather.tool(version="2"), arguments))
    await there.call(ToolUse(weather.tool(), arguments, Given(files={"a": "b"})))
    assert len(weather.asked) == 4


async def test_what_the_model_did_wrong_is_told_and_kept(store: Store) -> None:
    weather = Weather()
    there = await door(store)
    with traced() as events:
        for _ in range(2):
            with pytest.raises(ValueError, match="no town Nowhere"):
                await there.call(use(weather.tool(), '{"town": "Nowhere"}'))
        with pytest.raises(ValueError, match="town: Field required"):
            await there.call(use(weather.tool(), '{"twon": "Oslo"}'))
    assert weather.asked == ["Nowhere"]
    assert {event.outcome for event in events} == {"refused"}


async def test_a_tool_that_fails_or_hangs_is_a_tool_error_and_asked_again(store: Store) -> None:
    weather = Weather()
    there = await door(store)
    with traced() as events:
        for _ in range(2):
            with pytest.raises(ToolError, match="tool weather: RuntimeError: the line is dead"):
                await there.call(use(weather.tool(), '{"town": "Storm"}'))
        with pytest.raises(ToolError, match=r"no answer in 0\.01 s"):
            await there.call(use(weather.tool(timeout_s=0.01), '{"town": "Slow"}'))
    assert weather.asked == ["Storm", "Storm", "Slow"]
    assert {event.outcome for event in events} == {"failed"}
    assert (await store.totals()).calls == 0


async def test_a_call_that_does_not_fit_the_budget_stops_the_run(store: Store) -> None:
    weather = Weather()
    there = await door(store, usd=0.015)
    await there.call(use(weather.tool(usd=0.01), '{"town": "Oslo"}'))
    with pytest.raises(BudgetSpent):
        await there.call(use(weather.tool(usd=0.01), '{"town": "Bergen"}'))
    assert weather.asked == ["Oslo"]


async def test_a_long_result_is_cut_and_says_so(store: Store) -> None:
    there = await door(store)
    said = await there.call(use(Weather().tool(most=8), '{"town": "Oslo"}'))
    assert said.startswith("Oslo: ra\n(cut after 8 characters of")


async def test_read_file_cites_every_line() -> None:
    read, given = TOOLS["read_file"], Given(files={"poem.txt": POEM})
    assert await read.answer(given, '{"first": 2, "last": 2}') == (
        "[poem.txt:2] The light goes round.\n(1 more lines)"
    )
    assert (await read.answer(given, "{}")).splitlines()[0] == "[poem.txt:1] The tide comes in."
    for wrong in ('{"name": "other.txt"}', '{"first": 9}', '{"first": 0}', "[]", "no JSON"):
        with pytest.raises(ValueError):
            await read.answer(given, wrong)


async def test_a_contender_reads_its_file_with_the_tool_its_environment_names(
    tmp_path: Path,
) -> None:
    def reader(line: Line) -> Any:
        turns = line.call.turns
        if turns[-1].role == "tool":
            return f"It says so at {turns[-1].content.split()[0]}"
        call = ToolCall(id="c1", name="read_file", arguments='{"first": 2, "last": 2}')
        return Reply(text="", model="scripted/small", tool_calls=(call,), finish="tool_calls")

    asked = instruction(context="", files=(File(name="poem.txt", text=POEM),), tools=("read_file",))
    async with staged(tmp_path, {"contender": reader}) as stage:
        with traced() as events:
            answer = await stage.services.troupe.send(
                Respond(instruction=asked), Answer, "contender", "small"
            )
        assert answer.text == "It says so at [poem.txt:2]"
        assert [turn.role for turn in answer.turns] == ["assistant", "tool", "assistant"]
        (offered,) = stage.calls[0].tools
        assert offered.name == "read_file"
        assert POEM not in stage.lines("contender")[0].text
        assert "poem.txt" in stage.lines("contender")[0].text
        (event,) = events
        assert (event.actor, event.records) == ("contender/small", ("i-1",))
        assert event.data["name"] == "read_file" and event.message
    assert '"name":"read_file"' in instruction_row(asked, (), None)["tools"]


async def test_simulated_apis_take_the_same_door(tmp_path: Path) -> None:
    def caller(line: Line) -> Any:
        if line.call.turns[-1].role == "tool":
            return f"Done: {line.call.turns[-1].content}"
        call = ToolCall(id="c1", name="find_pet", arguments="{}")
        return Reply(text="", model="scripted/small", tool_calls=(call,), finish="tool_calls")

    asked = instruction(context="", apis=(Api(name="find_pet", description="Find a pet."),))
    async with staged(tmp_path, {"contender": caller}) as stage:
        with traced() as events:
            answer = await stage.services.troupe.send(
                Respond(instruction=asked), Answer, "contender", "small"
            )
        assert '"status": "ok"' in answer.text
        assert [(e.data["name"], e.outcome) for e in events] == [("find_pet", "ok")]
