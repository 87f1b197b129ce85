"""The gym on the command line: `make flywheel` and `make flywheel-study`.

python -m arenainstruct.runs.gym flywheel --seed 7
python -m arenainstruct.runs.gym study --seeds 5 --workers 16 --json cells/
python -m arenainstruct.runs.gym study --from cells/
"""

import argparse
import sys
from pathlib import Path

from ...agents.errors import UserError
from ..bench.calls import say
from .bout import base_of
from .flywheel import flywheel
from .model import BaseSettings
from .setting import ARMS, SELDOM, Size
from .study import Cell, read_cells, run_all, run_cell
from .table import draw_study, lines


def main() -> None:
    """Do what is asked."""
    options = _options()
    size = _size(options, options.seed)
    base = BaseSettings(seed=options.seed, steps=options.base_steps, seldom=options.seldom)
    try:
        match options.what:
            case "flywheel":
                flywheel(options.folder, size, base, options.arm, options.each, say)
            case "base":
                base_of(options.folder, base, say)
            case "cell":
                run_cell(options.folder, Cell(options.arm, size), base, options.each)
            case _:
                sys.exit(_study(options))
    except (UserError, RuntimeError) as error:
        sys.exit(f"error: {error}")


def _size(options: argparse.Namespace, seed: int) -> Size:
    return Size(
        seed=seed,
        instructions=options.instructions,
        rows=options.rows,
        updates=options.updates,
        rounds=options.rounds,
        held_out=options.held_out,
        rate=options.rate,
        seldom=options.seldom,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["flywheel", "study", "base", "cell"])
    parser.add_argument("--folder", type=Path, default=None, help="where everything is to stand")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--instructions", type=int, default=Size.instructions, help="a round")
    parser.add_argument(
        "--rows", type=int, default=Size.rows, help="training rows a round, at most"
    )
    parser.add_argument("--updates", type=int, default=Size.updates, help="of SFT, a round")
    parser.add_argument("--rate", type=float, default=Size.rate, help="of SFT")
    parser.add_argument("--rounds", type=int, default=Size.rounds)
    parser.add_argument(
        "--held-out", type=int, default=Size.held_out, help="instructions that evaluate"
    )
    parser.add_argument(
        "--each", type=int, default=10, help="test tasks of each leaf at each level"
    )
    parser.add_argument("--base-steps", type=int, default=BaseSettings.steps)
    parser.add_argument(
        "--seldom", type=float, default=SELDOM, help="how often six leaves are asked, beside 1"
    )
    parser.add_argument("--arm", choices=list(ARMS), default="both")
    parser.add_argument("--arms", default=",".join(ARMS), help="of the study")
    parser.add_argument("--seeds", type=int, default=5, help="of the study: 1, 2, …")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument("--json", type=Path, dest="folder", help="the study's folder of outcomes")
    parser.add_argument(
        "--from", type=Path, dest="cells", help="only make the table of these outcomes"
    )
    parser.add_argument("--docs", type=Path, help="write the study's table and picture here")
    options = parser.parse_args()
    options.folder = options.folder or Path("runs") / f"gym-{options.what}-{options.seed}"
    return options


def _study(options: argparse.Namespace) -> int:
    """Run what is missing of the study, unless only its table is wanted, and write that."""
    failed = 0 if options.cells else _run(options)
    cells = read_cells(options.cells or options.folder)
    if not cells:
        sys.exit(f"error: {options.cells or options.folder} holds no outcome of a study")
    text = "\n".join(lines(cells))
    say(text)
    if options.docs:
        options.docs.mkdir(parents=True, exist_ok=True)
        (options.docs / "flywheel-study.md").write_text(text + "\n", encoding="utf-8")
        draw_study(cells, options.docs / "flywheel-study.svg")
    return 1 if failed else 0


def _run(options: argparse.Namespace) -> int:
    arms = options.arms.split(",")
    if unknown := [arm for arm in arms if arm not in ARMS]:
        sys.exit(f"error: --arms: no arm {', '.join(unknown)}; arms: {', '.join(ARMS)}")
    common = []
    for name in (
        *("instructions", "rows", "updates", "rounds", "held_out", "rate", "seldom"),
        *("each", "base_steps"),
    ):
        common += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    common += ["--folder", str(options.folder)]

    def command(job: Cell | int) -> list[str]:
        if isinstance(job, int):
            return ["base", "--seed", str(job), *common]
        return ["cell", "--seed", str(job.size.seed), "--arm", job.arm, *common]

    cells = [
        Cell(arm, _size(options, seed)) for seed in range(1, options.seeds + 1) for arm in arms
    ]
    return run_all(options.folder, cells, command, options.workers, say)


if __name__ == "__main__":
    main()
