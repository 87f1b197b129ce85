"""Putting canaries before the jurors of a run, through its own door: what is paid stays in its ledger."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from ...agents.contender_name import known_as
from ...agents.errors import EpisodeError, UserError
from ...agents.messages import Judge
from ...agents.records import Game
from ...agents.troupe import Troupe
from ...graphs import kinds
from ...taxonomy.loading import load_skill
from ...taxonomy.skill import Leaf
from ...tools.ratings.table import Row
from ..config.config import RunConfig, load_config
from ..dataset.lineage import find_instructions
from ..folder import ARENA, RunFolder
from ..opening import Opening, stored
from ..screen.terminal import program
from ..store import Store
from .canaries import Question, Trial, checked_trials, fake_trials, fits, order_trials
from .ranking import Canaries, Played, canaries


async def probe(folder: RunFolder, count: int) -> Canaries:
    """Battle canaries on `count` questions of a run before all of its jurors.

    Raises:
        UserError: the run has too few questions that canaries can be tried on.
        StopRun: the budget or an endpoint; what was paid is kept.
    """
    config = await _config(folder)
    async with Opening(config.models, config).at(folder.store()) as opened:
        await opened.store.index_apis(opened.index)
        questions, battles = await _questions(opened.store)
        trials = _trials(config, questions, count)
        judged = Court(config, opened.troupe).judge(trials)
        played, lost = await opened.landing(judged)
        return canaries(played, battles, config.cast.jury, lost=lost)


async def _config(folder: RunFolder) -> RunConfig:
    """Return the run's config; an arena's contenders were never asked by a run's instructions."""
    with stored(folder.store()) as store:
        if await store.get_meta(ARENA):
            raise UserError(
                f"--canaries needs a run of `{program()} run`; {folder.path} is an arena, whose jurors "
                "are audited by the games they judged"
            )
    return load_config(folder.config, replays=True)


@dataclass(frozen=True)
class Court:
    """All jurors of a run, ready to judge."""

    config: RunConfig
    troupe: Troupe

    async def judge(self, trials: Sequence[Trial]) -> tuple[list[Played], int]:
        """Let every juror judge every trial in both orders; count the games without a verdict."""
        gate = asyncio.Semaphore(self.config.execution.in_flight)
        leaves = _leaves(self.config.skills)

        async def game(message: Judge, juror: str) -> Game | None:
            async with gate:
                try:
                    return await self.troupe.send(message, Game, "juror", juror)
                except EpisodeError:
                    return None

        async def trial_games(trial: Trial) -> list[Game | None]:
            leaf = leaves[trial.instruction.skill, trial.instruction.leaf]
            works = [
                game(message, juror)
                for juror in self._jurors(trial)
                for message in _orders(trial, leaf, self.config.arena.verdict)
            ]
            return await asyncio.gather(*works)

        found = await asyncio.gather(*map(trial_games, trials))
        games = [tuple(game for game in many if game) for many in found]
        lost = sum(game is None for many in found for game in many)
        return [Played(t, g) for t, g in zip(trials, games, strict=True)], lost

    def _jurors(self, trial: Trial) -> list[str]:
        """Return the jurors of both juries that share no family with a contender in the trial."""
        models, cast = self.config.models, self.config.cast
        names = [known_as(side.contender, models) for side in (trial.a, trial.b)]
        families = {models[name].maker for name in names if name in models}
        every = dict.fromkeys((*cast.jury, *cast.evaluation_jury))
        return [juror for juror in every if models[juror].maker not in families]


def _leaves(skills: Iterable[str]) -> dict[tuple[str, str], Leaf]:
    """Return the leaves by skill and name."""
    loaded = [load_skill(name) for name in skills]
    return {(skill.name, leaf.name): leaf for skill in loaded for leaf in skill.leaves}


def _orders(trial: Trial, leaf: Leaf, verdict: str) -> list[Judge]:
    return [
        Judge(
            instruction=trial.instruction,
            rubric=leaf.rubric,
            objective=leaf.objective,
            first=first,
            second=second,
            a_is_first=first is trial.a,
            verdict=verdict,
        )
        for first, second in ((trial.a, trial.b), (trial.b, trial.a))
    ]


async def _questions(store: Store) -> tuple[list[Question], list[Row]]:
    """Return the questions that canaries may be tried on, and the battles fought over them."""
    asked: dict[str, dict[str, str]] = defaultdict(dict)
    won: dict[str, set[str]] = defaultdict(set)
    fought: list[Row] = []
    async for battle in store.stream(kinds.BATTLE):
        question = battle.question_id or battle.instruction_id
        a, b = battle.model_a, battle.model_b
        asked[question] |= {a: battle.answer_a, b: battle.answer_b}
        fought.append((question, a, b, battle.winner, 1.0))
        if battle.winner != "tie" and not battle.disputed:
            won[question].add(a if battle.winner == "model_a" else b)
    instructions = await find_instructions(store, asked)
    answers = await store.get_many(kinds.ANSWER, (i for by in asked.values() for i in by.values()))
    questions = [
        Question(
            instruction,
            {name: answers[i] for name, i in asked[key].items() if i in answers},
            tuple(sorted(won[key])),
        )
        for key, instruction in sorted(instructions.items())
    ]
    fit = [question for question in questions if fits(question)]
    known = {question.instruction.id for question in fit}
    return fit, [row for row in fought if row[0] in known]


def _trials(config: RunConfig, questions: Sequence[Question], count: int) -> list[Trial]:
    """Return what to judge: fakes and flips on `count` questions, and checked pairs elsewhere too."""
    if len(questions) < count:
        raise UserError(
            f"--canaries {count}: the run has {len(questions)} questions that canaries can be tried on "
            "(with one turn, no tools, an answer to give, and a battle that somebody won); ask for fewer"
        )
    shuffled = list(questions)
    Random(f"{config.seed}/canaries").shuffle(shuffled)
    chosen = shuffled[:count]
    return [*fake_trials(chosen), *order_trials(chosen), *checked_trials(shuffled, count)]
