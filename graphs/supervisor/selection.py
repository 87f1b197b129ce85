"""Selection: which answers of decided battles become training rows. Pure decisions.

After Arena Learning (arXiv 2407.10627): prompts that the target lost become SFT rows with the
winner's answer, pairs with a margin become preference rows; disputed battles train nobody.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...agents.records import Answer, Battle, Instruction, make_id
from ...agents.rows import PreferenceRow, SftRow
from ..settings import SelectionSettings, of_round


def sft_row(
    instruction: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
    *,
    target: str,
    settings: SelectionSettings,
) -> SftRow | None:
    """Return the best answer that beat the target by the round's margin, or None.

    `answers` are by id. Among several winners the one with the largest margin is taken, then the one
    whose name comes first.
    """
    least = of_round(settings.sft_margin, instruction.round)
    lost = [
        (-won_by(battle), winner.contender, battle, winner)
        for battle in battles
        if (winner := _winner(battle, answers)) is not None
        and target in (battle.model_a, battle.model_b)
        and winner.contender != target
        and _reaches(battle, least)
        and winner.checked is not False
        and _whole(settings, winner)
    ]
    if not lost:
        return None
    _, _, battle, winner = min(lost, key=lambda found: found[:2])
    return SftRow(
        id=make_id("sft", instruction.id, winner.id),
        **_shared(instruction, battle, (winner,)),
        answer_id=winner.id,
    )


def preference_rows(
    instruction: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
    *,
    settings: SelectionSettings,
) -> list[PreferenceRow]:
    """Return a row for every undisputed battle whose margin reaches the round's least one."""
    least = of_round(settings.preference_margin, instruction.round)
    rows: list[PreferenceRow] = []
    for battle in battles:
        chosen = _winner(battle, answers)
        if chosen is None or not _reaches(battle, least) or chosen.checked is False:
            continue
        rejected = answers[battle.answer_b if chosen.id == battle.answer_a else battle.answer_a]
        if not _whole(settings, chosen, rejected):
            continue
        rows.append(
            PreferenceRow(
                id=make_id("preference", battle.id),
                **_shared(instruction, battle, (chosen, rejected)),
                chosen_id=chosen.id,
                rejected_id=rejected.id,
                margin=won_by(battle),
            )
        )
    return rows


def won_by(battle: Battle) -> float:
    """Return the margin from the winner's side; negative where majority and median disagree."""
    return -battle.margin if battle.winner == "model_b" else battle.margin


def _reaches(battle: Battle, least: float) -> bool:
    """Return whether a battle was won by the least margin, and by more than nothing."""
    return won_by(battle) >= least and won_by(battle) > 0


def _winner(battle: Battle, answers: Mapping[str, Answer]) -> Answer | None:
    """Return the winning answer; None for a tie or a disputed battle."""
    if battle.disputed or battle.winner == "tie":
        return None
    return answers[battle.answer_a if battle.winner == "model_a" else battle.answer_b]


def _whole(settings: SelectionSettings, *answers: Answer) -> bool:
    """Return whether nobody would learn from them to stop in the middle, or never to stop."""
    return not any(a.broken or (a.cut and not settings.cut_answers) for a in answers)


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
