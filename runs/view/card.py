"""The battle card: one question, two answers, and everything that was said about them."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from ...agents.records import Answer, Battle, Game, Instruction
from ..labels import label, labels
from .diff import Piece, diff
from .records import bodies, children, record
from .source import Source

_MOST_DIFFED = 20_000
"""Characters: the difference of longer answers tells a reader nothing."""


@dataclass(frozen=True)
class Side:
    """One answer."""

    model: str
    served: str
    """`provider/model` behind it."""
    answer_id: str
    text: str
    turns: tuple[dict[str, Any], ...]
    checked: bool | None
    note: str
    length: int


@dataclass(frozen=True)
class Said:
    """What one juror said, in both orders."""

    juror: str
    model: str
    games: tuple[Game, ...]
    lead: float
    """Mean points of model_a over model_b."""
    flipped: bool
    """Its word changed with the order shown."""
    agrees: bool
    """Its own verdict is the battle's."""


@dataclass(frozen=True)
class Card:
    """A battle, ready to be read and overturned."""

    battle: Battle
    question: str
    """What was asked, without the document that it is about."""
    document: str
    expected: str
    a: Side
    b: Side
    jurors: tuple[Said, ...]
    difference: tuple[Piece, ...]
    """From answer A to answer B, word by word."""
    rows: tuple[tuple[str, str], ...]
    """(kind, id) of the training rows it became."""
    decision: str
    human: str
    """A person's verdict; empty without one."""

    @property
    def longer(self) -> int:
        """Characters that A is longer than B."""
        return self.a.length - self.b.length


def card(source: Source, id: str) -> Card | None:
    """Return the card of a battle; None where there is no such battle."""
    with source.opened() as connection:
        battle = record(connection, id)
        if not isinstance(battle, Battle):
            return None
        asked = record(connection, battle.question_id or battle.instruction_id)
        sides = [record(connection, answer) for answer in (battle.answer_a, battle.answer_b)]
        made = bodies(connection, children(connection, id))
    rows = tuple((kind, i) for i, (kind, _) in made.items() if kind in ("sft", "preference"))
    decided = [body for kind, body in made.values() if kind == "decision"]
    instruction = asked if isinstance(asked, Instruction) else None
    a, b = (
        _side(name, answer)
        for name, answer in zip((battle.model_a, battle.model_b), sides, strict=True)
    )
    return Card(
        battle=battle,
        question=instruction.asked() if instruction else "",
        document=instruction.environment.context if instruction else "",
        expected=instruction.expected_behaviour if instruction else "",
        a=a,
        b=b,
        jurors=_jurors(battle),
        difference=diff(a.text, b.text) if max(a.length, b.length) < _MOST_DIFFED else (),
        rows=rows,
        decision=f"{decided[0]['outcome']}: {decided[0]['reason']}" if decided else "",
        human=labels(source.folder).get(id, {}).get("winner", ""),
    )


def overturn(source: Source, id: str, winner: str) -> None:
    """Keep a person's verdict on a battle: `model_a`, `model_b` or `tie`; an empty one takes it back."""
    with source.opened() as connection:
        found = bodies(connection, [id]).get(id)
    if found is None or found[0] != "battle":
        raise ValueError(f"{id} is no battle of run {source.folder.run_id}")
    label(source.folder, found[1], winner)


def _side(model: str, answer: Any) -> Side:
    if not isinstance(answer, Answer):
        return Side(model, "", "", "", (), None, "", 0)
    turns = tuple(turn.model_dump() for turn in answer.turns)
    return Side(
        model,
        answer.model,
        answer.id,
        answer.text,
        turns,
        answer.checked,
        answer.check_note,
        len(answer.text),
    )


def _jurors(battle: Battle) -> tuple[Said, ...]:
    games: dict[str, list[Game]] = defaultdict(list)
    for game in battle.games:
        games[game.juror].append(game)
    return tuple(_said(name, tuple(own), battle.winner) for name, own in games.items())


def _said(juror: str, games: tuple[Game, ...], winner: str) -> Said:
    leads = [game.score_a - game.score_b for game in games]
    lead = sum(leads) / len(leads)
    words = {_word(one) for one in leads}
    return Said(juror, games[0].model, games, lead, len(words) > 1, _word(lead) == winner)


def _word(lead: float) -> str:
    return "tie" if lead == 0 else "model_a" if lead > 0 else "model_b"
