"""What the viewer asks of a run's store: read-only, paged, the same while a run goes on; and its guard."""

import asyncio
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

import orjson
import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.runs import load_config
from arenainstruct.runs.export.atif import trajectories
from arenainstruct.runs.export.spans import Span, Spans
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.labels import labels
from arenainstruct.runs.opening import stored
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.store import STORE_FILE
from arenainstruct.runs.view import bundle, onefile
from arenainstruct.runs.view.arena import arena
from arenainstruct.runs.view.bundle import write_bundle
from arenainstruct.runs.view.card import card, overturn
from arenainstruct.runs.view.catalog import elsewhere, find, listed, run_card
from arenainstruct.runs.view.compare import compare
from arenainstruct.runs.view.diff import diff
from arenainstruct.runs.view.draw.markup import Safe, h
from arenainstruct.runs.view.draw.run import figures
from arenainstruct.runs.view.draw.runs import differing as comparison_page
from arenainstruct.runs.view.draw.trace import cost as draw_cost
from arenainstruct.runs.view.draw.trace import listed as traces_page
from arenainstruct.runs.view.guard import Guard
from arenainstruct.runs.view.indexing import catch_up
from arenainstruct.runs.view.lineage import changed, lineage
from arenainstruct.runs.view.moment import moment
from arenainstruct.runs.view.onefile import write_html
from arenainstruct.runs.view.policy import growth
from arenainstruct.runs.view.rows import PAGE, Wanted, facets, following, rows, totals
from arenainstruct.runs.view.source import INDEX, Source
from arenainstruct.runs.view.spending import spending
from arenainstruct.runs.view.trace import trace, traces
from tests.command import command

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "docs").mkdir()
    for name in ("photosynthesis.md", "panama_canal.md"):
        shutil.copy(DEMO / name, folder / "docs")
    given = [f"seeds={folder / 'docs'}", "skills=[reading_comprehension]", "rounds=1"]
    result = asyncio.run(launch_async(load_config(None, given), runs_dir=folder, run_id="a-1"))
    assert result.completed
    return folder


@pytest.fixture
def source(made: Path) -> Source:
    found = Source(RunFolder(made / "a-1"))
    assert catch_up(found).share == 1
    return found


def counts(source: Source) -> dict[str, int]:
    with sqlite3.connect(source.store) as connection:
        return dict(connection.execute("SELECT kind, count(*) FROM records GROUP BY 1").fetchall())


def every(source: Source, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    while True:
        page = rows(source, wanted)
        found += page.rows
        if page.after is None:
            return found
        wanted = following(wanted, page)


@pytest.mark.slow
def test_pages_hold_every_row_once_in_any_order(source: Source) -> None:
    assert totals(source) == counts(source)
    kinds = counts(source)
    for kind in ("draft", "battle", "sft", "preference", "answer"):
        for wanted in (
            Wanted(kind),
            Wanted(kind, descending=True),
            Wanted(kind, sort="agreement"),
            Wanted(kind, sort="usd", descending=True),
        ):
            found = [row.id for row in every(source, wanted)]
            assert len(found) == len(set(found)) == kinds[kind]
    assert kinds["battle"] > PAGE


def test_filters_keep_what_they_say(source: Source) -> None:
    seen = facets(source, "draft")
    lost = every(source, Wanted("draft", outcome="lost"))
    assert len(lost) == seen.outcomes["lost"] and {row.outcome for row in lost} == {"lost"}
    skill, leaves = next(iter(seen.leaves.items()))
    leaf, count = next(iter(leaves.items()))
    assert len(every(source, Wanted("draft", skill=skill, leaf=leaf))) == count
    assert all(row.agreement < 1 for row in every(source, Wanted("battle", disputed=True)))
    words = rows(source, Wanted("seed", text="photosynth"))
    assert [re.search("photosynthesis", row.text) is not None for row in words.rows] == [True]
    assert rows(source, Wanted("draft", text='" OR 1=1 --')).matches == 0


def test_a_row_leads_back_to_its_document_and_forward_to_what_it_became(source: Source) -> None:
    pair = every(source, Wanted("preference"))[0].id
    found = lineage(source, pair)
    assert found is not None
    kinds = [bead.kind for bead in found.beads]
    assert kinds[:2] == ["seed", "passage"] and {"draft", "answer", "battle", "decision"} <= set(
        kinds
    )
    assert [bead.id for bead in found.beads if bead.here] == [pair]
    seed = lineage(source, found.beads[0].id)
    assert seed is not None and not seed.edits
    gave = {(one.kind, one.outcome): one.count for one in seed.produced}
    assert sum(n for (kind, _), n in gave.items() if kind == "preference") > 0
    refined = next(
        told
        for row in every(source, Wanted("draft"))
        if (told := lineage(source, row.id)) and told.edits
    )
    after = "".join(p.text for p in refined.edits[-1].pieces if p.how != "removed")
    assert after == refined.fields["task"]
    assert lineage(source, "instruction-none") is None
    assert [name for name, _ in found.trains] == ["prompt", "chosen", "rejected"]
    assert found.trains[1][1] != found.trains[2][1] and not refined.trains


def test_a_battle_card_tells_all_and_keeps_a_persons_word(source: Source) -> None:
    id = next(row.id for row in every(source, Wanted("battle")) if row.agreement < 1)
    found = card(source, id)
    assert found is not None and found.question and found.a.text and found.b.text
    assert found.document and found.document not in found.question
    assert all(len(said.games) == 2 for said in found.jurors)
    assert "".join(p.text for p in found.difference if p.how != "added") == found.a.text
    other = "model_b" if found.battle.winner == "model_a" else "model_a"
    overturn(source, id, other)
    again = card(source, id)
    assert again is not None and again.human == other
    assert labels(source.folder)[id]["winner"] == other
    overturn(source, id, "")
    assert labels(source.folder) == {}
    with pytest.raises(ValueError, match="no battle"):
        overturn(source, "battle-none", "tie")
    (source.folder.path / "labels.jsonl").write_text('{"winner": "tie"}\n')
    with pytest.raises(UserError, match=r"labels\.jsonl, line 1: .*is no label of a battle"):
        overturn(source, id, other)
    (source.folder.path / "labels.jsonl").unlink()


def test_arena_and_taxonomy_add_up(source: Source) -> None:
    found = arena(source)
    fought = sum(p.won + p.tied + p.lost for pairs in found.pairs.values() for p in pairs)
    assert fought == counts(source)["battle"] and found.ratings
    assert {juror.juror for juror in found.jurors} >= {"juror-1", "juror-2", "juror-3"}
    grown = growth(source)
    assert sum(cell.written for cell in grown.cells) == counts(source)["draft"]
    assert all(0 <= cell.loss <= 1 for cell in grown.cells if cell.loss is not None)
    assert grown.changes and all(change.reason for change in grown.changes)


def test_two_runs_differ_in_values_that_a_reader_knows(made: Path, tmp_path: Path) -> None:
    one, other = (RunFolder(shutil.copytree(made / "a-1", tmp_path / n)) for n in ("a-1", "a-2"))
    with closing(sqlite3.connect(other.path / STORE_FILE)) as connection, connection:
        edit = "json_set(body, '$.outcome', 'held_back', '$.reason', 'nobody knows')"
        connection.execute(f"UPDATE records SET body = {edit} WHERE kind = 'decision'")
    for folder in (one, other):
        catch_up(Source(folder))
    found = compare(Source(one), Source(other))
    assert {change.kind for change in found.changes} == {"decision"}
    assert {name for change in found.changes for name, _, _ in change.fields} == {
        "outcome",
        "reason",
    }
    said = command("diff", one.path, other.path, cwd=tmp_path).out
    assert "outcome: " in said and "'nobody knows'" in said and "'' → ''" not in said
    page = comparison_page(found)
    assert "nobody knows" in page and "{&quot;" not in page
    assert page.count("<details>") == 1, "the changes of a kind are folded"


def test_a_trace_tells_each_step_with_what_was_asked(source: Source) -> None:
    told = [trace(source, one.id) for one in traces(source, graph="battle")]
    assert told and all(one is not None and one.outcome == "ok" for one in told)
    found = told[0]
    assert found is not None
    asked = found.seek(0, "turn")
    seen = moment(source, found, asked)
    assert seen.exchange is not None and seen.exchange.reply and seen.exchange.turns
    assert any(one.new for one in seen.state)
    assert found.seek(len(found.steps) - 1, "turn", back=True) >= asked
    assert found.steps[-1].read >= found.steps[asked].read
    doubted = [step for one in told if one for step in one.steps if step.disagrees]
    assert doubted and all(step.actor.startswith("juror/") for step in doubted)
    (shown,) = [one for one in traces(source, graph="battle") if one.id == found.id]
    asked_about = lineage(source, found.record)
    assert asked_about and shown.about
    assert " ".join(asked_about.fields["task"].split()).startswith(shown.about)
    assert escape(shown.about) in traces_page("a-1", [shown])


async def test_a_clock_that_was_set_back_makes_no_time_negative(
    source: Source, tmp_path: Path
) -> None:
    other = Source(RunFolder(shutil.copytree(source.folder.path, tmp_path / "b-1")))
    (one, *_) = [told for told in traces(source, graph="battle") if told.outcome == "ok"]
    whole = trace(source, one.id)
    assert whole is not None
    with sqlite3.connect(other.store) as connection:
        later = (whole.steps[len(whole.steps) // 2].seq,)
        connection.execute("UPDATE events SET at = at - 31536000 WHERE seq >= ?", later)
    with stored(other.folder.store()) as store:
        assert all(span.start <= span.end for span in Spans("b-1").take(store.events()))
    catch_up(other)
    found = trace(other, one.id)
    assert found is not None
    at = [step.at for step in found.steps]
    assert at == sorted(at) and len(at) == len(whole.steps)
    assert 'cx="-' not in str(draw_cost(found, found.steps[-1]))


def test_what_a_resume_takes_back_is_gone_and_what_is_new_is_there(
    source: Source, tmp_path: Path
) -> None:
    folder = shutil.copytree(source.folder.path, tmp_path / "b-1")
    other = Source(RunFolder(folder))
    catch_up(other)
    with sqlite3.connect(other.store) as connection:
        connection.execute("DELETE FROM records WHERE kind = 'preference'")
        connection.execute(
            "UPDATE records SET body = replace(body, '\"lost\"', '\"won\"') WHERE kind = 'decision'"
        )
    catch_up(other)
    assert "preference" not in totals(other)
    (folder / INDEX).unlink()
    catch_up(other)
    assert totals(other) == counts(other) and "lost" not in facets(other, "draft").outcomes


def test_the_store_is_never_written_to(source: Source) -> None:
    with source.opened() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM store.records")


def test_a_damaged_run_is_named_with_its_reason_and_one_that_is_being_made_is_not(
    made: Path, tmp_path: Path
) -> None:
    for name, held in (("whole-1", None), ("cut-1", 40_000), ("noise-1", 0), ("new-1", 0)):
        (tmp_path / name).mkdir()
        store = (made / "a-1" / "store.sqlite").read_bytes()
        (tmp_path / name / "store.sqlite").write_bytes(store[:held])
    (tmp_path / "noise-1" / "store.sqlite").write_bytes(b"no database " * 99)
    shown, unreadable = listed(tmp_path)
    assert [run.run_id for run in shown] == ["whole-1"]
    assert sorted(unreadable) == ["cut-1", "noise-1"]
    assert "put a copy of it back" in unreadable["noise-1"]


def test_words_are_found_in_what_is_shown_and_in_scripts_without_blanks(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = (DEMO / "photosynthesis.md").read_text(encoding="utf-8")
    said = "図書館は月曜日に休館します。次の開館日は火曜日です。"
    (tmp_path / "docs" / "both.md").write_text(f"{text}\n\n{said}\n", encoding="utf-8")
    given = [f"seeds={tmp_path / 'docs'}", "skills=[reading_comprehension]", "rounds=1"]
    asyncio.run(launch_async(load_config(None, given), runs_dir=tmp_path, run_id="w-1"))
    source = Source(RunFolder(tmp_path / "w-1"))
    catch_up(source)
    for asked, found in (("開館日", 1), ("火曜日です", 1), ("水曜日", 0)):
        assert rows(source, Wanted("seed", text=asked)).matches == found
    battle = rows(source, Wanted("battle")).rows[0]
    words = " ".join(battle.text.split()[:4])
    assert battle.id in {row.id for row in every(source, Wanted("battle", text=words))}


def test_runs_are_listed_and_no_name_leads_out_of_their_folder(made: Path) -> None:
    assert [(run.run_id, run.status) for run in listed(made)[0]] == [("a-1", "completed")]
    (made / "link-1").symlink_to(made.parent, target_is_directory=True)
    for name in ("..", "../a-1", "a-1/../a-1", "", ".", "nobody-1", "link-1", "a-1\\"):
        with pytest.raises(UserError, match="no run"):
            find(made, name)


def test_one_file_holds_the_run_and_no_text_runs_in_it(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, of = tmp_path / "run.html", totals(source)["draft"]
    said = f"5 of {of} instructions; {of - 5} are left out (--rows takes more)"
    assert str(write_html(source, path, 5)) == said
    page = path.read_text(encoding="utf-8")
    assert f"This file holds {said}." in page
    assert page.count("<script") == 1 and "http://" not in page and "https://" not in page
    assert 'href="/' not in page and page.count('class="item"') == 5
    monkeypatch.setattr(onefile, "LARGEST", len(page) // 2)
    whole = write_html(source, path, 1000)
    assert whole.full and 0 < whole.told < of
    assert f"{of - whole.told} are left out" in path.read_text(encoding="utf-8")


def test_a_folder_of_pages_holds_all_of_a_run_and_every_way_between_them(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "A_PAGE", 3)
    told, count = write_bundle(source, tmp_path / "run")
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "run").iterdir()}
    assert told == totals(source)["draft"] and len(pages) == count + 1
    shown = [
        id
        for page in pages.values()
        for id in re.findall('<details id="([^"]+)" class="item"', page)
    ]
    assert sorted(shown) == sorted(row.id for row in every(source, Wanted("draft")))
    reached, left = set[str](), [bundle.INDEX]
    while left:
        name = left.pop()
        reached.add(name)
        ways = set(re.findall(r'href="([^"#]+)', pages[name]))
        assert ways <= pages.keys(), "no way leads to a server, or to nowhere"
        left += ways - reached
    assert reached == pages.keys()
    with pytest.raises(UserError, match="not empty"):
        write_bundle(source, tmp_path / "run")
    # What a kill leaves: some pages, one of them half, and not the one that leads to them.
    (tmp_path / "run" / bundle.INDEX).unlink()
    shown_first = min(pages.keys() - {bundle.INDEX})
    (tmp_path / "run" / shown_first).rename(tmp_path / "run" / f".{shown_first}.part")
    write_bundle(source, tmp_path / "run")
    again = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "run").iterdir()}
    assert again == pages
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.html").touch()
    with pytest.raises(UserError, match="not empty"):
        write_bundle(source, tmp_path / "other")


def test_money_and_time_are_told_by_model_and_by_skill(source: Source) -> None:
    found = spending(source)
    with sqlite3.connect(source.store) as connection:
        query = "SELECT count(*), sum(tokens_in + tokens_out) FROM ledger"
        calls, tokens = connection.execute(query).fetchone()
    assert sum(one.calls for one in found.models) == calls
    assert sum(one.tokens_in + one.tokens_out for one in found.models) == tokens
    assert {one.skill for one in found.skills} == {"reading_comprehension", ""}
    own = counts(source)
    reading = found.skills[0]
    assert (reading.instructions, reading.trains) == (own["draft"], own["sft"] + own["preference"])
    # What is not of the skill is what reads the documents.
    asked = {one.role: one.calls for one in found.models}
    assert calls - reading.calls <= asked["transformer"]


def test_battles_are_found_by_the_juror_who_stood_against_the_verdict(source: Source) -> None:
    against = 0
    for juror in facets(source, "battle").jurors:
        for row in every(source, Wanted("battle", juror=juror)):
            shown = card(source, row.id)
            assert shown is not None
            assert [one.agrees for one in shown.jurors if one.juror == juror] == [False]
            against += 1
    battles = (card(source, row.id) for row in every(source, Wanted("battle")))
    disagree = [one for shown in battles if shown for one in shown.jurors if not one.agrees]
    assert against == len(disagree) > 0


def test_a_reject_tells_why_and_of_what_in_words(source: Source) -> None:
    found = every(source, Wanted("reject"))
    assert found
    assert not any(re.match(r"[a-z]+-[0-9a-f]{20}", row.text) for row in found)


@pytest.mark.parametrize(
    "text", ["<script>x</script>", '"><img src=x onerror=y>', "&lt;b&gt;", "{{ x }}", "\u202ex"]
)
def test_text_is_escaped_wherever_it_stands(text: str) -> None:
    made = h("p", text, title=text)
    assert "<script" not in made and "<img" not in made
    assert isinstance(made, Safe) and h("div", made) == f"<div>{made}</div>"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:x",
        "//evil.example",
        "https://evil.example",
        "/\\evil",
        "x://y.html",
        "../y.html",
    ],
)
def test_no_link_leads_out(link: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        h("a", "x", href=link)
    with pytest.raises(ValueError, match="no attribute"):
        h("a", "x", onclick="y")


def test_texts_without_much_in_common_stand_one_behind_the_other() -> None:
    before, after = "Mira closed the valve, and went.", "The files say a good deal of it, and more."
    assert [(p.how, p.text) for p in diff(before, after)] == [("removed", before), ("added", after)]
    longer = f"{before} Say so in three words, in French, and name nobody."
    assert [p.how for p in diff(before, longer)] == ["same", "added"]


def test_an_edit_shows_the_turns_and_options_that_it_added() -> None:
    draft: dict[str, Any] = {"task": "Do it.", "options": [], "user_turns": []}
    added = changed(draft, draft | {"user_turns": ["Then do it again."]})
    assert [(p.how, p.text.strip()) for p in added] == [
        ("same", "Do it."),
        ("added", "Then do it again."),
    ]
    assert [p.how for p in changed(draft | {"options": ["a"]}, draft | {"options": ["a"]})] == [
        "same"
    ]


@pytest.mark.parametrize(
    "pair", [("a b c", "a x c"), ("", "x"), ("one\ntwo", "one\ntwo\n"), ("é  b", "é b")]
)
def test_a_difference_holds_both_texts(pair: tuple[str, str]) -> None:
    pieces = diff(*pair)
    assert "".join(p.text for p in pieces if p.how != "added") == pair[0]
    assert "".join(p.text for p in pieces if p.how != "removed") == pair[1]


async def through(
    guard: Callable[..., Any], kind: str = "http", query: str = "", **headers: str
) -> int:
    """Return the status that a request gets, 101 for a socket that may pass."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "headers": told, "query_string": query.encode()}
    await guard(scope, None, send)
    if kind == "websocket":
        return 101 if sent[0]["type"] == "websocket.accept" else 403
    return int(sent[0]["status"])


async def inner(scope: dict[str, Any], _: object, send: Callable[..., Any]) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def test_other_hosts_and_other_sites_are_refused() -> None:
    guard = Guard(inner, "127.0.0.1")  # type: ignore[arg-type]
    for kind, passed in (("http", 200), ("websocket", 101)):
        assert await through(guard, kind, host="127.0.0.1:7070") == passed
        assert (
            await through(guard, kind, host="localhost:7070", origin="http://localhost:7070")
            == passed
        )
        assert await through(guard, kind, host="evil.example:7070") == 403
        assert await through(guard, kind) == 403
        assert (
            await through(guard, kind, host="127.0.0.1:7070", origin="http://evil.example") == 403
        )
        assert await through(guard, kind, host="127.0.0.1:7070", origin="http://127.0.0.1:1") == 403
        assert await through(guard, kind, host="127.0.0.1:7070", origin="null") == 403


async def test_off_loopback_only_who_holds_the_token_is_served() -> None:
    guard = Guard(inner, "10.1.2.3", "secret-token")  # type: ignore[arg-type]
    at = "10.1.2.3:7070"
    for kind, passed in (("http", 200), ("websocket", 101)):
        assert await through(guard, kind, host=at) == 403
        assert await through(guard, kind, "token=wrong", host=at) == 403
        assert await through(guard, kind, "token=secret-token", host=at) == passed
        assert (
            await through(guard, kind, host=at, cookie="arenainstruct_token=secret-token") == passed
        )
        assert await through(guard, kind, "token=secret-token", host="evil.example") == 403
        before = "arenainstruct_token=of-a-viewer-before"
        assert await through(guard, kind, host=at, cookie=before) == 403
        assert await through(guard, kind, "token=secret-token", host=at, cookie=before) == passed


async def test_spans_form_trees_and_tell_what_was_paid(source: Source) -> None:
    with stored(source.folder.store()) as store:
        events = list(store.events())
    found: list[Span] = list(Spans("a-1").take(events))
    ids = {span.span_id: span for span in found}
    assert len(ids) == len(found)
    inside = [span for span in found if span.parent_id]
    assert inside and all(ids[span.parent_id].trace_id == span.trace_id for span in inside)
    kinds = {str(span.attributes["openinference.span.kind"]) for span in found}
    assert {"CHAIN", "AGENT", "LLM", "EVALUATOR"} <= kinds
    assert all(span.attributes["session.id"] == "a-1" for span in found)


async def test_an_answer_is_a_trajectory(source: Source) -> None:
    with stored(source.folder.store()) as store:
        told = [one async for one in trajectories(store, "a-1")]
    assert len(told) == counts(source)["answer"]
    steps = told[0]["steps"]
    assert [step["step_id"] for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0]["source"] == "user" and steps[-1]["source"] == "agent"
    assert orjson.dumps(told[0])


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from arenainstruct.runs.cli import app; import typer.main; typer.main.get_command(app); "
        "print([m for m in ('nicegui', 'playwright', 'torch', 'fastapi', 'starlette', 'pyarrow', 'aiohttp') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_in_a_database_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "shared-1").mkdir()
    (tmp_path / "shared-1" / "store.url").write_text("postgresql://a@db.example.org/b\n")
    assert elsewhere(tmp_path) == ("shared-1",) and listed(tmp_path)[0] == ()
    with pytest.raises(UserError, match="SQLite alone"):
        find(tmp_path, "shared-1")


def test_a_killed_run_shows_what_it_told_last_and_how_it_is_taken_up(
    made: Path, tmp_path: Path
) -> None:
    whole = run_card(find(made, "a-1"))
    shutil.copytree(made / "a-1", tmp_path / "a-1")
    (tmp_path / "a-1" / "result.json").unlink()
    killed = run_card(find(tmp_path, "a-1"))
    assert (killed.status, killed.calls, killed.rounds) == (
        "interrupted",
        whole.calls,
        whole.rounds,
    )
    assert "arenainstruct resume a-1" in str(figures(killed, {}))
    assert "resume" not in str(figures(whole, {}))


def test_a_port_that_is_taken_is_said_at_once_and_nothing_is_shown(made: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = command("view", made, "--port", port, cwd=made)
    assert said.status == 2 and said.out == ""
    assert f"--port {port} cannot be served" in said.err
    assert "choose another port" in said.err
    assert command("view", made, "--host", "203.0.113.9", cwd=made).status == 2


WRITES = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS filled (body BLOB)")
    for _ in range(200):
        connection.execute("INSERT INTO filled VALUES (randomblob(4000))")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('said', 2)")
    connection.commit()
connection.close()
"""


def test_an_order_given_by_the_viewer_leaves_its_readers_locked_in(
    made: Path, tmp_path: Path
) -> None:
    copied = Source(RunFolder(shutil.copytree(made / "a-1", tmp_path / "a-1")))
    catch_up(copied)
    with copied.opened() as reader:
        before = reader.execute("SELECT count(*) FROM store.records").fetchone()
        with stored(copied.folder.store()) as store:
            asyncio.run(store.set_meta("said", 1))
        for _ in range(2):  # a process that is the last one to leave clears the log away
            subprocess.run([sys.executable, "-c", WRITES, str(copied.store)], check=True)
        assert reader.execute("SELECT count(*) FROM store.records").fetchone() == before
        said = reader.execute("SELECT value FROM store.meta WHERE key = 'said'").fetchone()
        assert said["value"] == "2"
