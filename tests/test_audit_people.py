"""What jurors and the jury share with people: majorities, ties, jurors that failed, and which way."""

from pathlib import Path
from typing import Any

import pytest

from tests.boards import Row, battle, refused, said, told, write

MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}
TRUTH = ["model_a" if q % 2 else "model_b" for q in range(60)]


def labels(folder: Path, truth: list[str]) -> str:
    return write(folder, "people.csv", [battle(q, "ant", "bee", w) for q, w in enumerate(truth)])


def games(verdicts: dict[str, list[str]]) -> list[Row]:
    return [
        battle(q, "ant", "bee", won, judge=judge)
        for judge, said_so in verdicts.items()
        for q, won in enumerate(said_so)
    ]


def wrong(every: int) -> list[str]:
    return [MIRROR[w] if q % every == 0 else w for q, w in enumerate(TRUTH)]


def audit(folder: Path, verdicts: dict[str, list[str]], truth: list[str], *more: str) -> Any:
    return told(
        "audit", write(folder, "b.csv", games(verdicts)), "--labels", labels(folder, truth), *more
    )


def test_a_juror_worse_than_a_coin_says_the_opposite(tmp_path: Path) -> None:
    against = [MIRROR[w] if q % 15 else w for q, w in enumerate(TRUTH)]
    coin = [w if q % 4 < 2 else MIRROR[w] for q, w in enumerate(TRUTH)]
    found = audit(tmp_path, {"owl": against, "elk": coin}, TRUTH)
    words = {f["juror"]: f["words"] for f in found["findings"] if f["kind"] == "people"}
    assert "owl says the opposite of people: it agrees on 7%" in words["owl"]
    assert "would agree on 93%" in words["owl"]
    assert "little better than" not in words["owl"] and "a coin against people" in words.get(
        "elk", "a coin against people"
    )


def test_the_best_juror_is_no_outlier_of_a_wrong_jury(tmp_path: Path) -> None:
    verdicts = {"best": wrong(20)} | {
        name: [MIRROR[w] if (q + at) % 10 else w for q, w in enumerate(TRUTH)]
        for at, name in enumerate(("x", "y", "z"))
    }
    found = audit(tmp_path, verdicts, TRUTH)
    kinds = {(f["juror"], f["kind"]) for f in found["findings"]}
    assert not any(juror == "best" for juror, _ in kinds)
    assert {("x", "people"), ("y", "people"), ("z", "people")} <= kinds
    bare = told("audit", write(tmp_path, "b.csv", games(verdicts)))
    assert ("best", "jury") in {(f["juror"], f["kind"]) for f in bare["findings"]}
    assert found["jury_with_people"]["agreement"]["value"] < 0.2


def test_the_jury_is_better_than_its_jurors(tmp_path: Path) -> None:
    verdicts = {
        name: [MIRROR[w] if q % 3 == at else w for q, w in enumerate(TRUTH)]
        for at, name in enumerate(("x", "y", "z"))
    }
    found = audit(tmp_path, verdicts, TRUTH)
    assert [round(j["people"]["agreement"]["value"], 3) for j in found["jurors"]] == [0.667] * 3
    assert found["jury_with_people"]["agreement"]["value"] == 1
    assert "The jury agrees with people on 100.0% of 60 pairs" in said(
        "audit", str(tmp_path / "b.csv"), "--labels", str(tmp_path / "people.csv")
    )


def test_ties_count_as_asked(tmp_path: Path) -> None:
    said_so = ["tie" if q < 20 else w for q, w in enumerate(wrong(10))]
    truth = ["tie" if q % 10 == 1 else w for q, w in enumerate(TRUTH)]
    right = [s == t for s, t in zip(said_so, truth, strict=True)]
    torn = [(s == "tie") != (t == "tie") for s, t in zip(said_so, truth, strict=True)]
    both = ["tie" not in pair for pair in zip(said_so, truth, strict=True)]
    wanted = {
        "apart": sum(right) / 60,
        "half": sum(0.5 if t else r for r, t in zip(right, torn, strict=True)) / 60,
        "drop": sum(r for r, b in zip(right, both, strict=True) if b) / sum(both),
    }
    for ties, share in wanted.items():
        (juror,) = audit(tmp_path, {"owl": said_so}, truth, "--ties", ties)["jurors"]
        assert juror["people"]["agreement"]["value"] == pytest.approx(share)
        files = [str(tmp_path / "b.csv"), "--labels", str(tmp_path / "people.csv")]
        shown = said("audit", *files, "--ties", ties).splitlines()
        (row,) = (line for line in shown if line.startswith("  agrees with people"))
        assert f"{share:.1%}" in row


def test_jurors_that_failed_count_as_asked(tmp_path: Path) -> None:
    lost = ["error" if q % 6 == 0 else "" if q % 6 == 1 else w for q, w in enumerate(wrong(10))]
    path = write(tmp_path, "b.csv", games({"owl": lost}))
    assert "winner is" in refused("audit", path)
    right = sum(s == t for s, t in zip(lost, TRUTH, strict=True))
    for failed, share in (
        ("missing", right / 40),
        ("half", (right + 10) / 60),
        ("wrong", right / 60),
    ):
        found = audit(tmp_path, {"owl": lost}, TRUTH, "--failed", failed)
        (juror,) = found["jurors"]
        assert juror["failed"] == 20 and juror["games"] == 40
        for of in (juror["people"], found["jury_with_people"]):
            assert of["agreement"]["value"] == pytest.approx(share), failed


def test_several_labels_are_joined_by_their_majority(tmp_path: Path) -> None:
    people = [
        battle(q, *(("ant", "bee") if at % 2 else ("bee", "ant")), w if at % 2 else MIRROR[w])
        for q, truth in enumerate(TRUTH)
        for at, w in enumerate(
            [truth, truth, MIRROR[truth]] if q < 30 else [truth, "tie"] if q < 40 else [truth]
        )
    ]
    file = write(tmp_path, "people.csv", people)
    found = told("audit", write(tmp_path, "b.csv", games({"owl": TRUTH})), "--labels", file)
    (juror,) = found["jurors"]
    # Where a label and a tie stand against each other, no side has a majority.
    assert juror["people"]["agreement"]["value"] == pytest.approx(50 / 60)
    assert juror["people"]["agreement_decided"]["value"] == 1
    assert found["people"] == {
        **{"pairs": 60, "labels": 130, "several": 40, "disagreed": 40, "open": 10, "elsewhere": 0},
        "agreement": pytest.approx(60 / 200),
    }
    strange = [battle(q + 55, "ant", "bee", "model_a") for q in range(20)]
    read = ("audit", str(tmp_path / "b.csv"), "--labels", write(tmp_path, "strange.csv", strange))
    assert told(*read)["people"]["elsewhere"] == 15
    assert "(15 more labels are of pairs that nobody judged here: left out)" in said(*read)


def test_kappa_is_that_of_the_textbook_whatever_the_case(tmp_path: Path) -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.4."""
    one = ["model_a"] * 25 + ["model_b"] * 25
    two = ["Model_A"] * 20 + ["MODEL_B"] * 5 + ["model_a "] * 10 + ["model_b"] * 15
    path = write(tmp_path, "b.jsonl", games({"x": one, "y": two}))
    assert told("leaderboard", path)["agreement"]["kappa"] == pytest.approx(0.4)
    assert told("audit", path)["agreement"]["kappa"] == pytest.approx(0.4)
    low, high = told("leaderboard", path)["agreement"]["kappa_interval"]
    assert low == pytest.approx(0.4 - 1.96 * 0.13, abs=0.04) and high < 0.7


def test_kappa_of_pairs_in_both_orders_is_one_in_any_order_of_rows(tmp_path: Path) -> None:
    """48 of 60 alike, by chance a half: 0.6, whichever order and whichever name comes first."""
    rows = [
        row
        for q in range(60)
        for judge, best in (("x", "s" if q % 10 else "w"), ("y", "w" if q % 10 == 1 else "s"))
        for row in (
            battle(q, "s", "w", "model_a" if best == "s" else "model_b", judge=judge),
            battle(q, "w", "s", "model_b" if best == "s" else "model_a", judge=judge),
        )
    ]
    people = [battle(q, "s", "w", "model_b" if q % 10 == 2 else "model_a") for q in range(60)]
    file = write(tmp_path, "people.csv", people)
    mixed = [rows[at] for q in range(0, 240, 4) for at in ((q + 1, q) if q % 8 else (q, q + 1))]
    rest = [row for row in rows if row not in mixed]
    for at, listed in enumerate((rows, rows[::-1], mixed + rest)):
        path = write(tmp_path, f"{at}.csv", listed)
        for command, more in (("leaderboard", []), ("audit", ["--labels", file])):
            found = told(command, path, *more)
            assert found["agreement"]["kappa"] == pytest.approx(0.6)
            assert found["agreement"]["alpha"] == pytest.approx(1 - 119 * 0.2 / 60)
        (juror, _) = found["jurors"]
        assert [juror[w]["kappa"]["value"] for w in ("jury", "people")] == [pytest.approx(0.6)] * 2
