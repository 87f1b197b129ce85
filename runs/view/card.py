"""The battle card: one question, two answers, and everything that was said about them."""

from collections import defaultdict
from dataclasses import dataclass

from ...agents.records import Answer, Battle, Game, Instruction
from ...tools.ratings.verdict import side
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
    answer: Answer | None
    """None where it is not in the store."""

    @property
    def text(self) -> str:
        """The answer's last word."""
        return self.answer.text if self.answer else ""


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
        return len(self.a.text) - len(self.b.text)


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
        Side(model, answer if isinstance(answer, Answer) else None)
        for model, answer in zip((battle.model_a, battle.model_b), sides, strict=True)
    )
    return Card(
        battle=battle,
        question=instruction.asked() if instruction else "",
        document=instruction.environment.context if instruction else "",
        expected=instruction.expected_behaviour if instruction else "",
        a=a,
        b=b,
        jurors=_jurors(battle),
        difference=diff(a.text, b.text) if max(len(a.text), len(b.text)) < _MOST_DIFFED else (),
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


def _jurors(battle: Battle) -> tuple[Said, ...]:
    games: dict[str, list[Game]] = defaultdict(list)
    for game in battle.games:
        games[game.juror].append(game)
    return tuple(_said(name, tuple(own), battle.winner) for name, own in games.items())


def _said(juror: str, games: tuple[Game, ...], winner: str) -> Said:
    leads = [game.score_a - game.score_b for game in games]
    lead = sum(leads) / len(leads)
    words = set(map(side, leads))
    return Said(juror, games[0].model, games, lead, len(words) > 1, side(lead) == winner)
