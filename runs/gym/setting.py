"""What a run of the gym is made of: its documents, its config and its arms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ..config.config import RunConfig, load_config
from . import tasks

PACK = Path(__file__).parent / "gym.yaml"
SELDOM = 0.03
"""The weight of six leaves in the pack's natural stream; the six others have 1."""
_SOLVER = "arenainstruct.runs.gym.contenders:Solver"
_PER_SEED = 8
_NUMBERS = ("find", "count", "larger", "add")

_DPO: dict[str, Any] = {"training": {"steps": ["sft", "dpo"]}}
_PPO: dict[str, Any] = {"training": {"steps": ["sft", "dpo", "ppo"]}}
ARMS: dict[str, dict[str, Any]] = {
    "random": {
        "selection": {"rule": "random"},
        "feedback": {"diversity": "off", "complexity": "off"},
    },
    "lost": {"feedback": {"diversity": "off", "complexity": "off"}},
    "diversity": {"feedback": {"complexity": "off"}},
    "complexity": {"feedback": {"diversity": "off"}},
    "both": {},
    "both-dpo": _DPO,
    "both-dpo-ppo": _PPO,
}
"""What each arm of the study changes of the gym's config."""


@dataclass(frozen=True)
class Size:
    """How much a run does."""

    seed: int = 7
    instructions: int = 4000
    """Asked for in each round."""
    rows: int = 2400
    """SFT rows, and preference rows, that a round may give."""
    updates: int = 400
    """Of SFT in each round, whatever an arm found to learn from: the same budget for all."""
    rounds: int = 3
    held_out: int = 300
    """Held-out instructions: of all leaves and levels alike."""
    rate: float = 1e-3
    """Of SFT."""
    seldom: float = SELDOM
    """How often the natural stream asks each of six leaves, beside 1 of the others."""


def write_pack(file: Path, seldom: float) -> Path:
    """Write the pack with another weight of its six seldom leaves, and return where it stands."""
    text = PACK.read_text(encoding="utf-8")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace(f"weight: {SELDOM}", f"weight: {seldom}"), encoding="utf-8")
    return file


def write_documents(file: Path, size: Size) -> Path:
    """Write the documents that instructions are made of: tiny ones, the gym's own."""
    random = Random(f"documents/{size.seed}")
    lines = [json.dumps({"text": tasks.document(random)}) for _ in range(_count(size))]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _count(size: Size) -> int:
    return -(-(size.instructions + size.held_out) // _PER_SEED)


def config(
    documents: Path, base: Path, size: Size, changes: Mapping[str, Mapping[str, Any]]
) -> RunConfig:
    """Return the config of a run of the gym; `changes` are further fields, by section."""
    words = {"strength": {"other": 0.93, **dict.fromkeys(_NUMBERS, 0.6)}, "salt": 1}
    numbers = {"strength": {"other": 0.6, **dict.fromkeys(_NUMBERS, 0.93)}, "salt": 2}
    novice = {"strength": {"other": 0.5}, "salt": 3}
    program = {"provider": "program", "model": _SOLVER}
    data: dict[str, Any] = {
        "seeds": {"path": str(documents), "min_chars": 50, "near_duplicate": 1.0},
        "skills": [str(write_pack(documents.with_name(PACK.name), size.seldom))],
        "rounds": size.rounds,
        "per_seed": {"passages": 1, "instructions": _PER_SEED, "per_leaf": 4},
        "models": {
            "target": {
                "provider": "transformers",
                "model": str(base),
                "version": "base",
                "family": "target",
                "batch": 128,
                "max_tokens": 12,
            },
            "words": {**program, "arguments": words, "family": "words"},
            "numbers": {**program, "arguments": numbers, "family": "numbers"},
            "novice": {**program, "arguments": novice, "family": "novice"},
            # Never asked: a checker decides every battle.
            "juror": {"provider": "offline", "model": "judge", "salt": 1},
            "evaluator": {"provider": "offline", "model": "judge", "salt": 2},
        },
        "cast": {
            "default": "words",
            "target": "target",
            "contenders": ["words", "numbers", "novice"],
            "jury": ["juror"],
            "evaluation_jury": ["evaluator"],
        },
        "curation": {"near_duplicate": 1.0, "model_gate": False},
        "arena": {"battles_per_instruction": 3, "bootstrap_rounds": 50},
        "evaluation": {
            "held_out": min(0.5, size.held_out / (size.instructions + size.held_out)),
            "instructions": size.held_out,
            "even": True,
            # An arm is compared with others: all go through all rounds.
            "stop_after": None,
        },
        "feedback": {"structure": False},
        "selection": {
            "sft_quota": {"count": size.rows},
            "preference_quota": {"count": size.rows},
            "rehearsal": 0.5,
        },
        "training": {
            "backend": "trl",
            "steps": ["sft"],
            "replay": 1.0,
            "max_length": 64,
            "save_every": 100,
            "sft": {"learning_rate": size.rate, "fixed_updates": size.updates, "batch": 64},
            "dpo": {"learning_rate": 2e-5, "fixed_updates": 40, "batch": 32},
            "ppo": {
                "learning_rate": 2e-5,
                "fixed_updates": 12,
                "batch": 128,
                "minibatch": 64,
                "max_tokens": 12,
            },
        },
        "seed": size.seed,
        "execution": {"in_flight": 256},
    }
    for section, fields in changes.items():
        data[section] = {**data.get(section, {}), **fields}
    return load_config(data)
