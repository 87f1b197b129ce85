"""Where a row comes from, and what came of it: a walk over parents, both ways."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...agents.records import Answer, Instruction
from .diff import Piece, diff
from .records import bodies, children, record
from .source import Source

STAGES = (
    ("seed", "Seed"),
    ("passage", "Passage"),
    ("draft", "Instruction"),
    ("suggestion", "Suggestion"),
    ("question", "Question"),
    ("answer", "Answer"),
    ("battle", "Battle"),
    ("decision", "Decision"),
    ("reject", "Rejected"),
    ("sft", "SFT row"),
    ("preference", "Preference pair"),
    ("rlvr", "RLVR row"),
)
TRAINING = ("sft", "preference", "rlvr")
_ORDER = {kind: place for place, (kind, _) in enumerate(STAGES)}
_NAMES = dict(STAGES)
_DEEPEST = 60


@dataclass(frozen=True)
class Bead:
    """One record on the strip."""

    id: str
    kind: str
    name: str
    text: str
    round: int
    here: bool
    """It is the row that is looked at."""


@dataclass(frozen=True)
class Edit:
    """One edit of an instruction."""

    id: str
    goal: str
    direction: str
    """What the suggester asked for."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Produced:
    """What came of something, summed up."""

    kind: str
    outcome: str
    count: int
    usd: float
    tokens: int


@dataclass(frozen=True)
class Lineage:
    """A row's whole way."""

    id: str
    kind: str
    round: int
    fields: dict[str, Any]
    """The row itself."""
    beads: tuple[Bead, ...]
    edits: tuple[Edit, ...]
    produced: tuple[Produced, ...]
    """All that was made from it, however far."""
    traces: tuple[int, ...]
    """Numbers of the traces that tell of it."""
    trains: tuple[tuple[str, str], ...] = ()
    """Of a training row: what is asked and answered, each text with its name."""


def lineage(source: Source, id: str) -> Lineage | None:
    """Return a row with all that it was made from and what came of it; None where there is no such row."""
    with source.opened() as connection:
        own = bodies(connection, [id]).get(id)
        if own is None:
            return None
        kind, fields = own
        focus = fields.get("instruction_id") or fields.get("subject") or id
        up = _ancestors(connection, focus)
        down = bodies(connection, children(connection, focus)) if kind != "seed" else {}
        known = {**up, **down, id: own}
        ordered = sorted(known, key=lambda i: (_place(i, known, list(up)), i))
        beads = tuple(_bead(i, *known[i], here=i == id) for i in ordered)
        return Lineage(
            id,
            kind,
            _round(fields),
            fields,
            tuple(bead for bead in beads if bead.kind in _NAMES),
            _edits(up),
            _produced(connection, id),
            _traces(connection, (id, focus)),
            tuple(_trains(connection, kind, fields)),
        )


def produced_by_leaf(source: Source, skill: str, leaf: str) -> tuple[Produced, ...]:
    """Return what a leaf gave in all rounds, and what that cost."""
    query = (
        "SELECT kind, outcome, count(*), sum(usd), sum(tokens) FROM rows "
        "WHERE skill = ? AND leaf = ? GROUP BY 1, 2 ORDER BY 1, 2"
    )
    with source.opened() as connection:
        return tuple(Produced(*row) for row in connection.execute(query, (skill, leaf)))


def _ancestors(connection: sqlite3.Connection, id: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the record and all it was made from, the furthest first."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    layer = [id]
    for _ in range(_DEEPEST):
        new = bodies(connection, [i for i in layer if i not in found])
        if not new:
            break
        found = {**new, **found}
        layer = [parent for _, body in new.values() for parent in body.get("parents", ())]
    return found


def _place(id: str, known: dict[str, tuple[str, dict[str, Any]]], up: list[str]) -> tuple[int, int]:
    """Return where a bead stands: what it was made from in its order, then the rest by stage."""
    if id in up:
        return (0, up.index(id))
    return (1, _ORDER.get(known[id][0], 99))


def _bead(id: str, kind: str, body: dict[str, Any], *, here: bool) -> Bead:
    name = _NAMES.get(kind, kind)
    if kind == "draft" and body.get("depth"):
        name = f"Edit {body['depth']}"
    return Bead(id, kind, name, glance(kind, body), _round(body), here)


def glance(kind: str, body: dict[str, Any]) -> str:
    """Return what tells one bead from its neighbours."""
    match kind:
        case "seed":
            text = body["name"]
        case "passage":
            text = f"{body['transformation']}: {body['text'][:160]}"
        case "draft" | "question":
            text = body["task"]
        case "suggestion":
            text = f"{body['goal']}: {body['direction']}"
        case "answer":
            text = f"{body['contender']}: {body['turns'][-1]['content']}"
        case "battle":
            text = f"{body['model_a']} vs {body['model_b']}: {won(body)}"
        case "decision":
            text = f"{body['outcome']}: {body['reason']}"
        case "reject":
            text = f"{body['stage']}/{body['reason']}"
        case "sft" | "preference" | "rlvr":
            led = f"margin {body['margin']:g}" if "margin" in body else ""
            text = body.get("checker") or led
        case _:
            text = ""
    return " ".join(str(text).split())[:200]


def won(battle: dict[str, Any]) -> str:
    """Return who won a battle, by name."""
    return "tie" if battle["winner"] == "tie" else str(battle[battle["winner"]])


def _round(body: dict[str, Any]) -> int:
    return int(body.get("round") or 0)


def _edits(up: dict[str, tuple[str, dict[str, Any]]]) -> tuple[Edit, ...]:
    """Return the edits on the way to an instruction, the first one first."""
    drafts = [body for kind, body in up.values() if kind == "draft"]
    asked = {body["instruction_id"]: body for kind, body in up.values() if kind == "suggestion"}
    return tuple(
        Edit(
            after["id"],
            after["operator"],
            asked.get(before["id"], {}).get("direction", ""),
            changed(before, after),
        )
        for before, after in zip(drafts, drafts[1:], strict=False)
    )


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[Piece, ...]:
    """Return what an edit changed of the task, and of its options and later turns where it changed those."""
    texts = [[draft["task"]] for draft in (before, after)]
    for name in ("options", "user_turns"):
        if before.get(name) != after.get(name):
            for text, draft in zip(texts, (before, after), strict=True):
                text += draft.get(name) or ()
    old, new = ("\n".join(text) for text in texts)
    return diff(old, new)


def _trains(
    connection: sqlite3.Connection, kind: str, fields: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the texts of a training row, which itself holds ids."""
    if kind not in TRAINING:
        return
    asked = record(connection, fields["instruction_id"])
    if isinstance(asked, Instruction):
        yield "prompt", "\n\n".join((asked.prompt(), *asked.user_turns))
    for name in ("answer", "chosen", "rejected"):
        answer = record(connection, fields.get(f"{name}_id", ""))
        if isinstance(answer, Answer):
            yield name, answer.text


def _produced(connection: sqlite3.Connection, id: str) -> tuple[Produced, ...]:
    query = (
        "WITH RECURSIVE down(id) AS (SELECT child FROM children WHERE parent = ? "
        "UNION SELECT c.child FROM children c JOIN down d ON c.parent = d.id LIMIT 200000) "
        "SELECT r.kind, r.outcome, count(*), sum(r.usd), sum(r.tokens) "
        "FROM down d JOIN rows r ON r.id = d.id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return tuple(Produced(*row) for row in connection.execute(query, (id,)))


def _traces(connection: sqlite3.Connection, ids: tuple[str, ...]) -> tuple[int, ...]:
    query = (
        "SELECT DISTINCT trace FROM told WHERE record IN (?, ?) AND trace IN "
        "(SELECT id FROM traces WHERE graph != 'supervisor') ORDER BY trace LIMIT 20"
    )
    return tuple(trace for (trace,) in connection.execute(query, ids))
