"""SmolLM2 in the roles, on the demo documents: what became of its replies, and whether that is enough.

    make real        or        python -m arenainstruct.runs.real --minutes 5 --threads 1

A scene is `arenainstruct run` on a config, stopped as a container is when its share of the time is over.
The exit status is 1 where a goal was missed.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from ...agents.errors import UserError
from ..bench.calls import say
from ..folder import RunFolder
from .scenes import HOUR, MODEL, SCENES, Scene
from .table import Figures, figures

_DEMO = Path(__file__).parents[1] / "demo"
_LANDING_S = 300.0
"""How long a stopped run may take to let its replies land and write its dataset."""


def main() -> None:
    """Run the scenes and tell what they came to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2 * HOUR, help="for all scenes together")
    parser.add_argument("--threads", type=int, default=2, help="of the model server")
    parser.add_argument("--only", choices=[scene.name for scene in SCENES], help="one scene alone")
    parser.add_argument("--keep", type=Path, help="where the runs are to stand")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            missed = _all(folder, options)
        except UserError as error:
            sys.exit(f"error: {error}")
    sys.exit(1 if missed else 0)


def _all(folder: Path, options: argparse.Namespace) -> int:
    """Run the scenes asked for; return how many goals were missed."""
    scenes = [scene for scene in SCENES if options.only in (None, scene.name)]
    whole = sum(scene.share for scene in scenes)
    missed = 0
    for scene in scenes:
        minutes = options.minutes * scene.share / whole
        say(f"\n{scene.name}: {scene.about} ({minutes:.1f} minutes at most)")
        found = _scene(scene, folder, options.threads, minutes)
        missed += _told(scene, found, minutes)
    return missed


def _scene(scene: Scene, folder: Path, threads: int, minutes: float) -> Figures:
    """Run one scene for so long at most; return its figures."""
    file, run = folder / f"{scene.name}.yaml", f"real-{scene.name}"
    file.write_text(scene.config(threads, str(_DEMO)))
    command = [sys.executable, "-m", "arenainstruct.runs", "run", str(file)]
    command += ["--runs-dir", str(folder), "--run-id", run, "--limit", str(scene.seeds(minutes))]
    log = folder / f"{scene.name}.log"
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            process.wait(minutes * 60)
        except subprocess.TimeoutExpired:
            process.terminate()  # heard also where a shell starts this in the background
            process.wait(_LANDING_S)
    place = RunFolder(folder / run).store()
    found = asyncio.run(figures(place, f"local/{MODEL}"))
    found.status = "went to its end" if process.returncode == 0 else "was stopped"
    return found


def _told(scene: Scene, found: Figures, minutes: float) -> int:
    """Tell what a scene came to; return how many goals it missed."""
    for line in found.lines():
        say(line)
    say(f"  the run {found.status}")
    verdicts = [goal.verdict(found, minutes) for goal in scene.goals]
    for goal, verdict in zip(scene.goals, verdicts, strict=True):
        say(f"  {verdict}: {goal.says}")
    return verdicts.count("MISSED")


if __name__ == "__main__":
    main()
