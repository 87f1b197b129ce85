"""The whole loop with the embedded models: what it made, whom it rated, and whether its reasons hold."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from arenainstruct.graphs import kinds
from arenainstruct.graphs.settings import FeedbackSettings
from arenainstruct.runs import RunResult, launch, load_config
from arenainstruct.runs.cli import app
from arenainstruct.runs.store import STORE_FILE, Store
from arenainstruct.tools.ratings.share import wilson
from tests.stage import scanned

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
TARGET = "small"
CONFIGS = ("instructions", "sft", "preference", "rlvr", "battles", "rejects")
CHANGE = re.compile(
    r"- round (?P<round>\d+), (?P<skill>\w+)/(?P<leaf>\w+): (?:the target won (?P<won>\d+), "
    r"tied (?P<tied>\d+), lost (?P<lost>\d+) of (?P<all>\d+) battles|no battle in this round): (?P<why>.*); "
    r"(?P<field>weight|complexity) (?P<old>[\d.]+) → (?P<new>[\d.]+)"
)
Row = dict[str, Any]


@dataclass
class Loop:
    """A finished run, seen from outside: its result, its card and its Parquet files."""

    result: RunResult

    @property
    def path(self) -> Path:
        return Path(self.result.path)

    @cached_property
    def tables(self) -> dict[str, list[Row]]:
        folder = self.path / "dataset"
        return {c: pq.read_table(folder / c / "train.parquet").to_pylist() for c in CONFIGS}

    @cached_property
    def changes(self) -> list[dict[str, str]]:
        """The policy changes as the card prints them."""
        card = (self.path / "dataset" / "README.md").read_text(encoding="utf-8")
        section = card.split("## Policy changes\n")[1].split("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("- ")]
        found = [CHANGE.fullmatch(line) for line in lines]
        assert all(found), lines
        return [match.groupdict("0") for match in found if match]


def ran(folder: Path, seeds: Path) -> Loop:
    # This one holds out more than one small document: over that, two good models are rated either way.
    config = load_config(None, (f"seeds={seeds}", "rounds=2", "seed=8"))
    return Loop(launch(config, runs_dir=folder, run_id="loop-1"))


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    return ran(tmp_path_factory.mktemp("loop"), DEMO)


@pytest.fixture
def store(loop: Loop) -> Iterator[Store]:
    opened = Store.open(loop.path / STORE_FILE)
    yield opened
    opened.close()


Counts = dict[tuple[int, str, str], Counter[str]]


def counted(battles: list[Row]) -> Counts:
    """Count the target's battles as the card says that they count."""
    found: Counts = defaultdict(Counter)
    for row in battles:
        if (
            row["purpose"] != "selection"
            or row["disputed"]
            or row["outcome"] in ("broken", "held_out")
            or TARGET not in (row["model_a"], row["model_b"])
        ):
            continue
        own = "model_a" if row["model_a"] == TARGET else "model_b"
        said = "tied" if row["winner"] == "tie" else "won" if row["winner"] == own else "lost"
        found[row["round"], row["skill"], row["leaf"]][said] += 1
    return found


def rate(counts: Counter[str], what: str) -> float:
    return (counts[what] + counts["tied"] / 2) / counts.total()


def hold(loop: Loop) -> None:
    """Recompute every printed reason from the Parquet files alone."""
    counts, settings = counted(loop.tables["battles"]), FeedbackSettings()
    low, high = settings.win_rate_band
    assert loop.changes
    for change in loop.changes:
        number, skill, leaf = int(change["round"]), change["skill"], change["leaf"]
        mine = counts[number, skill, leaf]
        told = {word: int(change[word]) for word in ("won", "tied", "lost")}
        assert told == {word: mine[word] for word in told}, change
        assert int(change["all"]) == mine.total()
        old, new = float(change["old"]), float(change["new"])
        if not mine.total():  # what a split or a merge hands on was told by no battle of its own
            assert "win rate" not in change["why"], change
        elif change["field"] == "complexity":
            win = rate(mine, "won")
            assert f"win rate {win:.2f} is" in change["why"]
            if "in the band" in change["why"]:  # where the contenders do not differ
                assert low <= win <= high and abs(new - old) == 1
            else:
                assert new - old == (1 if win > high else -1 if win < low else 0)
        elif "instructions taught" in change["why"]:
            tried, taught = lately(loop, counts, number, (skill, leaf), settings.memory)
            least, most = wilson(taught / tried, tried)  # the band's bounds stay what they are
            said = f"{taught:.3g} of {tried:.3g} instructions taught, share {taught / tried:.2f}"
            assert f"{said}, interval {least:.2f} to {most:.2f}, against" in change["why"]
            assert settings.coverage_floor <= new <= settings.weight_cap


def lately(
    loop: Loop, counts: Counts, number: int, leaf: tuple[str, str], memory: float
) -> tuple[float, float]:
    """Count the instructions that were tried and that taught, rounds before counting less."""
    tried = taught = 0.0
    asked = {row["id"]: row for row in loop.tables["instructions"]}
    each: dict[str, Counter[str]] = defaultdict(Counter)
    for row in loop.tables["battles"]:
        if (counted_as := counted([row])) and (row["skill"], row["leaf"]) == leaf:
            each[row["question_id"]].update(*counted_as.values())
    for id, mine in each.items():
        counts_for = memory ** (number - asked[id]["round"])
        if asked[id]["round"] <= number:
            tried += counts_for
            taught += counts_for * mine["lost"] / mine.total()
    # What only evaluates may turn out broken too, after the feedback.
    selected = {r["question_id"] for r in loop.tables["battles"] if r["purpose"] == "selection"}
    gone = [r for id, r in asked.items() if r["outcome"] == "broken" and id in selected]
    gone += [r for r in loop.tables["rejects"] if r["stage"] == "curation" and not r["failed"]]
    for row in gone:
        if (row["skill"], row["leaf"]) == leaf and row["round"] <= number:
            tried += memory ** (number - row["round"])
    return tried, taught


@pytest.mark.slow
def test_every_printed_reason_can_be_counted_again(loop: Loop) -> None:
    hold(loop)
    printed = [(int(c["round"]), c["leaf"], c["field"], float(c["new"])) for c in loop.changes]
    assert printed == [
        (c["round"], c["leaf"], c["field"], c["new"]) for c in loop.result.policy_changes
    ]


@pytest.mark.slow
def test_the_policy_reached_the_next_round(loop: Loop) -> None:
    """What was asked in round 2 carries the complexity that round 1 led to."""
    levels = {
        (c["skill"], c["leaf"]): int(c["new"])
        for c in loop.changes
        if c["field"] == "complexity" and c["round"] == "1"
    }
    asked = [
        (row["complexity"], levels.get((row["skill"], row["leaf"]), 2))
        for row in loop.tables["instructions"]
        if row["round"] == 2 and row["depth"] == 0
    ]
    assert asked and all(level == wanted for level, wanted in asked)
    assert {level for level, _ in asked} > {2}


@pytest.mark.slow
@pytest.mark.parametrize("jury", ["selection", "evaluation"])
def test_the_stronger_model_is_rated_higher(loop: Loop, jury: str) -> None:
    rows = [row for row in loop.result.ratings if row["purpose"] == jury]
    assert [row["model"] for row in rows] == ["teacher", "other", "small"]
    teacher, _, small = rows
    assert teacher["low"] > small["high"]


@pytest.mark.slow
def test_it_is_rated_higher_because_its_answers_are_better(loop: Loop, store: Store) -> None:
    passed: dict[str, list[bool]] = defaultdict(list)
    for answer in scanned(store, kinds.ANSWER):
        if answer.checked is not None:
            passed[answer.contender].append(answer.checked)
    share = {alias: mean(said) for alias, said in passed.items()}
    # Programs decide these: they know no names, and nothing of the jurors.
    assert min(map(len, passed.values())) > 20
    assert share["teacher"] > share["other"] > share["small"]
    # And jurors prefer the same answers wherever they stand.
    points: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for battle in scanned(store, kinds.BATTLE):
        for game in battle.games:
            for side, alias in (("model_a", battle.model_a), ("model_b", battle.model_b)):
                score = game.score_a if side == "model_a" else game.score_b
                points[alias, game.shown_first == side].append(score)
    for place in (True, False):
        teacher, other, small = (mean(points[a, place]) for a in ("teacher", "other", "small"))
        assert teacher > other > small


@pytest.mark.slow
def test_juries_keep_apart(loop: Loop) -> None:
    jurors: dict[str, set[str]] = defaultdict(set)
    for row in loop.tables["battles"]:
        jurors[row["purpose"]] |= {game["juror"] for game in row["games"]}
    assert jurors == {
        "selection": {"juror-1", "juror-2", "juror-3"},
        "evaluation": {"evaluator"},
    }
    held = {r["question_id"] for r in loop.tables["battles"] if r["purpose"] == "evaluation"}
    trained = {r["instruction_id"] for c in ("sft", "preference") for r in loop.tables[c]}
    assert held and trained and not held & trained
    asked = {row["id"]: row for row in loop.tables["instructions"]}
    # Every skill of a seed shares its text: the whole seed is on one side.
    assert not {asked[id]["seed_id"] for id in held} & {asked[id]["seed_id"] for id in trained}


@pytest.mark.slow
def test_ratings_leave_out_what_is_broken(loop: Loop) -> None:
    last = max(row["round"] for row in loop.tables["battles"])
    for purpose in ("selection", "evaluation"):
        counts: Counter[str] = Counter()
        for row in loop.tables["battles"]:
            fair = row["outcome"] != "broken"
            # The held-out set is fought over once for all rounds.
            counted = row["round"] == last or purpose == "evaluation"
            if row["purpose"] == purpose and counted and fair:
                counts.update((row["model_a"], row["model_b"]))
        rated = {r["model"]: r["battles"] for r in loop.result.ratings if r["purpose"] == purpose}
        assert rated == counts
    assert "broken" in {row["outcome"] for row in loop.tables["battles"]}


@pytest.mark.slow
def test_the_leaderboard_of_a_run_tells_the_run_s_own_ratings(loop: Loop, tmp_path: Path) -> None:
    battles = pq.read_table(loop.path / "dataset/battles/train.parquet")
    last = max(row["round"] for row in loop.tables["battles"])
    kept = [
        row["round"] == last or row["purpose"] == "evaluation" for row in loop.tables["battles"]
    ]
    pq.write_table(battles.filter(pa.array(kept)), tmp_path / "last.parquet")
    told = ["leaderboard", str(tmp_path / "last.parquet"), "--by", "purpose", "--json"]
    found = json.loads(CliRunner().invoke(app, told, catch_exceptions=False).stdout)["by"]
    for purpose, board in found.items():
        own = {r["model"]: r["rating"] for r in loop.result.ratings if r["purpose"] == purpose}
        assert {r["model"]: r["rating"] for r in board["models"]} == pytest.approx(own, abs=0.1)
    assert set(found) == {"selection", "evaluation"}


@pytest.mark.slow
def test_winners_and_rejects_exist_and_nothing_vanishes(loop: Loop) -> None:
    tables, counts = loop.tables, loop.result.counts
    winners = Counter(row["winner"] for row in tables["battles"])
    assert min(winners["model_a"], winners["model_b"]) > 100
    assert counts["draft"] == counts["instruction"] + sum(
        row["stage"] == "curation" for row in tables["rejects"]
    )
    assert len(tables["rejects"]) == counts["reject"] > 10
    assert all(row["reason"] and row["detail"] for row in tables["rejects"])
    assert loop.result.calls["failed"] == 0
    assert {row["skill"] for row in tables["instructions"]} == {
        "reading_comprehension",
        "text_modification",
        "tool_use",
    }


@pytest.mark.slow
def test_outcomes_agree_with_battles_and_training_rows(loop: Loop) -> None:
    asked = {row["id"]: row["outcome"] for row in loop.tables["instructions"]}
    assert set(asked.values()) <= {"lost", "won", "even", "broken", "held_out", ""}
    fought = {row["question_id"] for row in loop.tables["battles"]}
    for id, outcome in asked.items():
        assert (outcome != "") == (id in fought)
    assert all(row["outcome"] == asked[row["question_id"]] for row in loop.tables["battles"])
    for config in ("sft", "preference"):
        trained = {asked[row["instruction_id"]] for row in loop.tables[config]}
        assert "lost" in trained and not trained & {"broken", "held_out", ""}


@pytest.mark.slow
def test_a_training_row_leads_back_to_its_seed(loop: Loop, store: Store) -> None:
    parents = {r.id: r.parents for kind in kinds.KINDS for r in scanned(store, kind)}
    seeds = {seed.id: seed for seed in scanned(store, kinds.SEED)}
    for row in loop.tables["sft"]:
        level = {row["id"]}
        while up := {parent for id in level for parent in parents[id]}:
            level = up
        assert level == {row["seed_id"]}
        assert row["licence"] == seeds[row["seed_id"]].licence


def empty(row: Row, *may_be: str) -> set[str]:
    return {name for name, value in row.items() if value in ("", [], None) and name not in may_be}


NOT_FOR_ALL: dict[str, tuple[str, ...]] = {
    # Of one form of task only.
    "instructions": ("context", "options", "user_turns", "tools", "checker", "difficulty"),
    "sft": (),
    "preference": (),
    "rlvr": ("user_turns",),
    "battles": (
        *("games", "checked_a", "checked_b", "broken_a", "broken_b", "cascade", "debate"),
        "kept_aside",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("config", NOT_FOR_ALL)
def test_every_row_tells_where_it_comes_from(loop: Loop, config: str) -> None:
    rows = loop.tables[config]
    assert rows
    assert set().union(*(empty(row, *NOT_FOR_ALL[config]) for row in rows)) == set()
    assert all(model.startswith("offline/") for row in rows for model in row["models"])
    assert {row["licence"] for row in rows} == {"CC0-1.0"}


@pytest.mark.slow
def test_rejects_tell_it_too_as_far_as_it_is_known(loop: Loop) -> None:
    for row in loop.tables["rejects"]:
        unknown = {"parents", "skill", "leaf", "licence", "source", "models"}
        if row["stage"] == "transformation":
            unknown = {"leaf", "models"}
        elif row["stage"] == "instruction":
            unknown = {"models"}
        elif row["stage"] != "seeds":
            unknown = set()
        unknown |= set() if row["failed"] else {"calls", "model"}
        assert empty(row) <= unknown, row


@pytest.mark.slow
def test_training_rows_name_all_who_stand_behind_them(loop: Loop) -> None:
    asked = {row["id"]: set(row["models"]) for row in loop.tables["instructions"]}
    for config in ("sft", "preference"):
        for row in loop.tables[config]:
            assert asked[row["instruction_id"]] <= set(row["models"])


@pytest.mark.slow
def test_the_card_explains_outcomes_and_counts(loop: Loop) -> None:
    card = (loop.path / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "`outcome`, in `instructions` and `battles`, is where" in card
    assert "The numbers can be counted again in `battles`" in card


@pytest.mark.slow
def test_real_documents_of_six_kinds(tmp_path: Path, shared: Path) -> None:
    seeds = shared / "data" / "seeds"
    if not seeds.is_dir():
        pytest.skip("the recorded documents are not beside this checkout")
    loop = ran(tmp_path, seeds)
    assert loop.result.status == "completed"
    rows = loop.tables["instructions"]
    assert len(rows) >= 200
    assert len({row["skill"] for row in rows}) == 3
    assert loop.tables["sft"] and loop.tables["rejects"]
    hold(loop)
    rated = [(row["purpose"], row["model"]) for row in loop.result.ratings]
    assert rated == [
        (jury, model)
        for jury in ("evaluation", "selection")
        for model in ("teacher", "other", "small")
    ]
