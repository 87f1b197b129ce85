"""A bout: one run of the gym from its base to what it came to, taken up again where it stopped."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...graphs import kinds
from ...taxonomy.loading import load_skill
from ..config.config import RunConfig
from ..folder import RunFolder
from ..opening import stored
from ..result import RunResult
from ..run import launch, resume
from ..store import Store
from ..trace import Listen
from .measure import measured, test_set
from .model import BaseSettings, make_base
from .setting import ARMS, PACK, Size, config, write_documents, write_pack

RUN = "gym-run"


def base_of(folder: Path, settings: BaseSettings, told: Callable[[str], object]) -> Path:
    """Return the base of a seed, made where it is not there yet."""
    pack = write_pack(folder / PACK.name, settings.seldom)
    return make_base(folder / f"base-{settings.seed}", load_skill(str(pack)), settings, told)


def bout(
    folder: Path,
    base: Path,
    size: Size,
    arm: str,
    *,
    each: int = 10,
    on_event: Listen | None = None,
) -> dict[str, Any]:
    """Run in a folder and return the story with its tests: of the base, and of the target after each round.

    Raises:
        RuntimeError: the run stopped; it goes on when it is called again.
    """
    result = _run(folder, base, size, arm, on_event)
    if not result.completed:
        raise RuntimeError(f"{folder}: {result.status}: {result.reason}")
    told = asyncio.run(story(folder / RUN))
    return {"arm": arm, **asdict(size), **told, **_tests(told, base, each)}


def _run(folder: Path, base: Path, size: Size, arm: str, on_event: Listen | None) -> RunResult:
    if (folder / RUN).is_dir() and RunFolder(folder / RUN).has_store:
        return resume(RUN, runs_dir=folder, on_event=on_event)
    documents = write_documents(folder / "documents.jsonl", size)
    made: RunConfig = config(documents, base, size, ARMS[arm])
    return launch(made, runs_dir=folder, run_id=RUN, on_event=on_event)


def _tests(told: dict[str, Any], base: Path, each: int) -> dict[str, Any]:
    """Return what the test says of the targets in force, the base first, and of the candidates."""
    tests = test_set(each)
    weights = {"target@base": dict(measured(base, tests).cells)}
    for one in told["rounds"]:
        if one["candidate"]:
            weights[one["candidate"]] = dict(measured(one["weights"], tests).cells)
    return {
        "tests": [weights["target@base"], *(weights[one["target"]] for one in told["rounds"])],
        "candidates": [weights[one["candidate"]] for one in told["rounds"] if one["candidate"]],
    }


async def story(folder: Path) -> dict[str, Any]:
    """Return what a run came to: its rounds, with gate, ratings, win rates and the policy that each had."""
    with stored(RunFolder(folder).store()) as store:
        rounds: dict[int, dict[str, Any]] = defaultdict(dict)
        async for gate in store.stream(kinds.GATE):
            rounds[gate.round]["gate"] = {"word": gate.word, "reason": gate.reason}
            rounds[gate.round]["target"] = gate.target
        async for trained in store.stream(kinds.TRAINED):
            rounds[trained.round]["trained"] = trained.reason
            rounds[trained.round]["candidate"] = trained.contender
            rounds[trained.round]["weights"] = trained.model.get("model", "")
            rounds[trained.round]["sft"] = trained.sft
            rounds[trained.round]["preference"] = trained.preference
        async for rating in store.stream(kinds.RATING):
            if rating.purpose == "evaluation":
                rounds[rating.round]["ratings"] = [m.model_dump() for m in rating.models]
        for number in sorted(rounds):
            rounds[number]["won"] = await _won(store, number)
        policies = [
            {
                "round": version.round,
                "weights": {k: v.weight for k, v in version.policy.leaves.items()},
                "levels": {k: v.level for k, v in version.policy.leaves.items()},
                "changes": [change.model_dump() for change in version.changes],
            }
            async for version in store.stream(kinds.POLICY)
        ]
    return {
        "rounds": [{"round": number, **rounds[number]} for number in sorted(rounds)],
        "policies": sorted(policies, key=lambda version: version["round"]),
    }


async def _won(store: Store, number: int) -> dict[str, list[int]]:
    """Return won and asked by `leaf/level`: an instruction is won where the target lost no battle."""
    asked = {i.id: i async for i in store.stream(kinds.INSTRUCTION, number)}
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    async for decision in store.stream(kinds.DECISION, number):
        instruction = asked.get(decision.instruction_id)
        if instruction is None or decision.outcome in ("broken", "held_out"):
            continue
        cell = found[f"{instruction.leaf}/{instruction.complexity}"]
        cell[0] += decision.lost == 0
        cell[1] += 1
    return dict(sorted(found.items()))
