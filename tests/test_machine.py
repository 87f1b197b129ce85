"""What a machine does to a command: streams that are closed, narrow or full, files that are no files."""

import asyncio
import errno
import io
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from arenainstruct.agents.errors import StopRun, UserError
from arenainstruct.runs import cli
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.control.interrupt import run_interruptible
from arenainstruct.runs.disk import write_whole
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.run import launch
from arenainstruct.runs.screen.terminal import aside, program, say, streams
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.runs.view.command import view
from tests.command import command

NO_ROOM = OSError(errno.ENOSPC, "No space left on device")


def test_a_terminal_that_knows_ascii_alone_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "ascii"))
    with streams():
        say("small → teacher \udcff")
    assert shown.getvalue() == b"small \\u2192 teacher \\udcff\n"


def test_standard_output_on_a_full_disk_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["arenainstruct", "--version"])
    with open("/dev/full", "w") as full, pytest.raises(SystemExit) as ended:
        monkeypatch.setattr(sys, "stdout", full)
        cli.main()
    assert ended.value.code == 3
    assert capsys.readouterr().err == (
        "stopped: No space left on device; make room, then try again\n"
    )


def test_closed_streams_are_no_reason_to_fail() -> None:
    given = [sys.executable, "-m", "arenainstruct.runs", "--version"]
    done = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *given])
    assert done.returncode == 0


def test_work_goes_on_where_nobody_reads_what_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        aside("round 1/2")
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_a_command_is_named_where_the_folder_one_stands_in_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", ["/opt/bin/arenainstruct"])
    assert program() == "/opt/bin/arenainstruct"


def test_a_file_is_written_as_a_whole_or_stays_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    write_whole(page, "old")

    def refuse(*_: object) -> None:
        raise NO_ROOM

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match=r"page\.html'$"):
        write_whole(page, "new")
    assert page.read_text() == "old" and os.listdir(tmp_path) == ["page.html"]


def test_a_device_or_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    kept = os.open(pipe, os.O_RDWR)
    write_whole(link, "said")
    assert stat.S_ISFIFO(pipe.lstat().st_mode) and link.is_symlink()
    assert os.read(kept, 10) == b"said"
    os.close(kept)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_container_or_a_session_is_an_interrupt(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        run_interruptible(_signalled(number))
    assert signal.getsignal(number) is before


async def _signalled(number: signal.Signals) -> None:
    signal.raise_signal(number)
    await asyncio.Event().wait()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run's folder as far as commands look before they open it."""
    folder = tmp_path / "odd-1"
    folder.mkdir()
    for name in (STORE_FILE, "config.yaml", "manifest.json"):
        (folder / name).write_text("x")
    return folder


@pytest.mark.parametrize("name", ["config.yaml", "manifest.json", "checkpoints.sqlite"])
def test_a_pipe_in_the_place_of_a_run_s_file_is_not_waited_for(name: str, begun: Path) -> None:
    (begun / name).unlink(missing_ok=True)
    os.mkfifo(begun / name)
    with pytest.raises(UserError, match=f"{name}: is no file"):
        RunFolder.find(str(begun))


def test_a_run_whose_store_is_lost_is_not_told_to_be_none(begun: Path) -> None:
    (begun / STORE_FILE).unlink()
    with pytest.raises(UserError, match="ended before it began, and nothing was paid; start it"):
        RunFolder.find(str(begun))
    (begun / "dataset").mkdir()
    with pytest.raises(UserError, match="put a copy of it back"):
        RunFolder.find(str(begun))


def test_every_command_refuses_a_store_that_lost_all(begun: Path) -> None:
    os.truncate(begun / STORE_FILE, 0)
    (begun / "dataset").mkdir()
    for words in (["diff", "{}", "{}"], ["export", "{}", "--html", "x.html"]):
        said = command(*(word.format(begun) for word in words), cwd=begun)
        assert said.status == 2 and "is empty (0 bytes)" in said.err


def test_a_store_that_finds_no_room_is_not_told_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = "PRAGMA max_page_count = 2"
    monkeypatch.setattr("arenainstruct.runs.store.dialect._PRAGMAS", (pages,))
    with pytest.raises(StopRun, match="full; make room, then try again"):
        Store.open(tmp_path / STORE_FILE)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run that is done."""
    folder = tmp_path_factory.mktemp("done")
    config = load_config(None, ["rounds=1", "skills=[text_modification]"])
    return Path(launch(config, runs_dir=folder, run_id="done-1", limit=1).path)


def altered(done: Path, run: Path, sql: str) -> Path:
    """Return a copy of a run whose store was changed by hand."""
    shutil.copytree(done, run)
    with closing(sqlite3.connect(run / STORE_FILE)) as base, base:
        base.execute(sql)
    return run


@pytest.mark.slow
def test_a_run_that_was_paid_for_is_not_removed_with_its_documents(
    done: Path, tmp_path: Path
) -> None:
    run = altered(done, tmp_path / "paid-1", "DELETE FROM meta WHERE key = 'ingested'")
    config = load_config(run / "config.yaml").model_dump(mode="json")
    config["seeds"]["path"] = str(tmp_path / "nowhere" / Path(config["seeds"]["path"]).name)
    (run / "config.yaml").write_text(json.dumps(config))
    said = command("resume", run, cwd=tmp_path)
    assert said.status == 2 and "nowhere" in said.err
    assert (run / STORE_FILE).is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DROP TABLE ledger", ["diff", "{}", "{}"]),
        ("DROP TABLE ledger", ["export", "{}", "--html", "x.html"]),
        ("DELETE FROM records WHERE kind = 'answer'", ["export", "{}", "--to", "x"]),
        ("DELETE FROM records WHERE kind = 'passage'", ["export", "{}", "--to", "x"]),
    ],
)
def test_what_a_store_has_lost_is_told_by_those_who_miss_it(
    damage: str, words: list[str], done: Path, tmp_path: Path
) -> None:
    run = altered(done, tmp_path / "lost-1", damage)
    said = command(*(word.format(run) for word in words), cwd=tmp_path)
    assert said.status == 2 and "is damaged" in said.err and STORE_FILE in said.err


@pytest.mark.slow
def test_a_record_that_was_changed_by_hand_is_not_made_another_one(
    done: Path, tmp_path: Path
) -> None:
    run = altered(done, tmp_path / "changed-1", "UPDATE records SET round = 9")
    (run / "checkpoints.sqlite").unlink()
    said = command("resume", run, cwd=tmp_path)
    assert said.status == 2 and "changed by hand, put a copy of it back" in said.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NO_ROOM, KeyboardInterrupt()])
def test_a_fork_or_a_replay_that_ends_midway_is_no_run_to_pay_for(
    kind: BaseException, done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(done / STORE_FILE)) as base:
        ((event,),) = base.execute("SELECT max(id) FROM events WHERE kind = 'call'")

    async def midway(*_: object) -> None:
        raise kind

    fork = ("fork", done, "--at", event, "--run-id", "fork-1", "--runs-dir", tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(Store, "copy_calls", midway)
        forked = command(*fork, cwd=tmp_path)
        replayed = command("replay", done, "--to", tmp_path / "again", cwd=tmp_path)
    assert forked.status in (3, 130) and replayed.status in (3, 130)
    if kind is NO_ROOM:
        assert f"{tmp_path / 'fork-1'} cannot be written: No space" in forked.err
        assert "resume" not in forked.err + replayed.err
        assert f"{tmp_path / 'again'} cannot be written: No space" in replayed.err
    assert not any((tmp_path / "again").glob("*"))
    again = command("resume", "fork-1", "--runs-dir", tmp_path, cwd=tmp_path)
    assert again.status == 2 and "nothing was paid" in again.err
    assert command(*fork, cwd=tmp_path).status == 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a folder")
def test_a_run_on_a_read_only_disk_is_looked_at(done: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no mounts here")
    try:
        shutil.copytree(done, disk / "kept-1")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        whole = command("export", disk / "kept-1", "--html", tmp_path / "run.html", cwd=tmp_path)
        beside = command("diff", disk / "kept-1", done, cwd=tmp_path)
        again = command("resume", disk / "kept-1", cwd=tmp_path)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)  # the viewer keeps it open
    assert whole.status == 0 and "kept-1" in (tmp_path / "run.html").read_text()
    assert beside.status == 0 and "Traceback" not in beside.err
    assert again.status == 3 and "copy it to one that can be written to" in again.err


def test_what_runs_wrote_among_the_documents_is_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[1] / "runs" / "demo" / "sourdough.txt").read_text()
    (tmp_path / "sourdough.txt").write_text(text)
    monkeypatch.chdir(tmp_path)
    small = ["seeds=.", "rounds=1", "skills=[reading_comprehension]", "per_seed.instructions=1"]
    first, second = (launch(load_config(None, small), run_id=f"a-{n}") for n in (1, 2))
    assert first.completed and second.completed and first.counts == second.counts
    assert first.counts["seed"] == 1


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_too_little_memory_is_one_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking() -> None:
        raise error

    monkeypatch.setattr(cli, "app", lacking)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stopped: this process is given no more memory or threads; give it more")


def test_a_run_that_lacks_memory_is_taken_up(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "lacks-1")
    with pytest.raises(StopRun, match="then start it again"), folder.locked():
        raise MemoryError
    folder.store()
    Store.open(folder.path / STORE_FILE).close()
    with pytest.raises(StopRun, match=r"then go on with: .* resume .*lacks-1"), folder.locked():
        raise MemoryError


def test_a_store_that_cannot_be_written_tells_how_to_go_on(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "full-1")
    Store.open(folder.path / STORE_FILE).close()
    with pytest.raises(StopRun, match=r"disk I/O error; .* resume .*full-1"), folder.locked():
        raise StopRun("store", "the store cannot be written: disk I/O error")


@pytest.mark.parametrize("host", ["", "no.such.invalid", "a..b", "\udcff", "192.0.2.1"])
def test_the_viewer_says_of_an_address_that_it_cannot_listen_there(
    tmp_path: Path, host: str
) -> None:
    with pytest.raises(UserError, match="view: .*--host"):
        view(tmp_path, 7399, host)
