"""A small loop of two rounds, all its models behind one mock server."""

import json
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
MODELS = ("strong-1", "medium-1", "weak-1", "judge-1", "judge-2", "judge-3")


def write_config(
    folder: Path, url: str, each: dict[str, Any] | None = None, **sections: Any
) -> Path:
    """Write the loop's config; `each` holds further fields of every model, the rest are sections."""

    def model(name: str) -> dict[str, Any]:
        own = {"provider": "openai", "model": name, "base_url": url, "concurrency": 4}
        return own | (each or {})

    data = {
        "seeds": str(DEMO),
        "skills": ["reading_comprehension"],
        "rounds": 2,
        "per_seed": {"passages": 1, "instructions": 2, "refinements": 1, "directions": 1},
        "models": {name: model(name) for name in MODELS},
        "cast": {
            "default": "strong-1",
            "target": "weak-1",
            "contenders": ["strong-1", "medium-1"],
            "jury": ["judge-1", "judge-2"],
            "evaluation_jury": ["judge-3"],
        },
        "arena": {"battles_per_instruction": 2},
        "execution": {"in_flight": 8, "patience_s": 3},
    }
    path = folder / f"config-{len(list(folder.glob('config-*')))}.yaml"
    path.write_text(json.dumps(data | sections), encoding="utf-8")  # JSON is YAML
    return path
