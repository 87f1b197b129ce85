"""What comes out of an arena: files, ratings, cost."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...agents.contender_name import alias_of, known_as
from ...agents.records import Reject
from ...graphs import kinds
from ...graphs.records import cut_answers
from ...graphs.settings import GraphSettings
from ...graphs.tournament.matchmakers import round_robin_battles
from ...tools.ratings.fit import to_elo
from ..dataset.columns import SCHEMAS
from ..dataset.parquet import ParquetFile
from ..dataset.rows import battle_row
from ..disk import write_whole
from ..folder import RunFolder
from ..leaderboard.board import Board, boards
from ..leaderboard.doubts import Doubt, canned_doubts
from ..leaderboard.notes import doubts, notes
from ..leaderboard.options import Options
from ..leaderboard.output import board_data
from ..leaderboard.reading import load
from ..screen.judging import judging, juror_failures
from ..store import Store
from .games import GAME, SCHEMA, game_row
from .ranking import Ranking
from .tournament import ROUND, Tournament

EVEN = 1e-6
"""Elo points between ratings that come of rounding."""


@dataclass(frozen=True)
class ArenaResult:
    """The outcome of one start of an arena."""

    data: dict[str, Any]
    """What `--json` prints."""
    board: Board | None
    """None where no game was judged."""
    notes: list[str]
    doubts: list[Doubt]

    @property
    def completed(self) -> bool:
        """Whether it went to its end."""
        return bool(self.data["status"] == "completed")


async def close(
    tournament: Tournament, folder: RunFolder, store: Store, how: dict[str, Any]
) -> ArenaResult:
    """Write the files, rate the games, and return the result."""
    games = await write_files(tournament, folder.dataset, store)
    ranked = tournament.ranking()
    settings = tournament.services.settings
    options = _options(settings)
    cut = await cut_answers(store, ROUND)
    decided = await store.count_by(kinds.BATTLE, "decided_by", round=ROUND)
    warned = list(canned_doubts(tournament.canned, left_out=tournament.without_canned))
    warned += await _cut_doubts(tournament, folder, store, cut)
    board, told = None, ["No game was judged: there is no order, and nothing to be sure of."]
    if await store.count(GAME, ROUND):
        loaded = load([str(games)])
        board = boards(loaded, options)[0]
        told = notes(board, loaded, options)
        warned += doubts(board, loaded, options)
    paid = await cost(store)
    data = {
        "run_id": folder.run_id,
        "path": str(folder.path),
        **how,
        **_outcome(tournament, ranked, board, options),
        **(_board(board, options, tournament, ranked) if board and ranked else {"models": []}),
        "all_tied": board is not None and _all_tied(board),
        "counts": {
            **await _counts(store),
            "decided_by": {by: n for (by,), n in decided.items()},
            "cut": cut,
        },
        "unjudged": unjudged(
            len(tournament.played()) - tournament.decided,
            [reject async for reject in store.stream(kinds.REJECT, ROUND)],
        ),
        "jurors": [failures.data() for failures in await juror_failures(store)],
        "cost": paid,
        **(_saving(tournament, ranked, paid) if options.aggregate == "games" else {}),
        **await judging(
            lambda: store.stream(kinds.BATTLE, ROUND), settings.arena, tournament.services.cast
        ),
        "canned": [asdict(told) for told in tournament.canned],
        "warnings": [asdict(doubt) for doubt in warned],
        "notes": told,
    }
    write_whole(folder.result, json.dumps(data, indent=2) + "\n")
    return ArenaResult(data, board, told, warned)


async def _cut_doubts(
    tournament: Tournament, folder: RunFolder, store: Store, cut: Mapping[str, int]
) -> list[Doubt]:
    """Return the contenders whose answers were cut off, with what makes them whole."""
    answers = await store.count_by(kinds.ANSWER, "contender", round=ROUND) if cut else {}
    models, found = tournament.services.models, []
    for who, count in sorted(cut.items()):
        cap = models[known_as(who, models)].max_tokens
        words = (
            f"{count} of {answers[who,]} answers of {who} were cut off at {cap:,} tokens, and are judged "
            f"as they stand. For whole ones, the same command with --run-id {folder.run_id} "
            f"--set models.{alias_of(who)}.max_tokens={2 * cap}; what fitted is not paid again."
        )
        found.append(Doubt("cut", words))
    return found


def is_tie(one: float, other: float) -> bool:
    """Tell whether two ratings are the same but for rounding."""
    return abs(one - other) < EVEN


def _all_tied(board: Board) -> bool:
    """Tell whether the verdicts put no model before another."""
    ratings = [row.rating for row in board.rows]
    return is_tie(min(ratings), max(ratings))


def _options(settings: GraphSettings) -> Options:
    """Return how to rate: by every game, or with the jurors joined as the config says."""
    return Options(
        rounds=settings.arena.bootstrap_rounds,
        seed=settings.seed,
        aggregate=settings.arena.aggregation or "games",
    )


async def write_files(tournament: Tournament, folder: Path, store: Store) -> Path:
    """Write battles and games as Parquet; return the file of the games."""
    with ParquetFile(folder / "battles" / "train.parquet", SCHEMAS["battles"]) as file:
        async for row in _battle_rows(store):
            file.add(row)
    path = folder / "games" / "train.parquet"
    with ParquetFile(path, SCHEMA) as file:
        shares = _propensities(tournament)
        async for game in store.stream(GAME, ROUND):
            file.add(game_row(game, shares))
    return path


async def _battle_rows(store: Store) -> AsyncIterator[dict[str, Any]]:
    async for battle in store.stream(kinds.BATTLE, ROUND):
        kind = kinds.QUESTION if battle.question_id else kinds.INSTRUCTION
        asked = await store.get(kind, battle.question_id or battle.instruction_id)
        answers = await store.get_many(kinds.ANSWER, (battle.answer_a, battle.answer_b))
        sides = (answers.get(battle.answer_a), answers.get(battle.answer_b))
        yield battle_row(battle, asked, sides, None)


def _propensities(tournament: Tournament) -> dict[frozenset[str], float]:
    """Return the share of all questions that each pair drew."""
    counts = tournament.played().counts(tournament.design) / tournament.design.questions
    return {frozenset(tournament.pair(i)): float(share) for i, share in enumerate(counts) if share}


def _outcome(
    tournament: Tournament, ranked: Ranking | None, board: Board | None, options: Options
) -> dict[str, Any]:
    """Return the order and how much was played; where jurors are joined, the order of that board."""
    design, played = tournament.design, tournament.played()
    predicted = ranked is not None and options.aggregate == "games"
    order = [tournament.contenders[i] for i in ranked.order] if ranked else []
    if board and not predicted:
        order = [row.model for row in board.rows]
    doubts = ranked.expected.doubts.tolist() if ranked and predicted else []
    return {
        "order": order,
        "unranked": [name for name in tournament.contenders if name not in order],
        "confidence": round(ranked.expected.confidence, 4) if ranked and predicted else None,
        "doubts": [round(doubt, 4) for doubt in doubts],
        "design": {
            "models": design.models,
            "questions": design.questions,
            "battles": design.battles,
            "played": len(played),
            "judged": int((played.games > 0).sum()),
            "share": round(len(played) / design.battles, 4),
        },
    }


def _board(
    board: Board, options: Options, tournament: Tournament, ranked: Ranking
) -> dict[str, Any]:
    """Return the leaderboard, by games with each model's ratings over the full tournament."""
    data = board_data(board, options)
    if options.aggregate != "games":
        return data
    names = tournament.contenders
    who = [names[i] for i in ranked.models]
    told = dict(zip(who, to_elo(ranked.expected.strengths, tuple(who), None).tolist(), strict=True))
    rows = [{**row, "expected": told[row["model"]]} for row in data["models"]]
    place = {names[i]: at for at, i in enumerate(ranked.order)}
    return {**data, "models": sorted(rows, key=lambda row: place[row["model"]])}


async def _counts(store: Store) -> dict[str, Any]:
    rejects = await store.count_by(kinds.REJECT, "stage", "reason", round=ROUND)
    return {
        "battles": await store.count(kinds.BATTLE, ROUND),
        "games": await store.count(GAME, ROUND),
        "answers": await store.count(kinds.ANSWER, ROUND),
        "rejects": {f"{stage}/{reason}": n for (stage, reason), n in sorted(rejects.items())},
    }


def _saving(
    tournament: Tournament, ranked: Ranking | None, paid: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return what choosing battles saved against a round robin as sure of its order."""
    per = paid["judge_calls_per_decided_battle"]
    everything = len(tournament.played()) == tournament.design.battles
    if tournament.matchmaking == "round_robin" or everything or per is None or ranked is None:
        return {}
    needed = round_robin_battles(ranked.design, ranked.played, ranked.expected)
    spared = (needed or 0) - len(ranked.played)
    if not needed or spared <= 0:
        return {}
    return {
        "saving": {
            "round_robin_battles": needed,
            "share": round(spared / needed, 4),
            "judge_calls": round(spared * per),
            "usd": round(spared * _by_battle(paid), 6),
        }
    }


def _by_battle(paid: dict[str, Any]) -> float:
    """Return what one more battle costs in USD: its games and its debate, its answers being there."""
    roles = {role: spent["usd"] for role, spent in paid["by_role"].items()}
    return float(sum(roles.get(role, 0.0) for role in ("juror", "debater")) / paid["decided"])


async def cost(store: Store) -> dict[str, Any]:
    """Return paid calls and USD by role over all starts, and per battle that got a verdict."""
    decided = await store.count(kinds.BATTLE, ROUND)
    by_role = (await store.totals()).by_role()
    paid = {role: {"calls": spent.calls, "usd": spent.usd} for role, spent in by_role.items()}
    calls = sum(spent.calls for spent in by_role.values())
    usd = sum(spent.usd for spent in by_role.values())
    judged = paid.get("juror", {"calls": 0, "usd": 0.0})
    per = (lambda value: round(value / decided, 6)) if decided else (lambda value: None)
    return {
        "calls": calls,
        "unusable": sum(spent.unusable for spent in by_role.values()),
        "usd": round(usd, 6),
        "by_role": paid,
        "decided": decided,
        "judge_calls_per_decided_battle": per(judged["calls"]),
        "judge_usd_per_decided_battle": per(judged["usd"]),
        "usd_per_decided_battle": per(usd),
    }


def unjudged(battles: int, rejects: Iterable[Reject]) -> dict[str, Any]:
    """Return the number of battles without a verdict, and what failed by stage and reason.

    A battle fails with its parts, so a lost answer and each lost game are counted as well.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for reject in rejects:
        kind = {"stage": reject.stage, "reason": reject.reason, "count": 0, "first": reject.detail}
        found.setdefault((reject.stage, reject.reason), kind)["count"] += 1
    reasons = sorted(found.values(), key=lambda kind: (-kind["count"], kind["stage"]))
    return {"battles": battles, "reasons": reasons}
