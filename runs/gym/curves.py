"""Pictures of a run of the gym: rating, accuracy by leaf and by level, and the policy, round by round."""

from pathlib import Path
from typing import Any

from ...tools.optional import optional
from . import tasks
from .measure import Score


def draw_curves(told: dict[str, Any], path: Path) -> None:
    """Draw what a run came to; the file's ending says as what."""
    plot = pyplot()
    figure, ((ratings, leaves), (levels, weights)) = plot.subplots(2, 2, figsize=(11, 7.5))
    _ratings(ratings, told)
    scores = [Score(cells) for cells in told["tests"]]
    rounds = range(len(scores))
    leaves.set_prop_cycle(color=plot.get_cmap("tab20").colors)
    for leaf in tasks.LEAVES:
        leaves.plot(rounds, [s.mean(f"{leaf}/") for s in scores], marker="o", ms=3, label=leaf)
    leaves.set_title("Right on the test, by leaf")
    leaves.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    for level in tasks.LEVELS:
        shares = [s.mean(f"/{level}") for s in scores]
        levels.plot(rounds, shares, marker="o", ms=3, label=f"level {level}")
    levels.plot(rounds, [s.mean() for s in scores], color="black", lw=2, label="all")
    levels.set_title("Right on the test, by level")
    levels.legend(fontsize=7)
    weights.set_prop_cycle(color=plot.get_cmap("tab20").colors)
    _weights(weights, told)
    for axes in (ratings, leaves, levels, weights):
        axes.set_xlabel("round")
        axes.set_xticks(rounds)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plot.close(figure)


def _ratings(axes: Any, told: dict[str, Any]) -> None:
    # One scale for all: the last round's table holds every version that battled.
    by_name = {m["model"]: m for m in told["rounds"][-1]["ratings"]}
    names = ["target@base", *(one["target"] for one in told["rounds"])]
    found = [by_name[name] for name in names]
    low = [m["rating"] if m["low"] is None else m["low"] for m in found]
    high = [m["rating"] if m["high"] is None else m["high"] for m in found]
    axes.plot(range(len(found)), [m["rating"] for m in found], marker="o")
    axes.fill_between(range(len(found)), low, high, alpha=0.2)
    axes.set_title("Rating on the held-out arena")


def _weights(axes: Any, told: dict[str, Any]) -> None:
    last: dict[str, float] = {}
    rows: list[dict[str, float]] = []
    for version in told["policies"]:
        last = version["weights"]
        rows.append({leaf: last.get(f"gym/{leaf}", 1.0) for leaf in tasks.LEAVES})
    for leaf in tasks.LEAVES:
        total = [sum(row.values()) for row in rows]
        shares = [row[leaf] / whole for row, whole in zip(rows, total, strict=True)]
        axes.plot([v["round"] for v in told["policies"]], shares, marker="o", ms=3, label=leaf)
    axes.set_title("Share of each leaf in the policy")


def pyplot() -> Any:
    """Return matplotlib's pyplot, drawing into files."""
    optional("matplotlib", "arenainstruct[arena]").use("Agg")
    return optional("matplotlib.pyplot", "arenainstruct[arena]")
