"""The study's table and picture: what each arm came to, and differences paired over seeds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from .curves import pyplot
from .measure import Score
from .setting import ARMS

_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
"""97.5 % points of Student's t, for 1 to 10 degrees of freedom."""
PAIRS = (
    ("lost", "random"),
    ("diversity", "lost"),
    ("complexity", "lost"),
    ("both", "lost"),
    ("both", "diversity"),
    ("both", "random"),
    ("both-dpo", "both"),
    ("both-dpo-ppo", "both"),
)
Cells = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """Return the interval of some seeds' values by Student's t; of one seed there is none."""
        if len(values) < 2:
            return cls(values[0], nan, nan)
        reach = _T[min(len(values) - 2, len(_T) - 1)] * stdev(values) / sqrt(len(values))
        return cls(mean(values), mean(values) - reach, mean(values) + reach)

    def told(self, scale: float = 1.0, digits: int = 3, *, signed: bool = False) -> str:
        """Return it in words."""
        sign = "+" if signed else ""
        one, low, high = (f"{x * scale:{sign}.{digits}f}" for x in (self.mean, self.low, self.high))
        return one if isnan(self.low) else f"{one} ({low} to {high})"


def accuracies(cell: dict[str, Any]) -> list[float]:
    """Return the share of the test that is right: of the base, and of the target after each round."""
    return [Score(found).mean() for found in cell["tests"]]


def trained(cell: dict[str, Any]) -> list[float]:
    """Return the share of the test that is right: of the base, and of each round's candidate."""
    return [Score(found).mean() for found in (cell["tests"][0], *cell["candidates"])]


def rating(cell: dict[str, Any], number: int) -> float:
    """Return the target's rating on the held-out arena after a round; 0 is before the first."""
    one = cell["rounds"][max(0, number - 1)]
    name = one["target"] if number else "target@base"
    by_name: dict[str, float] = {m["model"]: m["rating"] for m in one["ratings"]}
    return by_name[name]


def gain(cell: dict[str, Any]) -> float:
    """Return by how much the rating rose, over all rounds, both read off the last round's table."""
    last = cell["rounds"][-1]
    by_name = {m["model"]: m["rating"] for m in last["ratings"]}
    return float(by_name[last["target"]] - by_name["target@base"])


def lines(cells: Cells) -> Iterator[str]:
    """Yield the tables in Markdown."""
    by_arm = {arm: [c for c in cells if c["arm"] == arm] for arm in ARMS}
    by_arm = {arm: found for arm, found in by_arm.items() if found}
    rounds = len(cells[0]["tests"]) - 1
    yield f"| arm | seeds | base | {' | '.join(f'round {n + 1}' for n in range(rounds))} | rating gained |"
    yield "|---" * (rounds + 4) + "|"
    for arm, found in by_arm.items():
        curve = [mean(column) for column in zip(*map(accuracies, found), strict=True)]
        gained = Interval.of([gain(c) for c in found]).told(1, 0, signed=True)
        shares = " | ".join(f"{share:.3f}" for share in curve)
        yield f"| {arm} | {len(found)} | {shares} | {gained} |"
    yield ""
    yield "What each round trained, whatever the gate said of it:"
    yield ""
    heads = " | ".join(f"candidate {n + 1}" for n in range(rounds))
    yield f"| arm | base | {heads} | promoted, held, rolled back |"
    yield "|---" * (rounds + 3) + "|"
    for arm, found in by_arm.items():
        curve = [mean(column) for column in zip(*map(trained, found), strict=False)]
        curve += [nan] * (rounds + 1 - len(curve))
        words = Counter(r["gate"]["word"] for c in found for r in c["rounds"] if r["gate"])
        gates = ", ".join(str(words[word]) for word in ("promoted", "held", "rolled_back"))
        yield f"| {arm} | {' | '.join(f'{share:.3f}' for share in curve)} | {gates} |"
    yield ""
    yield (
        "| difference after the last round | seeds | right on the test, points | last candidate, points "
        "| rating |"
    )
    yield "|---|---|---|---|---|"
    for one, two in PAIRS:
        both = sorted(
            {c["seed"] for c in by_arm.get(one, [])} & {c["seed"] for c in by_arm.get(two, [])}
        )
        if not both:
            continue
        a, b = ({c["seed"]: c for c in by_arm[arm]} for arm in (one, two))
        test = Interval.of([accuracies(a[s])[-1] - accuracies(b[s])[-1] for s in both])
        last = Interval.of([trained(a[s])[-1] - trained(b[s])[-1] for s in both])
        elo = Interval.of([gain(a[s]) - gain(b[s]) for s in both])
        yield (
            f"| {one} − {two} | {len(both)} | {test.told(100, 1, signed=True)} | "
            f"{last.told(100, 1, signed=True)} | {elo.told(1, 0, signed=True)} |"
        )


def draw_study(cells: Cells, path: Path) -> None:
    """Draw the arms' curves: each seed thin, the mean thick."""
    plot = pyplot()
    figure, axes = plot.subplots(figsize=(7, 4.5))
    for number, arm in enumerate(arm for arm in ARMS if any(c["arm"] == arm for c in cells)):
        curves = [accuracies(c) for c in cells if c["arm"] == arm]
        for curve in curves:
            axes.plot(range(len(curve)), curve, color=f"C{number}", lw=0.6, alpha=0.35)
        middle = [mean(column) for column in zip(*curves, strict=True)]
        axes.plot(range(len(middle)), middle, color=f"C{number}", lw=2, marker="o", label=arm)
    axes.set_xlabel("round")
    axes.set_ylabel("right on the test")
    axes.set_xticks(range(len(cells[0]["tests"])))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend()
    figure.tight_layout()
    with plot.rc_context({"svg.hashsalt": "study"}):
        figure.savefig(path, metadata={"Date": None})
    plot.close(figure)
