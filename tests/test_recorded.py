"""Recorded models: answers and verdicts read from files, and never guessed."""

import csv
import gzip
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.opening import open_models
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.recorded import RecordedProvider
from arenainstruct.agents.models.request import request
from arenainstruct.agents.models.settings import RecordedSettings
from arenainstruct.agents.models.structured import parse_reply
from arenainstruct.agents.records import Turn
from arenainstruct.agents.replies import ChoiceReply, FiveGradeReply, ScoreReply

ANSWERS: list[dict[str, Any]] = [
    {"question_id": "q1", "model": "owl", "output": "Hoo, at length.", "output_short": "Hoo."},
    {"question_id": "q2", "model": "owl", "output": "Hoo again.", "output_short": None},
    {"question_id": 3, "model": "owl", "output": ["First.", "Second."]},
    {"prompt": "Who are you?", "model": "owl", "output": "An owl."},
    {"question_id": "q1", "model": "fox", "output": "Yap."},
]
VERDICTS: list[dict[str, Any]] = [
    {"question_id": "q1", "model_a": "owl", "model_b": "fox", "winner": "model_a", "judge": "elk"},
    {"question_id": "q1", "model_a": "fox", "model_b": "owl", "winner": "tie", "judge": "elk"},
    {"question_id": "q2", "model_a": "owl", "model_b": "fox", "winner": "error", "judge": "elk"},
    {"question_id": "q2", "model_a": "fox", "model_b": "owl", "winner": "model_a", "judge": "hen"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    name = path.name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    opened = gzip.open(path, "wt") if name.endswith(".gz") else path.open("w")
    with opened as file:
        if ".csv" in name:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(orjson.dumps(row).decode() + "\n" for row in rows)
    return path


def provider(file: Path, model: str, **fields: Any) -> RecordedProvider:
    settings = RecordedSettings(provider="recorded", model=model, file=str(file), **fields)
    return RecordedProvider(settings)


def call(*said: str, about: tuple[str, ...] = (), **fields: Any) -> Call:
    turns = [
        Turn(role="user" if i % 2 == 0 else "assistant", content=text)
        for i, text in enumerate(said or ("?",))
    ]
    return Call("x", tuple(turns), about=about, **fields)


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.jsonl.gz"])
async def test_answers_are_found_by_id_or_by_text(tmp_path: Path, name: str) -> None:
    owl = provider(write(tmp_path / name, ANSWERS), "owl")
    assert (await owl.complete(call(about=("q1",)))).text == "Hoo, at length."
    assert (await owl.complete(call(" Who are you?\n", about=("q9",)))).text == "An owl."
    reply = await owl.complete(call("Who are you?"))
    assert (reply.text, reply.model, reply.usd) == ("An owl.", "recorded/owl", 0.0)
    with pytest.raises(AttemptFailed, match="no answer of owl to q9"):
        await owl.complete(call(about=("q9",)))


async def test_a_null_in_the_chosen_column_falls_back(tmp_path: Path) -> None:
    owl = provider(write(tmp_path / "a.jsonl", ANSWERS), "owl", column="output_short")
    assert (await owl.complete(call(about=("q1",)))).text == "Hoo."
    assert (await owl.complete(call(about=("q2",)))).text == "Hoo again."


async def test_later_turns_have_answers_of_their_own(tmp_path: Path) -> None:
    owl = provider(write(tmp_path / "a.jsonl", ANSWERS), "owl")
    assert (await owl.complete(call("One?", about=("3",)))).text == "First."
    assert (await owl.complete(call("One?", "First.", "Two?", about=("3",)))).text == "Second."
    with pytest.raises(AttemptFailed, match="turn 2"):
        await owl.complete(call("One?", "Hoo.", "Two?", about=("q1",)))


@pytest.mark.parametrize("name", ["v.jsonl", "v.csv", "v.csv.gz", "v.parquet"])
async def test_a_verdict_is_that_of_the_models_in_the_order_shown(
    tmp_path: Path, name: str
) -> None:
    elk = provider(write(tmp_path / name, VERDICTS), "elk")

    async def said(*about: str) -> str:
        reply = await elk.complete(call(about=about, reply_type=ChoiceReply))
        return parse_reply(reply.text, ChoiceReply).choice

    assert await said("q1", "owl", "fox") == "first"
    assert await said("q1", "fox", "owl") == "tie"
    with pytest.raises(AttemptFailed, match="no verdict about q2, fox, owl"):
        await said("q2", "fox", "owl")  # only the other judge gave one
    with pytest.raises(ValueError, match="no JSON object with choice"):
        await said("q2", "owl", "fox")  # an error is no verdict


async def test_a_winner_can_be_told_in_scores(tmp_path: Path) -> None:
    elk = provider(write(tmp_path / "v.csv", VERDICTS), "elk")
    reply = await elk.complete(call(about=("q1", "owl", "fox"), reply_type=ScoreReply))
    scores = parse_reply(reply.text, ScoreReply)
    assert (scores.score_first, scores.score_second) == (7.0, 4.0)


@pytest.mark.parametrize(
    ("winner", "grade", "choice", "points"),
    [
        ("model_a", "A>B", "first", (7.0, 4.0)),
        ("tie", "A=B", "tie", (5.5, 5.5)),
        ("A>>B", "A>>B", "first", (8.5, 2.5)),
        ("B>A", "B>A", "second", (4.0, 7.0)),
        ("B>>A", "B>>A", "second", (2.5, 8.5)),
    ],
)
async def test_a_winner_and_a_grade_can_be_told_in_every_kind(
    tmp_path: Path, winner: str, grade: str, choice: str, points: tuple[float, float]
) -> None:
    row = {"question_id": "q", "model_a": "owl", "model_b": "fox", "winner": winner, "judge": "elk"}
    elk = provider(write(tmp_path / "v.jsonl", [row]), "elk")

    async def said(kind: type[Any]) -> Any:
        reply = await elk.complete(call(about=("q", "owl", "fox"), reply_type=kind))
        return parse_reply(reply.text, kind)

    assert (await said(FiveGradeReply)).grade == grade
    assert (await said(ChoiceReply)).choice == choice
    scores = await said(ScoreReply)
    assert (scores.score_first, scores.score_second) == points


def test_recorded_calls_are_keyed_by_what_they_are_about(tmp_path: Path) -> None:
    elk = provider(write(tmp_path / "v.csv", VERDICTS), "elk")
    one, other = call(about=("q1", "owl", "fox")), call(about=("q2", "owl", "fox"))
    key = [request(c, elk.model, elk.params).key() for c in (one, other)]
    assert key[0] != key[1]
    # For every other model a call is its text alone: who asks and why is no part of it.
    assert request(one, "m", {}).key() == request(call(), "m", {}).key()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{**VERDICTS[0], "winner": "A"}], "row 1: winner is 'A'"),
        ([{**VERDICTS[0], "model_b": ""}], "row 1: has no model_b"),
        ([{"model": "elk", "output": "x"}], "row 1: needs a prompt or one of question_id"),
        ([{"model": "elk", "output": 3, "prompt": "p"}], "row 1: output must be a text"),
        ([{"model": "owl", "output": "x", "prompt": "p"}], "no row whose model is 'elk'"),
        ([{**VERDICTS[0], "judge": "hen"}], "no row whose judge is 'elk'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    tmp_path: Path, rows: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(ValueError, match=told.replace("(", "\\(")):
        provider(write(tmp_path / "f.jsonl", rows), "elk")


def test_the_alias_is_named_too(tmp_path: Path) -> None:
    models = {
        "elk": RecordedSettings(provider="recorded", model="elk", file=str(tmp_path / "no.csv"))
    }
    limits = share_limits(models, patience_s=1, notify=lambda text: None)
    with pytest.raises(UserError, match=r"models\.elk\.file: .*no\.csv: does not exist"):
        open_models(models, limits, 1)


ROW = '{"question_id": "q1", "model": "owl", "output": "Hoo."}\n'
HEAD = "question_id,model,output\nq1,owl,Hoo.\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.jsonl", ROW), ("a.csv", HEAD), ("a.csv", HEAD + "\nq2,owl," + 200_000 * "o" + "\n")],
)
async def test_a_byte_order_mark_and_long_answers_are_read(
    tmp_path: Path, name: str, data: str
) -> None:
    (tmp_path / name).write_text(data, encoding="utf-8-sig")
    owl = provider(tmp_path / name, "owl")
    assert (await owl.complete(call(about=("q1",)))).text == "Hoo."


def harmed(text: str, harm: str) -> bytes:
    packed = gzip.compress(text.encode())
    return packed[: len(packed) // 2] if harm == "cut" else packed[:300] + b"\0\0" + packed[302:]


@pytest.mark.parametrize("harm", ["cut", "changed"])
@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz"])
def test_a_damaged_archive_is_one_error_that_names_the_file(
    tmp_path: Path, name: str, harm: str
) -> None:
    rows = [(f"q{n}", hash_of(n)) for n in range(5000)]
    if "csv" in name:
        text = "question_id,model,output\n" + "".join(f"{id},owl,{said}\n" for id, said in rows)
    else:
        text = "".join(ROW.replace("q1", id).replace("Hoo.", said) for id, said in rows)
    (tmp_path / name).write_bytes(harmed(text, harm))
    with pytest.raises(ValueError, match=rf"^file: .*{name}: cannot be read: \S"):
        provider(tmp_path / name, "owl")


def hash_of(number: int) -> str:
    return blake2b(str(number).encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", HEAD + "q2,owl,Hoo, again\n", "row 3: 4 fields where .* has 3"),
        ("a.csv", HEAD + "q2,owl\n", "row 3: 2 fields"),
        ("a.csv", HEAD.encode() + b"q2,owl,H\xf6\n", "row 3: is not written in UTF-8"),
        ("a.jsonl", ROW + "{\n", "row 2: no JSON object"),
    ],
)
def test_a_row_that_is_no_row_is_named(
    tmp_path: Path, name: str, data: str | bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(ValueError, match=rf"^file: .*{name}.* ?{told}"):
        provider(tmp_path / name, "owl")
