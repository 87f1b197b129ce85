"""What happened in a run of the gym, round by round, as its records tell it: plain data for JSON."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from ...graphs import kinds
from ..folder import RunFolder
from ..opening import stored
from ..store import Store


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
                "levels": {k: v.complexity for k, v in version.policy.leaves.items()},
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
