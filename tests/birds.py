"""A folder for `arenainstruct arena` in which everything is recorded: prompts, answers and verdicts."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner, Result

from arenainstruct.runs.cli import app
from tests.boards import Row, write


def verdicts(
    birds: Sequence[str], questions: int, *, seed: int, luck: float, place: float = 0.0
) -> list[Row]:
    """Judge each pair in both orders: the earlier bird is the better one, mostly.

    Args:
        birds: The best first.
        questions: Named `q0`, `q1`, …
        seed: Another one, other verdicts.
        luck: How far a verdict strays; neighbours are 1 apart.
        place: What it is worth to be shown first; where it is worth something, close ones tie.
    """
    rng, found = random.Random(seed), []
    for number in range(questions):
        for a in birds:
            for b in birds:
                if a != b:
                    lead = birds.index(b) - birds.index(a) + rng.gauss(place, luck)
                    winner = "model_a" if lead > place else "model_b" if lead < -place else "tie"
                    row = {"question_id": f"q{number}", "model_a": a, "model_b": b}
                    found.append(row | {"winner": winner})
    return found


class Birds:
    """What is recorded may be changed before it is played; the elk judges."""

    def __init__(self, folder: Path, names: Sequence[str], questions: int) -> None:
        self.folder, self.names = folder, names
        ids = [f"q{n}" for n in range(questions)]
        self.asked: list[Row] = [{"question_id": id, "instruction": f"Tell {id}."} for id in ids]
        self.answers: list[Row] = [
            {"question_id": id, "model": bird, "output": f"{bird} on {id}"}
            for id in ids
            for bird in names
        ]
        self.verdicts = verdicts(names, questions, seed=3, luck=0.8)

    def command(self, *more: str) -> list[str]:
        """Write everything down and return what to type."""
        files = dict.fromkeys(self.names, write(self.folder, "answers.jsonl", self.answers))
        files["elk"] = write(self.folder, "verdicts.jsonl", self.verdicts)
        models = {m: {"provider": "recorded", "model": m, "file": f} for m, f in files.items()}
        config = self.folder / "birds.yaml"
        config.write_text(yaml.safe_dump({"models": models, "arena": {"verdict": "choice"}}))
        prompts = write(self.folder, "prompts.jsonl", self.asked)
        named = ("--contenders", ",".join(self.names), "--jury", "elk")
        return ["arena", prompts, str(config), *named, "--runs-dir", f"{self.folder}/runs", *more]

    def play(self, *more: str) -> Result:
        return CliRunner().invoke(app, self.command(*more), catch_exceptions=False)

    def told(self, *more: str) -> tuple[int, Any]:
        done = self.play(*more, "--json")
        return done.exit_code, json.loads(done.stdout.splitlines()[-1])
