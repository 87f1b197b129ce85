"""A small loop over one skill of four leaves: its writers on the mock server, its battles decided by rubric.

The target loses in a leaf whose rubric says LOSE, wins where it says WIN, and elsewhere every other time.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import yaml

from arenainstruct.agents.models.call import Call, Reply
from tests.stage import Line

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
LEAVES = ("lost", "won", "even_one", "even_two")
_RUBRICS = {"lost": "LOSE", "won": "WIN"}


def skill(**rubrics: str) -> dict[str, Any]:
    """Return the skill as its YAML holds it."""
    part = "reading_comprehension"
    return {
        "name": "reading",
        "title": "Reading",
        "description": "Read.",
        "seed_kinds": ["text"],
        "prompts": {p: f"{part}/{p}" for p in ("transform", "write", "suggest", "edit")},
        "transformations": [{"name": "original", "brief": "As it is.", "identity": True}],
        "leaves": [
            {
                "name": name,
                "title": name,
                "definition": f"Asks for what the passage says, in the way of {name}.",
                "answer_form": "short answer",
                "rubric": rubrics.get(name, _RUBRICS.get(name, "Both are fine.")),
            }
            for name in LEAVES
        ],
        "goals": [{"name": "harder", "brief": "Make it harder."}],
    }


def write_loop(
    folder: Path,
    url: str,
    judge: str = "judge",
    rubrics: Mapping[str, str] | None = None,
    **sections: Any,
) -> Path:
    """Write the loop's config beside its skill."""
    path = folder / "reading.yaml"
    path.write_text(yaml.safe_dump(skill(**(rubrics or {}))), encoding="utf-8")
    writer = {"provider": "openai", "model": "strong-1", "base_url": url, "concurrency": 8}
    played = {"provider": "scripted", "script": f"{__name__}:answer"}
    data = {
        "seeds": str(DEMO),
        "skills": [str(path)],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 6, "per_leaf": 3, "refinements": 0},
        "models": {
            "writer": writer,
            **{name: {**played, "model": name} for name in ("teacher", "small")},
            "juror": {"provider": "scripted", "model": "j", "script": f"{__name__}:{judge}"},
        },
        "cast": {
            "default": "writer",
            "target": "small",
            "contenders": ["teacher"],
            "jury": ["juror"],
        },
        "curation": {"model_gate": False},
        "arena": {"battles_per_instruction": 1},
    }
    config = folder / "loop.yaml"
    config.write_text(json.dumps(data | sections), encoding="utf-8")
    return config


async def judge_lost(call: Call) -> Reply:
    """Decide against the target in proposed leaves."""
    return await judge(call, "LOSE")


async def judge_won(call: Call) -> Reply:
    """Decide for the target in proposed leaves."""
    return await judge(call, "WIN")


_REASONS = (
    "Measured quantities lack units; units were demanded, quantities without units mislead readers badly.",
    "Chronology is reversed: earlier events come after later events, causes follow their own effects.",
)


async def answer(call: Call) -> Reply:
    """Answer as a contender who names itself."""
    return Reply(text=f"It was said by {call.alias}.", model=f"scripted/{call.alias}")


async def judge(call: Call, proposed: str = "") -> Reply:
    """Decide by the rubric alone, or by the task where the rubric is for both.

    `proposed` is put into the rubrics that the embedded taxonomist writes.
    """
    line = Line(call)
    rubric, task = line.tag("rubric"), line.tag("instruction")
    rubric += proposed if "about nothing else wrong" in rubric else ""
    even = crc32(task.encode()) % 2 == 0
    better = "teacher" if "LOSE" in rubric or (even and "WIN" not in rubric) else "small"
    first, second = (9.0 if better in line.tag(side) else 5.0 for side in ("first", "second"))
    said = {
        "own_answer": "",
        "reason": _REASONS[even],
        "score_first": first,
        "score_second": second,
    }
    return Reply(text=orjson.dumps(said).decode(), model="scripted/j")
