"""Quality gates: what a program drops before any model is asked, and why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.records import Instruction, Reject, Seed
from arenainstruct.graphs import kinds
from arenainstruct.graphs.generation.curation import CurationState, build
from arenainstruct.graphs.generation.gates import GATES, Looked, fault
from arenainstruct.graphs.settings import CurationSettings
from arenainstruct.graphs.supervisor.curate import curate
from arenainstruct.graphs.supervisor.state import start_state
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.duplicates import known_texts
from arenainstruct.runs.seeds import SeedReject, SeedSettings, read_seeds
from tests.stage import READING, SEED, Line, Stage, instruction, staged
from tests.stage import curator as sound

QUESTION = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How "
    "many clips did Natalia sell altogether in April and May?"
)
REPHRASED = (
    "In April Natalia sold clips to 48 friends, then in May she sold half as many. Altogether, how many "
    "clips did Natalia sell in April and May?"
)


def benchmark(folder: Path, *questions: str) -> CurationSettings:
    path = folder / "gsm.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps({"question": q, "answer": "72"}) for q in questions))
    return CurationSettings(benchmarks=(str(path),))


def why(asked: Instruction, **looked: Any) -> tuple[str, str]:
    leaf = READING.leaf(asked.leaf)
    given: dict[str, Any] = {"settings": CurationSettings(), "seed": SEED} | looked
    return fault(asked, Looked(leaf=leaf, **given))


def test_a_task_of_a_benchmark_is_dropped_word_for_word_or_rephrased_and_its_row_is_named(
    tmp_path: Path,
) -> None:
    settings = benchmark(tmp_path, "Which planet is the largest of all?", QUESTION)
    known = known_texts(settings)
    for text in (QUESTION, QUESTION.upper(), REPHRASED, f"Solve this at leisure. {QUESTION}"):
        reason, detail = why(instruction(task=text), settings=settings, known=known)
        assert reason == "benchmark"
        assert "gsm.jsonl#row-2" in detail
    assert why(instruction(), settings=settings, known=known) == ("", "")


def test_a_task_whose_context_stands_in_a_benchmark_is_dropped(tmp_path: Path) -> None:
    settings = benchmark(tmp_path, QUESTION)
    asked = instruction(task="What happened in May?", context=QUESTION)
    assert why(asked, settings=settings, known=known_texts(settings))[0] == "benchmark"


@pytest.mark.parametrize(
    ("task", "language", "dropped"),
    [
        ("Wer hat den Leuchtturm gebaut, und in welchem Jahr?", "seed", True),
        ("Wer hat den Leuchtturm gebaut, und in welchem Jahr?", "any", False),
        ("Wer hat den Leuchtturm gebaut, und in welchem Jahr?", "de", False),
        ("Who built the lighthouse, and in which year?", "seed", False),
        ("Who built the lighthouse, and in which year?", "de", True),
        ("1862?", "de", False),
    ],
)
def test_a_task_is_in_the_language_that_is_asked_for(
    task: str, language: str, dropped: bool
) -> None:
    settings = CurationSettings(language=language)
    assert (why(instruction(task=task), settings=settings)[0] == "language") is dropped


def test_what_a_task_quotes_of_its_document_does_not_tell_its_language() -> None:
    told = (
        "Der Leuchtturm wurde im Jahr 1862 von der Hafenverwaltung auf der Klippe gebaut.",
        "Die Wärter wohnten mit ihren Familien in zwei Häusern am Fuß des Turms.",
    )
    german = SEED.model_copy(update={"text": " ".join(told)})
    seeds = CurationSettings(language="seed")
    asked = "Which of these sentences does the passage bear out? {} {}".format(*told)
    detail = "is in English, asked for is German"
    assert why(instruction(task=asked), seed=german, settings=seeds) == ("language", detail)
    asked = "Welcher dieser Sätze widerspricht den übrigen? {} {}".format(*told)
    assert why(instruction(task=asked), seed=german, settings=seeds) == ("", "")
    quoting = f'Übersetze diesen Satz des Textes ins Deutsche und erkläre das Verb: "{SEED.text}"'
    assert why(instruction(task=quoting), settings=CurationSettings(language="de")) == ("", "")


def test_a_language_nobody_knows_is_refused_with_those_known() -> None:
    with pytest.raises(ValueError, match=r"any, seed, af"):
        CurationSettings(language="klingon")


@pytest.mark.parametrize(
    ("text", "marks", "dropped"),
    [
        ("Write to jane.doe@example.org today.", ("email",), True),
        ("Write to jane.doe@example.org today.", ("phone",), False),
        ("Write to jane.doe@example.org today.", (), False),
        ("Call +44 20 7946 0958 today.", ("phone",), True),
        ("Call (555) 123-4567 today.", ("phone",), True),
        ("Call 030 1234567 today.", ("phone",), True),
        ("It was built in 1862 for 12,500 pounds.", ("phone",), False),
        ("Call 06 12 34 56 78 today.", ("phone",), True),
        ("It lasted from 2020-01-15 to 03/04/2021 and 05-06-2022.", ("phone",), False),
        # Written in other letters of Unicode, in capitals or with other spaces, it is the same.
        ("Ask JANE\u00a0DOE\nabout it.", ("Jane  Doe",), True),
        ("Ask Jose\u0301 about it.", ("Jos\u00e9",), True),
        ("Ask at the Große Straße.", ("GROSSE STRASSE",), True),
        ("Ask JANE  DOE about it.", ("Jane Doe",), True),
        ("Ask Jane Doering about it.", ("Jane Doe",), False),
    ],
)
def test_what_a_document_marks_as_private_reaches_no_row_and_no_reason(
    text: str, marks: tuple[str, ...], dropped: bool
) -> None:
    seed = SEED.model_copy(update={"private": marks})
    for asked in (instruction(task=text), instruction(context=text)):
        reason, detail = why(asked, seed=seed)
        assert (reason == "private") is dropped
        assert "jane" not in detail.lower()
        assert "7946" not in detail


@pytest.mark.parametrize(
    ("name", "content", "marks"),
    [
        ("a.md", "---\nprivate: [Jane Doe, email]\n---\n{}", ("Jane Doe", "email")),
        ("a.md", "---\nprivate: true\n---\n{}", ("email", "phone")),
        ("a.md", "---\nprivate: no\n---\n{}", ()),
        ("a.jsonl", '{{"text": "{}", "private": ["Jane Doe"]}}', ("Jane Doe",)),
    ],
)
def test_a_document_marks_what_is_private(
    name: str, content: str, marks: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content.format("Jane Doe keeps the lamp of Dover. " * 12))
    (seed,) = read_seeds(SeedSettings(path=str(tmp_path / name)))
    assert isinstance(seed, Seed)
    assert seed.private == marks


def test_a_manifest_and_a_front_matter_mark_together(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.csv").write_text("file,licence,private\na.md,CC0-1.0,John Roe;phone\n")
    body = "Jane Doe keeps the lamp of Dover. " * 12
    (tmp_path / "a.md").write_text(f"---\nprivate: Jane Doe\n---\n{body}")
    found = [
        s for s in read_seeds(SeedSettings(path=str(tmp_path))) if not isinstance(s, SeedReject)
    ]
    assert found[0].private == ("Jane Doe", "John Roe", "phone")


async def test_the_gate_asks_no_model_about_what_a_program_dropped(tmp_path: Path) -> None:
    settings = benchmark(tmp_path, QUESTION)
    async with staged(tmp_path, curation=settings.model_dump()) as stage:
        services = stage.services
        stage.services = type(services)(**{**vars(services), "known": known_texts(settings)})
        await stage.store.add(kinds.SEED, 0, [SEED])
        drafts = [instruction("i-1", task=QUESTION), instruction("i-2")]
        await stage.store.add(kinds.DRAFT, 1, drafts)
        await curate(start_state(round=1, target="small"), stage.runtime)
        assert [i.id for i in await stage.records(kinds.INSTRUCTION)] == ["i-2"]
        (reject,) = await stage.records(kinds.REJECT)
        assert (reject.stage, reject.reason) == ("curation", "benchmark")
        assert len(stage.lines("curator")) == 1


def test_a_benchmark_that_is_not_there_is_told_before_anything_is_paid(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"curation\.benchmarks.*nowhere\.jsonl"):
        load_config(None, (f"seeds={tmp_path}", 'curation.benchmarks=["nowhere.jsonl"]'))


OPTIONS = ("in 1862", "in 1890", "never")


async def looked_at(stage: Stage, asked: Instruction) -> list[Reject]:
    found = await build().ainvoke(
        CurationState(instruction=asked, rejects=[]), context=stage.services
    )
    rejects: list[Reject] = found["rejects"]
    return rejects


@pytest.mark.parametrize(
    ("chooses", "dropped"),
    [
        (lambda options: options.index("in 1862"), False),
        (lambda options: 0, True),
        (lambda options: None, False),
    ],
    ids=["by content", "by place", "none twice"],
)
async def test_a_choice_may_not_hang_on_the_order_of_the_options(
    chooses: Callable[[list[str]], int | None], dropped: bool, tmp_path: Path
) -> None:
    def curator(line: Line) -> Any:
        if "letter" not in line.call.turns[0].content:
            return sound(line)
        place = chooses([row[3:] for row in line.tag("options").splitlines()])
        return {"reason": "", "letter": "none" if place is None else "ABC"[place]}

    asked = instruction(leaf="choice", options=OPTIONS)
    async with staged(tmp_path, {"curator": curator}, curation={"shuffled_options": True}) as stage:
        found = await looked_at(stage, asked)
        assert [reject.reason for reject in found] == ["options_order"] * dropped
        assert len(stage.lines("curator")) == 3


async def test_nobody_chooses_where_it_is_not_asked_for_or_there_are_no_options(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path, curation={"shuffled_options": True}) as stage:
        assert await looked_at(stage, instruction()) == []
        assert len(stage.calls) == 1
    async with staged(tmp_path) as stage:
        assert await looked_at(stage, instruction(leaf="choice", options=OPTIONS)) == []
        assert len(stage.calls) == 1


async def test_a_letter_that_is_no_option_is_a_failure_and_no_verdict(tmp_path: Path) -> None:
    def curator(line: Line) -> Any:
        asked = "letter" in line.call.turns[0].content
        return {"reason": "", "letter": "Q"} if asked else sound(line)

    async with staged(tmp_path, {"curator": curator}, curation={"shuffled_options": True}) as stage:
        found = await looked_at(stage, instruction(leaf="choice", options=OPTIONS))
        assert {(reject.reason, reject.failed) for reject in found} == {("reply", True)}


def test_every_gate_has_a_reason_of_its_own() -> None:
    assert len(set(GATES.values())) == len(GATES)
