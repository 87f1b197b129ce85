"""What the battles of a run say once they are read again: ratings by games, jurors by themselves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arenainstruct.agents.records import Battle, Cascaded, Game, Vote, Winner
from arenainstruct.graphs import kinds
from arenainstruct.graphs.arena.verdict import juror_verdicts, jury_verdict, rows
from arenainstruct.runs.dataset.columns import SCHEMAS
from arenainstruct.runs.dataset.rows import battle_row
from arenainstruct.runs.screen.judging import failure_lines, juror_failures
from arenainstruct.runs.store import Store
from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.table import BattleTable
from tests.boards import board, ratings, said

MODELS = ("ant", "bee", "cat")
PAIRS = (("ant", "bee"), ("ant", "cat"), ("bee", "cat"))
Leads = tuple[float, float]
"""Points of model_a over model_b, with model_a shown first and with model_b shown first."""


def games(said: Mapping[str, Leads], before: Mapping[str, Leads] | None = None) -> list[Game]:
    """Return both orders of a battle before some jurors."""
    orders: tuple[Literal["model_a", "model_b"], ...] = ("model_a", "model_b")
    found = []
    for juror, leads in said.items():
        for at, shown in enumerate(orders):
            vote = None
            if before:
                vote = Vote(score_a=5 + before[juror][at], score_b=5, reason="At first sight.")
            game = Game(
                juror=juror,
                model=juror,
                shown_first=shown,
                score_a=5 + leads[at],
                score_b=5,
                reason="As told.",
                before=vote,
            )
            found.append(game)
    return found


def battle(
    question: int,
    pair: tuple[str, str],
    played: Sequence[Game] = (),
    *,
    winner: Winner = "tie",
    cascade: Cascaded = "",
) -> Battle:
    """Return a battle that its jurors decided, or a checker where nobody played."""
    verdict = jury_verdict(juror_verdicts(played)) if played else None
    return Battle(
        id=f"battle-{question:03d}-{pair[0]}-{pair[1]}",
        instruction_id=f"q{question}",
        skill="reading",
        leaf="literal",
        round=1,
        purpose="selection",
        model_a=pair[0],
        model_b=pair[1],
        answer_a="a",
        answer_b="b",
        winner=verdict.winner if verdict else winner,
        margin=verdict.margin if verdict else 9.0,
        agreement=1.0,
        decided_by="jury" if verdict else "checker",
        disputed=verdict.disputed if verdict else False,
        games=tuple(played),
        cascade=cascade,
    )


def run_of(folder: Path, battles: Iterable[Battle]) -> str:
    """Write battles where a run keeps them."""
    place = folder / "dataset" / "battles"
    place.mkdir(parents=True)
    told = [
        battle_row(b, None, (None, None), None) | {"outcome": "won"}
        for b in sorted(battles, key=lambda b: b.id)
    ]
    pq.write_table(pa.Table.from_pylist(told, schema=SCHEMAS["battles"]), place / "train.parquet")
    return str(folder)


def drawn(questions: int, jurors: Sequence[str], seed: int = 3) -> list[Battle]:
    """Draw battles of a jury that is right mostly and prefers the place shown first a little."""
    rng = Random(seed)

    def lead(first: int) -> float:
        return round(1 + first + rng.gauss(0, 2))

    return [
        battle(question, pair, games({juror: (lead(1), lead(-1)) for juror in jurors}))
        for question in range(questions)
        for pair in PAIRS
    ]


def test_a_battle_counts_by_its_games() -> None:
    told = games({"owl": (2, 1), "elk": (3, -1)})
    assert list(rows(battle(1, ("ant", "bee"), told))) == [
        ("q1", "ant", "bee", "model_a", 0.25),
        ("q1", "bee", "ant", "model_b", 0.25),
        # Of two minds: kept as it is, at half the weight, and no tie.
        ("q1", "ant", "bee", "model_a", 0.125),
        ("q1", "bee", "ant", "model_a", 0.125),
    ]
    checked = battle(1, ("ant", "bee"), winner="model_b")
    assert list(rows(checked)) == [("q1", "ant", "bee", "model_b", 1.0)]


def test_a_run_and_its_leaderboard_rate_alike(tmp_path: Path) -> None:
    battles = [*drawn(12, ["owl", "elk"]), *drawn(4, ["fox"], seed=8)]
    battles = [b.model_copy(update={"id": f"{b.id}-{n}"}) for n, b in enumerate(battles)]
    battles += [battle(90 + n, PAIRS[n % 3], winner="model_b") for n in range(5)]
    fit = rate(BattleTable.from_rows(row for b in battles for row in rows(b)))
    own = dict(zip(fit.models, fit.ratings.tolist(), strict=True))
    # The fox's questions are its own, so that nobody judged a battle twice.
    later = [
        b.model_copy(update={"instruction_id": f"later-{b.instruction_id}"})
        if any(g.juror == "fox" for g in b.games)
        else b
        for b in battles
    ]
    found = board(run_of(tmp_path / "r-1", later))
    assert ratings(found) == pytest.approx(own, abs=0.1)
    assert (found["battles"], found["settled"]) == (len(battles), 5)
    assert any(b.disputed for b in battles), "disputed battles count too"


def test_a_flipped_pair_weighs_what_is_asked_for(tmp_path: Path) -> None:
    torn, sure = {"owl": (1.0, -1.0)}, {"owl": (1.0, 1.0)}
    path = run_of(
        tmp_path / "r-1",
        [battle(n, ("ant", "bee"), games(sure if n % 2 else torn)) for n in range(20)],
    )

    def rate_of(*arguments: str) -> float:
        found = board(path, "--baseline", "bee", *arguments)
        return float({row["model"]: row["win_rate"] for row in found["models"]}["ant"])

    # Ten sure battles, and ten that are a win each way.
    assert rate_of() == pytest.approx((10 + 10 * 0.25) / 15)
    assert rate_of("--flipped", "1") == pytest.approx(15 / 20)
    assert rate_of("--flipped", "0.2") == pytest.approx((10 + 10 * 0.1) / 12)
    assert "its games weigh 0.5" in said("leaderboard", path)
    assert board(path)["position"]["inconsistent_weight"] == 0.5
    assert board(path)["battles"] == 20


def test_the_jurors_of_a_run_are_joined_as_asked(tmp_path: Path) -> None:
    path = run_of(tmp_path / "r-1", drawn(20, ["owl", "elk", "fox"]))
    hows = ("games", "majority", "median", "judge_aware")
    found = {how: ratings(board(path, "--aggregate", how, "--rounds", "20")) for how in hows}
    assert len({round(told["ant"], 3) for told in found.values()}) == len(hows)
    one, other = (
        ratings(board(path, "--aggregate", "majority", "--flipped", vote)) for vote in ("0", "1")
    )
    assert one != pytest.approx(other, abs=0.1)


def test_what_no_juror_decided_is_no_judge_and_moves_none(tmp_path: Path) -> None:
    judged = drawn(30, ["owl", "elk", "fox"])
    checked = [battle(100 + n, PAIRS[n % 3], winner="model_b") for n in range(60)]
    asked = ("--aggregate", "judge_aware", "--rounds", "20")
    alone = board(run_of(tmp_path / "a-1", judged), *asked)
    both = board(run_of(tmp_path / "b-1", judged + checked), *asked)
    assert [row["judge"] for row in both["judges"]] == ["elk", "fox", "owl"]
    for one, other in zip(alone["judges"], both["judges"], strict=True):
        assert other["discrimination"] == pytest.approx(one["discrimination"])
    # The checker's battles rate all the same: it passes the models of later names.
    assert ratings(both)["cat"] > ratings(alone)["cat"] + 50
    assert any("without a juror" in note for note in both["notes"])
    only = board(run_of(tmp_path / "c-1", checked), *asked)
    assert only["judges"] == [] and only["battles"] == 60


def conferred(questions: int) -> list[Battle]:
    """Jurors disagree by themselves and all say the same once they conferred; owl flips at first."""
    before = [{"owl": (2.0, -2.0), "elk": (1.0, 1.0)}, {"owl": (1.0, 1.0), "elk": (-1.0, -1.0)}]
    after: dict[str, Leads] = {"owl": (1.0, 1.0), "elk": (1.0, 1.0)}
    lost: dict[str, Leads] = {"owl": (-1.0, -1.0), "elk": (-1.0, -1.0)}
    return [
        battle(n, pair, games(lost if n % 5 == 0 else after, before[(n + at) % 2]))
        for n in range(questions)
        for at, pair in enumerate(PAIRS)
    ]


def test_jurors_are_measured_by_what_they_said_before_they_conferred(tmp_path: Path) -> None:
    path = run_of(tmp_path / "r-1", conferred(20))
    found = board(path)
    assert found["agreement"]["share"] < 0.1 and found["agreement"]["alpha"] < 0
    assert found["position"]["inconsistent_pairs"] == 0, "ratings go by the last votes"
    assert any("their votes before" in note for note in found["notes"])
    audit = json.loads(said("audit", path, "--json"))
    jurors = {row["juror"]: row for row in audit["jurors"]}
    assert jurors["owl"]["flips"]["value"] == pytest.approx(0.5)
    assert jurors["elk"]["flips"]["value"] == 0
    assert audit["agreement"]["agreement"] == found["agreement"]["share"]
    assert audit["conferred_games"] == 4 * 60
    assert "Jurors conferred on 240 games" in said("audit", path)
    plain = board(run_of(tmp_path / "p-1", drawn(20, ["owl", "elk"])))
    assert not any("conferred" in note for note in plain["notes"])


def test_the_agreement_of_a_cascade_is_told_to_be_that_of_hard_battles(tmp_path: Path) -> None:
    kinds: tuple[Cascaded, ...] = ("sure", "unsure", "audited")
    battles = [
        b.model_copy(
            update={
                "cascade": kinds[n % 3],
                "games": tuple(g for g in b.games if g.juror == "owl" or n % 3),
            }
        )
        for n, b in enumerate(drawn(15, ["owl", "elk"]))
    ]
    path = run_of(tmp_path / "r-1", battles)
    told = "judged the 15 battles that they were sure of; all jurors share the 15 unsure and 15"
    assert any(told in note for note in board(path)["notes"])
    assert board(path)["cascade"] == {"audited": 15, "sure": 15, "unsure": 15}
    assert told in said("audit", path)


def test_few_shared_battles_are_worth_no_number_of_votes(tmp_path: Path) -> None:
    few = drawn(9, ["owl", "elk"])  # 27 battles
    lone = [b.model_copy(update={"id": f"z{b.id}"}) for b in drawn(12, ["jay"], seed=5)]
    lone = [b.model_copy(update={"instruction_id": f"z{b.instruction_id}"}) for b in lone]
    path = run_of(tmp_path / "r-1", few + lone)
    found = board(path)
    # The jay judged alone: it is no part of what the others agree on.
    assert found["agreement"]["judges"] == ["elk", "owl"]
    assert found["agreement"]["effective_votes"] is None
    for command in ("leaderboard", "audit"):
        assert "worth takes 30 shared battles" in said(command, path)
    more = run_of(tmp_path / "s-1", drawn(10, ["owl", "elk"]) + lone)
    assert 1 <= board(more)["agreement"]["effective_votes"] <= 2


def test_a_strong_verdict_of_five_grades_counts_three_times(tmp_path: Path) -> None:
    """In a run's own ratings as in the leaderboard of its battles."""

    def graded(question: int, pair: tuple[str, str], points: Leads) -> Battle:
        one, other = points
        played = [
            game.model_copy(update={"score_a": one, "score_b": other})
            for game in games({"elk": (1.0, 1.0)})
        ]
        return battle(question, pair, played)

    fought = [
        graded(n, pair, (8.5, 2.5) if n % 3 else (4.0, 7.0) if n % 2 else (5.5, 5.5))
        for n, pair in enumerate(PAIRS * 8)
    ]
    told = [row for one in fought for row in rows(one)]
    assert {weight for *_, weight in told} == {0.5, 1.5}
    run = run_of(tmp_path, fought)
    own = rate(BattleTable.from_rows(told))
    assert ratings(board(run)) == pytest.approx(
        dict(zip(own.models, own.ratings.tolist(), strict=True))
    )
    assert ratings(board(run, "--strong", "1")) != ratings(board(run))


@pytest.mark.parametrize(
    ("leads", "told"),
    [((1, -1), True), ((2, 1), False), ((0, 1), False)],
    ids=["the place", "the answer", "a tie first"],
)
async def test_a_juror_who_judges_places_is_told_of_where_battles_are_disputed(
    tmp_path: Path, leads: tuple[float, float], told: bool
) -> None:
    """As small models judge: whichever answer stands first is the better one."""
    played = games({"owl": leads})
    with closing(Store.open(tmp_path / "store.sqlite")) as store:
        await store.add(kinds.BATTLE, 1, [battle(n, ("ant", "bee"), played) for n in range(4)])
        lines = list(failure_lines(one.data() for one in await juror_failures(store)))
    said = "owl changed sides in 4 of 4 battles once the answers changed places"
    assert [line.startswith(said) for line in lines] == [True] * told
