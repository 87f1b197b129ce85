"""The trace of a run: a tree from the run down to its calls, from which every record is found, and back."""

import shutil
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from arenainstruct.agents.errors import ModelError, ReplyError
from arenainstruct.agents.messages import Respond, Suggest, Suggested
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.records import Answer
from arenainstruct.agents.trace import Event, Tracer, span
from arenainstruct.graphs import kinds
from arenainstruct.runs import load_config
from arenainstruct.runs.run import launch, resume
from arenainstruct.runs.store import STORE_FILE, Store

from .stage import READING, Part, Stage, instruction, scanned, staged, suggester

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
SMALL = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=2")


class Told:
    """Events with the ways between them."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.by_id = {event.id: event for event in events}

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def path(self, event: Event) -> list[Event]:
        """Return the events around one, from the run down."""
        found = [event]
        while found[0].parent:
            found.insert(0, self.by_id[found[0].parent])
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small run, and resume it: its last events are those of another start."""
    folder = tmp_path_factory.mktemp("trace")
    (folder / "docs").mkdir()
    shutil.copy(DEMO / "photosynthesis.md", folder / "docs")
    config = load_config(None, [f"seeds={folder / 'docs'}", *SMALL])
    launch(config, runs_dir=folder, run_id="a-1")
    resume("a-1", runs_dir=folder)
    return folder / "a-1" / STORE_FILE


@pytest.fixture
def told(run: Path) -> Told:
    store = Store.open(run)
    events = list(store.events())
    store.close()
    return Told(events)


@pytest.mark.slow
def test_events_are_a_tree_up_to_the_starts_of_the_run(told: Told) -> None:
    assert len(told.by_id) == len(told.events)
    assert [event.kind for event in told.events if not event.parent] == ["run_opened"] * 2
    assert {event.run for event in told.events} == {"a-1"}
    for event in told.events:
        assert told.path(event)[0].kind == "run_opened"
        around = told.by_id.get(event.parent)
        assert around is None or (around.seq < event.seq and around.at <= event.at)
    opened = Counter(e.kind.split("_")[0] for e in told.events if e.kind.endswith("_started"))
    closed = Counter(e.kind.split("_")[0] for e in told.events if e.kind.endswith("_finished"))
    assert opened["node"] == closed["node"] > 0 and opened["episode"] == closed["episode"] > 0


@pytest.mark.slow
async def test_every_call_leads_to_its_message_node_records_and_request(
    run: Path, told: Told
) -> None:
    store = Store.open(run)
    calls = told.of("call")
    assert calls
    for call in calls:
        sent = told.by_id[call.parent]
        path = [event.kind for event in told.path(call)]
        assert path[-3:] == ["node_started", "sent", "call"]
        assert path[-4] == ("run_opened" if call.node == "second_look" else "episode_started")
        assert (sent.message, sent.node, sent.graph) == (call.message, call.node, call.graph)
        assert call.message and call.round == 1 and call.records
        assert call.data["attempts"] == (call.outcome == "paid")
        (key,) = call.keys
        request = await store.request(key)
        assert request is not None and request.key() == key
        if call.outcome == "paid":
            asked = (request.message, f"{request.role}/{request.alias}", request.subject)
            assert asked == (call.message, call.actor, *call.records)
    # And back: whatever the ledger holds was told, under its own message.
    paid = [call.keys[0] for call in calls if call.outcome == "paid"]
    assert sorted(paid) == sorted(entry.key for entry in store.entries())
    requests = [request for call in calls if (request := await store.request(call.keys[0]))]
    assert all("@" in request.prompt for request in requests if request.role != "contender")
    store.close()


@pytest.mark.slow
def test_a_reply_is_paired_with_its_message_and_tells_what_came_of_it(told: Told) -> None:
    sent = {event.id: event for event in told.of("sent")}
    replied = told.of("replied") + told.of("failed")
    assert Counter(event.parent for event in replied) == Counter(dict.fromkeys(sent, 1))
    used: dict[str, list[str]] = defaultdict(list)
    for call in told.of("call"):
        used[call.parent] += call.keys
    for reply in replied:
        ask = sent[reply.parent]
        assert (reply.message, reply.actor, reply.node) == (ask.message, ask.actor, ask.node)
        assert reply.records and list(reply.keys) == used[ask.id]
        assert reply.seconds >= 0 and (reply.outcome == "ok") == (reply.kind == "replied")


@pytest.mark.slow
def test_every_battle_and_answer_is_found_with_the_calls_behind_it(run: Path, told: Told) -> None:
    store = Store.open(run)
    battles = scanned(store, kinds.BATTLE)
    answers = {answer.id for answer in scanned(store, kinds.ANSWER)}
    drafts = {draft.id for draft in scanned(store, kinds.DRAFT)}
    store.close()
    made = {(e.kind, id): e for e in told.events for id in e.records if e.outcome == "ok"}
    assert battles and answers
    for battle in battles:
        decided = made["node_finished", battle.id]
        assert decided.node == "decide" and decided.graph == "battle"
        episode = told.path(decided)[-3]
        assert episode.kind == "episode_started" and episode.records == (battle.instruction_id,)
        inside = [e for e in told.of("call") if episode in told.path(e)]
        assert len([e for e in inside if e.actor.startswith("juror/")]) >= len(battle.games)
    by = {(e.actor.split("/")[0], id) for e in told.of("replied") for id in e.records}
    assert all(("contender", id) in by for id in answers)
    assert all(("writer", id) in by or ("editor", id) in by for id in drafts)


async def traced(stage: Stage, folder: Path, work: object) -> Told:
    """Run a coroutine under a trace; its error is told, and kept out of the way."""
    events: list[Event] = []
    with span("run", tracer=Tracer("run-1", events.append)):
        try:
            await work  # type: ignore[misc]
        except (ModelError, ReplyError):
            pass
    return Told(events)


async def test_a_call_that_fails_and_its_actor_are_told_with_their_error(tmp_path: Path) -> None:
    down = AttemptFailed("no such luck", status=400, final=True)
    async with staged(tmp_path, {"contender": down}) as stage:
        send = stage.services.troupe.send(
            Respond(instruction=instruction()), Answer, "contender", "small"
        )
        told = await traced(stage, tmp_path, send)
        (call,), (failed,) = told.of("call"), told.of("failed")
        assert (call.outcome, call.data["error"], call.data["attempts"]) == (
            "failed",
            "no such luck",
            1,
        )
        assert (failed.outcome, failed.data["error"]) == ("ModelError", "no such luck")
        assert failed.keys == call.keys and failed.message == call.message
        (attempt,) = await stage.store.attempts(call.keys[0])
        assert (attempt.outcome, attempt.status, attempt.error) == ("failed", 400, "no such luck")
        request = await stage.store.request(call.keys[0])
        assert request is not None and request.key() == call.keys[0]


@pytest.mark.slow
async def test_hits_repairs_and_the_same_message_are_told_apart(tmp_path: Path) -> None:
    async with staged(tmp_path, {"suggester": "no JSON"}) as stage:
        ask = Suggest(
            instruction=instruction(),
            prompt=READING.prompts.suggest,
            leaf=READING.leaves[0],
            goals=READING.goals,
            count=1,
        )
        said: list[Told] = []
        parts: tuple[Part, ...] = ("no JSON", suggester, suggester)
        for part in parts:
            stage.parts["suggester"] = part
            sending = stage.services.troupe.send(ask, Suggested, "suggester", "teacher")
            said.append(await traced(stage, tmp_path, sending))
    first, again, served = said
    assert [c.outcome for c in first.of("call")] == ["paid", "paid"]
    # What could not be parsed is asked anew; what could is paid once.
    assert [c.outcome for c in again.of("call")] == ["paid"]
    assert [c.outcome for c in served.of("call")] == ["served"]
    assert [c.data["repairs"] for c in first.of("call")] == [0, 1]
    assert [e.outcome for e in first.of("failed")] == ["ReplyError"]
    assert first.of("sent")[0].message == again.of("sent")[0].message
    assert not {e.id for e in first.events} & {e.id for e in again.events}
