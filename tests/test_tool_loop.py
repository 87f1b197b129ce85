"""The tool loop over AgentChat, with a scripted model."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from autogen_core.models import LLMMessage, SystemMessage, UserMessage

from arenainstruct.agents.environment import Api, ApiParameter
from arenainstruct.agents.errors import BudgetSpent, ModelError, ToolError
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.client import DoorClient
from arenainstruct.agents.records import ToolCall, Turn
from arenainstruct.agents.replies import SuggestionsReply
from arenainstruct.agents.tool_loop import LoopTool, run_tool_loop
from arenainstruct.tools.api_spec import json_schema
from arenainstruct.tools.simulator import simulate

APIS = (
    Api(
        name="find_pet",
        description="Find a pet.",
        parameters=(
            ApiParameter(name="pet_id", type="integer", required=True),
            ApiParameter(name="tags", type="array"),
        ),
        returns='{"id": 1, "name": "Rex"}',
    ),
)
Step = Reply | Exception


def text(content: str) -> Reply:
    return Reply(text=content, model="scripted/m", tokens_in=10, tokens_out=2)


def call(*arguments: str, said: str = "", ids: bool = True) -> Reply:
    calls = tuple(
        ToolCall(id=f"c{n}" if ids else "", name="find_pet", arguments=a)
        for n, a in enumerate(arguments)
    )
    return Reply(text=said, model="scripted/m", tool_calls=calls, finish="tool_calls")


class Script:
    """Plays steps in order and keeps the calls."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.calls: list[Call] = []

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def client(self) -> DoorClient:
        return DoorClient(self.complete, "small", role="contender", subject="i-1")


def api_tools(apis: Sequence[Api], answer: Callable[[str, str], str]) -> tuple[LoopTool, ...]:
    def handler(name: str) -> Callable[[str], Awaitable[str]]:
        async def handle(arguments: str) -> str:
            return answer(name, arguments)

        return handle

    return tuple(LoopTool(a.name, a.description, json_schema(a), handler(a.name)) for a in apis)


def tools() -> tuple[LoopTool, ...]:
    return api_tools(APIS, lambda name, arguments: simulate(APIS, name, arguments).content)


async def run(script: Script, *users: str, max_steps: int = 6) -> tuple[Turn, ...]:
    return await run_tool_loop(
        script.client(), system="Be brief.", user_turns=users, tools=tools(), max_steps=max_steps
    )


async def test_calls_results_and_later_user_turns_come_back_as_turns() -> None:
    script = Script(
        call('{"pet_id": 4}', '{"pet_id": 5}', said="Looking."),
        text("Rex."),
        text("You're welcome."),
    )
    turns = await run(script, "Which pet is 4?", "Thanks")
    assert [(t.role, t.content[:9]) for t in turns] == [
        ("assistant", "Looking."),
        ("tool", '{"id": 4,'),
        ("tool", '{"id": 5,'),
        ("assistant", "Rex."),
        ("user", "Thanks"),
        ("assistant", "You're we"),
    ]
    assert (
        [c.id for c in turns[0].tool_calls] == [t.tool_call_id for t in turns[1:3]] == ["c0", "c1"]
    )
    # The model sees exactly what is recorded, after the system and the first user turn.
    assert script.calls[-1].turns == (
        Turn(role="system", content="Be brief."),
        Turn(role="user", content="Which pet is 4?"),
        *turns[:-1],
    )
    assert script.calls[0].role == "contender" and script.calls[0].subject == "i-1"


async def test_the_model_gets_the_apis_own_schema() -> None:
    script = Script(text("Hello."))
    await run(script, "Hi")
    [spec] = script.calls[0].tools
    assert (spec.name, spec.description) == ("find_pet", "Find a pet.")
    assert '"required":["pet_id"]' in spec.parameters and '"items":{}' in spec.parameters


async def test_a_wrong_call_is_answered_with_what_is_wrong() -> None:
    script = Script(call('{"id": 4}'), call("{broken"), text("I give up."))
    turns = await run(script, "Which pet is 4?")
    assert "missing required parameter 'pet_id'" in turns[1].content
    assert "Error" in turns[3].content and turns[-1].content == "I give up."


async def test_after_the_last_step_the_model_must_answer() -> None:
    script = Script(*[call('{"pet_id": 1}', ids=False)] * 2, call('{"pet_id": 9}', said="Enough."))
    turns = await run(script, "Loop!", max_steps=2)
    assert [t.role for t in turns] == ["assistant", "tool"] * 2 + ["assistant"]
    assert turns[-1] == Turn(role="assistant", content="Enough.")
    assert [t.tool_call_id for t in turns if t.role == "tool"] == ["call_1", "call_2"]
    assert script.calls[-1].tools == ()


@pytest.mark.parametrize("error", [ModelError("gone", 500), BudgetSpent("all spent")])
async def test_what_the_door_raises_passes_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await run(Script(call('{"pet_id": 4}'), error), "Which pet is 4?")
    assert caught.value is error


def failing(error: Exception) -> Callable[[str, str], str]:
    def answer(name: str, arguments: str) -> str:
        raise error

    return answer


async def test_a_failing_tool_ends_the_conversation_before_another_call_is_paid() -> None:
    for error, kind in ((RuntimeError("boom"), ToolError), (BudgetSpent("all spent"), BudgetSpent)):
        script = Script(call('{"pet_id": 4}'), text("never asked"))
        with pytest.raises(kind, match=str(error)):
            await run_tool_loop(
                script.client(), system="", user_turns=["Go"], tools=api_tools(APIS, failing(error))
            )
        assert len(script.calls) == 1


async def test_the_client_asks_for_structure_and_counts_tokens() -> None:
    script = Script(text('{"suggestions": []}'))
    client = script.client()
    messages: list[LLMMessage] = [
        SystemMessage(content="s"),
        UserMessage(content="u", source="user"),
    ]
    results = [r async for r in client.create_stream(messages, json_output=SuggestionsReply)]
    assert [r if isinstance(r, str) else r.content for r in results] == ['{"suggestions": []}']
    assert script.calls[0].reply_type is SuggestionsReply
    assert (client.total_usage().prompt_tokens, client.total_usage().completion_tokens) == (10, 2)
