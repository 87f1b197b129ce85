"""A test set keeps every category, prefers what is hard, repeats nothing, and is the same again."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from arenainstruct.agents.errors import BudgetSpent, UserError
from arenainstruct.agents.models.offline import OfflineRequest, schema_of, speak
from arenainstruct.agents.records import Turn
from arenainstruct.agents.replies import CriteriaReply, DifficultyReply
from arenainstruct.graphs.testset.cluster import (
    CRITERIA,
    cluster_count,
    clusters,
    keywords,
    too_plain,
)
from arenainstruct.graphs.testset.prompt import Prompt
from arenainstruct.graphs.testset.sample import diverse, hardest, spread
from arenainstruct.graphs.testset.settings import CriteriaSettings
from arenainstruct.prompts.template import load_prompt
from arenainstruct.runs.cli import app
from arenainstruct.runs.config.load import load
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.testset.config import SetConfig
from arenainstruct.runs.testset.make import Order, make
from arenainstruct.runs.testset.prompts import read_prompts, read_training
from arenainstruct.runs.testset.result import SetResult, chosen_row, folder_name
from arenainstruct.runs.testset.summary import summary

TOPICS = {
    "baking": ("bread", "flour", "oven", "yeast", "dough"),
    "coding": ("python", "function", "list", "algorithm", "class"),
    "sailing": ("boat", "wind", "harbour", "sail", "anchor"),
    "garden": ("soil", "seed", "tomato", "compost", "pruning"),
}
QUESTIONS = (
    "What should a beginner know about {0} and {1} before the first try with {2}?",
    "Compare {0} with {1} and calculate exactly how much {2} is required for each of 12 people.",
    "Tell me something about {0}, please, or a story in which {1} and {2} quarrel.",
)


def rows() -> list[dict[str, Any]]:
    """Return twelve prompts in four categories, of three levels of difficulty."""
    return [
        {"question_id": f"{topic}-{n}", "category": topic, "instruction": text.format(*words[n:])}
        for topic, words in TOPICS.items()
        for n, text in enumerate(QUESTIONS)
    ]


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


async def made(folder: Path, *, config: SetConfig | None = None, **order: Any) -> SetResult:
    path = folder / "prompts.jsonl"
    if not path.exists():
        write(path, rows())
    wanted = Order(path, **{"diverse": 4, "hard": 3, **order})
    return await make(wanted, config or SetConfig(), folder / "testset-x" / "ledger.sqlite")


# Drawing and clustering, without any graph


def prompts(categories: Sequence[str]) -> list[Prompt]:
    return [
        Prompt(f"p{n}", (Turn(role="user", content=f"text {n}"),), category)
        for n, category in enumerate(categories)
    ]


def test_every_category_is_kept_and_clusters_are_even() -> None:
    given = prompts(["a"] * 20 + ["b"] + ["c"] * 3)
    places = {p.id: 0 if n < 16 else 1 + n % 2 for n, p in enumerate(given)}
    drawn = diverse(given, places, 6, seed=1)
    assert len(set(drawn)) == 6
    assert {p.category for p in given if p.id in drawn} == {"a", "b", "c"}
    assert sorted(places[id] for id in drawn) == [0, 0, 1, 1, 2, 2]


def test_too_few_prompts_for_the_categories_are_refused() -> None:
    with pytest.raises(ValueError, match="--diverse 2 cannot keep all 3 categories"):
        diverse(prompts(["a", "b", "c"]), {"p0": 0, "p1": 0, "p2": 0}, 2, seed=1)


def test_a_draw_depends_on_the_seed_and_not_on_the_order() -> None:
    places = {f"p{n}": n % 3 for n in range(30)}
    backwards = dict(reversed(places.items()))
    assert spread(places, 9, 1) == spread(backwards, 9, 1)
    assert spread(places, 9, 1) != spread(places, 9, 2)


def test_small_clusters_give_what_they_have() -> None:
    places = {"a1": 0, "a2": 0, "a3": 0, "b1": 1}
    assert sorted(spread(places, 10, 1)) == ["a1", "a2", "a3", "b1"]
    assert "b1" in spread(places, 2, 1)


def test_the_hardest_come_first_and_equal_ones_by_the_seed() -> None:
    levels = {"a": 2.0, "b": 9.0, "c": 5.0, "d": 5.0}
    assert hardest(levels, 1, 1) == ["b"]
    assert {hardest(levels, 2, seed)[1] for seed in range(20)} == {"c", "d"}


def test_clusters_are_numbered_by_size_and_repeat() -> None:
    vectors = np.eye(3, dtype=np.float32)[[2, 0, 0, 0, 1, 1]]
    assert clusters(vectors, 3, seed=1) == [2, 0, 0, 0, 1, 1]
    assert clusters(vectors, 6, seed=1) == clusters(vectors, 3, seed=1)
    assert clusters(vectors[:0], 3, seed=1) == []
    assert [cluster_count(n) for n in (1, 80, 750, 276_000)] == [1, 9, 27, 525]


def test_clusters_have_their_own_words() -> None:
    found = keywords(["bread dough bread", "dough oven", "sail boat", "?"], [0, 0, 1, 2])
    assert "dough" in found[0] and set(found[1]) == {"sail", "boat"} and found[2] == []


def test_the_filter_drops_plain_prompts_and_plain_clusters() -> None:
    labels = {"a": CRITERIA[:6], "b": CRITERIA[:1], "c": CRITERIA[:5], "d": (), "e": (), "f": ()}
    places = {"a": 0, "b": 0, "c": 1, "d": 1, "e": 1, "f": 1}
    found = {r.id: r.reason for r in too_plain(labels, places, CriteriaSettings())}
    assert found.pop("c") == "cluster_score"
    assert found == dict.fromkeys("bdef", "prompt_score")


# Reading


@pytest.mark.parametrize(
    ("row", "turns"),
    [
        ({"prompt": "one"}, ["one"]),
        ({"instruction": "one", "turn_2": "two"}, ["one", "two"]),
        ({"instruction": "sort", "input": "3 1 2"}, ["sort\n\n3 1 2"]),
        ({"turns": ["one", "two"]}, ["one", "two"]),
        ({"turns": '["one", "two"]'}, ["one", "two"]),
        (
            {
                "messages": [
                    {"role": "user", "content": "one"},
                    {"role": "assistant", "content": "answer"},
                ]
            },
            ["one"],
        ),
        ({"conversations": [{"from": "human", "value": "one"}]}, ["one"]),
        (
            {"text": "### Human: one ### Assistant: said\n### Human: two ### Assistant:"},
            ["one", "two"],
        ),
        ({"prompt": "[1, 2] is a list,\n  is it?"}, ["[1, 2] is a list,\n  is it?"]),
    ],
)
def test_prompts_are_found_in_the_usual_fields(
    tmp_path: Path, row: dict[str, Any], turns: list[str]
) -> None:
    (prompt,), _ = read_prompts(write(tmp_path / "rows.jsonl", [row]))
    assert list(prompt.user_turns) == turns
    assert prompt.turns[-1].role == "user"


def test_all_formats_hold_the_same_prompts(tmp_path: Path) -> None:
    given = rows()
    paths = [write(tmp_path / "a.jsonl", given), tmp_path / "b.jsonl.gz", tmp_path / "c.csv"]
    paths += [tmp_path / "d.parquet", tmp_path / "e.json"]
    paths[1].write_bytes(gzip.compress(paths[0].read_bytes()))
    with paths[2].open("w", newline="") as file:
        writer = csv.DictWriter(file, list(given[0]))
        writer.writeheader()
        writer.writerows(given)
    pq.write_table(pa.Table.from_pylist(given), paths[3])
    paths[4].write_text(json.dumps({"rows": given}))
    read = [read_prompts(path)[0] for path in paths]
    assert len(read[0]) == 12 and all(found == read[0] for found in read)


def test_faults_of_a_file_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [{"prompt": "one"}, {"prompt": {"a": 1}}])
    with pytest.raises(UserError, match=r"rows.jsonl: row 2: prompt: found dict"):
        read_prompts(path)
    with pytest.raises(UserError, match="set --prompt-column"):
        read_prompts(write(tmp_path / "odd.jsonl", [{"words": "one"}]))
    read, empty = read_prompts(
        write(tmp_path / "own.jsonl", [{"words": "one", "id": 1}, {"words": " ", "id": 1}]),
        prompt_column="words",
    )
    assert ([p.id for p in read], empty) == (["1"], (2,))


def test_a_runs_dataset_is_read_from_its_training_rows_alone(tmp_path: Path) -> None:
    for name, row in {
        "sft": {"messages": [{"role": "user", "content": "asked"}]},
        "preference": {"prompt": [{"role": "user", "content": "preferred"}]},
        "rejects": {"prompt": "dropped"},
    }.items():
        (tmp_path / "dataset" / name).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "dataset" / name / "train.parquet")
    assert {found.text for found in read_training([tmp_path])} == {"asked", "preferred"}


# Making


async def test_a_set_keeps_categories_and_the_hardest(tmp_path: Path) -> None:
    result = await made(tmp_path)
    assert result.parts()["diverse"] == 4 and result.parts()["hard"] == 3
    assert result.lost() == []
    hard = {c.prompt.id for c in result.chosen if c.part == "hard"}
    easy = {c.prompt.id for c in result.chosen if c.part == "diverse"}
    # The second question of each topic is the one with demands and sums.
    assert hard >= {f"{topic}-1" for topic in TOPICS} - easy
    assert all(c.difficulty is not None for c in result.chosen if c.part == "hard")
    assert all(c.criteria is not None for c in result.chosen)


@pytest.mark.slow
async def test_the_parts_never_overlap_while_prompts_are_left(tmp_path: Path) -> None:
    for diverse_part, hard_part in ((4, 8), (6, 6), (11, 1), (0, 12)):
        result = await made(tmp_path, diverse=diverse_part, hard=hard_part)
        assert len({c.prompt.id for c in result.chosen}) == 12
        assert result.missing() == {"diverse": 0, "hard": 0}
    result = await made(tmp_path, diverse=6, hard=9)
    assert result.parts() == {"all": 12, "diverse": 6, "hard": 6}
    assert result.missing() == {"diverse": 0, "hard": 3}
    assert "3 hard fewer than asked (9): of 12 prompts 12 were left" in summary(result)


async def test_others_take_the_place_of_prompts_that_could_not_be_rated(tmp_path: Path) -> None:
    sometimes = MockOptions(replies="offline", rate_garbage=0.8)
    async with MockServer(sometimes) as server:
        config = load(
            {
                "models": {"r": {"provider": "openai", "model": "judge", "base_url": server.url}},
                "testset": {"candidates": 1, "criteria": {"use": "off"}},
            },
            SetConfig,
        )
        result = await made(tmp_path, config=config, diverse=0, hard=3)
    assert result.removed_by().get("unrated", 0) > 0
    assert result.parts()["hard"] == 3


async def test_the_same_seed_gives_the_same_set_and_pays_once(tmp_path: Path) -> None:
    first = await made(tmp_path)
    write(tmp_path / "prompts.jsonl", rows()[::-1])
    again = await made(tmp_path)
    assert [*map(chosen_row, again.chosen)] == [*map(chosen_row, first.chosen)]
    assert first.calls["paid"] > 0 and again.calls["paid"] == 0


async def test_repeated_and_leaked_prompts_are_left_out_with_reasons(tmp_path: Path) -> None:
    given = rows()
    twin = {**given[0], "question_id": "twin", "instruction": given[0]["instruction"] + " Thanks!"}
    write(tmp_path / "prompts.jsonl", [*given, twin])
    leaked = write(
        tmp_path / "train.jsonl",
        [
            {"text": "Nothing of the kind."},
            {"text": f"An old page says: {given[4]['instruction']} " + "More text follows. " * 40},
            {"text": given[7]["instruction"].upper()},
        ],
    )
    # The prompts are of three forms each: to the default rule they rephrase one another.
    config = load({"testset": {"decontamination": {"characters": None}}}, SetConfig)
    result = await made(tmp_path, config=config, against=(leaked,))
    found = {r.id: (r.reason, r.rule, r.matched) for r in result.removed}
    assert found == {
        "twin": ("duplicate", "char-tfidf", given[0]["question_id"]),
        given[4]["question_id"]: ("contaminated", "8-gram", "train.jsonl#row-2"),
        given[7]["question_id"]: ("contaminated", "8-gram", "train.jsonl#row-3"),
    }


async def test_prompts_of_one_form_are_not_in_rows_that_ask_it_of_something_else(
    tmp_path: Path,
) -> None:
    def asked(topics: str) -> list[str]:
        forms = (
            "Explain {} to a ten year old in simple words.",
            "Write an essay about {}, please.",
        )
        return [form.format(topic) for form in forms for topic in topics.split(", ")]

    prompts = asked("photosynthesis, black holes, chess endgames, kidney function, bird migration")
    prompts.append("向一个十岁的孩子解释光合作用。")
    write(tmp_path / "prompts.jsonl", [{"prompt": prompt} for prompt in prompts])
    train = write(
        tmp_path / "train.jsonl",
        [
            *({"text": text} for text in asked("cell division, string theory, blues, poker")),
            {"text": "Could you explain, in simple words, black holes to a boy of ten years?"},
            {"text": "请向一个十岁的孩子解释一下光合作用。"},
        ],
    )
    order = Order(tmp_path / "prompts.jsonl", 0, 0, against=(train,), clean=True)
    result = await make(order, SetConfig(), tmp_path / "ledger.sqlite")
    texts = {f"row-{number}": text for number, text in enumerate(prompts, start=1)}
    assert {texts[r.id] for r in result.removed} == {prompts[1], prompts[10]}


async def test_the_filter_of_criteria_works_before_drawing(tmp_path: Path) -> None:
    sifted = load({"testset": {"criteria": {"use": "filter", "least_prompt": 4}}}, SetConfig)
    result = await made(tmp_path, config=sifted, diverse=0, hard=12)
    assert {r.reason for r in result.removed} <= {"prompt_score", "cluster_score"}
    assert result.removed
    assert all(c.criteria is not None and len(c.criteria) >= 4 for c in result.chosen)


async def test_an_endpoint_may_rate_and_embed(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline")) as server:
        config = load(
            {
                "models": {"r": {"provider": "openai", "model": "judge", "base_url": server.url}},
                "embedding": {"provider": "openai", "model": "mock", "base_url": server.url},
            },
            SetConfig,
        )
        result = await made(tmp_path, config=config)
    assert result.parts()["hard"] == 3 and result.calls["failed"] == 0


async def test_a_model_that_says_nothing_usable_loses_no_diverse_prompt(tmp_path: Path) -> None:
    async with MockServer(MockOptions(rate_garbage=1.0)) as server:
        config = load(
            {"models": {"r": {"provider": "openai", "model": "judge", "base_url": server.url}}},
            SetConfig,
        )
        result = await made(tmp_path, config=config)
    assert result.parts() == {"all": 4, "diverse": 4, "hard": 0}
    assert {r.reason for r in result.removed} == {"unrated"}
    assert all(c.difficulty is None and c.criteria is None for c in result.chosen)


async def test_a_spent_budget_stops_and_keeps_what_was_paid(tmp_path: Path) -> None:
    price = {"input": 1000, "output": 1000}
    model = {"provider": "offline", "model": "judge", "price": price, "max_tokens": 50}
    with pytest.raises(BudgetSpent):
        await made(
            tmp_path, config=load({"models": {"r": model}, "budget": {"usd": 3.0}}, SetConfig)
        )


def test_a_runs_config_works_and_faults_are_named(tmp_path: Path) -> None:
    models = {name: {"provider": "offline", "model": "judge"} for name in ("one", "two")}
    run = {"models": models, "cast": {"default": "two"}, "skills": ["tool_use"], "rounds": 3}
    assert load(run, SetConfig).alias == "two"
    with pytest.raises(UserError, match="name one of models: one, two"):
        load({"models": models}, SetConfig)
    path = tmp_path / "mine.yaml"
    path.write_text("testset:\n  clusters: many\n")
    with pytest.raises(UserError, match=r"mine.yaml:2: testset.clusters: found 'many'"):
        load(path, SetConfig)


# Prompts about one passage

PASSAGE = (
    "The ferry to Skarholm was built in 1931 and carried mail, sheep and the doctor. In the winter of "
    "1947 the strait froze, and for eleven weeks the islanders hauled the post over the ice on sledges. "
    "The harbour master counted nine journeys; his daughter, who kept a diary, counted twelve."
)
TASKS = (
    "Rewrite the passage as plain notes.",
    "Translate the passage into Spanish.",
    "Which two numbers in it contradict each other?",
)


def about(tasks: Sequence[str], **more: Any) -> list[dict[str, Any]]:
    """Return rows as a run's `instructions` have them."""
    return [
        {"id": f"i{n}", "prompt": f"{PASSAGE}\n\n{task}", "task": task, "context": PASSAGE, **more}
        for n, task in enumerate(tasks)
    ]


async def out_of(folder: Path, given: Sequence[Any], **order: Any) -> SetResult:
    write(folder / "prompts.jsonl", given)
    return await made(folder, **{"diverse": 2, "hard": 0, **order})


@pytest.mark.slow
async def test_different_tasks_about_one_passage_repeat_nothing(tmp_path: Path) -> None:
    tasks = [*TASKS, "Please translate the passage into Spanish!"]
    given = about(tasks)
    only = {"prompt", "id"}
    forms = {
        "columns": given,
        "joined": [{k: row[k] for k in ("id", "task", "context")} for row in given],
        "paragraphs": [{k: row[k] for k in only} for row in given],
        "closing": [{"id": r["id"], "prompt": f"{r['task']}\n\n{PASSAGE}"} for r in given],
        "alpaca": [{"id": r["id"], "instruction": r["task"], "input": PASSAGE} for r in given],
    }
    for name, form in forms.items():
        result = await out_of(tmp_path, form)
        assert [(r.id, r.matched) for r in result.removed] == [("i3", "i1")], name
        assert result.removed[0].text == tasks[3] and result.removed[0].matched_text == TASKS[1]


async def test_options_and_later_turns_tell_tasks_apart(tmp_path: Path) -> None:
    options = (["nine journeys", "twelve journeys"], ["sheep and mail", "the doctor alone"])
    given = [
        {"id": f"o{n}", "task": "Which is right?", "context": PASSAGE, "options": found}
        for n, found in enumerate(options)
    ]
    later = ("And now as a letter to the harbour master.", "Which of these would a lawyer doubt?")
    turns = about([TASKS[0]] * 2)
    turns = [{**row, "id": f"t{n}", "user_turns": [later[n]]} for n, row in enumerate(turns)]
    result = await out_of(tmp_path, [*given, *turns])
    assert not result.removed
    texts = {prompt.id: prompt.user_turns for prompt in result.prompts}
    assert texts["o0"][0].endswith("Which is right?\n\nA. nine journeys\nB. twelve journeys")
    assert texts["t1"][1:] == (later[1],)


async def test_a_passage_in_training_rows_is_told_from_a_task_in_them(tmp_path: Path) -> None:
    said = [f"{PASSAGE}\n\n{TASKS[0]}", f"Put this into Spanish, please: {PASSAGE}"]
    rows = [{"messages": [{"role": "user", "content": text}]} for text in said]
    against = (write(tmp_path / "train.jsonl", rows),)
    tasks = [TASKS[0].replace("passage", "text"), TASKS[2], "Who could have kept a second diary?"]
    result = await out_of(tmp_path, about(tasks), against=against)
    assert {r.id: (r.reason, r.matched) for r in result.removed} == {
        "i0": ("contaminated", "train.jsonl#row-1"),
        "i1": ("shared_passage", "train.jsonl#row-2"),
        "i2": ("shared_passage", "train.jsonl#row-2"),
    }
    page = summary(result)
    assert "2 with a passage of training rows" in page and "--keep-shared-passages" in page

    kept = load({"testset": {"decontamination": {"shared_passages": "keep"}}}, SetConfig)
    result = await out_of(tmp_path, about(tasks), against=against, config=kept)
    assert [r.id for r in result.removed] == ["i0"] and len(result.shared) == 2
    assert {chosen_row(c)["shares_passage"] for c in result.chosen} == {"train.jsonl#row-2"}
    assert "Kept: 2 that share a passage with training rows" in summary(result)


async def test_a_passage_that_was_changed_a_little_is_the_same_passage(tmp_path: Path) -> None:
    changed = PASSAGE.replace("1931", "1929").replace("eleven weeks", "ten weeks")
    rows = [
        {"prompt": f"{changed}\n\n{TASKS[1]}"},
        {"prompt": f"{changed} How many journeys did the daughter count?"},
    ]
    against = (write(tmp_path / "train.jsonl", rows),)
    result = await out_of(tmp_path, about(TASKS[:2]), against=against)
    found = {r.id: r.reason for r in result.removed}
    assert found == {"i0": "shared_passage", "i1": "contaminated"}


def test_the_commands_numbers_add_up_and_have_examples(tmp_path: Path) -> None:
    tasks = [*TASKS, "Please translate the passage into Spanish!"]
    path = write(tmp_path / "set.v2.jsonl", about(tasks))
    train = write(tmp_path / "train.jsonl", [{"text": f"{PASSAGE}\n\n{TASKS[0]}"}])
    options = ["testset", str(path), "--diverse", "3", "--json", "--runs-dir", str(tmp_path)]
    options += ["--against", str(train)]
    first, second = (
        json.loads(CliRunner().invoke(app, [*options, *more]).stdout)
        for more in ([], ["--keep-shared-passages"])
    )
    left_out = {"duplicate (char-tfidf)": 1, "contaminated (char-tfidf)": 1}
    assert second["removed"] == left_out and second["shared_passages_kept"] == 2
    assert first["removed"] == {**left_out, "shared_passage (8-gram)": 2}
    for data, clean in ((first, 0), (second, 2)):
        assert data["read"] - sum(data["removed"].values()) == data["clean"] == clean
        assert data["missing"] == {"diverse": 3 - clean, "hard": 0}
        assert data["examples"].keys() == data["removed"].keys()
        assert all(e["text"] and e["matched_text"] for e in data["examples"].values())
    assert first["path"].endswith("testset-set.v2/testset.jsonl")


def test_files_of_two_runs_have_two_test_sets(tmp_path: Path) -> None:
    paths = [tmp_path / f"{run}-1/dataset/instructions/train.parquet" for run in "ab"]
    assert [folder_name(path) for path in paths] == ["testset-a-1", "testset-b-1"]
    assert folder_name(Path("arena_hard_v2.0.jsonl.gz")) == "testset-arena_hard_v2.0"


# The rater


def asked(reply: str, prompt: str) -> dict[str, Any]:
    template = load_prompt(
        {"DifficultyReply": "testset/difficulty", "CriteriaReply": "testset/criteria"}[reply]
    )
    assert template.reply == reply
    system, user = template.render({"instruction": prompt})
    turns = (Turn(role="system", content=system), Turn(role="user", content=user))
    kind = {"DifficultyReply": DifficultyReply, "CriteriaReply": CriteriaReply}[reply]
    found: dict[str, Any] = json.loads(speak(OfflineRequest(turns, schema_of(kind))).text)
    return found


def test_the_embedded_models_rate_and_label() -> None:
    hard = "Prove that every integer n > 1 must have a prime divisor, and implement a Python test."
    levels = [asked("DifficultyReply", text)["difficulty"] for text in ("Hello there!", hard)]
    assert 0 <= levels[0] < levels[1] <= 10
    labels = asked("CriteriaReply", hard)
    assert labels["technical_accuracy"] and labels["domain_knowledge"]
    assert not any(asked("CriteriaReply", "Hello there!").values())


def test_criteria_are_the_fields_of_the_reply() -> None:
    assert tuple(CriteriaReply.model_fields) == CRITERIA


# The command


def test_the_command_writes_the_set_and_its_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "prompts.jsonl", rows())
    options = ["testset", str(path), "--diverse", "4", "--hard", "2", "--json"]
    ran = CliRunner().invoke(app, [*options, "--runs-dir", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    data = json.loads(ran.stdout)
    chosen = [json.loads(line) for line in Path(data["path"]).read_text().splitlines()]
    assert len(chosen) == data["parts"]["all"] and data["lost_categories"] == []
    wanted = {"id", "prompt", "turns", "category", "cluster", "part", "difficulty", "criteria"}
    assert wanted <= chosen[0].keys()
    assert read_prompts(Path(data["path"]))[0][0].id == chosen[0]["id"]
    shown = CliRunner().invoke(app, [*options[:-1], "--runs-dir", str(tmp_path)])
    assert "Categories: 4, every one is kept" in shown.output


def test_the_command_compares_rules(tmp_path: Path) -> None:
    pairs = [{"text": r["instruction"], "rephrased": f"Well: {r['instruction']}"} for r in rows()]
    path = write(tmp_path / "pairs.jsonl", pairs)
    ran = CliRunner().invoke(
        app, ["testset", str(path), "--compare-rules", "--runs-dir", str(tmp_path)]
    )
    assert ran.exit_code == 0, ran.output
    assert "char-tfidf" in ran.output and "recall at 1.0% FP" in ran.output


# Real data


@pytest.mark.slow
async def test_mt_bench_keeps_its_categories(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/instructions/mt_bench_80.jsonl.gz"
    for seed in (1, 2, 3):
        config = load({"seed": seed}, SetConfig)
        result = await make(Order(path, 16, 10), config, tmp_path / "ledger.sqlite")
        assert len(result.categories()) == 8 and result.lost() == []
        assert result.parts() == {"all": 26, "diverse": 16, "hard": 10}
        assert not result.removed


@pytest.mark.parametrize(
    ("name", "count", "turns"),
    [
        ("arena_hard_v2.0_750", 750, 1),
        ("mt_bench_80", 80, 2),
        ("oasst1_validation_953", 953, 3),
        ("vicuna_80", 80, 1),
    ],
)
def test_the_given_sets_are_read(shared: Path, name: str, count: int, turns: int) -> None:
    read, empty = read_prompts(shared / f"data/instructions/{name}.jsonl.gz")
    assert (len(read), empty) == (count, ())
    assert max(len(prompt.user_turns) for prompt in read) == turns


@pytest.mark.slow
async def test_prompts_that_two_given_sets_share_are_found(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data/instructions"
    order = Order(folder / "mt_bench_80.jsonl.gz", 8, 0, against=(folder / "vicuna_80.jsonl.gz",))
    result = await make(order, SetConfig(), tmp_path / "ledger.sqlite")
    verbatim = {r.id for r in result.removed if r.rule == "8-gram"}
    assert verbatim == {"81", "130"}
    assert len(result.removed) <= 8
