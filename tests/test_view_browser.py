"""The viewer in a real browser: pages, keys, votes, hostile text, and a run that goes on."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from arenainstruct.graphs import kinds
from arenainstruct.runs import load_config
from arenainstruct.runs.control.again import waiting
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.opening import stored
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.view.catalog import find, run_card
from arenainstruct.runs.view.indexing import catch_up
from arenainstruct.runs.view.rows import Wanted, rows
from arenainstruct.runs.view.source import Source
from arenainstruct.runs.view.trace import trace, traces
from tests.browser import browsing, needed, viewer
from tests.command import command

pytestmark = [pytest.mark.slow, needed]
DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
HOSTILE = (
    "<script>alert('x')</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "</textarea></div><iframe srcdoc='<script>parent.alert(3)</script>'></iframe>",
    "{{ constructor.constructor('alert(4)')() }}",
    "[click](javascript:alert(5))",
    "<a href=javascript:alert(6)>x</a> &lt;b&gt; \u202ereversed",
    "<style>*{display:none}</style><base href=//evil.example>",
)


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one run of the embedded models, over documents that attack whoever shows them."""
    folder = tmp_path_factory.mktemp("runs")
    documents = folder / "documents"
    documents.mkdir()
    text = (DEMO / "photosynthesis.md").read_text(encoding="utf-8")
    hostile = "\n\n".join(HOSTILE)
    (documents / "photosynthesis.md").write_text(f"{text}\n\n{hostile}\n", encoding="utf-8")
    shutil.copy(DEMO / "panama_canal.md", documents)
    overrides = [f"seeds={documents}", "skills=[reading_comprehension]", "rounds=1"]
    result = asyncio.run(
        launch_async(load_config(None, overrides), runs_dir=folder, run_id="shown-1")
    )
    assert result.completed
    return folder


@pytest.fixture
def source(runs_dir: Path) -> Source:
    found = Source(RunFolder(runs_dir / "shown-1"))
    catch_up(found)
    return found


@pytest.fixture
async def address(runs_dir: Path) -> AsyncIterator[str]:
    async with viewer(runs_dir) as address:
        yield address


async def test_every_page_shows_without_an_error_and_hostile_text_stays_text(
    address: str, source: Source
) -> None:
    battle = rows(source, Wanted("battle")).rows[0].id
    seed = next(row.id for row in rows(source, Wanted("seed")).rows if "photosynthesis" in row.text)
    leaf = rows(source, Wanted("draft")).rows[0].leaf
    told = traces(source, graph="battle")[0].id
    run = "/run/shown-1"
    pages = {
        "/": "Runs",
        run: "The supervisor",
        f"{run}/rows": "Instructions",
        f"{run}/rows?kind=passage": "Passages",
        f"{run}/row/{seed}": "What came of it",
        f"{run}/battle/{battle}": "Verdict",
        f"{run}/arena": "Who beat whom",
        f"{run}/taxonomy": "Every change of the policy",
        f"{run}/leaf/reading_comprehension/{leaf}": "What it gave",
        f"{run}/traces": "Traces",
        f"{run}/rounds/{seed}": "Both rounds",
        f"{run}/trace/{told}": "State and prompt",
    }
    async with browsing() as (page, wrong):
        for path, said in pages.items():
            await page.goto(address + path)
            await expect(page.get_by_text(said).first).to_be_visible()
            assert await page.locator("iframe, main script, base").count() == 0
            for landmark in ("html[lang]", "h1", "main", "body header:not(main header)"):
                assert await page.locator(landmark).count() == 1, (path, landmark)
            assert await page.locator("main th[scope]:empty").count() == 0
            for width in (640, 1280, 1920):  # 640 is 1280 at twice the size
                await page.set_viewport_size({"width": width, "height": 900})
                wide = await page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, path
        await page.goto(f"{address}{run}/row/{seed}")
        for text in HOSTILE[:3]:
            await expect(page.get_by_text(text).first).to_be_visible()
        assert wrong == []
        await page.goto(f"{address}/run/nobody-1")
        await expect(page.get_by_text("This run cannot be shown")).to_be_visible()
        for nowhere in (f"{run}/trace/x", f"{run}/traces?after=x", "/nowhere"):
            await page.goto(address + nowhere)
            await expect(page.get_by_text("There is no such page")).to_be_visible()
            await expect(page.get_by_role("link", name="All runs")).to_be_visible()


async def test_scrubber_and_keys_move_all_panes(address: str, source: Source) -> None:
    told = trace(source, traces(source, graph="battle")[0].id)
    assert told is not None
    turn, last = told.seek(0, "turn"), len(told.steps) - 1
    async with browsing() as (page, wrong):
        await page.goto(f"{address}/run/shown-1/trace/{told.id}")
        said = page.get_by_text("step 0 of")
        await expect(said).to_be_visible()
        for key, number in (
            ("ArrowRight", 1),
            ("ArrowLeft", 0),
            ("t", turn),
            ("End", last),
            ("Home", 0),
        ):
            await page.keyboard.press(key)
            await expect(page.get_by_text(f"step {number} of {last}:")).to_be_visible()
            await expect(page.locator(".log .on .no")).to_have_text(str(number))
        await page.locator("#scrub").fill(str(turn))
        await expect(page.get_by_text(f"step {turn} of {last}:")).to_be_visible()
        await expect(page.get_by_text("came back")).to_be_visible()
        await page.wait_for_url(f"**/trace/{told.id}?step={turn}")
        await page.reload()
        await expect(page.get_by_text(f"step {turn} of {last}:")).to_be_visible()
        await expect(page.locator("#scrub")).to_have_value(str(turn))
        await page.get_by_label("Speed").select_option("0.25")
        await page.get_by_role("button", name="Play").click()
        await expect(page.get_by_text("■ Stop")).to_be_visible()
        await expect(page.locator("#scrub")).not_to_have_value(str(turn))
        await page.keyboard.press(" ")
        await expect(page.get_by_text("▶ Play")).to_be_visible()
        shown = await page.get_by_text(f"of {last}:").inner_text()
        await expect(page.locator("#scrub")).to_have_value(shown.split()[1])
        await page.get_by_label("Speed").select_option("16.0")
        await page.get_by_role("button", name="Play").click()
        await expect(page.get_by_text(f"step {last} of {last}:")).to_be_visible(timeout=30_000)
        assert wrong == []


async def test_an_overturned_verdict_reaches_the_audit(
    address: str, source: Source, runs_dir: Path
) -> None:
    battle = next(
        row for row in rows(source, Wanted("battle")).rows if row.outcome != "tie" and row.agreement
    )
    judged = [
        row.id
        for row in rows(source, Wanted("battle", sort="agreement")).rows
        if row.outcome == "model_a"
    ]
    id = judged[0] if judged else battle.id
    async with browsing() as (page, wrong):
        await page.goto(f"{address}/run/shown-1/battle/{id}")
        await expect(page.get_by_text("Verdict").first).to_be_visible()
        await page.keyboard.press("b")
        await expect(page.get_by_text("your verdict:")).to_be_visible()
        assert wrong == []
    kept = [
        json.loads(line) for line in (source.folder.path / "labels.jsonl").read_text().splitlines()
    ]
    assert [(row["battle"], row["winner"]) for row in kept] == [(id, "model_b")]
    told = await asyncio.to_thread(command, "audit", source.folder.path, "--json", cwd=runs_dir)
    jurors = json.loads(told.out)["jurors"]
    assert any(juror["people"]["agreement"]["n"] == 1 for juror in jurors)


async def test_a_run_shows_while_it_goes_on(runs_dir: Path, address: str) -> None:
    overrides = [f"seeds={DEMO}", "skills=[reading_comprehension]", "rounds=1"]
    run = asyncio.create_task(
        asyncio.to_thread(
            lambda: asyncio.run(
                launch_async(load_config(None, overrides), runs_dir=runs_dir, run_id="live-1")
            )
        )
    )
    async with browsing() as (page, wrong):
        await page.goto(address)
        await page.get_by_role("link", name="live-1").click(timeout=30_000)
        await expect(page.get_by_text("The supervisor")).to_be_visible()
        await run
        await expect(page.get_by_text("completed").first).to_be_visible(timeout=30_000)
        await expect(page.locator("svg").get_by_text("1×").first).to_be_visible(timeout=30_000)
        assert wrong == []


async def test_a_row_that_was_refused_is_asked_again_by_its_button(
    address: str, runs_dir: Path
) -> None:
    overrides = [f"seeds={DEMO / 'photosynthesis.md'}", "skills=[reading_comprehension]"]
    config = load_config(None, [*overrides, "rounds=1", "seed=1"])
    await launch_async(config, runs_dir=runs_dir, run_id="asked-1")
    source = find(runs_dir, "asked-1")
    catch_up(source)
    refused = rows(source, Wanted("reject", outcome="curation/off_passage")).rows[0].id
    with stored(source.folder.store()) as store:
        before = (await store.totals()).calls
    async with browsing() as (page, wrong):
        await page.goto(f"{address}/run/asked-1/row/{refused}")
        await page.get_by_role("button", name="Ask again").click()
        await expect(page.get_by_text("Noted: it is asked again")).to_be_visible()
        with stored(source.folder.store()) as store:
            assert await waiting(store) == (refused,)
        await page.get_by_role("button", name="Take the run up now").click()
        await page.wait_for_url("**/run/asked-1", timeout=60_000)
        await expect(page.get_by_text("completed").first).to_be_visible(timeout=60_000)
        assert wrong == []
    with stored(source.folder.store()) as store:
        assert await waiting(store) == () and (await store.totals()).calls == before + 1
        assert [r.id async for r in store.stream(kinds.REJECT) if r.id == refused] == [refused]


async def test_a_step_of_a_trace_forks_the_run_by_its_button(
    address: str, source: Source, runs_dir: Path
) -> None:
    told = traces(source, graph="battle")[0].id
    async with browsing() as (page, wrong):
        await page.goto(f"{address}/run/shown-1/trace/{told}")
        await expect(page.get_by_text("step 0 of")).to_be_visible()
        await page.get_by_role("button", name="Fork here").click()
        changes = page.get_by_label("Changes")
        fork = page.get_by_role("button", name="Fork", exact=True)
        await fork.click()
        await expect(page.get_by_text("Say at least one change")).to_be_visible()
        await changes.fill("models.nobody.model=medium")
        await fork.click()
        await expect(page.get_by_text("the models that are there: ")).to_be_visible()
        await changes.fill("models.small.model=medium")
        await fork.click()
        await page.wait_for_url("**-fork-*", timeout=60_000)
        await expect(page.get_by_text("completed").first).to_be_visible(timeout=60_000)
        name = page.url.rpartition("/")[2]
        await page.goto(f"{address}/run/shown-1/diff/{name}")
        await expect(page.get_by_text("battles have another verdict")).to_be_visible()
        assert wrong == []
    assert run_card(find(runs_dir, name)).parent == "shown-1"


async def test_filters_stand_in_the_address_and_keys_press_once(
    address: str, source: Source
) -> None:
    told = traces(source, graph="battle")[0].id
    async with browsing() as (page, wrong):
        await page.goto(f"{address}/run/shown-1/rows?kind=battle")
        await page.get_by_label("Outcome").select_option("model_a")
        await page.get_by_label("Words in it").fill("the")
        await page.wait_for_url("**outcome=model_a&text=the")
        await expect(page.get_by_label("Words in it")).to_have_value("the")
        await page.locator("tbody a").first.click()
        await page.get_by_role("button", name="tie").click()
        await expect(page.get_by_text("your verdict:")).to_be_visible()
        await page.keyboard.press("x")  # the button that was pressed has the focus
        await expect(page.get_by_text("your verdict:")).to_be_hidden()
        await page.go_back()
        await expect(page.get_by_label("Outcome")).to_have_value("model_a")
        await expect(page.get_by_label("Words in it")).to_have_value("the")

        await page.goto(f"{address}/run/shown-1/trace/{told}")
        await expect(page.get_by_text("step 0 of")).to_be_visible()
        await page.get_by_label("Speed").select_option("16.0")
        await page.get_by_role("button", name="Play").focus()
        await page.keyboard.press(" ")
        await expect(page.get_by_text("step 0 of")).to_be_hidden()
        assert wrong == []
