"""Wins, ties and losses, loss rates, closed-form errors, and whom a target fares worst and best with."""

from pathlib import Path

import pytest

from tests.boards import Row, battle, board, refused, rounds, said, told, write
from tests.test_published import BASELINE, JUDGE, published

ROWS = [
    *(battle(q, "owl", "jay", "model_a", topic="a") for q in range(6)),
    *(battle(q, "jay", "owl", "tie", topic="a") for q in range(6, 10)),
    *(battle(q, "owl", "tit", "model_b", topic="b") for q in range(12)),
    *(battle(q, "tit", "jay", "model_b", topic="b") for q in range(2)),
    *(battle(q, "jay", "owl", "model_a", topic="b") for q in range(3)),
]


def test_records_and_loss_rates(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", ROWS)
    for ties, rate in (("apart", 15 / 25), ("half", 17 / 25), ("drop", 15 / 21)):
        found = board(path, "--ties", ties, "--by", "topic")
        owl = next(row for row in found["models"] if row["model"] == "owl")
        assert (owl["wins"], owl["ties"], owl["losses"]) == (6, 4, 15)
        assert owl["loss_rate"] == pytest.approx(rate)
        part = next(row for row in found["by"]["a"]["models"] if row["model"] == "owl")
        assert (part["wins"], part["ties"], part["losses"]) == (6, 4, 0)
    assert "6 · 4 · 15" in said("leaderboard", path)


def test_an_audit_tells_records_by_category_and_leaf(tmp_path: Path) -> None:
    rows = [row | {"category": row["topic"], "leaf": f"{row['topic']}1"} for row in ROWS]
    rows = [row | {"question_id": f"{row['topic']}-{row['question_id']}"} for row in rows]
    found = told("audit", write(tmp_path, "b.csv", rows))
    owl = {"model": "owl", "wins": 6, "ties": 4, "losses": 0, "loss_rate": 0.0}
    assert owl in found["by"]["category"]["a"] and owl in found["by"]["leaf"]["a1"]
    assert {row["model"]: row["losses"] for row in found["models"]}["owl"] == 15


def test_the_targets_best_and_worst_opponent(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", ROWS)
    found = board(path, "--target", "owl", "--by", "topic")
    assert found["target"]["worst"] == {"opponent": "tit", "wins": 0, "ties": 0, "losses": 12}
    assert found["target"]["best"]["opponent"] == "jay"
    assert found["by"]["a"]["target"]["worst"]["opponent"] == "jay"
    shown = " ".join(said("leaderboard", path, "--target", "owl", "--by", "topic").split())
    assert "owl fares worst with tit (0 won, 0 tied, 12 lost) and best with jay" in shown
    unknown = refused("leaderboard", path, "--target", "olw")
    assert "target 'olw' has no battles; the models are: jay, owl, tit" in unknown


def test_closed_form_errors_are_those_of_the_mean(tmp_path: Path) -> None:
    """Against one baseline, once a question: the standard deviation over the root of their number."""
    rows: list[Row] = [
        battle(q, "base", m, ("model_a", "model_b", "tie")[(q * q + at * q) % 3])
        for q in range(50)
        for at, m in enumerate(("owl", "jay"))
    ]
    score = {"model_a": 0.0, "tie": 0.5, "model_b": 1.0}
    for how in ("bootstrap", "sandwich"):
        found = board(write(tmp_path, "b.csv", rows), "--intervals", how)
        for model in ("owl", "jay"):
            won = [score[row["winner"]] for row in rows if row["model_b"] == model]
            mean = sum(won) / 50
            error = (sum((w - mean) ** 2 for w in won) / 49 / 50) ** 0.5
            rate = found["win_rates"][model]
            assert rate["closed_form_error"] == pytest.approx(error, rel=1e-4)
            assert rate["low"] < mean < rate["high"]
            assert rate["standard_error"] == pytest.approx(error, rel=0.3)
    everybody = board(write(tmp_path, "r.csv", rounds()), "--rounds", "400")["win_rates"]
    for rate in everybody.values():
        assert rate["closed_form_error"] == pytest.approx(rate["standard_error"], rel=0.35)


def test_closed_form_errors_are_the_published_ones(shared: Path) -> None:
    path = str(shared / "data/battles/alpaca2_battles.csv.gz")
    found = board(path, "--on-error", "drop", "--judge", JUDGE, "--intervals", "sandwich")
    there = published(shared / "data", "standard_error")
    whole = [r["model"] for r in found["models"] if r["battles"] == 805 and r["model"] in there]
    assert len(whole) > 45
    for model in set(whole) - {BASELINE}:
        error = found["win_rates"][model]["closed_form_error"]
        assert error == pytest.approx(there[model], rel=2e-3), model
