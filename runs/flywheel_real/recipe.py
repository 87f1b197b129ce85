"""What a study runs: its sizes, and the config of its run."""

from dataclasses import asdict, dataclass
from math import gcd
from pathlib import Path
from typing import Any

from ..config.load import MOST_IN_FLIGHT


@dataclass(frozen=True)
class Sizes:
    """How large a study is: all that decides how long it takes."""

    rounds: int = 2
    skills: str = "instruction_following,reading_comprehension"
    seeds: int = 40
    """Documents, or parts of long ones."""
    max_chars: int = 1800
    """Characters of a part of a document: so that most rows fit `training.max_length`."""
    instructions: int = 8
    """Tasks of each document and skill before each is made harder once."""
    samples: int = 2
    """Answers of the target to each task."""
    tokens: int = 320
    """Longest answer in the arena."""
    held_out: int = 120
    """Instructions of the held-out arena."""
    ifeval: int = 541
    gsm8k: int = 200
    """Prompts of the benchmarks."""
    benchmark_tokens: int = 640
    batch: int = 512
    """Answers written at a time."""
    sft_rate: float = 1e-4
    sft_epochs: float = 2.0
    dpo_rate: float = 2e-6
    training_batch: int = 16
    at_once: int = 16
    """Rows of it in memory at a time."""
    lora: int = 0
    """Rank of adapters; 0 trains all weights."""
    dtype: str = "auto"
    """Numbers that are computed in, as in the models' settings."""

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def usual(device: str) -> Sizes:
    """Return the sizes for a device: minutes on a GPU, two to three hours on two cores."""
    if device != "cpu":
        return Sizes()
    return Sizes(
        skills="instruction_following",
        seeds=36,
        instructions=6,
        tokens=256,
        held_out=60,
        gsm8k=100,
        benchmark_tokens=400,
        batch=32,
        sft_rate=5e-4,
        sft_epochs=3,
        dpo_rate=2e-5,
        training_batch=8,
        at_once=2,
        lora=16,
    )


def served(folder: Path, version: str, sizes: Sizes, **more: Any) -> dict[str, Any]:
    """Return how a folder's weights are served in this process."""
    model: dict[str, Any] = {"provider": "transformers", "model": str(folder), "version": version}
    model["dtype"] = sizes.dtype
    # Prompts of one length are written together: the more wait, the fuller is every pass.
    return {**model, "batch": sizes.batch, "concurrency": MOST_IN_FLIGHT, **more}


def at_once(sizes: Sizes) -> int:
    """Return how many rows of a training's batch are in memory at a time."""
    return gcd(sizes.at_once, sizes.training_batch)


def run_config(base: Path, seeds: Path, sizes: Sizes, seed: int) -> dict[str, Any]:
    """Return the config of the run: the target, its mended twin, embedded authors and jurors."""
    warm = served(base, "base", sizes, temperature=0.8, max_tokens=sizes.tokens)
    juror = {"provider": "offline", "model": "judge", "noise": 0.4}
    batch = {"batch": sizes.training_batch, "at_once": at_once(sizes)}
    training: dict[str, Any] = {
        "backend": "trl",
        "steps": ["sft", "dpo"],
        "max_length": 768,
        "dtype": sizes.dtype,
        "sft": {"learning_rate": sizes.sft_rate, "epochs": sizes.sft_epochs, **batch},
        "dpo": {"learning_rate": sizes.dpo_rate, **batch},
    }
    if sizes.lora:
        training["lora"] = {"rank": sizes.lora, "alpha": 2 * sizes.lora}
    return {
        "seeds": {"path": str(seeds), "max_chars": sizes.max_chars},
        "skills": sizes.skills.split(","),
        "rounds": 1,
        "per_seed": {
            "passages": 1,
            "instructions": sizes.instructions,
            "per_leaf": 2,
            "refinements": 1,
            "directions": 1,
        },
        "models": {
            "author": {"provider": "offline", "model": "strong"},
            "target": warm,
            # Form that a sample seldom hits by itself: the same words, brought into it by a program.
            "mended": {
                "provider": "mended",
                "family": "mended",
                "concurrency": warm["concurrency"],
                "of": warm,
            },
            # Most battles are a checker's to decide.
            "juror": {**juror, "salt": 1},
            "evaluator": {**juror, "salt": 2},
        },
        "cast": {
            "default": "author",
            "target": "target",
            "target_samples": sizes.samples,
            "contenders": ["mended"],
            "jury": ["juror"],
            "evaluation_jury": ["evaluator"],
        },
        "arena": {"battles_per_instruction": sizes.samples},
        "evaluation": {"held_out": 0.15, "instructions": sizes.held_out},
        "training": training,
        "seed": seed,
        "execution": {"in_flight": MOST_IN_FLIGHT},
    }
