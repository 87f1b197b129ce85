"""Tools of MCP servers: listed and called by pipes and by HTTP, kept in the ledger, refused in words."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="pip install 'arenainstruct[mcp]'")

from arenainstruct.agents.errors import Diverged, ToolError, UserError
from arenainstruct.agents.messages import Respond, Transform
from arenainstruct.agents.models.call import Reply
from arenainstruct.agents.records import Answer, Instruction, Passage, ToolCall
from arenainstruct.agents.tool_door import ToolDoor, ToolUse
from arenainstruct.prompts.template import FOLDER
from arenainstruct.runs import load_config
from arenainstruct.runs.dataset.conversation import offered as offered_to
from arenainstruct.runs.dataset.conversation import tool_specs_json
from arenainstruct.runs.estimate.report import estimate
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.skill import PromptFile, Transformation
from arenainstruct.tools.mcp.connection import connection
from arenainstruct.tools.mcp.tools import listed, listing
from arenainstruct.tools.settings import McpServer, ToolSettings
from arenainstruct.tools.tool import Given
from tests.mcp_server import notes
from tests.stage import SEED, Line, instruction, staged

SERVER = McpServer(command=(sys.executable, str(Path(__file__).with_name("mcp_server.py"))))
GONE = McpServer(command=("/nowhere/server",))
Calls = list[tuple[str, dict[str, Any]]]
ADD_AND_READ: Calls = [
    ("notes_add", {"text": "bread"}),
    ("notes_read_all", {}),
    ("notes_add", {"text": ""}),
    ("notes_add", {"text": "milk"}),
    ("notes_read_all", {}),
]


async def talk(folder: Path, server: McpServer, calls: Calls, *, network: bool = True) -> list[str]:
    """Make calls in one conversation; what was refused is told as it is to a model."""
    store = Store.open(folder / "store.sqlite")
    told: list[str] = []
    try:
        door = ToolDoor(store, await store.budget(None), network=network)
        settings = ToolSettings(mcp={"notes": server})
        async with Given(settings=settings) as given:
            found = await door.call(ToolUse(listing("notes"), "{}", given))
            tools = {tool.name: tool for tool in listed("notes", found, [""])}
            for name, arguments in calls:
                # As the loop does: each call from a task of its own.
                use = ToolUse(tools[name], json.dumps(arguments), given, "contender/a", "i")
                task = asyncio.create_task(door.call(use))
                (said,) = await asyncio.gather(task, return_exceptions=True)
                if isinstance(said, BaseException) and not isinstance(said, ValueError):
                    raise said
                told.append(str(said))
    finally:
        store.close()
    return told


@pytest.mark.slow
async def test_a_server_by_pipes_is_asked_once_and_replayed_without_it(tmp_path: Path) -> None:
    first = await talk(tmp_path, SERVER, ADD_AND_READ)
    assert first[:2] == ["note 1", "bread"] and "a note is not empty" in first[2]
    # The second reading follows another past: it is another call.
    assert first[3:] == ["note 2", "bread; milk"]
    assert await talk(tmp_path, GONE, ADD_AND_READ, network=False) == first
    with pytest.raises(Diverged, match="notes_add"):
        await talk(tmp_path, GONE, [("notes_add", {"text": "new"})], network=False)


@pytest.mark.slow
@pytest.mark.parametrize(("again", "kept"), [(True, "bread; milk; tea"), (False, "tea")])
async def test_a_resumed_conversation_makes_its_calls_again_where_that_is_asked_for(
    tmp_path: Path, again: bool, kept: str
) -> None:
    server = SERVER.model_copy(update={"again": again})
    await talk(tmp_path, server, ADD_AND_READ)
    more: Calls = [*ADD_AND_READ, ("notes_add", {"text": "tea"}), ("notes_read_all", {})]
    assert (await talk(tmp_path, server, more))[-1] == kept


async def test_half_a_character_among_the_arguments_ends_no_server(tmp_path: Path) -> None:
    calls: Calls = [("notes_add", {"text": "b\ud800d"}), ("notes_read_all", {})]
    assert await talk(tmp_path, SERVER, calls) == ["note 1", "b?d"]


async def test_a_server_gets_no_variable_but_those_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-mine")
    monkeypatch.setenv("NOTES_TOKEN", "t")
    server = SERVER.model_copy(update={"env": ("NOTES_TOKEN",)})
    (told,) = await talk(tmp_path, server, [("notes_variables", {})])
    assert "NOTES_TOKEN" in told.split() and "OPENAI_API_KEY" not in told.split()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where the same server listens to HTTP."""
    import uvicorn

    app = notes().streamable_http_app()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    # Whoever comes before it is up waits in the line of the socket.
    with socket.create_server(("127.0.0.1", 0)) as there:
        task = asyncio.create_task(server.serve(sockets=[there]))
        yield f"http://127.0.0.1:{there.getsockname()[1]}/mcp"
        server.should_exit = True
        await task


async def test_a_server_by_http_is_asked_the_same_way(tmp_path: Path, address: str) -> None:
    there = McpServer(url=address)
    first = await talk(tmp_path, there, ADD_AND_READ)
    assert first[3:] == ["note 2", "bread; milk"]
    assert await talk(tmp_path, GONE, ADD_AND_READ, network=False) == first


async def test_a_server_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    for server in (GONE, McpServer(url="http://127.0.0.1:9/mcp")):
        with pytest.raises(ToolError, match="no MCP server answers"):
            await talk(tmp_path, server, [])
    with pytest.raises(ValueError, match="variable NOTES_KEY is not set"):
        async with connection(McpServer(url="http://127.0.0.1:9/mcp", key_env="NOTES_KEY")):
            pass


@pytest.mark.slow
async def test_a_contender_uses_the_tools_that_its_leaf_or_its_config_names(
    tmp_path: Path,
) -> None:
    def writer(line: Line) -> Any:
        if line.call.turns[-1].role == "tool":
            return f"Kept: {line.call.turns[-1].content}"
        call = ToolCall(id="c1", name="notes_add", arguments='{"text": "bread"}')
        return Reply(text="", model="scripted/small", tool_calls=(call,), finish="tool_calls")

    settings = ToolSettings(mcp={"notes": SERVER}, contenders={"small": ("mcp:notes:add",)})
    for place, (own, tools, offered) in enumerate(
        (
            (True, (), ["notes_add"]),
            (False, ("mcp:notes",), ["notes_add", "notes_read_all", "notes_variables"]),
            (True, ("mcp:notes",), ["notes_add", "notes_read_all", "notes_variables"]),
        )
    ):
        given = settings if own else settings.model_copy(update={"contenders": {}})
        asked = instruction(tools=tools)
        folder = tmp_path / str(place)
        folder.mkdir()
        async with staged(folder, {"contender": writer}, tools=given) as stage:
            answer = await stage.services.troupe.send(
                Respond(instruction=asked), Answer, "contender", "small"
            )
            assert answer.text == "Kept: note 1"
            assert [tool.name for tool in stage.calls[0].tools] == offered
            # What is trained on tells of them, though no registry knows them.
            row = answer_row(answer, asked)
            assert all(f'"name":"{name}"' in row for name in offered)


async def test_a_role_uses_the_tools_that_its_prompt_names_before_it_replies(
    tmp_path: Path,
) -> None:
    """A transformer asks a server for what it needs, and is told again what came back."""
    shared = (FOLDER / "common" / "transform.j2").read_text(encoding="utf-8")
    own = tmp_path / "pack" / "mine.j2"
    own.parent.mkdir()
    own.write_text(shared.replace("tools: []", 'tools: ["mcp:notes"]'), encoding="utf-8")

    def transformer(line: Line) -> Any:
        last = line.call.turns[-1]
        if line.call.reply_type is not None:
            kept = last.content.partition("<results>")[2].strip().partition("\n")[0]
            return {"suitable": True, "reason": "", "passage": f"It was kept: {kept}"}
        if last.role == "tool":
            return "I kept it."
        call = ToolCall(id="c1", name="notes_add", arguments='{"text": "bread"}')
        return Reply(text="", model="scripted/small", tool_calls=(call,), finish="tool_calls")

    folder = tmp_path / "run"
    folder.mkdir()
    settings = ToolSettings(mcp={"notes": SERVER})
    async with staged(folder, {"transformer": transformer}, tools=settings) as stage:
        way = Transformation(name="retold", brief="Tell it again.")
        prompt = PromptFile(name="mine", folder=str(own.parent))
        asked = Transform(seed=SEED, skill="reading", transformation=way, prompt=prompt, sample=0)
        passage = await stage.services.troupe.send(asked, Passage, "transformer", "small")
        assert passage.text == "It was kept: note 1"
        assert [tool.name for tool in stage.calls[0].tools] == [
            "notes_add",
            "notes_read_all",
            "notes_variables",
        ]


def answer_row(answer: Answer, asked: Instruction) -> str:
    return tool_specs_json(offered_to(asked, [answer]))


@pytest.mark.slow
def test_an_estimate_asks_no_server() -> None:
    demo = Path(__file__).parents[1] / "runs" / "demo"
    server = f"{{mcp: {{notes: {{command: [{sys.executable}, -c, 'raise SystemExit(3)']}}}}, "
    own = "contenders: {teacher: [mcp:notes]}}"
    assert estimate(load_config(None, [f"seeds={demo}", "skills=[rag]", f"tools={server}{own}"]))


def test_a_tool_that_is_not_in_the_listing_is_named() -> None:
    found = json.dumps([{"name": "add", "description": "", "parameters": {}}])
    with pytest.raises(ValueError, match=r"notes has no tool 'ad'; tools: add"):
        listed("notes", found, ["ad"])


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("{mcp: {notes: {}}}", "name either command or url"),
        ("{mcp: {notes: {url: ftp://x}}}", "begins with http:// or https://"),
        ("{mcp: {notes: {command: [/nowhere/server]}}}", "'/nowhere/server' is no program"),
        ("{mcp: {notes: {url: http://x, key_env: NOTES_KEY}}}", "NOTES_KEY is not set"),
        ("{contenders: {teacher: [mcp:notes]}}", "no server 'notes' is named there"),
        ("{contenders: {teacher: [run_python]}}", "write mcp:SERVER or mcp:SERVER:TOOL"),
        ("{contenders: {nobody: []}}", "no model 'nobody'"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_paid(given: str, fault: str) -> None:
    demo = Path(__file__).parents[1] / "runs" / "demo"
    with pytest.raises(UserError, match=fault):
        load_config(None, [f"seeds={demo}", f"tools={given}"])


ODD = """
import json, os, sys
mode, tools = sys.argv[1], [{"name": n, "inputSchema": {"type": "object"}} for n in ("read.all", "read_all")]
for line in sys.stdin:
    asked = json.loads(line)
    how, result = asked["method"], None
    if how == "initialize":
        version = asked["params"]["protocolVersion"]
        result = {"protocolVersion": version, "capabilities": {"tools": {}},
                  "serverInfo": {"name": "odd", "version": "1"}}
    elif how == "tools/list":
        result = {"tools": tools} | ({"nextCursor": str(asked["id"])} if mode == "pages" else {})
    elif how == "tools/call":
        if mode == "dies":
            os._exit(9)
        said = [{"type": "text", "text": asked["params"]["name"]}]
        result = {"content": "text" if mode == "odd result" else said}
    if result is not None:
        print("a line of a log" * (mode == "talks"))
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "wrong"),
    [
        ("dies", "Connection closed"),
        ("odd result", "no result of the protocol"),
        ("pages", "more than 100 pages"),
    ],
)
async def test_a_server_that_breaks_is_a_failed_tool_and_no_result(
    tmp_path: Path, mode: str, wrong: str
) -> None:
    server = McpServer(command=(sys.executable, "-c", ODD, mode), timeout_s=30)
    with pytest.raises(ToolError, match=wrong):
        await talk(tmp_path, server, [("notes_read_all", {})])


@pytest.mark.slow
async def test_tools_whose_names_would_be_the_same_are_told_apart(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = McpServer(command=(sys.executable, "-c", ODD, "talks"), timeout_s=30)
    calls: Calls = [("notes_read_all", {}), ("notes_read_all_2", {})]
    assert await talk(tmp_path, server, calls) == ["read.all", "read_all"]
    assert "a line of a log" not in capfd.readouterr().err
