"""What became of a run's replies, role by role, as its ledger tells it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import orjson
from pydantic import BaseModel, ValidationError

from ...agents import replies
from ...agents.models.request import Request
from ...agents.models.structured import parse_reply, parses
from ...agents.small import slim
from ...graphs import kinds
from ..opening import stored
from ..store import Store
from ..store.place import Place

_COLUMNS = ("replies", "structured", "parsed", "repaired", "cut", "bounds", "used")


@dataclass
class Row:
    """One role's replies."""

    replies: int = 0
    """First replies: those to a repair are not counted."""
    structured: int = 0
    """Those of them that had a form to keep to."""
    parsed: int = 0
    repaired: int = 0
    """First replies that did not parse, and whose second did."""
    cut: int = 0
    bounds: int = 0
    """Whole replies that did not parse, since a value was none of those allowed."""
    used: int = 0
    """Messages that the role answered with a record."""


@dataclass
class Figures:
    """What a scene came to."""

    rows: dict[str, Row] = field(default_factory=dict)
    """By role."""
    instructions: int = 0
    verdicts: int = 0
    verdicts_lost: int = 0
    status: str = ""

    @property
    def structured(self) -> int:
        """First replies that had to be structured."""
        return sum(row.structured for row in self.rows.values())

    @property
    def parsed_share(self) -> float:
        """The share of them that parsed."""
        return sum(row.parsed for row in self.rows.values()) / max(1, self.structured)

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        yield f"  {'role':<14}" + "".join(f"{name:>11}" for name in _COLUMNS)
        for role, row in sorted(self.rows.items()):
            unknown = () if row.structured else ("parsed", "repaired", "bounds")
            cells = ("–" if name in unknown else getattr(row, name) for name in _COLUMNS)
            yield f"  {role:<14}" + "".join(f"{cell:>11}" for cell in cells)
        yield f"  {self.structured} structured replies, {self.parsed_share:.0%} parsed at once"
        yield f"  {self.instructions} instructions through the gate"
        yield f"  {self.verdicts} verdicts, {self.verdicts_lost} lost"


async def figures(place: Place, model: str) -> Figures:
    """Return what became of the replies of a model (`provider/name`) in a run's store."""
    found = Figures()
    with stored(place) as store:
        asked = sorted([one async for one in _asked(store, model)], key=lambda one: one[0])
        for (role, *_), group in groupby(asked, key=lambda one: one[0][:-1]):
            _count(found.rows.setdefault(str(role), Row()), [told for _, told in group])
        for event in store.events():
            role = event.actor.partition("/")[0]
            if event.kind == "replied" and role in found.rows:
                found.rows[role].used += 1
        found.instructions = await store.count(kinds.INSTRUCTION)
        found.verdicts_lost = (await store.count_by(kinds.REJECT, "stage")).get(("judge",), 0)
        found.verdicts = found.verdicts_lost + found.rows.get("juror", Row()).used
    return found


_Place = tuple[str, str, str, int, int]
"""Role, message, alias, sample and turn."""
_Told = tuple[type[BaseModel] | None, str, bool]
"""The reply type asked for, the text, and whether it was cut off."""


async def _asked(store: Store, model: str) -> AsyncIterator[tuple[_Place, _Told]]:
    """Yield the paid replies of a model, each with what was asked."""
    for entry in store.entries():
        request = await store.request(entry.key.partition("/")[0])
        if entry.model == model and request is not None:
            place = (entry.role, request.message, entry.alias, request.sample, entry.seq)
            yield place, (reply_type(request), entry.text, entry.finish == "length")


def reply_type(request: Request) -> type[BaseModel] | None:
    """Return the type of reply that a request asked for."""
    if not request.schema:
        return None
    schema = orjson.loads(request.schema)
    found: type[replies.ReplyBody] = getattr(replies, schema["title"])
    for shape in (schema, *schema.get("$defs", {}).values()):
        told = shape.get("properties", {}).get("expected_behaviour", {})
        if names := told.get("enum") or ([told["const"]] if "const" in told else []):
            found = replies.expecting(tuple(names), found)
            break
    # A small model is asked for some of the fields.
    asked: dict[str, dict[str, object]] = dict.fromkeys(schema["properties"], {})
    return found if asked.keys() == found.model_fields.keys() else slim(found, orjson.dumps(asked))


def _count(row: Row, told: list[_Told]) -> None:
    """Count the replies to one message: the first and, where there was a repair, what came of it."""
    kind, text, cut = told[0]
    row.replies += 1 if kind else len(told)
    row.cut += cut if kind else sum(later for _, _, later in told)
    if kind is None:
        return
    row.structured += 1
    try:
        parse_reply(text, kind)
        row.parsed += 1
    except ValueError as error:
        row.bounds += isinstance(error, ValidationError) and all(
            found["type"] not in ("missing", "extra_forbidden") for found in error.errors()
        )
        row.repaired += len(told) > 1 and parses(told[1][1], kind)
