"""Single records of a run, by their ids, as they stand in its store."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson

from ...agents.records import Instruction, Passage, Record
from ...graphs.kinds import KINDS

_TYPES = {kind.stored: kind.type for kind in KINDS if not kind.state_of}
_MANY = 500


def bodies(
    connection: sqlite3.Connection, ids: Iterable[str]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return (kind, fields) of those among the ids that are records, in the order given."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for at in range(0, len(wanted), _MANY):
        page = wanted[at : at + _MANY]
        query = (
            "SELECT r.id, r.kind, s.body FROM rows r "
            "JOIN store.records s ON s.seq = r.seq AND s.id = r.id "
            f"WHERE r.id IN ({', '.join('?' * len(page))})"
        )
        for id, kind, body in connection.execute(query, page):
            found[id] = (kind, orjson.loads(body))
    return {id: found[id] for id in wanted if id in found}


def record(connection: sqlite3.Connection, id: str) -> Record | None:
    """Return one record, an instruction with what stands in its passage; None where there is none."""
    found = bodies(connection, [id]).get(id)
    if found is None:
        return None
    kind, body = found
    made: Record = _TYPES[kind].model_validate(body)
    if isinstance(made, Instruction) and made.passage_id:
        passage = record(connection, made.passage_id)
        if isinstance(passage, Passage):
            return made.about(passage)
    return made


def children(connection: sqlite3.Connection, id: str, most: int = 500) -> list[str]:
    """Return the ids of what was made from a record."""
    query = "SELECT child FROM children WHERE parent = ? ORDER BY child LIMIT ?"
    return [child for (child,) in connection.execute(query, (id, most))]
