"""Thinking models: what they thought is kept apart from what they said, in a whole run too."""

import asyncio
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.models.thoughts import read_message, split_thoughts
from arenainstruct.runs.config.config import RunConfig, load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.screen.summary import summary
from arenainstruct.runs.store import STORE_FILE, Entry, Store
from tests.command import command

XML = "Wrap it so:\n\n```xml\n<think>\nfirst\n</think>\n```\n\nThe closing tag is </think>."


@pytest.mark.parametrize(
    ("said", "thoughts", "text"),
    [
        ("<think>hm</think>Yes.", "hm", "Yes."),
        ("\n <think>\nhm\n</think>\n\nYes.", "hm", "Yes."),
        ("<thinking>a {b} <c></thinking> Yes.", "a {b} <c>", "Yes."),
        ('<think>{"choice": "first"}?</think>\n{"choice": "second"}', '{"choice": "first"}?',
         '{"choice": "second"}'),
        ("<think>one</think>\n<think>two</think>\nYes.", "one\n\ntwo", "Yes."),
        ("<THINK>hm</THINK></think>Yes.", "hm", "Yes."),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>it goes on and", "it goes on and", ""),
        ("<think>", "", ""),
        ("hm, so\n</think>\n\nYes.", "hm, so", "Yes."),
        ("hm {a: 1} so</think>\nYes.", "hm {a: 1} so", "Yes."),
        ('maybe first</think>{"choice": "second"}', "maybe first", '{"choice": "second"}'),
        ("</think>\n\nYes.", "", "Yes."),
        ("[THINK]hm[/THINK]Yes.", "hm", "Yes."),
        ("<think>hm</think>\n\n    indented code", "hm", "    indented code"),
        (f"<think>xml?</think>{XML}", "xml?", XML),
    ],
)  # fmt: skip
def test_thoughts_stand_at_the_start(said: str, thoughts: str, text: str) -> None:
    assert split_thoughts(said) == (thoughts, text)


@pytest.mark.parametrize(
    "said",
    [
        XML,
        "Models write <think> before they answer and </think> after it.",
        "The tag `</think>` ends it.\nThen comes the answer.",
        "It ends with </think>",
        "Use <think>\nlike this\n</think>\nand go on.",
        "```python\nparts = text.split('''\n</think>\n''')\n```\nsplits it.",
        'print("</think>")\nprint("done")',
        "  leading blanks and [brackets] < 3 stay\n",
        "<thinker>I am</thinker>",
        "",
    ],
)
def test_what_speaks_of_such_tags_loses_nothing(said: str) -> None:
    assert split_thoughts(said) == ("", said)


@pytest.mark.parametrize(
    ("message", "thoughts", "text"),
    [
        ({"content": "Yes.", "reasoning_content": "hm"}, "hm", "Yes."),
        ({"content": "Yes.", "reasoning": "hm", "reasoning_content": None}, "hm", "Yes."),
        ({"content": None, "reasoning": "hm"}, "hm", ""),
        ({"content": "<think>b</think>Yes.", "reasoning": "a"}, "a\n\nb", "Yes."),
        ({"content": [{"type": "text", "text": "Ye"}, {"type": "text", "text": "s."}]}, "", "Yes."),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                      {"type": "text", "text": "Yes."}]}, "hm", "Yes."),
        ({"content": 7}, "", ""),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_servers_give_thoughts_in_their_own_ways(
    message: dict[str, Any], thoughts: str, text: str
) -> None:
    assert read_message(message) == (thoughts, text)


DOCUMENT = "\n\n".join(
    f"The mill number {n} at Ashford was built in {1800 + n}. It ground {n * 7 + 3} tons of wheat a year."
    for n in range(12)
)


def config(folder: Path, url: str, **own: Any) -> Any:
    seeds = folder / "docs"
    seeds.mkdir()
    (seeds / "mill.md").write_text(DOCUMENT, encoding="utf-8")
    names = {"t": "strong", "s": "weak", "j": "judge"}
    models = {
        alias: {"provider": "openai", "model": name, "family": alias, "base_url": url, "retries": 0}
        for alias, name in names.items()
    }
    cast = {"default": "t", "target": "s", "contenders": ["t"], "jury": ["j"]}
    base = {
        "seeds": str(seeds),
        "skills": ["reading_comprehension", "tool_use"],
        "rounds": 1,
        "per_seed": {"passages": 1, "instructions": 3, "refinements": 0},
        "selection": {"sft_margin": 0.5, "preference_margin": 0.5},
    }
    return load_config({**base, "models": models, "cast": cast, **own})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tags", "field"])
async def test_thoughts_are_kept_apart(tmp_path: Path, kind: Any) -> None:
    async with MockServer(MockOptions(replies="offline", thoughts=kind)) as mock:
        made = config(tmp_path, mock.url, dataset={"thoughts": kind == "tags"})
        result = await launch_async(made, runs_dir=tmp_path, run_id="think-1")
    assert result.status == "completed" and result.counts["sft"] > 0
    assert not result.calls["failed"]
    store = Store.open(tmp_path / "think-1" / STORE_FILE)
    entries = list(store.entries())
    asked = [str(request) for e in entries if (request := await store.request(e.key))]
    store.close()
    assert all("Let me see {what}" in e.thoughts for e in entries if e.text)
    assert len(asked) == len(entries)
    assert not any("Let me see {what}" in text for text in [*asked, *(e.text for e in entries)])
    for table in ("sft", "preference", "battles", "instructions"):
        read = pq.read_table(tmp_path / "think-1" / "dataset" / table / "train.parquet")
        columns = [name for name in read.column_names if "thoughts" in name]
        wanted = {"sft": 1, "preference": 2}.get(table, 0) if kind == "tags" else 0
        assert len(columns) == wanted
        assert "Let me see" not in repr(read.drop_columns(columns).to_pylist())
        for column in columns:
            for row in read.column(column).to_pylist():
                assert row and "Let me see {what}" in row[-1]


@pytest.mark.slow
async def test_a_small_window_of_the_server_is_found_and_kept_to(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline", context=4000)) as mock:
        made = config(tmp_path, mock.url)
        models = {a: m.model_copy(update={"max_tokens": 900}) for a, m in made.models.items()}
        made = made.model_copy(update={"models": models})
        result = await launch_async(made, runs_dir=tmp_path, run_id="small-1")
    assert result.status == "completed" and not result.calls["failed"] and result.counts["battle"]
    kept = load_config(tmp_path / "small-1" / "config.yaml")
    assert {model.context_window for model in kept.models.values()} == {4000}


@pytest.mark.slow
async def test_answers_that_were_cut_off_are_told_and_train_nobody(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline")) as mock:
        made = short_spoken(tmp_path, mock.url)
        result = await launch_async(made, runs_dir=tmp_path, run_id="cut-1")
    dataset = tmp_path / "cut-1" / "dataset"
    battles = pq.read_table(dataset / "battles" / "train.parquet").to_pylist()
    sides = [(row[f"model_{side}"], row[f"cut_{side}"]) for row in battles for side in "ab"]
    assert result.counts["cut"] == {"s2": len({*_cut(battles)})} and {w for w, c in sides if c} == {
        "s2"
    }
    assert "of `s2`" in (dataset / "README.md").read_text()
    assert "cut off at its max_tokens" in summary(result)
    for table, columns in {"sft": ["cut"], "preference": ["chosen_cut", "rejected_cut"]}.items():
        rows = pq.read_table(dataset / table / "train.parquet").to_pylist()
        assert rows and not any(row[column] for row in rows for column in columns)


@pytest.mark.slow
async def test_a_larger_cap_asks_for_cut_answers_again_and_for_nothing_that_fitted(
    tmp_path: Path,
) -> None:
    async with MockServer(MockOptions(replies="offline")) as mock:
        made = short_spoken(tmp_path, mock.url)
        first = await launch_async(made, runs_dir=tmp_path, run_id="cap-1")
        cut = first.counts["cut"]["s2"]
        hint = f"resume {tmp_path / 'cap-1'} --set models.s2.max_tokens="
        assert cut and hint in summary(first)
        before = _entries(tmp_path / "cap-1")
        same = await resume_async("cap-1", runs_dir=tmp_path)
        assert same.calls["paid"] == 0, "the same cap would cut them again"
        larger = ("models.s2.max_tokens=2000",)
        second = await resume_async("cap-1", runs_dir=tmp_path, overrides=larger)
        third = await resume_async("cap-1", runs_dir=tmp_path, overrides=larger)
    assert not second.counts["cut"] and third.calls["paid"] == 0
    entries = _entries(tmp_path / "cap-1")
    replaced = [e for e in entries if "/" in e.key]
    listed = await asyncio.to_thread(command, "calls", tmp_path / "cap-1", cwd=tmp_path)
    head, *lines = [line.split()[:3] for line in listed.out.splitlines()[:-1]]
    assert head == ["id", "outcome", "try"]
    assert len({(id, nth) for id, _, nth in lines}) == len(entries), "each line names another call"
    assert {e.key[:12] for e in replaced} <= {id for id, _, nth in lines if nth == "2"}
    assert len(replaced) == cut and {(e.alias, e.finish, e.cap) for e in replaced} == {
        ("s2", "length", 12)
    }
    anew = [(e.role, e.alias, e.cap) for e in entries if e.seq > before[-1].seq]
    assert anew == [("contender", "s2", 2000)] * cut
    assert (await replay_async("cap-1", runs_dir=tmp_path)).identical


def short_spoken(tmp_path: Path, url: str) -> RunConfig:
    """Return a config in which a contender may write twelve tokens, and is else a model that writes more."""
    made = config(tmp_path, url)
    short = made.models["t"].model_copy(update={"max_tokens": 12, "family": "short"})
    cast = made.cast.model_copy(update={"contenders": ("t", "s2")})
    models = {**made.models, "s2": short}
    found: RunConfig = made.model_copy(update={"models": models, "cast": cast})
    return found


def _entries(run: Path) -> list[Entry]:
    store = Store.open(run / STORE_FILE)
    try:
        return list(store.entries())
    finally:
        store.close()


def _cut(battles: list[dict[str, Any]]) -> list[str]:
    """Return the questions whose answers were cut off."""
    return [row["question_id"] for row in battles if row["cut_a"] or row["cut_b"]]
