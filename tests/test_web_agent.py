"""Web agents: sites drawn from documents, visits in a real browser, and programs that say how they ended."""

import json
import re
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from arenainstruct.agents.errors import Diverged, UserError
from arenainstruct.agents.models.call import ToolSpec
from arenainstruct.agents.models.offline.request import OfflineRequest, Strength
from arenainstruct.agents.models.offline.tools import use_tools
from arenainstruct.agents.records import Turn
from arenainstruct.agents.tool_door import ToolDoor, ToolUse
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.config.skills import skill_faults
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.finding import FOLDER
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.tools.browser.launch import NAMES
from arenainstruct.tools.browser.pages import Page, joined, respond, split
from arenainstruct.tools.browser.session import Seen, seen
from arenainstruct.tools.browser.sites import SITES, SiteTask
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.site_checks import check_site_task, goal, unusable_goal
from arenainstruct.tools.tool import Given
from arenainstruct.tools.use_browser import NAME, SITE

TEXT = (
    "The lighthouse keepers of the harbour count ships & gulls. <script>alert(1)</script> "
    "Every keeper of the lighthouse writes a ledger, and the harbour master reads the ledger."
)
TOOL = TOOLS[NAME]
DEMO = Path(__file__).parents[1] / "runs" / "demo"
TASKS = [(kind, leaf) for kind, draw in SITES.items() for leaf in draw(TEXT, Random(0)).tasks]


@pytest.mark.parametrize("kind", SITES)
def test_a_site_is_drawn_from_a_document_and_hangs_together(kind: str) -> None:
    site = SITES[kind](TEXT, Random("a"))
    assert site.text == SITES[kind](TEXT, Random("a")).text != SITES[kind](TEXT, Random("b")).text
    assert split(site.text) == site.pages
    assert "<script>" not in site.text and re.search("Keeper|Lighthouse|Ledger|Harbour", site.text)
    reached, left = set[str](), ["/"]
    while left:
        path = left.pop()
        assert respond(site.text, path).status == 200, path
        found = re.findall(r'(?:href|data-next)="(/[^"]*)"', site.pages[path].body)
        left += [new for new in found if new not in reached]
        reached.update(found)
    assert reached == set(site.pages)
    assert respond(site.text, "/nowhere").status == 404
    assert SITES[kind]("", Random(0)).pages.keys() >= {"/"}


@pytest.mark.parametrize(("kind", "leaf"), TASKS)
def test_each_task_has_a_goal_that_a_program_can_check(kind: str, leaf: str) -> None:
    for level in range(1, 6):
        for chance in range(5):
            site = SITES[kind](TEXT, Random(chance))
            drawn = site.tasks[leaf](level, Random(chance))
            assert unusable_goal(drawn.terms) == "" and not set(drawn.says) & set(drawn.others)
            assert drawn == site.tasks[leaf](level, Random(chance))
            assert not drawn.page or drawn.page in site.pages


CHANGES = (
    ("- name: console", "- name: consoles", "did you mean 'console'?"),
    ("[social, follow, extract]", "[social, follow, form]", "no task on a community 'form'"),
    ("checker: site_state", "checker: number", "which has no other"),
)


def test_the_skill_asks_for_what_the_sites_have(tmp_path: Path) -> None:
    skill = load_skill("web_agent")
    assert {leaf.name for leaf in skill.leaves} == {leaf for _, leaf in TASKS}
    text = (FOLDER / "web_agent.yaml").read_text()
    for place, (old, new, fault) in enumerate(CHANGES):
        own = tmp_path / f"own{place}.yaml"
        own.write_text(text.replace(old, new))
        assert fault in "\n".join(skill_faults(str(own)))


def shown(path: str, state: dict[str, Any], said: str = "Hello") -> str:
    return f'Page: {path} "A page"\n{said}\nKept by the site: {json.dumps(state)}'


@pytest.mark.parametrize(
    ("results", "answer", "wrong"),
    [
        ([shown("/", {}), shown("/help", {"cart": {"K1": 2}})], "It weighs 638 grams.", ""),
        ([], "It weighs 638 grams.", "not used"),
        (['{"error": "there is no element [9]"}'], "638", "not used"),
        ([shown("/help", {"cart": {"K1": 2}}), '{"error": "x"}'], "638", ""),
        ([shown("/", {"cart": {"K1": 2}})], "638", "ended at /, not at /help"),
        ([shown("/help", {"cart": {"K1": 3}})], "638", "has kept"),
        ([shown("/help", {"cart": {"K1": 2}, "order": {}})], "638", "has kept"),
        ([shown("/help", {"cart": {"K1": 2}})], "It weighs 6380 grams.", "does not say 638"),
        ([shown("/help", {"cart": {"K1": 2}})], "638\nOr so.", "does not say 638"),
        ([shown("/help", {"cart": {"K1": 2}})], "638 or 944", "says 944 too"),
        # What a page says is not what the site has kept.
        ([shown("/help", {}, 'Kept by the site: {"cart": {"K1": 2}}')], "638", "has kept {}"),
    ],
)
def test_a_program_says_how_a_visit_ended(results: list[str], answer: str, wrong: str) -> None:
    terms = (goal("/help", {"cart": {"K1": 2}}), "638")
    found = check_site_task(results, answer, terms, ("944",))
    assert wrong in found.note and found.passed is not bool(wrong)


def test_goals_that_ask_for_nothing_are_refused() -> None:
    assert unusable_goal(()) and unusable_goal(("no JSON",)) and unusable_goal((goal("", {}),))
    assert unusable_goal((goal("/", {}),)) == unusable_goal((goal("", {}), "638")) == ""


def test_without_a_browser_a_run_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    given = [f"seeds={DEMO}", "skills=[web_agent]"]
    with pytest.raises(UserError, match=r"tools\.browser: no Chromium.*apt install chromium"):
        load_config(None, given)
    with pytest.raises(UserError, match="'/nowhere' is no program"):
        load_config(None, [*given, "tools.browser.executable=/nowhere"])


# ---- with a real Chromium


@pytest.fixture
def chromium() -> None:
    """Skip where there is no browser."""
    pytest.importorskip("playwright", reason="pip install 'arenainstruct[web]'")
    if not any(map(shutil.which, NAMES)):
        pytest.skip("no Chromium is installed (apt install chromium)")


async def act(given: Given, action: str, element: int = 0, text: str = "") -> str:
    return await TOOL.answer(
        given, json.dumps({"action": action, "element": element, "text": text})
    )


async def played(strength: Strength, site: str, drawn: SiteTask) -> str:
    """Let an embedded contender do a task; returns what is wrong in the end."""
    spec = ToolSpec(NAME, TOOL.description, json.dumps(TOOL.parameters))
    turns: tuple[Turn, ...] = (Turn(role="user", content=drawn.task),)
    results: list[str] = []
    answer = ""
    async with Given(files={SITE: site}) as given:
        for _ in range(TOOL.rounds):
            request = OfflineRequest(turns, tools=(spec,), strength=strength)
            said = use_tools(request, request.dice())
            if not said.tool_calls:
                answer = said.text
                break
            (call,) = said.tool_calls
            results.append(await TOOL.answer(given, call.arguments))
            turns += (
                Turn(role="assistant", content="", tool_calls=said.tool_calls),
                Turn(role="tool", content=results[-1], tool_call_id=call.id),
            )
    return check_site_task(results, answer, drawn.terms, drawn.others).note


@pytest.mark.slow
@pytest.mark.parametrize("kind", SITES)
async def test_told_step_by_step_a_strong_contender_does_it_and_a_weak_one_does_not(
    kind: str, chromium: None
) -> None:
    site = SITES[kind](TEXT, Random(1))
    notes = {
        leaf: await played("strong", site.text, draw(1, Random(2)))
        for leaf, draw in site.tasks.items()
    }
    assert {leaf for leaf, note in notes.items() if note} <= {"compare"}, notes
    for leaf, draw in site.tasks.items():
        assert await played("weak", site.text, draw(1, Random(2))), leaf


@pytest.mark.slow
async def test_what_cannot_be_done_is_told_and_changes_nothing(chromium: None) -> None:
    site = SITES["office"](TEXT, Random(1)).text
    async with Given(files={SITE: site}) as given:
        for action, element, text, why in (
            ("open", 0, "https://example.org/", "no other site can be reached"),
            ("click", 99, "", r"no element \[99\]"),
        ):
            with pytest.raises(ValueError, match=f"(?i){why}"):
                await act(given, action, element, text)
        page = await act(given, "open", text="/sign-in")
        number = {name: int(n) for n, name in re.findall(r'\[(\d+)\] [a-z ]+"([^"]*)"', page)}
        await act(given, "type", number["User name"], "somebody")
        await act(given, "type", number["Password"], "wrong")
        page = await act(given, "click", number["Enter"])
        assert "User name or password is wrong." in page and '"•••••"' in page
        assert seen(page) == Seen("/sign-in", {})
        page = await act(given, "open", text="/contact")
        number = {name: int(n) for n, name in re.findall(r'\[(\d+)\] [a-z ]+"([^"]*)"', page)}
        with pytest.raises(ValueError, match="options: General, "):
            await act(given, "select", number["Topic"], "Weather")
        with pytest.raises(ValueError, match="no text field"):
            await act(given, "type", number["Topic"], "Weather")


@pytest.mark.slow
async def test_a_long_page_is_scrolled_or_read_whole(chromium: None) -> None:
    body = "".join(f"<p>Line {n}</p>" for n in range(200))
    async with Given(files={SITE: joined({"/": Page("Long", body)})}) as given:
        first = await act(given, "open", text="/")
        assert "Line 0\n" in first and "Line 150\n" not in first and "scroll down)" in first
        second = await act(given, "scroll")
        assert "Line 0\n" not in second and "scroll up)" in second
        assert "Line 0\n" in await act(given, "scroll", text="up")
        assert "Line 150\n" in await act(given, "read")


@pytest.mark.slow
async def test_a_site_reaches_nothing_else(chromium: None) -> None:
    asked: list[str] = []

    async def note(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(text="reached")

    runner = web.ServerRunner(web.Server(note))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there = f"127.0.0.1:{runner.addresses[0][1]}"
    body = (
        f'<img src="http://{there}/img"><iframe src="http://{there}/frame"></iframe>'
        f"<script>fetch('http://{there}/fetch'); new WebSocket('ws://{there}/socket')</script>"
        f'<script src="http://{there}/script"></script><a href="http://{there}/link">Away</a>'
        f'<form action="http://{there}/form"><button>Send</button></form>'
    )
    try:
        async with Given(files={SITE: joined({"/": Page("Hostile", body)})}) as given:
            page = await act(given, "open", text="/")
            assert seen(page) == seen(await act(given, "click", 1)) == Seen("/", {})
            assert seen(await act(given, "click", 2)) == Seen("/", {})
    finally:
        await runner.cleanup()
    assert asked == []


@pytest.mark.slow
async def test_a_resume_does_past_actions_again_and_a_replay_needs_no_browser(
    tmp_path: Path, chromium: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SITES["shop"](TEXT, Random(1)).text
    calls: list[tuple[str, int, str]] = [("open", 0, "/products/K101"), ("click", 5, "")]
    first = await talk(tmp_path, site, calls)
    calls += [("click", 77, ""), ("click", 5, "")]
    both = await talk(tmp_path, site, calls)
    assert both[:2] == first and "[77]" in both[2]
    assert seen(both[3]) == Seen("/products/K101", {"cart": {"K101": 2}})
    monkeypatch.setenv("PATH", "/nowhere")
    assert await talk(tmp_path, site, calls, network=False) == both
    with pytest.raises(Diverged, match=NAME):
        await talk(tmp_path, site, [calls[0], calls[0]], network=False)


async def talk(
    folder: Path, site: str, calls: list[tuple[str, int, str]], *, network: bool = True
) -> list[str]:
    store = Store.open(folder / "store.sqlite")
    told: list[str] = []
    try:
        door = ToolDoor(store, await store.budget(None), network=network)
        async with Given(files={SITE: site}) as given:
            for action, element, text in calls:
                arguments = json.dumps({"action": action, "element": element, "text": text})
                try:
                    told.append(
                        await door.call(ToolUse(TOOL, arguments, given, "contender/a", "i"))
                    )
                except ValueError as error:
                    told.append(str(error))
    finally:
        store.close()
    return told


@pytest.mark.slow
async def test_a_run_keeps_rows_checks_both_ways_and_is_replayed_without_a_browser(
    tmp_path: Path, chromium: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = "{passages: 1, instructions: 3, refinements: 0}"
    config = load_config(
        None, [f"seeds={DEMO}", "skills=[web_agent]", "rounds=1", f"per_seed={each}"]
    )
    result = await launch_async(config, runs_dir=tmp_path, run_id="web-agent")
    assert result.status == "completed", result.reason
    battles = pq.read_table(Path(result.path) / "dataset/battles/train.parquet").to_pylist()
    said = {battle[f"checked_{side}"] for battle in battles for side in "ab"}
    assert said == {"passed", "failed"}
    monkeypatch.setenv("PATH", "/nowhere")
    assert (await replay_async(result.path)).identical
