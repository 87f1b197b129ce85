"""Selection: which answers of decided battles may train, and how good a find each is. Pure decisions.

After Arena Learning (arXiv 2407.10627): prompts that the target lost become SFT rows with the
winner's answer, pairs with a margin become preference rows; disputed battles train nobody. `quota`
says which of these finds a round takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, Literal, TypeVar

from ...agents.records import Answer, Battle, Instruction, make_id
from ...agents.rows import PreferenceRow, SftRow
from ..settings import SelectionSettings

Rule = Literal["lost", "random", "kept"]
R = TypeVar("R", SftRow, PreferenceRow)


@dataclass(frozen=True, slots=True)
class Find(Generic[R]):
    """A row that a round may take."""

    row: R
    draw: float
    """From 0 to 1, by the row's id and the run's seed alone: whom a tie or a random rule prefers."""


def find_sft(
    instruction: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
    *,
    target: str,
    settings: SelectionSettings,
    seed: int = 0,
    rule: Rule = "lost",
) -> Find[SftRow] | None:
    """Return the best answer that beat the target, or None; `answers` are by id.

    Among several winners the one with the largest margin is taken, then the one that won most of the
    instruction's battles, then the one whose name comes first. Another sample of the target that beat
    its first answer is a winner too. By `random` the best winner of any battle is taken, also where
    that is the target; by `kept` only the target's own answer.
    """
    won = [
        (battle, winner)
        for battle in battles
        if (winner := _winner(battle, answers)) is not None
        and won_by(battle) > 0
        and winner.checked is not False
        and not _unfit(settings, winner)
    ]
    wins = [winner.id for _, winner in won]
    beaten = [
        (-won_by(battle), -wins.count(winner.id), winner.seat, battle, winner)
        for battle, winner in won
        if rule == "random"
        or (
            target in (battle.model_a, battle.model_b)
            and (winner.seat == target) == (rule == "kept")
        )
    ]
    if not beaten:
        return None
    *_, battle, winner = min(beaten, key=lambda found: found[:3])
    row = SftRow(
        id=make_id("sft", instruction.id, winner.id),
        **_shared(instruction, battle, (winner,)),
        answer_id=winner.id,
        margin=won_by(battle),
    )
    return Find(row, _draw(seed, row.id))


def find_pairs(
    instruction: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
    *,
    settings: SelectionSettings,
    seed: int = 0,
) -> Iterator[Find[PreferenceRow] | tuple[str, str]]:
    """Yield a row for every undisputed battle that somebody won, or its id and why it makes none.

    Contenders that answer word for word alike make one pair with a third, not two.
    """
    made: dict[tuple[object, object], str] = {}
    for battle in battles:
        chosen = _winner(battle, answers)
        if chosen is None:
            continue
        rejected = answers[battle.answer_b if chosen.id == battle.answer_a else battle.answer_a]
        if why := _kept_aside(battle, chosen, rejected, settings):
            yield battle.id, why
            continue
        if (first := made.setdefault((chosen.turns, rejected.turns), battle.id)) != battle.id:
            yield battle.id, f"the same two answers, word for word, as in {first}"
            continue
        row = PreferenceRow(
            id=make_id("preference", battle.id),
            **_shared(instruction, battle, (chosen, rejected)),
            chosen_id=chosen.id,
            rejected_id=rejected.id,
            margin=won_by(battle),
        )
        yield Find(row, _draw(seed, row.id))


def won_by(battle: Battle) -> float:
    """Return the margin from the winner's side; negative where majority and median disagree."""
    return -battle.margin if battle.winner == "model_b" else battle.margin


def _kept_aside(
    battle: Battle, chosen: Answer, rejected: Answer, settings: SelectionSettings
) -> str:
    """Return why a battle that was won makes no pair whatever the round's least margin; else nothing."""
    margin = won_by(battle)
    if chosen.checked is False:
        return "the winner fails its checker"
    if why := _unfit(settings, chosen, rejected):
        return why
    if margin <= 0:
        return "majority and median of the jury disagree"
    if settings.unanimous and battle.agreement < 1:
        return f"not unanimous: {battle.agreement:.0%} of the jurors prefer the winner"
    if margin > settings.preference_most:
        return f"margin {margin:g} is above {settings.preference_most:g}"
    return ""


def _winner(battle: Battle, answers: Mapping[str, Answer]) -> Answer | None:
    """Return the winning answer; None for a tie or a disputed battle."""
    if battle.disputed or battle.winner == "tie":
        return None
    return answers[battle.answer_a if battle.winner == "model_a" else battle.answer_b]


def _unfit(settings: SelectionSettings, *answers: Answer) -> str:
    """Return why somebody would learn from them to stop in the middle, or never to stop; else nothing."""
    if any(a.broken for a in answers):
        return "an answer is broken"
    if any(a.cut for a in answers) and not settings.cut_answers:
        return "an answer was cut off"
    return ""


def _draw(seed: int, id: str) -> float:
    return Random(f"{seed}/{id}/select").random()


def _shared(instruction: Instruction, battle: Battle, used: Sequence[Answer]) -> dict[str, Any]:
    """Return the columns that rows of both kinds share."""
    models = {instruction.model, *(a.model for a in used), *(g.model for g in battle.games)}
    return {
        "parents": (instruction.id, battle.id, *(a.id for a in used)),
        "instruction_id": instruction.id,
        "skill": instruction.skill,
        "leaf": instruction.leaf,
        "round": instruction.round,
        "battles": (battle.id,),
        "models": tuple(sorted(models - {""})),
    }
