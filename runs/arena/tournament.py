"""The tournament: battles picked batch by batch, played by the battle graph, until it ends."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from ...agents.cast import eligible
from ...agents.errors import EpisodeError, JudgingFailed, StopRun, UserError
from ...agents.flags import addresses_jury
from ...agents.messages import Respond
from ...agents.records import Answer
from ...graphs import kinds, stages
from ...graphs.arena.protocols import fight
from ...graphs.arena.state import BattleState, Pair
from ...graphs.arena.weighing import weigh
from ...graphs.services import Services
from ...graphs.stream import each
from ...graphs.tournament.design import Cells, Design, Played
from ...graphs.tournament.matchmakers import MATCHMAKERS
from ...tools.audit.canned import Canned, Sayings, canned
from ...tools.ratings.verdict import SCORES, first, in_order
from ..leaderboard.doubts import canned_doubts
from ..screen.terminal import aside
from .games import GAME, JudgedGame, judged_games, settled_games
from .questions import Question
from .ranking import Ranking, ranking

T = TypeVar("T")
LOOKED_AT = 8
"""Answers of each contender that are looked at before anything is judged."""
ROUND = 1
"""The round that all records of an arena are written in."""
CAREFUL = 5
"""Batches of a matchmaker that does not itself ask, after which the confidence is looked at again."""
FEWEST = 10
"""Judged battles of every ranked contender before a confidence ends anything: what it rests on, how
much battles vary, is itself not known from fewer."""
FRUITLESS = 32
"""Battles without any judged game after which a tournament stops."""
SILENT = 8
"""Battles of a contender without any judged game after which the others are ranked without it."""


@dataclass(frozen=True)
class Ends:
    """What ends a tournament before all was played; the first one that comes true."""

    battles: int | None = None
    confidence: float | None = None
    """Least probability that the full tournament would give the same order."""


@dataclass
class Tournament:
    """A tournament under way."""

    services: Services
    questions: list[Question]
    matchmaking: str
    ends: Ends
    notify: Callable[[int, int], None] = lambda done, most: None
    """Called with battles done and battles at most."""
    without_canned: bool = False
    """Let no contender play whose answers are canned."""
    decided: int = 0
    """Battles that got a verdict."""
    canned: tuple[Canned, ...] = ()
    """Contenders whose first answers are canned."""
    _told: set[str] = field(default_factory=set)
    """Ids of the rejects written."""
    _done: dict[tuple[int, int], tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out the full tournament."""
        self._lay_out(self.services.contenders)

    def _lay_out(self, contenders: tuple[str, ...]) -> None:
        self.contenders = contenders
        seed = self.services.settings.seed
        self.design = Design(len(contenders), len(self.questions), seed)

    async def play(self) -> tuple[str, str]:
        """Play to the end; return status and reason. What was played is kept also when it stops."""
        for kind in (kinds.DRAFT, *kinds.written_by(stages.BATTLE), GAME, kinds.REJECT):
            await self.services.records.discard(kind, ROUND)
        asked = [question.instruction for question in self.questions]
        await self.services.records.add(kinds.INSTRUCTION, ROUND, asked)
        try:
            await self._look_at_answers()
            status, reason = "completed", await self._batches()
        except StopRun as stop:
            status, reason = f"stopped: {stop.reason}", str(stop)
        if self.services.settings.arena.aggregation == "judge_aware":
            await weigh(self.services.records, ROUND)
        return status, reason

    def played(self) -> Played:
        """Return every battle that was tried."""
        cells = np.array(list(self._done), dtype=np.int64).reshape(-1, 2)
        told = np.array(list(self._done.values()), dtype=np.float64).reshape(-1, 2)
        return Played(cells[:, 0], cells[:, 1], told[:, 0], told[:, 1])

    def ranking(self) -> Ranking | None:
        """Return who is ranked and how surely; None where no game was judged."""
        return ranking(self.design, self.played())

    def pair(self, number: int) -> Pair:
        """Return the contenders of a pair of the design."""
        first, second = self.design.sides[number]
        return self.contenders[first], self.contenders[second]

    async def _look_at_answers(self) -> None:
        """Ask for a few answers of each contender before anything is judged; battles take them over.

        Raises:
            UserError: Fewer than two contenders answer for themselves.
        """
        if self.services.settings.arena.protocol == "peer_battle":
            return  # the questions are yet to be written
        matching = MATCHMAKERS[self.matchmaking]
        cells = matching.pick(self.design, self.played(), matching.batch(self.design))
        first = list(dict.fromkeys(cells.question.tolist()))[:LOOKED_AT]
        said = Sayings(addresses_jury)

        async def answer(place: tuple[int, str]) -> None:
            asked, name = self.questions[place[0]].instruction, place[1]
            speaker = self.services.speaker(name)
            with suppress(EpisodeError):  # told where it is missed: in its battles
                message = Respond(instruction=asked)
                given = await self.services.troupe.send(message, Answer, "contender", speaker)
                said.add(asked.id, name, given.text, asked.task)

        places = [(question, name) for question in first for name in self.contenders]
        await each(_stream(places), answer, self.services.settings.in_flight)
        self.canned = tuple(told for told in canned(said) if told.reasons)
        for doubt in canned_doubts(self.canned, left_out=self.without_canned):
            aside(f"Warning: {doubt.words}")
        if self.canned and self.without_canned:
            out = {told.model for told in self.canned}
            left = tuple(name for name in self.contenders if name not in out)
            if len(left) < 2:
                raise UserError(
                    f"--without-canned: {', '.join(sorted(out))} give canned answers, and fewer than two "
                    "contenders are left"
                )
            self._lay_out(left)

    async def _batches(self) -> str:
        matching = MATCHMAKERS[self.matchmaking]
        most = min(self.ends.battles or self.design.battles, self.design.battles)
        size = matching.batch(self.design)
        if self.ends.confidence is not None and self.matchmaking == "round_robin":
            size = CAREFUL * MATCHMAKERS["active"].batch(self.design)
        while (left := most - len(self._done)) > 0:
            cells = matching.pick(self.design, self.played(), min(size, left))
            if not len(cells):
                told = self._all_tried(len(self._done))
                return f"{self.matchmaking} has no further battles: {told}"
            await self._fight(Cells(cells.pair[:left], cells.question[:left]))
            self.notify(len(self._done), most)
            if len(self._done) >= FRUITLESS and not any(games for games, _ in self._done.values()):
                raise self._fruitless()
            if sure := self._sure():
                return sure
        return self._all_tried(most)

    def _fruitless(self) -> JudgingFailed:
        return JudgingFailed(
            f"none of the {len(self._done)} battles that were tried got a verdict; see what failed "
            "in the result, mend it, and start again"
        )

    def _all_tried(self, most: int) -> str:
        """Return that all was tried, and what came of it.

        Raises:
            JudgingFailed: No battle got a verdict.
        """
        if not self.decided:
            raise self._fruitless()
        if self.decided == len(self._done):
            return f"all {most} battles were played"
        return f"all {most} battles were tried, {most - self.decided} of them without a verdict"

    def _sure(self) -> str:
        """Return why the order is sure enough to end here; empty where it is not."""
        asked = self.ends.confidence
        if asked is None or len(self._done) == self.design.battles:
            return ""
        ranked = ranking(self.design, self.played(), SILENT)
        if ranked is None or ranked.fewest < FEWEST or not self.decided:
            return ""
        found = ranked.expected.confidence
        return f"the order is sure: {found:.3f}, asked was {asked:g}" if found >= asked else ""

    async def _fight(self, cells: Cells) -> None:
        by_question: dict[int, list[int]] = defaultdict(list)
        for pair, question in zip(cells.pair.tolist(), cells.question.tolist(), strict=True):
            by_question[question].append(pair)
        # In the batch's order, whichever battle ends first: what follows depends on nothing else.
        found: dict[tuple[int, int], tuple[float, float]] = {}

        async def fight(question: int) -> None:
            found.update(await self._battle(question, by_question[question]))

        try:
            await each(_stream(by_question), fight, self.services.settings.in_flight)
        finally:
            keys = zip(cells.pair.tolist(), cells.question.tolist(), strict=True)
            self._done |= {key: found[key] for key in keys if key in found}

    async def _battle(
        self, number: int, pairs: list[int]
    ) -> dict[tuple[int, int], tuple[float, float]]:
        """Play the battles of one question; return games and score of each."""
        question, records = self.questions[number], self.services.records
        given = {self.pair(pair): pair for pair in pairs}
        ended = await fight(self.services, question.instruction, ROUND, given=given)
        games = self._games(question, ended)
        self.decided += len(ended["battles"])
        await records.add(GAME, ROUND, [game for found in games.values() for game in found])
        # A contender that failed once may fail in the next batch too, in other words.
        rejects = [reject for reject in ended["rejects"] if reject.id not in self._told]
        self._told |= {reject.id for reject in rejects}
        await records.add(kinds.REJECT, ROUND, rejects)
        return {
            (pair, number): _score(names, games.get(names, [])) for names, pair in given.items()
        }

    def _games(self, question: Question, ended: BattleState) -> dict[Pair, list[JudgedGame]]:
        answers = ended["answers"]
        games = {
            pair: judged_games(
                question,
                pair,
                played,
                answers,
                weight=self._weight(pair, ended),
                cascade=ended["cascade"].get(pair, ""),
            )
            for pair, played in ended["games"].items()
        }
        for battle in ended["battles"]:
            if battle.decided_by != "jury":
                pair = (battle.model_a, battle.model_b)
                games[pair] = settled_games(question, battle, answers, self._jurors(pair))
        return games

    def _weight(self, pair: Pair, ended: BattleState) -> float:
        """Return what a game counts: a battle that a cascade spared some jurors counts no less."""
        if not ended["cascade"].get(pair):
            return 1.0
        return self._jurors(pair) / len({game.juror for game in ended["games"][pair]})

    def _jurors(self, pair: Pair) -> int:
        return len(eligible(self.services.cast.jury, pair, self.services.models))


async def _stream(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


def _score(pair: Pair, games: list[JudgedGame]) -> tuple[float, float]:
    """Return the weight of the games and the share of the win that went to the pair's first model."""
    weight = sum(game.weight for game in games)
    if not weight:
        return 0.0, 0.5
    won = sum(
        game.weight * in_order((score, 1.0 - score), first(a_is_first=game.model_a == pair[0]))[0]
        for game in games
        for score in (SCORES[game.winner],)
    )
    return weight, won / weight
