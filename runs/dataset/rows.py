"""Records as rows of the dataset: one pure function per config."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

import orjson

from ...agents.flags import addresses_jury
from ...agents.records import (
    Answer,
    Battle,
    Game,
    Instruction,
    Record,
    Reject,
    Seed,
    Statement,
    Turn,
    Vote,
)
from ...agents.rows import PreferenceRow, RlvrRow, SftRow, TrainingRow
from ...graphs.checking import check_parameters
from ...graphs.supervisor.decisions import Decision
from .conversation import offered, plain, tool_specs_json
from .example import Example

T = TypeVar("T", bound=TrainingRow)
Row = dict[str, Any]


def instruction_row(
    instruction: Instruction, models: Collection[str], decision: Decision | None
) -> Row:
    """Return an instruction as a row; `models` are those behind it and its ancestors.

    The decision is where its battles led it; None where it had none.
    """
    return {
        **_origin(instruction, models),
        **_plain(instruction, "id", "parents", "round", "task", "options", "user_turns", "prompts"),
        **_plain(instruction, "expected_behaviour", "transformation", "operator", "depth"),
        **_plain(instruction, "model", "seed_id"),
        "prompt": instruction.prompt(),
        "context": instruction.environment.context,
        "tools": tool_specs_json(instruction.environment),
        "checker": instruction.check.name if instruction.check else "",
        "outcome": decision.outcome if decision else "",
        "difficulty": _difficulty(decision),
        "orders": _orders([instruction.prompt(), *instruction.user_turns]),
    }


def _difficulty(decision: Decision | None) -> list[float]:
    if decision is None or decision.difficulty is None or decision.spread is None:
        return []
    return [round(decision.difficulty, 3), round(decision.spread, 3)]


def sft_row(example: Example[SftRow], models: Collection[str]) -> Row:
    """Return one conversation to learn from as a row; `models` are those behind its instruction."""
    answer = example.answers[example.row.answer_id]
    return {
        **_training(example, models, answer),
        "messages": plain([*example.prompt, *answer.turns], example.given),
        "margin": example.row.margin,
        "answered_by": answer.model,
        "cut": answer.cut,
        "thoughts": list(answer.thoughts),
    }


def preference_row(example: Example[PreferenceRow], models: Collection[str]) -> Row:
    """Return a pair of answers as a row; `models` are those behind its instruction."""
    row = example.row
    chosen, rejected = example.answers[row.chosen_id], example.answers[row.rejected_id]
    return {
        **_training(example, models, chosen, rejected),
        "prompt": plain(example.prompt, example.given),
        "chosen": plain(chosen.turns),
        "rejected": plain(rejected.turns),
        "margin": row.margin,
        "chosen_model": chosen.model,
        "rejected_model": rejected.model,
        "chosen_cut": chosen.cut,
        "rejected_cut": rejected.cut,
        "chosen_thoughts": list(chosen.thoughts),
        "rejected_thoughts": list(rejected.thoughts),
    }


def rlvr_row(example: Example[RlvrRow], models: Collection[str]) -> Row:
    """Return a task that a program rewards as a row, with all that its checker needs as JSON."""
    return {
        **_training(example, models),
        "prompt": plain(example.prompt, example.given),
        "user_turns": list(example.asked.user_turns),
        "checker": example.row.checker,
        "parameters": orjson.dumps(check_parameters(example.asked)).decode(),
        "passed": example.row.passed,
    }


def battle_row(
    battle: Battle,
    instruction: Instruction | None,
    answers: tuple[Answer | None, Answer | None],
    decision: Decision | None,
) -> Row:
    """Return a battle as a row with its question and what was decided on it, both answers, every game."""
    a, b = answers
    models = [answer.model for answer in answers if answer] + [game.model for game in battle.games]
    return {
        **_origin(instruction, models),
        **_sides(instruction, a, b),
        **_plain(battle, "id", "parents", "skill", "leaf", "round", "model_a", "model_b", "winner"),
        **_plain(battle, "margin", "agreement", "decided_by", "disputed", "purpose", "cascade"),
        "question_id": battle.question_id or battle.instruction_id,
        "outcome": decision.outcome if decision else "",
        "kept_aside": dict(decision.aside).get(battle.id, "") if decision else "",
        "games": [_game(game) for game in battle.games],
        "debate": [_statement(said) for said in battle.debate],
    }


def reject_row(reject: Reject, instruction: Instruction | None, seed: Seed | None) -> Row:
    """Return what was dropped as a row, with the instruction or the seed that it was about."""
    models = [instruction.model] if instruction else []
    row = _origin(instruction, models)
    if seed:
        row |= {"licence": seed.licence, "source": seed.source or seed.name}
    return {
        **row,
        **_plain(reject, "id", "parents", "skill", "leaf", "round", "stage", "reason", "detail"),
        **_plain(reject, "subject", "failed", "model", "calls"),
    }


def _plain(record: Record, *names: str) -> Row:
    """Return some fields of a record as they stand."""
    told = {name: getattr(record, name) for name in names}
    return {n: list(value) if isinstance(value, tuple) else value for n, value in told.items()}


def _origin(instruction: Instruction | None, models: Iterable[str]) -> Row:
    """Return what a row owes to its instruction, empty where it has none."""
    return {
        "skill": instruction.skill if instruction else "",
        "leaf": instruction.leaf if instruction else "",
        "complexity": instruction.complexity if instruction else 0,
        "licence": instruction.licence if instruction else "",
        "source": instruction.source if instruction else "",
        "models": _names(models),
    }


def _training(example: Example[T], models: Collection[str], *answers: Answer) -> Row:
    row, asked = example.row, example.asked
    turns = [*example.prompt, *(turn for answer in answers for turn in answer.turns)]
    return {
        **_plain(row, "id", "parents", "instruction_id", "battles", "skill", "leaf", "round"),
        **_plain(asked, "seed_id", "expected_behaviour", "complexity", "licence", "source"),
        "orders": _orders(turn.content for turn in turns),
        "models": _names([*row.models, *models]),
    }


def _orders(texts: Iterable[str]) -> int:
    """Return how many texts seem to speak to who judges them, or hold what only machines read."""
    return sum(map(addresses_jury, texts))


def _sides(instruction: Instruction | None, a: Answer | None, b: Answer | None) -> Row:
    row: Row = {}
    for side, answer in (("a", a), ("b", b)):
        row[f"answer_{side}"] = answer.text if answer else ""
        row[f"conversation_{side}"] = _conversation(instruction, answer)
        row[f"served_{side}"] = answer.model if answer else ""
        row[f"checked_{side}"] = _checked(answer)
        row[f"broken_{side}"] = answer.broken if answer else ""
        row[f"cut_{side}"] = answer.cut if answer else False
    return row


def _conversation(instruction: Instruction | None, answer: Answer | None) -> list[dict[str, str]]:
    asked = [Turn(role="user", content=instruction.prompt())] if instruction else []
    given = offered(instruction, [answer] if answer else ()) if instruction else None
    return plain([*asked, *(answer.turns if answer else ())], given)


def _checked(answer: Answer | None) -> str:
    """Return what the checker said in a word, empty where the leaf has none."""
    if answer is None or answer.checked is None:
        return ""
    return "passed" if answer.checked else "failed"


def _game(game: Game) -> Row:
    """Return a game; the vote before is the vote itself where the jurors did not confer."""
    before = game.before or game
    return {
        **game.model_dump(
            include={*Vote.model_fields, "juror", "model", "shown_first", "orders", "rewards"}
        ),
        "before_a": before.score_a,
        "before_b": before.score_b,
        "before_reason": game.before.reason if game.before else "",
    }


def _statement(said: Statement) -> Row:
    return {**said.model_dump(), "actions": ", ".join(said.actions)}


def _names(models: Iterable[str]) -> list[str]:
    return sorted({model for model in models if model})
