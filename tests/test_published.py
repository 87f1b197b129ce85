"""The command `leaderboard` on battles recorded by others, against the figures they published."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenainstruct.tools.ratings.rankings import spearman
from tests.boards import board

BASELINE = "gpt4_1106_preview"
JUDGE = "weighted_alpaca_eval_gpt4_turbo"
INSTRUCTIONS = 805


def published(data: Path, column: str) -> dict[str, float]:
    with (data / "published" / "alpaca2_leaderboard.csv").open() as lines:
        return {row[""]: float(row[column]) / 100 for row in csv.DictReader(lines) if row[column]}


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


def test_the_tournament_of_eight(data: Path) -> None:
    found = board(str(data / "battles" / "qlora_vicuna_battles.csv.gz"), "--on-error", "drop")
    assert found["dropped"] == {"rows": 13, "by_reason": {"unknown winner": 13}}
    assert found["battles"] == 4467 and found["questions"] == 80
    shares = found["position"]
    assert (shares["first"], shares["second"]) == pytest.approx((2512 / 4467, 1355 / 4467))
    # QLoRA paper, table 1: online Elo, mean of 10,000 random orders. That comes near the maximum of
    # the likelihood for close models; the far leader is allowed more.
    told = {
        "gpt-4": 1348,
        "guanaco-65b": 1022,
        "guanaco-33b": 992,
        "vicuna-13b": 974,
        "gpt-3.5-turbo": 966,
        "guanaco-13b": 916,
        "bard": 902,
        "guanaco-7b": 879,
    }
    assert [row["model"] for row in found["models"]] == list(told)
    for row in found["models"]:
        rating, far = told[row["model"]], row["model"] == "gpt-4"
        assert row["rating"] == pytest.approx(rating, abs=20 if far else 4)
        assert row["low"] < rating < row["high"]
    assert found["triples"] == {"cyclic": 0, "decided": 56} and not found["regularised"]


@pytest.fixture(scope="module")
def alpaca() -> dict[str, Any]:
    """One call gives the boards of each judge, with 1,000 rounds and length-controlled rates."""
    battles = Path(__file__).resolve().parents[2] / "shared" / "data" / "battles"
    if not battles.is_dir():
        pytest.skip("the recorded data is not beside this checkout")
    path = str(battles / "alpaca2_battles.csv.gz")
    return board(path, "--on-error", "drop", "--by", "judge", "--rounds", "1000")["by"][JUDGE]  # type: ignore[no-any-return]


@pytest.mark.slow
def test_win_rates_and_errors_are_the_published_ones(data: Path, alpaca: dict[str, Any]) -> None:
    told, errors = published(data, "win_rate"), published(data, "standard_error")
    rows = [r for r in alpaca["models"] if r["model"] in told and r["model"] != BASELINE]
    assert len(rows) == 56 and alpaca["baseline"] == BASELINE
    for row in rows:
        assert row["win_rate"] == pytest.approx(told[row["model"]], abs=0.001), row
        spread = alpaca["win_rates"][row["model"]]
        assert spread["standard_error"] == pytest.approx(errors[row["model"]], rel=0.1), row
        assert spread["low"] < row["win_rate"] < spread["high"]


@pytest.mark.slow
def test_length_controlled_rates_are_the_published_ones(data: Path) -> None:
    battles = data / "battles"
    found = board(
        *(str(battles / "alpaca2_battles.csv.gz"), "--on-error", "drop", "--by", "judge"),
        *("--control", "length", "--difficulty", str(battles / "alpaca2_lc_inputs.csv")),
    )["by"][JUDGE]
    told = published(data, "length_controlled_winrate")
    rates = found["control"]["length_controlled"]
    # Models with rows missing were published with difficulties of the wrong instructions.
    count = {row["model"]: row["battles"] for row in found["models"]}
    whole = sorted(m for m in rates if m in told and count[m] == INSTRUCTIONS)
    ours = np.array([rates[model]["win_rate"] for model in whole])
    theirs = np.array([told[model] for model in whole])
    assert len(whole) == 50
    alike = spearman(ours, theirs) or 0
    assert alike >= 0.99
    assert np.abs(ours - theirs).max() < 0.002
    plain = published(data, "win_rate")
    assert (spearman(np.array([plain[m] for m in whole]), theirs) or 0) < alike
