"""A test set that ranks as the whole does; cleaning alone; what is a repeat; what is refused at once."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenainstruct.graphs.testset.prompt import Prompt
from arenainstruct.graphs.testset.repeats import Telling
from arenainstruct.graphs.testset.sample import diverse, spread
from arenainstruct.runs.leaderboard.asked import Asked
from arenainstruct.runs.leaderboard.reading import Wanted, load
from arenainstruct.runs.leaderboard.verdicts import spreads
from tests.boards import battle, refused, said, told, write
from tests.test_testset import prompts, rows


def test_no_cluster_is_met_twice_while_another_is_not() -> None:
    """Categories that share clusters each get one of their own where that can be."""
    given = prompts([f"c{n % 10}" for n in range(300)])
    clusters = {
        p.id: (n % 10) // 2 * 5 + n // 60 if n < 250 else n % 50 for n, p in enumerate(given)
    }
    count = len(set(clusters.values()))
    for seed in range(20):
        chosen = diverse(given, clusters, count, seed)
        assert len({clusters[id] for id in chosen}) == count == len(chosen)
    # Two categories that share one cluster have no choice, and everything else is still met.
    two = [Prompt(f"x{n}", p.turns, f"x{n}") for n, p in enumerate(given[:2])]
    tight = {"x0": 0, "x1": 0, "p2": 1, "p3": 1}
    assert {tight[id] for id in diverse([*two, *given[2:4]], tight, 4, 7)} == {0, 1}


def test_at_most_so_many_a_cluster() -> None:
    clusters = {f"p{n}": n % 3 for n in range(30)}
    assert len(spread(clusters, 12, 7, most=2)) == 6
    assert len(spread(clusters, 5, 7, most=2)) == 5


def test_the_most_telling_prompt_of_a_cluster_comes_first(shared: Path) -> None:
    """On recorded results: one prompt a cluster, chosen by spread on other models, ranks better."""
    path = str(shared / "data/battles/alpaca2_battles.csv.gz")
    judge = "weighted_alpaca_eval_gpt4_turbo"
    battles = load([path], Wanted(drop=True, asked=Asked((judge,)))).battles
    telling = spreads(battles)
    assert len(telling) == 805 and 0 < max(telling.values()) < 0.25
    text = gzip.decompress(Path(path).read_bytes()).decode()
    found = [r for r in csv.DictReader(io.StringIO(text)) if r["judge"] == judge]
    models = sorted({r["model_b"] for r in found} - {"gpt4_1106_preview"})
    matrix = {id: np.full(len(models), np.nan) for id in telling}
    for row in found:
        if row["model_b"] in models and row["question_id"] in matrix:
            matrix[row["question_id"]][models.index(row["model_b"])] = float(row["verdict"]) - 1
    whole = np.nanmean(list(matrix.values()), axis=0)

    def correlation(ids: list[str]) -> float:
        part = np.nanmean([matrix[id] for id in ids], axis=0)
        one, two = (np.argsort(np.argsort(s)) for s in (whole, part))
        return float(np.corrcoef(one, two)[0, 1])

    by_chance, chosen = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        clusters = {id: int(rng.integers(0, 50)) for id in sorted(matrix)}
        by_chance.append(correlation(spread(clusters, 50, seed)))
        chosen.append(correlation(spread(clusters, 50, seed, telling=telling, most=1)))
    assert np.mean(chosen) > np.mean(by_chance) and np.mean(chosen) > 0.93


def test_recorded_results_choose(tmp_path: Path) -> None:
    given = rows()
    played = [
        battle(0, a, b, "tie" if row["question_id"].endswith("-0") else "model_a")
        | {"question_id": row["question_id"]}
        for row in given
        for a, b in (("owl", "jay"), ("owl", "tit"), ("jay", "tit"))
    ]
    path = write(tmp_path, "prompts.jsonl", given)
    results = write(tmp_path, "b.jsonl", played)
    out = ("--runs-dir", str(tmp_path / "runs"), "--set", "testset.criteria.use=off")
    told(
        "testset", path, "--diverse", "4", "--results", results, *out, "--set", "testset.clusters=1"
    )
    (chosen,) = (tmp_path / "runs").glob("*/testset.jsonl")
    ids = [json.loads(line)["id"] for line in chosen.read_text().splitlines()]
    assert len(ids) == 4 and not any(id.endswith("-0") for id in ids)
    other = write(tmp_path, "o.jsonl", [battle(1, "owl", "jay", "tie")] * 2)
    assert "none of its questions is the id of a prompt" in refused(
        "testset", path, "--diverse", "4", "--results", other, *out
    )


def test_cleaning_alone_draws_nothing_and_asks_nobody(tmp_path: Path) -> None:
    given = rows()
    first: dict[str, Any] = given[0]
    copies = [
        first | {"question_id": "copy", "instruction": f" {first['instruction'].upper()} "},
        first | {"question_id": "near", "instruction": first["instruction"] + " Thanks!"},
    ]
    path = write(tmp_path, "prompts.jsonl", given + copies)
    train = write(tmp_path, "train.jsonl", [{"text": given[7]["instruction"]}])
    out = ("--runs-dir", str(tmp_path / "runs"), "--set", "testset.decontamination.characters=null")
    found = told("testset", path, "--clean", "--against", train, *out)
    assert found["parts"]["all"] == 11 and found["calls"]["paid"] == 0 and found["clusters"] == []
    assert found["removed"] == {
        "duplicate (exact)": 1,
        "duplicate (char-tfidf)": 1,
        "contaminated (8-gram)": 1,
    }
    assert found["near_duplicate"] == 0.8
    shown = " ".join(said("testset", path, "--clean", *out).split())
    assert "Clean: 12 of 14 prompts" in shown and "alike by 0.8 or more" in shown
    kept = [json.loads(line) for line in Path(found["path"]).read_text().splitlines()]
    assert len(kept) in (11, 12) and {row["part"] for row in kept} == {"clean"}
    assert "draws nothing" in refused("testset", path, "--clean", "--diverse", "3", *out)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("How has AI impacted the job market?", "How has 5G impacted the job market?", True),
        ("Name the rivers of Spain, please.", "Name the rivers of France, please.", True),
        ("Add 17 and 25, step by step.", "Add 17 and 26, step by step.", True),
        ("How has AI impacted the job market?", "How has AI affected the job market?", False),
        ("Tell me what I should know.", "Please tell me what one should know!", False),
        ("What is the colour of the sky?", "What is the color of the sky", False),
        ("WHAT IS A NOUN?", "What is a noun?", False),
    ],
)
def test_numbers_and_names_tell_texts_apart(one: str, other: str, apart: bool) -> None:
    assert Telling([one, other]).apart(one, other) is apart is Telling([]).apart(other, one)


def test_rare_words_tell_texts_apart_where_there_are_many() -> None:
    many = [f"Write a story about a {word} near the sea." for word in ("dog", "cat")] * 120
    rare = [
        "Write a story about a walrus near the sea.",
        "Write a story about a toucan near the sea.",
    ]
    telling = Telling(many + rare)
    assert telling.apart(*rare) and not telling.apart(*many[:2])


def test_names_decide_in_a_set(tmp_path: Path) -> None:
    asked = [
        f"Discuss at length how {what} has impacted the job market in the last ten years."
        for what in ("AI", "5G", "AI technology", "AI")
    ]
    path = write(tmp_path, "p.jsonl", [{"id": f"p{n}", "prompt": t} for n, t in enumerate(asked)])
    found = told("testset", path, "--clean", "--runs-dir", str(tmp_path / "runs"))
    assert found["parts"]["all"] in (2, 3) and found["removed"]["duplicate (exact)"] == 1
    kept = Path(found["path"]).read_text()
    assert "how AI has" in kept and "how 5G has" in kept


def test_what_is_refused_is_refused_before_anything_is_embedded(tmp_path: Path) -> None:
    given = rows()
    path = write(tmp_path, "prompts.jsonl", given)
    out = ("--runs-dir", str(tmp_path / "runs"))
    assert "cannot keep all 4 categories" in refused("testset", path, "--diverse", "2", *out)
    assert not list((tmp_path / "runs").glob("*/*.sqlite"))
