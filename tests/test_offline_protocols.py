"""The embedded models play every protocol and every kind of verdict, and the estimate foretells it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents import replies
from arenainstruct.agents.models.offline import OfflineRequest, schema_of, speak
from arenainstruct.agents.records import Turn
from arenainstruct.agents.roles.moderator import ORDER
from arenainstruct.graphs import kinds
from arenainstruct.prompts.template import load_prompt
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.config.config import RunConfig
from arenainstruct.runs.estimate.report import estimate, estimate_async
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.store import LedgerTotals, Store
from tests.small_loop import write_config

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
STAGES = {
    "contender": ("answer", "debate"),
    "examiner": ("examine",),
    "juror": ("judge", "confer"),
}


def config_of(*overrides: str) -> RunConfig:
    """Return the embedded config, made small; its judges are two juries of two."""
    juries = (
        "cast.evaluation_jury=[evaluator, second]",
        "models.second={provider: offline, model: judge, noise: 0.2, salt: 5}",
        "cast.jury=[juror-1, juror-2, juror-3]",
    )
    small = (f"seeds={DEMO}", "rounds=1", "per_seed={passages: 1, instructions: 2, directions: 2}")
    skills = "skills=[reading_comprehension,text_modification]"
    return load_config(None, [*small, skills, *juries, *overrides])


async def run(config: RunConfig, folder: Path, run_id: str = "real-1", *, limit: int = 4) -> Any:
    """Return a run's result, battles and what it paid."""
    result = await launch_async(config, runs_dir=folder, run_id=run_id, limit=limit)
    assert result.status == "completed" and result.counts["sft"] > 0, result
    store = Store.open(Path(result.path) / "store.sqlite")
    try:
        return result, [r async for r in store.stream(kinds.BATTLE)], await store.totals()
    finally:
        store.close()


async def within(config: RunConfig, totals: LedgerTotals) -> dict[str, dict[str, Any]]:
    """Hold the estimate against what was paid; return its stages."""
    found = (await estimate_async(config, limit=4)).data()
    stages = {s["stage"]: s for s in found["stages"]}
    assert found["likely"]["calls"] == pytest.approx(totals.calls, rel=0.25)
    for role, names in STAGES.items():
        calls = totals.by_role().get(role)
        most = sum(stages[name]["most"]["calls"] for name in names if name in stages)
        assert (calls.calls if calls else 0) <= most, role
    return stages


CASES = {
    "committee": ("arena.protocol=committee", "arena.verdict=five_grade"),
    "peer_battle": ("arena.protocol=peer_battle", "arena.verdict=score"),
    "debated_choices": ("arena.protocol=peer_battle", "arena.verdict=choice"),
    "cascade": ("arena.protocol=committee", "arena.cascade={first: 1, audited: 0.2}"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    CASES,
)
async def test_strong_beats_weak_however_it_is_battled(case: str, tmp_path: Path) -> None:
    config = config_of(*CASES[case])
    result, battles, totals = await run(config, tmp_path)
    stages = await within(config, totals)
    for purpose in ("selection", "evaluation"):
        rated = {r["model"]: r["rating"] for r in result.ratings if r["purpose"] == purpose}
        assert rated["teacher"] > rated["small"], purpose
    decided = Counter(b.decided_by for b in battles)
    assert sum(b.winner != "tie" for b in battles) > len(battles) / 2
    assert not [name for name in result.counts["rejects"] if name.endswith(("/judge", "/reply"))]
    assert stages["confer"]["likely"]["calls"] > 0
    if case in ("peer_battle", "debated_choices"):
        assert set(decided) == {"jury"} and all(len(b.debate) == len(ORDER) for b in battles)
        assert stages["examine"]["likely"]["calls"] and stages["debate"]["likely"]["calls"]
    else:
        assert not {"examine", "debate"} & stages.keys()
    if case == "cascade":
        assert {"sure", "unsure"} <= {b.cascade for b in battles}
    else:
        judged = [b for b in battles if b.decided_by == "jury"]
        assert all(game.before for b in judged for game in b.games)


@pytest.mark.slow
def test_the_first_jurors_of_a_cascade_are_estimated_to_save_calls() -> None:
    def calls(*overrides: str) -> tuple[float, float]:
        stages = estimate(config_of(*overrides), limit=4).data()["stages"]
        judged = next(s for s in stages if s["stage"] == "judge")
        return judged["likely"]["calls"], judged["most"]["calls"]

    plain, cascade = calls(), calls("arena.cascade={first: 1}")
    assert cascade[0] < plain[0] and cascade[1] <= plain[1]


@pytest.mark.slow
@pytest.mark.parametrize("said", ["canned", "offline"])
@pytest.mark.parametrize(
    ("protocol", "kind"), [("committee", "five_grade"), ("peer_battle", "choice")]
)
async def test_the_mock_server_plays_every_protocol(
    said: Any, protocol: str, kind: str, tmp_path: Path
) -> None:
    arena = {"battles_per_instruction": 2, "protocol": protocol, "verdict": kind}
    async with MockServer(MockOptions(replies=said)) as mock:
        config = load_config(write_config(tmp_path, mock.url, arena=arena, rounds=1))
        result = await launch_async(config, runs_dir=tmp_path, run_id="mock-1", limit=2)
    assert result.status == "completed" and result.counts["battle"] > 0
    assert not [name for name in result.counts["rejects"] if name.endswith(("/judge", "/reply"))]


PASSAGE = (
    "The old bridge over the Lenne was built in 1854 by the engineer Agnes Holm. It carried carts and "
    "sheep for fifty years. A flood in 1911 washed two of its arches away. The town paid for new ones "
    "with a tax on wool. Today the bridge is closed to cars because its northern pier is sinking."
)
TASK = f"{PASSAGE}\n\nAccording to the passage, why is the bridge closed to cars?"
RIGHT = "Today the bridge is closed to cars because its northern pier is sinking."
WRONG = "The town paid for new ones with a tax on wool."


def shown(**given: Any) -> str:
    """Return the user text of the juror's prompt."""
    prompt = load_prompt("arena/judge")
    empty: dict[str, Any] = dict.fromkeys(prompt.variables, "")
    told = {"instruction": TASK, "expected_behaviour": "answer", "verdict": "score", "debate": []}
    return prompt.render(empty | told | given)[1]


def vote(kind: type[replies.ReplyBody], text: str, **character: Any) -> Any:
    """Return an embedded juror's reply."""
    turns = (Turn(role="user", content=text),)
    said = speak(OfflineRequest(turns, schema_of(kind), strength="judge", **character))
    return kind.model_validate_json(said.text)


def debate(*texts: str, first: str, second: str) -> list[dict[str, Any]]:
    """Return statements in the order of a debate, as a prompt shows them."""
    names = {"first": first, "second": second}
    return [
        {
            "speaker": names[move.speaker],
            "round": move.round,
            "actions": ", ".join(move.actions),
            "text": text,
        }
        for move, text in zip(ORDER, texts, strict=False)
    ]


def test_a_grade_tells_by_how_much_an_answer_is_better() -> None:
    def grade(first: str, second: str) -> str:
        return str(vote(replies.FiveGradeReply, shown(first=first, second=second)).grade)

    assert grade(RIGHT, WRONG) == "A>>B" and grade(WRONG, RIGHT) == "B>>A"
    assert grade(RIGHT, RIGHT) == "A=B"


def test_a_juror_answers_first_only_where_it_is_asked_to() -> None:
    both = {"first": RIGHT, "second": WRONG}
    assert vote(replies.ScoreReply, shown(**both)).own_answer == ""
    own = vote(replies.ScoreReply, shown(**both, objective=True)).own_answer
    assert "northern pier" in own and len(own.split()) <= 40
    unsaid = shown(**both, objective=True, expected_behaviour="say_unanswerable")
    assert "does not state" in vote(replies.ScoreReply, unsaid).own_answer


def scores_of(*texts: str) -> tuple[float, float]:
    held = debate(*texts, first="first", second="second")
    told = vote(replies.ScoreReply, shown(debate=held))
    return told.score_first, told.score_second


def test_criticism_counts_where_it_holds_and_corrections_count() -> None:
    nothing, empty = "Nothing new.", "That could be better."
    plain = scores_of(WRONG, empty, nothing, RIGHT, empty, nothing)
    assert plain[1] > plain[0] + 3
    blame = f'"{WRONG}" is wrong. It should have been: {RIGHT}'
    assert scores_of(WRONG, blame, nothing, RIGHT, empty, nothing)[1] > plain[1]
    corrected = f"You are right. The answer is: {RIGHT}"
    assert scores_of(WRONG, blame, corrected, RIGHT, empty, nothing)[0] > plain[0] + 1
    unfair = f'"{RIGHT}" is wrong. It should have been: {WRONG}'
    assert scores_of(WRONG, empty, nothing, RIGHT, unfair, nothing)[0] < plain[0]
    yielding = scores_of(WRONG, empty, nothing, RIGHT, unfair, "My answer is withdrawn.")
    assert yielding[1] < plain[1]


def statements(side: str, actions: str, strength: str, *texts: str) -> list[str]:
    """Return what ten embedded contenders on a side say next."""
    other = "second" if side == "first" else "first"
    sides = {side: "you", other: "the other"}
    given = {
        "instruction": TASK,
        "debate": debate(*texts, **sides),
        "actions": actions.split(", "),
        "words": 300,
    }
    system, user = load_prompt("arena/debate").render(given)
    turns = (Turn(role="system", content=system), Turn(role="user", content=user))
    character: Any = {"strength": strength}
    return [speak(OfflineRequest(turns, sample=n, **character)).text for n in range(10)]


def most(said: list[str], *words: str) -> bool:
    """Tell whether most statements hold all these words: also a strong contender slips at times."""
    return sum(all(w in text for w in words) for text in said) > len(said) / 2


def test_a_strong_contender_says_what_is_wrong_and_a_weak_one_says_nothing() -> None:
    strong = statements("second", "criticise, raise", "strong", WRONG)
    assert most(strong, "The town paid for new ones", "northern pier is sinking")
    assert most(statements("second", "criticise", "strong", RIGHT), "no fault")
    assert not most(statements("second", "criticise", "weak", WRONG), "northern pier")
    blamed = (WRONG, f'"{WRONG}" is wrong. It should have been: {RIGHT}')
    assert most(statements("first", "respond", "strong", *blamed), "northern pier", "corrected")
    unfair = (RIGHT, f'"{RIGHT}" is wrong. It should have been: {WRONG} Why was a tax paid?')
    assert most(statements("first", "respond", "strong", *unfair), "stands", "To your question: ")
    assert not most(statements("first", "respond", "weak", *unfair), "stands")


def voted(first: float, second: float) -> str:
    return f"It was weighed.\nfirst: {first:g} of 10, second: {second:g} of 10"


def test_a_conferring_juror_gives_way_to_a_clear_majority_only_where_it_was_close() -> None:
    def again(first: str, second: str, own: str, *others: str) -> tuple[float, float]:
        text = shown(first=first, second=second, own=own, others=list(others))
        told = vote(replies.ScoreReply, text)
        return told.score_first, told.score_second

    against = (voted(3, 8), voted(4, 7))
    assert again(RIGHT, WRONG, voted(8, 3), *against) == (8, 3)
    assert again(RIGHT, RIGHT, voted(8, 7.5), *against) == (3.5, 7.5)
    assert again(RIGHT, RIGHT, voted(8, 7.5), voted(3, 8), voted(6, 6)) == (8, 7.5)


@pytest.mark.parametrize("kind", ["score", "choice", "five_grade"])
def test_a_verdict_that_is_kept_stays_what_it_was(kind: str) -> None:
    text = shown(first=RIGHT, second=WRONG, own=voted(7, 4), others=[voted(7, 4)], verdict=kind)
    assert vote(replies.FiveGradeReply, text).grade == "A>B"
    assert vote(replies.ChoiceReply, text).choice == "first"


def test_an_examiner_asks_something_new_of_the_same_kind() -> None:
    def question(form: str, task: str, context: str = PASSAGE) -> str:
        leaf = {"name": "a", "answer_form": form, "definition": "A question."}
        given = {"context": context, "task": task, "leaf": leaf}
        text = load_prompt("arena/examine").render(given)[1]
        return str(vote(replies.QuestionReply, text).question)

    example = "In which year was the bridge built?"
    assert question("short answer", example) not in ("", example)
    assert "true or false" in question("true or false for each statement", example)
    assert question("short answer", "Add 4 and 9.", "") not in ("", "Add 4 and 9.")


def test_replies_of_every_kind_are_json_of_their_type() -> None:
    text = shown(first=RIGHT, second=WRONG, objective=True)
    for kind in (replies.ScoreReply, replies.ChoiceReply, replies.FiveGradeReply):
        said = speak(OfflineRequest((Turn(role="user", content=text),), schema_of(kind)))
        assert list(json.loads(said.text))[:2] == ["own_answer", "reason"]
