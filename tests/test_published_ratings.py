"""Ratings of recorded battles against the figures their authors published."""

import csv
import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.intervals import bootstrap
from arenainstruct.tools.ratings.length import Matched, length_controlled
from arenainstruct.tools.ratings.position import position
from arenainstruct.tools.ratings.standings import standings, win_rates
from arenainstruct.tools.ratings.table import BattleTable
from arenainstruct.tools.ratings.triples import triples

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BASELINE = "gpt4_1106_preview"
JUDGE = "weighted_alpaca_eval_gpt4_turbo"
INSTRUCTIONS = 805

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the recorded battles are not there: {DATA}"
)


@cache
def read(name: str) -> tuple[dict[str, str], ...]:
    path = DATA / name
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
    with opened as lines:
        return tuple(csv.DictReader(lines))


def preference(row: dict[str, str]) -> float:
    """Return model_b's graded share of the win; recorded from 1 to 2, 0 is a tie."""
    verdict = float(row["verdict"])
    return verdict - 1.0 if verdict else 0.5


def alpaca_rows() -> list[dict[str, str]]:
    rows = read("battles/alpaca2_battles.csv.gz")
    return [r for r in rows if r["judge"] == JUDGE and r["model_b"] != BASELINE]


def published(column: str) -> dict[str, float]:
    rows = read("published/alpaca2_leaderboard.csv")
    return {row[""]: float(row[column]) / 100 for row in rows if row[column]}


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    one, two = (
        np.argsort(np.argsort(values)) - (len(values) - 1) / 2 for values in (first, second)
    )
    return float((one * two).sum() / (one * one).sum())


def test_the_tournament_of_eight_gives_the_published_ratings() -> None:
    rows = [r for r in read("battles/qlora_vicuna_battles.csv.gz") if r["winner"] != "error"]
    table = BattleTable.from_rows(
        (r["question_id"], r["model_a"], r["model_b"], r["winner"], 1.0) for r in rows
    )
    fit = rate(table)
    found = {row.model: row for row in standings(table, fit, bootstrap(table, fit))}
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
    assert list(found) == list(told)
    for model, rating in told.items():
        assert found[model].rating == pytest.approx(rating, abs=20 if model == "gpt-4" else 4)
        assert found[model].low < rating < found[model].high
    shares = position(table)
    assert (shares.first, shares.second) == pytest.approx((2512 / 4467, 1355 / 4467))
    assert triples(fit.wins).cyclic == 0


def test_win_rates_and_their_errors_match_the_published_column() -> None:
    table = BattleTable.from_rows(
        (r["question_id"], r["model_a"], r["model_b"], 1.0 - preference(r), 1.0)
        for r in alpaca_rows()
    )
    fit = rate(table)
    draws = bootstrap(table, fit, rounds=1000).draws
    rates = win_rates(fit.ratings, fit.models, BASELINE)
    errors = win_rates(draws, fit.models, BASELINE).std(axis=0, ddof=1)
    told, told_errors = published("win_rate"), published("standard_error")
    known = [(at, m) for at, m in enumerate(fit.models) if m in told and m != BASELINE]
    assert len(known) == 56
    for at, model in known:
        assert rates[at] == pytest.approx(told[model], abs=0.001), model
        assert errors[at] == pytest.approx(told_errors[model], rel=0.1), model


def matched(rows: list[dict[str, str]]) -> Matched:
    inputs = {r["question_id"]: r for r in read("battles/alpaca2_lc_inputs.csv")}
    return Matched(
        preference=np.array([preference(r) for r in rows]),
        shorter=np.array([float(r["len_a"]) - float(r["len_b"]) for r in rows]),
        difficulty=np.array(
            [float(inputs[r["question_id"]]["instruction_difficulty"]) for r in rows]
        ),
    )


def gamed(style: str) -> Matched:
    rows = read("battles/alpaca2_lc_inputs.csv")

    def column(name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in rows])

    return Matched(
        preference=column(f"fitted_pref_{BASELINE}_{style}"),
        shorter=column(f"len_{BASELINE}") - column(f"len_{BASELINE}_{style}"),
        difficulty=column("instruction_difficulty"),
    )


def test_length_controlled_win_rates_match_the_published_ones() -> None:
    told = published("length_controlled_winrate")
    by_model: dict[str, list[dict[str, str]]] = {}
    for row in alpaca_rows():
        by_model.setdefault(row["model_b"], []).append(row)
    baselines = [gamed("verbose"), gamed("concise")]
    # Models with rows missing were published with difficulties of the wrong instructions.
    whole = sorted(m for m, rows in by_model.items() if m in told and len(rows) == INSTRUCTIONS)
    assert len(whole) == 50
    ours = [length_controlled(matched(by_model[m]), baselines).win_rate for m in whole]
    theirs = [told[m] for m in whole]
    assert spearman(ours, theirs) >= 0.99
    assert np.abs(np.subtract(ours, theirs)).max() < 0.002
    plain = published("win_rate")
    assert spearman([plain[m] for m in whole], theirs) < spearman(ours, theirs)
