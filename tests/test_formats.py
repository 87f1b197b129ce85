"""Files as judges and voters publish them give the boards that were published from them."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.boards import Row, battle, board, jsonl, kept, refused, said, told, write
from tests.test_published import BASELINE, published


def hard(uid: str, model: str, first: str | None, second: str | None, **more: Any) -> Row:
    """One line of Arena-Hard 2.0: in the first game the baseline is A, in the second the model."""
    games: list[Row] = [
        {"score": s, "judgment": {"answer": "…"}, "prompt": []} for s in (first, second)
    ]
    told = {"uid": uid, "category": "hard_prompt", "judge": "gpt-4.1", "model": model}
    return {**told, "baseline": "o3-mini-2025-01-31", "games": games, **more}


def score_of(games: list[tuple[str, str]]) -> float:
    """Arena-Hard's score by hand: strong verdicts three times, the mean over all."""
    won = {"A>>B": [1.0] * 3, "A>B": [1.0], "A=B": [0.5], "B>A": [0.0], "B>>A": [0.0] * 3}
    scores = [s for one, two in games for s in won[two] + [1 - x for x in won[one]]]
    return sum(scores) / len(scores)


def test_arena_hard_judgments(tmp_path: Path) -> None:
    labels = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
    folder = tmp_path / "model_judgment" / "gpt-4.1"
    folder.mkdir(parents=True)
    games: dict[str, list[tuple[str, str]]] = {
        name: [(labels[(q * 2 + at) % 5], labels[(q + q // 3 + 2 * at) % 5]) for q in range(20)]
        for at, name in enumerate(("owl", "jay"))
    }
    for name, pairs in games.items():
        rows = [hard(f"q{q}", name, *pair) for q, pair in enumerate(pairs)]
        if name == "owl":
            rows.append(hard("lost", name, None, "A>>B"))  # 2.0 leaves out both games
        (folder / f"{name}.jsonl").write_text(jsonl(rows))
    found = board(str(folder))
    rates = {row["model"]: row["win_rate"] for row in found["models"]}
    assert found["baseline"] == "o3-mini-2025-01-31" and found["battles"] == 80
    for name, pairs in games.items():
        assert rates[name] == pytest.approx(score_of(pairs), abs=1e-6)
    assert found["unjudged"] == 1 and found["strong"] > 0 and found["position"]["balanced"] > 0.4
    assert board(str(folder), "--strong", "1")["models"] != found["models"]
    assert "name folders in it: gpt-4.1" in refused("leaderboard", str(folder.parent))
    assert told("audit", str(folder))["games"] == 80


def test_arena_hard_of_the_first_version_names_no_baseline(tmp_path: Path) -> None:
    rows = [
        {"question_id": f"q{q}", "model": m, "judge": "gpt-4-1106-preview"}
        | {"games": [{"user_prompt": "", "judgment": "", "score": s} for s in pair]}
        for q in range(12)
        for m, pair in (("owl", ("B>A", "A>B")), ("jay", ("A>B", None)))
    ]
    found = board(write(tmp_path, "jay.jsonl", rows))
    assert found["baseline"] == "gpt-4-0314" == found["assumed_baselines"][0]
    assert found["battles"] == 36 and found["unjudged"] == 12  # 0.1 leaves out the one game
    assert any("In 12 rows or games the judge gave no verdict" in note for note in found["notes"])
    assert "In 12 rows or games the judge gave no" in said("audit", str(tmp_path / "jay.jsonl"))
    assert board(write(tmp_path, "jay.jsonl", rows), "--baseline", "cat")["baseline"] == "cat"


@pytest.mark.slow
def test_alpaca_annotations_give_the_published_board(shared: Path, tmp_path: Path) -> None:
    """The recorded preferences, written down again as `annotations.json` holds them."""
    text = gzip.decompress((shared / "data/battles/alpaca2_battles.csv.gz").read_bytes())
    judge, chosen = "weighted_alpaca_eval_gpt4_turbo", ("claude-2", "NullModel", "vicuna-7b")
    files: dict[str, list[Row]] = {name: [] for name in chosen}
    for row in csv.DictReader(io.StringIO(text.decode())):
        if row["judge"] == judge and row["model_b"] in files:
            files[row["model_b"]].append(
                {"instruction": f"Task {row['question_id']}", "dataset": row["category"]}
                | {"output_1": "x" * int(row["len_a"]), "generator_1": row["model_a"]}
                | {"output_2": "x" * int(row["len_b"]), "generator_2": row["model_b"]}
                | {
                    "annotator": judge,
                    "preference": float(row["verdict"]),
                    "price_per_example": 0.1,
                }
            )
    for rows in files.values():  # in the order of the evaluation set, as published
        rows.sort(key=lambda row: int(row["instruction"].split("-")[1]))
    paths = [kept(tmp_path, f"{name}.json", json.dumps(rows)) for name, rows in files.items()]
    found = board(*paths)
    rates = published(shared / "data", "win_rate")
    for row in found["models"]:
        if row["model"] in files:
            assert row["win_rate"] == pytest.approx(rates[row["model"]], abs=1e-4)
    assert not any(w["kind"] == "one_order" for w in found["warnings"])
    with (shared / "data/battles/alpaca2_lc_inputs.csv").open() as lines:
        inputs = list(csv.DictReader(lines))
    gamed = [
        {"index": row["question_id"].removeprefix("ae-"), "model": name}
        | {"instruction_difficulty": row["instruction_difficulty"]}
        | {"preference": row[f"fitted_pref_{name}"], "not_gamed_baseline": False}
        | {"std_delta_len": int(row[f"len_{BASELINE}"]) - int(row[f"len_{name}"])}
        for name in (f"{BASELINE}_verbose", f"{BASELINE}_concise")
        for row in inputs
    ]
    difficulty = write(tmp_path, "df_gamed.csv", gamed)
    controlled = board(*paths, "--control", "length", "--difficulty", difficulty)
    ours = [row["length_controlled"] for row in controlled["models"]]
    assert ours == sorted(ours, reverse=True)
    rates = published(shared / "data", "length_controlled_winrate")
    assert list(controlled["models"][0])[1] == "length_controlled"
    for row in controlled["models"]:
        if row["model"] in files:
            assert row["length_controlled"] == pytest.approx(rates[row["model"]], abs=2e-3)
    assert set(board(*paths, "--by", "category")["by"]) == {
        *("helpful_base", "koala", "oasst", "selfinstruct", "vicuna")
    }
    one = board(*paths, "--where", "category=koala")
    assert one["questions"] < 805 and one["passed_over"] > 0


def test_alpaca_draws_and_missing_preferences(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"instruction": f"q{n}", "output_1": "", "output_2": "", "annotator": "j"}
        | {"generator_1": "base", "generator_2": "owl", "preference": p}
        for n, p in enumerate([0, 1.5, 1, 2, None, 2, 2, 1, 1, 2, 2, 2])
    ]
    found = board(kept(tmp_path, "annotations.json", json.dumps(rows)))
    assert found["battles"] == 11 and found["unjudged"] == 1
    assert found["reinterpreted"]["by_rule"] == {"a verdict of 0 as a tie": 1}
    twice = board(kept(tmp_path, "annotations.json", json.dumps(rows + rows[2:3])))
    assert twice["battles"] == 12 and twice["questions"] == 12  # a second time, another row


def test_models_that_share_a_name_in_two_files_are_told(tmp_path: Path) -> None:
    """Published annotations call their model what its author did: some say `example`."""
    files = []
    for folder, won in (("NullModel", 2), ("other", 1)):
        (tmp_path / folder).mkdir()
        rows: list[Row] = [
            {"instruction": f"q{n}", "output_1": f"a{n}", "output_2": f"{folder} {n}"}
            | {"generator_1": "base", "generator_2": "example", "preference": won if n else 3 - won}
            for n in range(12)
        ]
        files.append(kept(tmp_path / folder, "annotations.json", json.dumps(rows)))
    found = board(*files)
    assert found["questions"] == 12 and found["battles"] == 24
    (doubt,) = (w for w in found["warnings"] if w["kind"] == "repeated")
    assert doubt["words"].startswith("12 rows have") and "another model by a name" in doubt["words"]


def mt(question: int, one: str, two: str, first: str, second: str, turn: int = 1) -> Row:
    told = {"question_id": question, "model_1": one, "model_2": two, "turn": turn}
    games = {"g1_winner": first, "g2_winner": second, "g1_judgment": "", "g2_judgment": ""}
    return {**told, **games, "judge": ["gpt-4", "pair-v2"], "tstamp": 1.5}


def test_mt_bench_pairs_and_grades(tmp_path: Path) -> None:
    rows = [mt(q, "owl", "jay", "model_1", "model_1" if q % 3 else "model_2") for q in range(12)]
    rows += [mt(0, "owl", "jay", "error", "tie"), mt(1, "jay", "owl", "tie", "model_1", turn=2)]
    found = board(write(tmp_path, "gpt-4_pair.jsonl", rows))
    assert (found["battles"], found["questions"], found["unjudged"]) == (26, 13, 1)
    assert found["position"]["inconsistent_pairs"] == 4 and found["position"]["balanced"] == 1
    grades = [
        {"question_id": q, "model": m, "judge": ["gpt-4", "single-v1"], "score": s, "turn": 1}
        for q in range(10)
        for m, s in (("owl", 9), ("jay", 7 if q else 9.05), ("tit", 3 if q else -1))
    ]
    single = board(write(tmp_path, "gpt-4_single.jsonl", grades))
    assert single["battles"] == 28 and single["unjudged"] == 1
    assert [row["model"] for row in single["models"]] == ["owl", "jay", "tit"]
    assert single["position"]["ties"] == pytest.approx(1 / 28)
    early = [
        {k: row[k] for k in ("question_id", "model", "score")} | {"judgment": "[[7]]"}
        for row in grades
    ]
    assert board(write(tmp_path, "claude-1.jsonl", early))["models"] == single["models"]
    # Each answer was graded by itself: no order was shown.
    assert not any("Position" in note or "shown in one order" in note for note in single["notes"])
    assert any("do not tell which answer was shown first" in note for note in single["notes"])
    assert not {"one_order", "leaning"} & {w["kind"] for w in single["warnings"]}
    (juror,) = told("audit", str(tmp_path / "gpt-4_single.jsonl"))["jurors"]
    assert "shown first" in juror["flips"]["note"]
    assert "Position" not in said("audit", str(tmp_path / "gpt-4_single.jsonl"))


def talk(*said: str) -> list[Row]:
    return [
        {"role": "user" if n % 2 == 0 else "assistant", "content": t} for n, t in enumerate(said)
    ]


def test_votes(tmp_path: Path) -> None:
    plain = [
        {"model_a": "owl", "model_b": "jay", "winner": "model_a" if n % 3 else "tie (bothbad)"}
        | {"judge": f"arena_user_{n}", "turn": 2, "anony": True, "language": "English", "tstamp": n}
        for n in range(12)
    ]
    assert board(kept(tmp_path, "clean_battle.json", json.dumps(plain)))["questions"] == 12
    told_more = [
        row
        | {"question_id": f"id{n}", "conversation_a": talk("hi", "a" * (n + 1))}
        | {"conversation_b": talk("hi", "b" * (13 - n))}
        | {"conv_metadata": {"sum_assistant_a_tokens": n + 1, "sum_assistant_b_tokens": 13 - n}}
        for n, row in enumerate(plain)
    ]
    path = write(tmp_path, "votes.jsonl", told_more)
    found = board(path)
    assert found["questions"] == 12 and found["both_bad"] == 4
    assert set(board(path, "--control", "style")["control"]["coefficients"]) == {"tokens"}
    assert set(board(path, "--control", "length")["control"]["coefficients"]) == {"len"}
    tagged = [
        row | {"category_tag": {"math_v0.1": {"math": n % 4 == 0}, "if_v0.1": {"score": n % 2}}}
        for n, row in enumerate(told_more)
    ]
    path = write(tmp_path, "tagged.parquet", tagged)
    assert board(path, "--where", "category_tag.math_v0.1.math=true")["battles"] == 3
    assert set(board(path, "--by", "category_tag.if_v0.1.score")["by"]) == {"0", "1"}
    kaggle = [
        {"id": n, "model_a": "owl", "model_b": "jay", "prompt": '["hi"]', "response_a": '["x"]'}
        | {"response_b": '["y"]', "winner_model_a": n % 2, "winner_model_b": 0}
        | {"winner_tie": 1 - n % 2}
        for n in range(12)
    ]
    assert board(write(tmp_path, "train.jsonl", kaggle))["position"]["ties"] == 0.5
    people = [
        {"question_id": 81, "model_a": "owl", "model_b": "jay", "winner": "model_a", "turn": turn}
        | {"judge": judge, "conversation_a": talk("q", "a"), "conversation_b": talk("q", "b")}
        for turn in (1, 2)
        for judge in ("expert_0", ["gpt-4", "pair-v2"])
    ]
    both = board(write(tmp_path, "human.jsonl", people))
    assert both["questions"] == 2 and both["agreement"]["items"] == 2
    assert both["agreement"]["judges"] == ["expert_0", "gpt-4 pair-v2"]
    assert board(str(tmp_path / "human.jsonl"), "--judge", "expert_0")["battles"] == 2
    file = str(tmp_path / "human.jsonl")
    for command in ("leaderboard", "audit"):
        assert "there are: expert_0" in refused(command, file, "--judge", "x")
        # The first is there: the second is as wrong as if it stood alone.
        assert "--judge expert_1: no row is of it (there are: expert_0, gpt-4" in refused(
            command, file, "--judge", "expert_0", "--judge", "expert_1"
        )
        assert "--where turn=3: no row has it (there are: 1, 2)" in refused(
            command, file, "--where", "turn=1", "--where", "turn=3"
        )


def test_labelled_pairs(tmp_path: Path) -> None:
    panda = [
        {"idx": n, "motivation_app": "Grammarly", "cmp_key": "bloom-7b_llama-7b"}
        | {"instruction": "Shorten.", "input": float("nan"), "response1": "a", "response2": "b"}
        | {"annotator1": n % 3, "annotator2": 1, "annotator3": 1}
        for n in range(12)
    ]
    path = kept(tmp_path, "testset-v1.json", json.dumps(panda))
    found = board(path)
    assert {row["model"] for row in found["models"]} == {"bloom-7b", "llama-7b"}
    assert found["battles"] == 36
    assert found["agreement"]["judges"] == ["annotator1", "annotator2", "annotator3"]
    bar = [
        {"input": f"Task {n}", "output_1": "a", "output_2": "b", "label": 1 + n % 2}
        for n in range(24)
    ]
    judged = [
        row
        | {
            "results": [
                {"swap = False": {"winner": str(row["label"])}, "swap = True": {"winner": "1"}}
            ]
        }
        for row in bar
    ]
    data = kept(tmp_path, "dataset.json", json.dumps(bar))
    result = kept(tmp_path, "result.json", json.dumps(judged))
    for labels in (data, result):
        (juror,) = told("audit", result, "--labels", labels)["jurors"]
        assert juror["games"] == 48 and juror["people"]["agreement_decided"]["n"] > 0
    bench = [
        {"pair_id": f"p{n}", "response_A": "x", "response_B": "yy", "label": "A>B"}
        | {"judgments": [{"decision": "A>B"} if n % 4 else None, {"decision": "B>A"}]}
        for n in range(24)
    ]
    found = board(write(tmp_path, "bench.jsonl", bench))
    assert (found["battles"], found["unjudged"]) == (42, 6)
    # Whose answers these are stands nowhere.
    assert found["warnings"][0]["kind"] == "unnamed" and not found["canned"]
    # The same verdict twice where 1 is right; where 2 is, the judge changes with the order.
    assert juror["flips"]["value"] == pytest.approx(0.5)


def results(task: str, right: int, **more: Row) -> Row:
    """One line of LLMBar's results: a judge that is right in `right` of 12 tasks, in both orders."""
    number = int(task.split()[1])
    said = str(1 + (number + (number >= right)) % 2)
    games = {
        f"swap = {swap}": {"completion": ["", "stop"], "winner": said} for swap in (False, True)
    }
    told = {
        "input": task,
        "output_1": f"a{number}",
        "output_2": f"b{number}",
        "label": 1 + number % 2,
    }
    return {**told, "results": [["metrics", "stop"], {**games, **more}]}


def test_results_of_several_files_meet_by_their_texts_and_are_told_apart_by_judge(
    tmp_path: Path,
) -> None:
    """LLMBar names the judge by folders alone, and rows by their places."""
    files = []
    for subset, judge, right in (
        ("Natural", "GPT-4", 20),
        ("Manual", "GPT-4", 20),
        ("Natural", "PaLM", 5),
    ):
        folder = tmp_path / subset / "evaluators" / judge / "CoT"
        folder.mkdir(parents=True)
        rows = [results(f"{subset} {n}", right) for n in range(20)]
        files.append(kept(folder, "result.json", json.dumps(rows)))
    found = told("audit", *files, "--labels", files[0])
    share = {j["juror"]: j["people"]["agreement"] for j in found["jurors"]}
    assert found["pairs"] == 40 and [j["games"] for j in found["jurors"]] == [80, 40]
    assert {who: (one["n"], one["value"]) for who, one in share.items()} == {
        "GPT-4 CoT": (20, 1.0),
        "PaLM CoT": (20, pytest.approx(0.25)),
    }
    # Ratings of single answers beside the verdict are no games; a judge asked again has the last word.
    rated = [results(f"Natural {n}", 20, score_1=["5", "stop"]) for n in range(20)]  # type: ignore[arg-type]
    again = {"swap = False": {"winner": "1"}, "swap = True": {"winner": "1"}}
    rated = [
        row | {"results": [*row["results"], again]} if n < 4 else row for n, row in enumerate(rated)
    ]
    found = told("audit", kept(tmp_path, "gpt.json", json.dumps(rated)), "--labels", files[0])
    assert (found["games"], found["unjudged"], found["jurors"][0]["juror"]) == (40, 0, "gpt")
    assert found["jurors"][0]["people"]["agreement"]["value"] == pytest.approx(0.9)


def test_judges_that_share_a_prompt_are_two(tmp_path: Path) -> None:
    """JudgeBench's files name the prompt; the model stands with each judgment. Labels stand in each file."""
    for model, right in (("gpt-4o", 30), ("haiku", 15)):
        rows = [
            {"pair_id": f"p{n}", "response_A": "x", "response_B": "y", "label": "A>B"}
            | {"judge_name": "arena_hard"}
            | {
                "judgments": [
                    {"judgment": {"judge_model": model}, "decision": said}
                    for said in (("A>B", "B>A") if n < right else ("B>A", "A>B"))
                ]
            }
            for n in range(30)
        ]
        write(tmp_path, f"judge_model={model}.jsonl", rows)
    found = told("audit", str(tmp_path), "--labels", str(tmp_path))
    assert {j["juror"]: j["people"]["agreement"]["value"] for j in found["jurors"]} == {
        "gpt-4o arena_hard": 1.0,
        "haiku arena_hard": 0.5,
    }
    assert (found["people"]["pairs"], found["people"]["labels"]) == (30, 30)


def test_labels_meet_results_that_hold_no_answers(tmp_path: Path) -> None:
    """PandaLM's results hold the number of a pair alone."""
    labels = [
        {"idx": n, "cmp_key": "bloom-7b_llama-7b", "response1": "a", "response2": "b"}
        | {"annotator1": 1, "annotator2": 1 + n % 2, "annotator3": 2 - n % 2}
        for n in range(40)
    ]
    said_ = [{"idx": n, "gpt_result": ["1", "2", "Tie", "garbage"][n % 4]} for n in range(40)]
    file = kept(tmp_path, "gpt.json", json.dumps(said_))
    found = told("audit", file, "--labels", kept(tmp_path, "testset.json", json.dumps(labels)))
    assert (found["games"], found["unjudged"]) == (30, 10)
    assert found["jurors"][0]["people"]["agreement"]["value"] == pytest.approx(1 / 3)
    assert found["people"]["several"] == 30


def test_pairs_of_alpaca_farm_and_of_preference_data(tmp_path: Path) -> None:
    pairs = [{"instruction": "q", "output_1": f"a{n}", "output_2": "b"} for n in range(30)]
    judged = [row | {"preference": 1 + n % 2, "annotator": "gpt4"} for n, row in enumerate(pairs)]
    people = [
        row | {"preference": 1.0 if at else 2.0, "annotator_index": at, "dataset": "koala"}
        for row in pairs
        for at in range(3)
    ]
    labels = kept(tmp_path, "cross.json", json.dumps(people))
    found = told("audit", kept(tmp_path, "gpt4.json", json.dumps(judged)), "--labels", labels)
    assert (found["pairs"], found["people"]["labels"]) == (30, 90)
    assert found["jury_with_people"]["agreement_decided"]["value"] == pytest.approx(0.5)
    chosen = [
        {"id": n, "prompt": f"q{n}", "chosen": talk("q", f"a{n}"), "rejected": talk("q", f"b{n}")}
        | {"chosen_model": "owl" if n % 3 else "jay", "rejected_model": "jay" if n % 3 else "owl"}
        for n in range(12)
    ]
    found = board(write(tmp_path, "filtered.jsonl", chosen))
    assert [(r["model"], r["wins"]) for r in found["models"]] == [("owl", 8), ("jay", 4)]
    bare = [{"prompt": "q", "chosen": "a", "rejected": "b"}]
    why = refused("leaderboard", write(tmp_path, "pairs.jsonl", bare))
    assert "add the columns chosen_model and rejected_model" in why


@pytest.mark.parametrize("name", ["b.csv", "b.json", "b.parquet"])
def test_a_value_is_found_however_a_format_writes_it(tmp_path: Path, name: str) -> None:
    """Numbers are compared as numbers, and an empty value is asked for by none."""
    nothing = "" if name.endswith("csv") else None
    levels = (0.5, 1.0, nothing)
    rows = [battle(q, "owl", "jay", "tie") | {"level": levels[q % 3]} for q in range(12)]
    path = write(tmp_path, name, rows)
    for asked in ("1", "1.0", ""):
        assert board(path, "--where", f"level={asked}")["battles"] == 4
    assert "there are: 0.5, 1, (empty)" in refused(
        "leaderboard", path, "--where", "level=2"
    ).replace("1.0", "1")
