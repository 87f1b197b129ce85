"""What a document or a leaf was asked in one round and in another, and what the policy changed in between."""

import sqlite3
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import yaml

from ...agents.contender_name import contender_name
from ...taxonomy.policy import LeafPolicy, PolicyChange
from .diff import Piece, diff
from .lineage import TRAINING, won
from .policy import in_force, policy_versions
from .records import bodies, children
from .source import Source

MOST = 60
"""Instructions of one round that are shown: a document has few, a leaf may have thousands."""
_DOWN = """WITH RECURSIVE down(id) AS (
    SELECT ? UNION SELECT c.child FROM down d JOIN children c ON c.parent = d.id
    JOIN rows r ON r.id = c.child WHERE r.kind IN ('passage', 'draft', 'suggestion', 'reject'))
SELECT r.id, r.kind, r.round, r.outcome FROM down d JOIN rows r ON r.id = d.id"""
_LEAF = "SELECT id, kind, round, outcome FROM rows WHERE kind = 'draft' AND skill = ? AND leaf = ?"


@dataclass(frozen=True)
class Subject:
    """What is looked at: a document, or a leaf."""

    seed: str = ""
    skill: str = ""
    leaf: str = ""


@dataclass(frozen=True)
class Bout:
    """One battle over an instruction."""

    id: str
    text: str
    """Who met, and who won."""
    said: str
    """A juror's reason for it; empty where none was asked."""


@dataclass(frozen=True)
class Asked:
    """One instruction with what came of it."""

    id: str
    skill: str
    leaf: str
    complexity: int
    operator: str
    task: str
    outcome: str
    reason: str
    """The decision's, in numbers; or why it was dropped."""
    difficulty: float | None
    trains: int
    """Training rows that it became."""
    bouts: tuple[Bout, ...]


@dataclass(frozen=True)
class Telling:
    """One round of one run."""

    run: str
    round: int
    target: str
    """Which weights of the target fought."""
    asked: tuple[Asked, ...]
    written: int
    """Instructions in all, those beyond `MOST` among them."""
    dropped: dict[str, int]
    """Rejects on the way to them, by `stage/reason`."""

    def count(self, outcome: str) -> int:
        """Return how many of the instructions shown came to this."""
        return sum(one.outcome == outcome for one in self.asked)


@dataclass(frozen=True)
class Pair:
    """An instruction of the first round beside one of the other; None where that has no more."""

    one: Asked | None
    other: Asked | None
    pieces: tuple[Piece, ...]
    """From the first one's words to the other's; empty where they have little in common."""


@dataclass(frozen=True)
class Turn:
    """One leaf in both rounds."""

    skill: str
    leaf: str
    before: LeafPolicy
    after: LeafPolicy
    """In force while each was written."""
    changes: tuple[PolicyChange, ...]
    """Made from the first round to the other, of one run."""
    pairs: tuple[Pair, ...]

    @property
    def both(self) -> bool:
        """Whether both rounds asked it."""
        sides = [(pair.one, pair.other) for pair in self.pairs]
        return any(one for one, _ in sides) and any(other for _, other in sides)


@dataclass(frozen=True)
class Retold:
    """Two rounds side by side."""

    name: str
    one: Telling
    other: Telling
    turns: tuple[Turn, ...]
    """One a leaf, by name."""
    changes: tuple[PolicyChange, ...]
    """All of the policy's from the first round to the other, of one run."""


def rounds_of(source: Source, subject: Subject) -> tuple[int, ...]:
    """Return the rounds in which instructions of a subject were written; none where it is unknown."""
    with source.opened() as connection:
        found = _found(connection, subject)
    return tuple(sorted({round for _, kind, round, _ in found if kind == "draft"}))


def retold(sources: tuple[Source, Source], rounds: tuple[int, int], subject: Subject) -> Retold:
    """Return a subject in one round of a run, and in another, of it or of another run."""
    pairs = tuple(zip(sources, rounds, strict=True))
    one, other = (_telling(source, round, subject) for source, round in pairs)
    same = sources[0].folder == sources[1].folder
    with sources[0].opened() as connection:
        seed = bodies(connection, [subject.seed]).get(subject.seed)
        policies = [policy_versions(connection)] * 2
    if not same:
        with sources[1].opened() as connection:
            policies[1] = policy_versions(connection)
    low, high = sorted(rounds)
    changes = tuple(
        change
        for version in policies[0]
        for change in version.changes
        if same and low <= change.round < high
    )
    asked = [{(a.skill, a.leaf) for a in telling.asked} for telling in (one, other)]
    turns = tuple(
        Turn(
            skill,
            leaf,
            in_force(policies[0], rounds[0], skill, leaf),
            in_force(policies[1], rounds[1], skill, leaf),
            tuple(c for c in changes if (c.skill, c.leaf) == (skill, leaf)),
            _pairs(*(_of(telling, skill, leaf) for telling in (one, other))),
        )
        for skill, leaf in sorted(asked[0] | asked[1])
    )
    name = seed[1]["name"] if seed else subject.leaf.replace("_", " ")
    return Retold(name, one, other, turns, changes)


def _found(connection: sqlite3.Connection, subject: Subject) -> list[tuple[str, str, int, str]]:
    """Return (id, kind, round, outcome) of what was made on the way to a subject's instructions."""
    if subject.seed:
        rows = connection.execute(_DOWN, (subject.seed,))
    else:
        rows = connection.execute(_LEAF, (subject.skill, subject.leaf))
    return [tuple(row) for row in rows]


def _telling(source: Source, round: int, subject: Subject) -> Telling:
    with source.opened() as connection:
        found = [one for one in _found(connection, subject) if one[2] == round]
        ids = sorted(id for id, kind, *_ in found if kind == "draft")
        outcomes = {id: outcome for id, _, _, outcome in found}
        drafts = [body for _, body in bodies(connection, ids[:MOST]).values()]
        asked = [_asked(connection, body, outcomes[body["id"]]) for body in drafts]
        target = _target(source, connection, round)
    dropped: dict[str, int] = {}
    for _, kind, _, outcome in found:
        if kind == "reject":
            dropped[outcome] = dropped.get(outcome, 0) + 1
    asked.sort(key=lambda one: (one.operator != "seed", one.operator, one.id))
    return Telling(source.folder.run_id, round, target, tuple(asked), len(ids), dropped)


def _asked(connection: sqlite3.Connection, body: dict[str, Any], outcome: str) -> Asked:
    made = bodies(connection, children(connection, body["id"])).values()
    decided = next((of for kind, of in made if kind == "decision"), {})
    dropped = next((f"{of['reason']}: {of['detail']}" for kind, of in made if kind == "reject"), "")
    return Asked(
        body["id"],
        body["skill"],
        body["leaf"],
        body["complexity"],
        body["operator"],
        body["task"],
        outcome,
        decided.get("reason") or dropped.removesuffix(": "),
        decided.get("difficulty"),
        sum(kind in TRAINING for kind, _ in made),
        tuple(_bout(of) for kind, of in made if kind == "battle"),
    )


def _bout(battle: dict[str, Any]) -> Bout:
    """Return a battle with the reason of a juror whose word was the verdict."""
    sign = {"model_a": 1, "model_b": -1}.get(battle["winner"], 0)
    said = ""
    for game in battle["games"]:
        lead = game["score_a"] - game["score_b"]
        if (lead > 0) - (lead < 0) == sign and game["reason"]:
            said = f"{game['juror']}: {game['reason']}"
            break
    return Bout(battle["id"], f"{battle['model_a']} vs {battle['model_b']}: {won(battle)}", said)


def _target(source: Source, connection: sqlite3.Connection, round: int) -> str:
    """Return the target that fought in a round: what the last gate before it left in force."""
    row = connection.execute(
        "SELECT body->>'$.target' FROM store.records WHERE kind = 'gate' AND round < ? "
        "ORDER BY round DESC LIMIT 1",
        (round,),
    ).fetchone()
    if row:
        return str(row[0])
    told = yaml.safe_load(source.folder.config.read_text(encoding="utf-8"))
    alias = told["cast"]["target"]
    return contender_name(alias, told["models"][alias].get("version") or "")


def _of(telling: Telling, skill: str, leaf: str) -> list[Asked]:
    return [one for one in telling.asked if (one.skill, one.leaf) == (skill, leaf)]


def _pairs(one: list[Asked], other: list[Asked]) -> tuple[Pair, ...]:
    """Pair instructions: those that are in both under one id, then the rest in their order."""
    known = {asked.id: asked for asked in other}
    same = [(asked, known[asked.id]) for asked in one if asked.id in known]
    paired = {asked.id for asked, _ in same}
    rest = ([asked for asked in side if asked.id not in paired] for side in (one, other))
    return tuple(Pair(a, b, _changed(a, b)) for a, b in [*same, *zip_longest(*rest)])


def _changed(one: Asked | None, other: Asked | None) -> tuple[Piece, ...]:
    if one is None or other is None or one.task == other.task:
        return ()
    pieces = diff(one.task, other.task)
    return pieces if any(piece.how == "same" for piece in pieces) else ()
