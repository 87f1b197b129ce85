"""Benchmarks: IFEval's 25 types and GSM8K scored by programs, and measured through the door."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.benchmark.command import lines
from arenainstruct.runs.benchmark.measure import BenchmarkConfig, Order, measure
from arenainstruct.runs.config.load import load
from arenainstruct.tools.benchmarks import gsm8k, ifeval
from arenainstruct.tools.benchmarks.benchmark import benchmark_of

ENGLISH = "The old mill stood by the river, and the miller lived there with his two sons."
REQUEST = "Write a line about mills."
TYPES: list[tuple[str, dict[str, Any], str, str]] = [
    ("keywords:existence", {"keywords": ["mill", "river"]}, ENGLISH, "A mill."),
    (
        "keywords:frequency",
        {"keyword": "mill ", "relation": "at least", "frequency": 2},
        ENGLISH,
        "A mill.",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["sea"]}, "A seaside mill.", "The Sea."),
    (
        "keywords:letter_frequency",
        {"letter": "z", "let_relation": "less than", "let_frequency": 1},
        ENGLISH,
        "Zinc.",
    ),
    (
        "language:response_language",
        {"language": "en"},
        ENGLISH,
        "Die alte Mühle stand am Fluss, und der Müller wohnte dort.",
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "less than", "num_sentences": 2},
        ENGLISH,
        "One. Two.",
    ),
    (
        "length_constraints:number_paragraphs",
        {"num_paragraphs": 2},
        "One.\n***\nTwo.",
        "One.\n\nTwo.",
    ),
    (
        "length_constraints:number_words",
        {"relation": "at least", "num_words": 3},
        ENGLISH,
        "Two words.",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"first_word": "mill", "num_paragraphs": 2, "nth_paragraph": 2},
        "One.\n\nMill, it is.",
        "Mill.\n\nOne.",
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "[name] at [place]",
        "[name]",
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.P.S"},
        "Text.\nP.P.S. More.",
        "Text. P.S. More.",
    ),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n* two", "* one"),
    ("detectable_format:constrained_response", {}, "Well: My answer is maybe.", "Maybe."),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 1},
        "A *bright* one.",
        "A bright one.",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1 a SECTION 2 b",
        "SECTION 1 a",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}```', "a: 1"),
    ("detectable_format:title", {}, "<<Mills>> are old.", "<>Mills<>"),
    ("combination:two_responses", {}, "One.******Two.", "One."),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": REQUEST},
        f"{REQUEST} Mills turn.",
        "Mills turn.",
    ),
    ("startend:end_checker", {"end_phrase": "Good night."}, "So. good night.", "Good night. Bye."),
    ("startend:quotation", {}, '"Quoted."', "Quoted."),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": "at least", "capital_frequency": 1},
        "An OLD mill.",
        "An old mill.",
    ),
    ("change_case:english_capital", {}, ENGLISH.upper(), ENGLISH),
    ("change_case:english_lowercase", {}, ENGLISH.lower(), ENGLISH),
    ("punctuation:no_comma", {}, "No such thing.", ENGLISH),
]


def row(key: int, *asked: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    names, arguments = zip(*asked, strict=True)
    return {
        "key": key,
        "prompt": f"{REQUEST} ({key})",
        "instruction_id_list": names,
        "kwargs": arguments,
    }


@pytest.mark.parametrize(("name", "arguments", "right", "wrong"), TYPES)
def test_each_type_of_instruction(
    name: str, arguments: dict[str, Any], right: str, wrong: str
) -> None:
    item = ifeval.Item.of(row(1, (name, arguments)))
    assert ifeval.outcome(item, right) == ifeval.Outcome((True,), (True,))
    assert ifeval.outcome(item, wrong).strict == (False,)
    assert not any((*ifeval.outcome(item, "").strict, *ifeval.outcome(item, " \n").loose))


def test_all_25_types_are_known() -> None:
    assert {name for name, *_ in TYPES} == set(ifeval.INSTRUCTIONS)
    assert len(ifeval.INSTRUCTIONS) == 25
    with pytest.raises(ValueError, match="prompt 3: no 'length_constraints:pages'"):
        ifeval.Item.of(row(3, ("length_constraints:pages", {})))
    with pytest.raises(ValueError, match="prompt 4: no 'num_words'"):
        ifeval.Item.of(row(4, ("length_constraints:number_words", {"relation": "at least"})))


def test_loose_forgives_a_line_before_or_after_and_asterisks_and_strict_does_not() -> None:
    item = ifeval.Item.of(row(1, ("startend:quotation", {})))
    for answer in ('Here it is:\n"Text."', '"Text."\nDone.', 'So:\n"Text."\nDone.', '**"Text."**'):
        assert ifeval.outcome(item, answer) == ifeval.Outcome((False,), (True,))


def test_the_main_figure_is_the_mean_of_both_strict_levels() -> None:
    pair: tuple[tuple[str, dict[str, Any]], ...] = (
        ("punctuation:no_comma", {}),
        ("startend:quotation", {}),
    )
    found = benchmark_of([row(1, *pair), row(2, ("detectable_format:title", {}))])
    answers = ['"All, of it"', "<<T>>"]
    scores = found.scores(answers, 7, range(2))
    assert next(iter(scores)) == "mean"
    assert scores["prompt_strict"].value == 1 / 2
    assert scores["instruction_strict"].value == 2 / 3
    assert scores["mean"].value == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores["mean"].low <= scores["mean"].value <= scores["mean"].high
    assert found.scores(answers, 7, [1])["mean"].value == 1
    assert found.by_type(answers)["startend:quotation"] == (1, 1)
    rise = found.gained(answers, ["", ""], 7)
    assert rise.value == pytest.approx(scores["mean"].value)
    assert found.gained(answers, answers, 7).data() == {"value": 0, "low": 0, "high": 0}


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("5 + 7 = 12\n#### 12", True),
        ("It is $1,212.00 in all.", False),
        ("So the total is 12.", True),
        ("#### 12 apples, of 15", True),
        ("First 12, then 13", False),
        ("#### none, but 12", True),
        ("nothing", False),
        ("", False),
    ],
)
def test_a_sum_is_right_by_its_marked_or_last_number(answer: str, right: bool) -> None:
    item = gsm8k.Item.of(1, {"question": "How many?", "answer": "5 + 7 = <<5+7=12>>12\n#### 12"})
    assert item.solved(answer) == right
    thousands = gsm8k.Item.of(2, {"question": "?", "answer": "#### 1,212"})
    assert thousands.solved("It is $1,212.00 in all.")


def test_a_file_of_no_known_benchmark_is_told() -> None:
    with pytest.raises(ValueError, match="IFEval has prompt"):
        benchmark_of([{"text": "x"}])
    with pytest.raises(ValueError, match="row 1: no number"):
        benchmark_of([{"question": "x", "answer": "#### many"}])


async def test_models_are_measured_compared_and_what_was_generated_is_looked_through(
    tmp_path: Path,
) -> None:
    file, rows = tmp_path / "ifeval.jsonl.gz", tmp_path / "rows.jsonl"
    asked = [row(n, ("punctuation:no_comma", {})) for n in range(6)]
    asked[2]["prompt"] = "Describe how a water wheel drives the stones of a flour mill in winter."
    with gzip.open(file, "wt") as out:
        out.writelines(json.dumps(one) + "\n" for one in asked)
    rows.write_text(json.dumps({"prompt": asked[2]["prompt"], "completion": "It turns."}) + "\n")
    models = {
        "one": {"provider": "offline", "model": "weak"},
        "other": {"provider": "offline", "model": "strong"},
    }
    config = load({"models": models}, BenchmarkConfig)
    order = Order(file, ("one", "other"), against=(rows,))
    ledger = tmp_path / "runs" / "ledger.sqlite"
    data = (await measure(config, order, ledger)).data()
    assert data["benchmark"] == "ifeval" and data["prompts"] == 6
    assert list(data["decontamination"]["found"]) == ["ifeval-2"]
    assert data["decontamination"]["texts"] == 1
    assert data["models"]["other"].keys() >= {"scores", "clean", "gain", "by_type"}
    assert "gain" not in data["models"]["one"]
    told = "\n".join(lines(data))
    assert "1 of the prompts stand in 1 generated texts" in told and "gained" in told
    again = (await measure(config, order, ledger)).data()
    assert again == data
    few = (await measure(config, Order(file, ("one",), limit=2), ledger)).data()
    assert few["prompts"] == 2 and not few["decontamination"]["against"]
    with pytest.raises(UserError, match="no model 'third'; models: one, other"):
        await measure(config, Order(file, ("third",)), ledger)
