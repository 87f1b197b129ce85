"""`arenainstruct policy`: read, compared, pinned and taken back, through resume and replay."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.runs import load_config
from arenainstruct.runs.mock import MockServer
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.store import STORE_FILE, Store
from tests.command import Said, command
from tests.leaf_loop import write_loop


async def asked(run: Path, round: int) -> Counter[str]:
    """Count what was written, before the gate."""
    cells = (await told(run, "show"))["cells"]
    return Counter({cell["leaf"]: cell["asked"] for cell in cells if cell["round"] == round})


async def policy(run: Path, *arguments: object) -> Said:
    """Run a command of `policy` beside the running loop."""
    verb, *rest = arguments
    return await asyncio.to_thread(command, "policy", verb, run, *rest, cwd=run.parent)


async def told(run: Path, *arguments: object) -> Any:
    said = await policy(run, *arguments, "--json")
    assert said.status in (0, None), said.err
    return json.loads(said.out)


@pytest.mark.slow
async def test_a_leaf_that_is_always_lost_is_asked_more_until_it_is_pinned(tmp_path: Path) -> None:
    async with MockServer() as mock:
        config = load_config(write_loop(tmp_path, mock.url))
        result = await launch_async(config, runs_dir=tmp_path, run_id="a-1")
        run = tmp_path / "a-1"
        first = await asked(run, 1)
        assert max(first.values()) - min(first.values()) <= 4  # even

        shown = await told(run, "show")
        weights = {row["leaf"]: row["weight"] for row in shown["leaves"]}
        assert weights["lost"] > 1.5 > 1 > weights["won"]
        cells = {cell["leaf"]: cell for cell in shown["cells"]}
        assert (cells["lost"]["won"], cells["lost"]["share_taught"] > 0.8) == (0, True)
        assert cells["won"]["taught"] == 0 and cells["lost"]["band"] == "plain"
        assert sum(row["calls"] for row in shown["leaves"]) > 0
        (change,) = (
            c for c in result.policy_changes if (c["leaf"], c["field"]) == ("lost", "weight")
        )
        assert change["reason"].startswith(
            f"the target won 0, tied 0, lost {cells['lost']['lost']} of {cells['lost']['lost']} "
            f"battles: {cells['lost']['taught']:.3g} of"
        )
        covered = (await told(run, "coverage"))["skills"][0]["leaves"]
        wanted, written = ({c["leaf"]: c[name] for c in covered} for name in ("wanted", "written"))
        assert all(abs(wanted[leaf] - written[leaf]) <= 6 for leaf in wanted), (wanted, written)
        assert sum(wanted.values()) == pytest.approx(sum(written.values()), abs=1)
        differing = await told(run, "diff")
        assert change["reason"] in str(differing["changes"])

        # A leaf is pinned, another taken back with all the rest: at the round that comes next.
        wrong = await policy(run, "pin", "reading/lots")
        assert wrong.status == 2 and "near: reading/lost" in wrong.err
        said = await policy(run, "pin", "reading/won", "--weight", 2.5)
        assert "pin weight of reading/won at 2.5: at the next round" in said.out
        assert (await told(run, "show"))["waiting"] == ["pin weight of reading/won at 2.5"]
        result = await resume_async(str(run), overrides=("rounds=2",))
        second = await asked(run, 2)
        assert second["won"] > first["won"] and second["won"] >= second["lost"] > second["even_one"]
        shown = await told(run, "show")
        won = next(row for row in shown["leaves"] if row["leaf"] == "won")
        assert (won["weight"], won["pinned"], shown["waiting"]) == (2.5, ["weight"], [])
        reasons = [c["reason"] for c in result.policy_changes]
        assert any("pinned by the user; weight" in reason for reason in reasons)

        await told(run, "rollback", "--to", 1)
        await resume_async(str(run), overrides=("rounds=3",))
        third = await asked(run, 3)
        assert max(third.values()) - min(third.values()) <= 4
        page = (await policy(run, "show")).out
        assert "reading" in page and "weight pinned" not in page
        words = (await policy(run, "diff", 1)).out
        assert words.startswith("policy version 1 → ") and "taken back by the user" in words

        paid = mock.counters.paid.total()
        assert (await replay_async(str(run))).identical
        assert mock.counters.paid.total() == paid


@pytest.mark.slow
async def test_an_order_survives_a_kill_at_the_plan_that_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with MockServer() as mock:
        config = load_config(write_loop(tmp_path, mock.url))
        await launch_async(config, runs_dir=tmp_path, run_id="a-1")
        run = tmp_path / "a-1"
        await told(run, "pin", "reading/won", "--weight", 3)
        rewrite, written = Store.rewrite, list[str]()

        async def dying(self: Store, kind: Any, round: int, records: Any) -> None:
            await rewrite(self, kind, round, records)
            written.append(kind.name)
            if kind.name == "policy" and written.count("policy") == 1:
                raise KeyError("killed")

        monkeypatch.setattr(Store, "rewrite", dying)
        with pytest.raises(KeyError, match="killed"):
            await resume_async(str(run), overrides=("rounds=2",))
        # Another one, given meanwhile, is carried out with it.
        await told(run, "pin", "reading/lost", "--weight", 0.5)
        await resume_async(str(run), overrides=("rounds=2",))
        leaves = {row["leaf"]: row for row in (await told(run, "show"))["leaves"]}
        assert leaves["won"]["weight"] == 3 and leaves["lost"]["weight"] == 0.5
        assert (await replay_async(str(run))).identical


def test_what_has_no_policy_says_so(tmp_path: Path) -> None:
    Store.open(tmp_path / STORE_FILE).close()
    said = command("policy", "show", tmp_path, cwd=tmp_path)
    assert said.status == 2 and "its first round has not begun yet" in said.err
