"""Pictures of every page of the viewer, from the demo run and a fork of it: `make screenshots`.

Light at 1280 pixels and dark at 1920, into `docs/view/`. Look at them.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from arenainstruct.runs import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.fork import fork_async
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.view.card import overturn
from arenainstruct.runs.view.indexing import catch_up
from arenainstruct.runs.view.rows import Wanted, rows
from arenainstruct.runs.view.source import Source
from arenainstruct.runs.view.trace import trace, traces
from tests.browser import browsing, viewer

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "view"
LOOKS = ((1280, "light"), (1920, "dark"))


async def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of every page of the viewer.")
    parser.add_argument("--runs-dir", type=Path, help="where a demo run and its fork are kept")
    parser.add_argument("--to", type=Path, default=DOCS)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        runs_dir = options.runs_dir or Path(scratch) / "runs"
        if not RunFolder(runs_dir / "demo-1").has_store:
            await make(runs_dir)
        source = Source(RunFolder(runs_dir / "demo-1"))
        catch_up(source)
        catch_up(Source(RunFolder(runs_dir / "demo-fork")))
        async with viewer(runs_dir) as address:
            for width, theme in LOOKS:
                await take(address, source, width, theme, options.to)


async def make(runs_dir: Path) -> None:
    """Make the demo run, and a fork of it whose target is another model from its battles on."""
    config = load_config(None, [f"seeds={ROOT / 'runs' / 'demo'}"])
    await launch_async(config, runs_dir=runs_dir, run_id="demo-1")
    parent = RunFolder(runs_dir / "demo-1")
    with stored(parent.store()) as store:
        at = next(e.id for e in store.events() if e.kind == "node_started" and e.node == "battle")
    change = ["models.small.model=medium"]
    await fork_async(str(parent.path), at=at, changes=change, run_id="demo-fork", runs_dir=runs_dir)


def pages(source: Source) -> dict[str, str]:
    """Return the pages by the names of their pictures."""
    run = f"/run/{source.folder.run_id}"
    pair = rows(source, Wanted("preference")).rows[40].id
    battle = rows(source, Wanted("battle", sort="agreement")).rows[0].id
    overturn(source, battle, "tie")
    seed = rows(source, Wanted("seed")).rows[0].id
    told = next(
        one
        for one in traces(source, graph="battle")
        if any(step.disagrees for step in getattr(trace(source, one.id), "steps", ()))
    )
    whole = trace(source, told.id)
    step = whole.seek(0, "trouble") if whole else 0
    return {
        "runs": "/",
        "run": run,
        "rows": f"{run}/rows?kind=battle",
        "row": f"{run}/row/{pair}",
        "battle": f"{run}/battle/{battle}",
        "rounds": f"{run}/rounds/{seed}",
        "arena": f"{run}/arena",
        "taxonomy": f"{run}/taxonomy",
        "traces": f"{run}/traces",
        "trace": f"{run}/trace/{told.id}?step={step}",
        "diff": f"{run}/diff/demo-fork",
        "missing": "/run/nobody-1",
    }


async def take(address: str, source: Source, width: int, theme: str, to: Path) -> None:
    async with browsing(width, theme) as (page, wrong):
        for name, path in pages(source).items():
            await page.goto(address + path)
            await page.wait_for_selector(".sheet")
            await page.wait_for_timeout(1500)  # charts draw themselves
            await page.screenshot(path=to / f"{name}-{theme}.png")
        if wrong:
            sys.exit(f"pages told of errors: {wrong}")


if __name__ == "__main__":
    asyncio.run(main())
