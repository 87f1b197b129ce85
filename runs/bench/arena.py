"""The arena's bench: a million battles rated by `leaderboard` and by the reference method.

    make bench-arena      or      python -m arenainstruct.runs.bench.arena --battles 1000000 --full

Both rate the same Parquet file, in processes of their own, one after the other on one machine: read
it, fit, and make 100 bootstraps. The reference is the method that Arena-Hard and Auto-Arena document:
scikit-learn's LogisticRegression without penalty on rows of +-1 by model, each battle twice, a tie as
one win each way, and each bootstrap a resample of the battles. It is slow, so a few of its bootstraps
are measured and the rest extrapolated, unless --full is given. Imports are not counted on either side.
Where the machine is shared, trust the CPU seconds: the clock also counts the waiting.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .calls import say, spawned, used

MODELS, QUESTIONS, ROUNDS = 50, 10_000, 100
MEASURED = 3
"""Bootstraps of the reference that are run unless --full is given."""
ELO = 400.0 / np.log(10.0)


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--battles", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="that the battles share")
    parser.add_argument("--full", action="store_true", help="run all bootstraps of the reference")
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, default=Path(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        found = CHILDREN[options.child](options.file, ROUNDS if options.full else MEASURED)
        say(json.dumps({**found, "peak_mb": used()["peak_mb"]}))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "battles.parquet"
        write_battles(file, options.battles, options.questions)
        shared = f"{options.questions:,} questions"
        say(f"{options.battles:,} battles of {MODELS} models on {shared}")
        rows = {name: repeated(name, file, options.full) for name in CHILDREN}
    report(rows)


def write_battles(path: Path, battles: int, questions: int) -> None:
    """Write battles of models whose true strengths lie 600 Elo points apart, one in ten a tie."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    truth = np.linspace(-300, 300, MODELS) / ELO
    a = rng.integers(0, MODELS, battles)
    b = (a + rng.integers(1, MODELS, battles)) % MODELS
    won = rng.random(battles) < 1.0 / (1.0 + np.exp(truth[b] - truth[a]))
    kind = np.where(rng.random(battles) < 0.1, 2, np.where(won, 0, 1))
    names = pa.array([f"model-{number:02d}" for number in range(MODELS)])
    sides = pa.array(["model_a", "model_b", "tie"])
    ids = pa.array([f"question-{number}" for number in range(questions)])
    question = ids.take(pa.array(rng.integers(0, questions, battles)))
    columns = {
        "question_id": question,
        "model_a": names.take(pa.array(a)),
        "model_b": names.take(pa.array(b)),
        "winner": sides.take(pa.array(kind)),
    }
    pq.write_table(pa.table(columns), path)


def repeated(name: str, file: Path, full: bool) -> dict[str, Any]:
    """Run one side as often as it is to run; return its median run."""
    options = ["--file", file, *(["--full"] if full else [])]
    runs = [spawned("arena", name, *options) for _ in range(REPEATS[name])]
    return sorted(runs, key=total)[len(runs) // 2]


def total(row: dict[str, Any]) -> float:
    """Return the seconds of one run."""
    return float(row["read_s"] + row["fit_s"] + row["bootstraps_s"])


def now() -> tuple[float, float]:
    """Return the clock and this process's CPU seconds."""
    return time.perf_counter(), time.process_time()


def spent(marks: list[tuple[float, float]], rounds: int) -> dict[str, Any]:
    """Return the seconds of each step; bootstraps are told for all ROUNDS of them."""
    more = ROUNDS / rounds
    wall, cpu = zip(*marks, strict=True)
    return {
        "read_s": wall[1] - wall[0],
        "fit_s": wall[2] - wall[1],
        "bootstraps_s": (wall[3] - wall[2]) * more,
        "cpu_s": cpu[2] - cpu[0] + (cpu[3] - cpu[2]) * more,
        "measured": rounds,
    }


def ours(file: Path, _: int) -> dict[str, Any]:
    """Rate with what the command `leaderboard` calls."""
    import pyarrow.parquet  # noqa: F401

    from ...tools.ratings.fit import rate
    from ...tools.ratings.intervals import bootstrap
    from ..leaderboard.reading import load

    marks = [now()]
    table = load([str(file)]).battles.table
    marks.append(now())
    fit = rate(table)
    marks.append(now())
    bootstrap(table, fit, rounds=ROUNDS)
    marks.append(now())
    return {
        **spent(marks, ROUNDS),
        "ratings": dict(zip(fit.models, fit.ratings.tolist(), strict=True)),
    }


def reference(file: Path, rounds: int) -> dict[str, Any]:
    """Rate by logistic regression on duplicated rows; every bootstrap is a whole fit."""
    import pyarrow.parquet as pq
    import sklearn.linear_model  # noqa: F401

    marks = [now()]
    columns = [pq.read_table(file)[n].to_pylist() for n in ("model_a", "model_b", "winner")]
    models = sorted({*columns[0], *columns[1]})
    number = {model: at for at, model in enumerate(models)}
    a, b = (np.array([number[model] for model in column]) for column in columns[:2])
    score = np.array([{"model_a": 1.0, "tie": 0.5, "model_b": 0.0}[w] for w in columns[2]])
    del columns
    marks.append(now())
    ratings = logistic(a, b, score, len(models))
    marks.append(now())
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        drawn = rng.integers(0, len(a), len(a))
        logistic(a[drawn], b[drawn], score[drawn], len(models))
    marks.append(now())
    return {**spent(marks, rounds), "ratings": dict(zip(models, ratings.tolist(), strict=True))}


def logistic(a: Any, b: Any, score: Any, models: int) -> Any:
    """Return Elo ratings, mean 1000."""
    from sklearn.linear_model import LogisticRegression

    count = len(a)
    design = np.zeros((2 * count, models))
    rows = np.arange(count)
    design[rows, a], design[rows, b] = np.log(10.0), -np.log(10.0)
    design[count:] = design[:count]
    # Twice each battle, so that a tie is one win each way.
    won = np.concatenate([score == 1.0, score >= 0.5])
    model = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-6, max_iter=1000)
    strengths = 400.0 * model.fit(design, won).coef_[0]
    return 1000.0 + strengths - strengths.mean()


CHILDREN = {"leaderboard": ours, "reference": reference}
REPEATS = {"leaderboard": 3, "reference": 1}
"""The median is reported; the reference takes minutes, so it runs once."""


def report(rows: dict[str, dict[str, Any]]) -> None:
    """Print seconds, ratio, memory, and how far the ratings of both lie apart."""
    say(
        f"{'':<14}{'read s':>8}{'fit s':>8}{'100 bootstraps s':>18}{'all s':>9}{'CPU s':>9}{'peak MB':>9}"
    )
    for name, row in rows.items():
        say(
            f"{name:<14}{row['read_s']:>8.2f}{row['fit_s']:>8.2f}{row['bootstraps_s']:>18.2f}"
            f"{total(row):>9.2f}{row['cpu_s']:>9.2f}{row['peak_mb']:>9.0f}"
        )
    ratio = total(rows["reference"]) / total(rows["leaderboard"])
    cpu = rows["reference"]["cpu_s"] / rows["leaderboard"]["cpu_s"]
    one, other = (rows[name]["ratings"] for name in CHILDREN)
    apart = max(abs(one[model] - other[model]) for model in one)
    say(f"leaderboard is {ratio:.0f} times as fast (its median run), {cpu:.0f} times by CPU time")
    say(f"largest difference of a rating: {apart:.3f} Elo points")
    if (measured := rows["reference"]["measured"]) < ROUNDS:
        say(f"reference: {measured} bootstraps measured, 100 extrapolated; --full runs them all")


if __name__ == "__main__":
    main()
