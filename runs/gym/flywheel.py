"""`make flywheel`: one run of the gym, told as it goes, with its curves drawn at the end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bout import RUN, base_of, bout
from .curves import draw_curves
from .measure import Score
from .model import BaseSettings
from .setting import Size

Say = Callable[[str], object]


def flywheel(folder: Path, size: Size, base: BaseSettings, arm: str, each: int, say: Say) -> Path:
    """Make the base, run the rounds, tell of them and draw them; return the picture."""
    started = time.monotonic()
    say(f"base model of seed {base.seed}: {base.steps} steps from scratch")
    made = base_of(folder, base, say)
    found = bout(folder, made, size, arm, each=each, on_event=teller(say))
    (folder / "flywheel.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    picture = folder / RUN / "curves.png"
    draw_curves(found, picture)
    draw_curves(found, picture.with_suffix(".svg"))
    for line in table(found):
        say(line)
    say(f"{(time.monotonic() - started) / 60:.1f} minutes; curves: {picture}")
    return picture


def teller(say: Say) -> Callable[[str, dict[str, Any]], None]:
    """Return what tells of a run's events: rounds, what the policy changes and why, the gate's word."""

    def tell(kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "round_started":
                say(f"\nround {data['round']} of {data['rounds']}")
            case "stage_finished":
                say(f"  {data['stage']}: {data['count']}")
            case "policy_changed" if data["levels"] or data["old"] != data["new"]:
                say(f"  policy, {data['leaf']}: {data['reason']}")
            case "training" if data["at"] in (1, data["of"]):
                say(
                    f"  {data['step']}: update {data['at']} of {data['of']}, loss {data['loss']:.3f}"
                )
            case "trained":
                say(f"  trained: {data['reason']}")
            case "rated" if data["purpose"] == "evaluation":
                names = (f"{m['model']} {m['rating']:.0f}" for m in data["models"])
                say(f"  rating on the held-out arena: {', '.join(names)}")
            case "gated":
                say(f"  gate: {data['word']}: {data['reason']}")

    return tell


def table(found: dict[str, Any]) -> list[str]:
    """Return what came of the run: the test by round."""
    lines = ["", "  round   right on the test   by level 1 to 5                     gate"]
    words = ["", *(one["gate"]["word"] for one in found["rounds"])]
    for number, (cells, word) in enumerate(zip(found["tests"], words, strict=True)):
        score = Score(cells)
        levels = " ".join(f"{score.mean(f'/{level}'):.2f}" for level in range(1, 6))
        lines.append(f"  {number:>5}   {score.mean():>17.3f}   {levels}            {word}")
    return lines
