"""The engine: free text goes to the contender; a reply with a schema is filled field by field.

Who is asked is nowhere said: the fields of the schema and the sections of the prompt decide which maker
knows values for them. What no maker knows is filled by its type, from the text at hand; so any schema
gets a valid reply.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from .answer import answer
from .debate import state
from .filler import Facts, Filler, Schema
from .functions import describe
from .request import OfflineReply, OfflineRequest, Sections, read_sections
from .roles import check, choose, edit, examine, judge, propose, rate, say_next, suggest
from .tasks import write_tasks
from .text import Text, bare, contradict, lower_first, read_text, stems, words
from .tools import use_tools


def speak(request: OfflineRequest) -> OfflineReply:
    """Answer one request; the same request always gets the same reply."""
    rng, users = request.dice(), request.user_turns
    if request.schema is not None:
        value = _Speaker(request, request.schema, rng).value(request.schema, "", {})
        return OfflineReply(json.dumps(value, ensure_ascii=False))
    if request.tools:
        return use_tools(request, rng)
    if users == ["ping"]:
        return OfflineReply("ok")
    sections = read_sections(users[0])
    if "debate" in sections and "actions" in sections:
        return OfflineReply(state(sections, request.strength, rng))
    return OfflineReply(answer(users, request.strength, rng))


class _Speaker(Filler):
    """Fills a JSON schema for one request."""

    def __init__(self, request: OfflineRequest, schema: Schema, rng: random.Random) -> None:
        super().__init__(schema)
        self.request, self.rng = request, rng
        self.sections = read_sections(request.user_turns[0])

    @cached_property
    def text(self) -> Text:
        """All that the prompt's sections hold; without any, the prompt."""
        shown = [s.text for s in self.sections.items] or self.request.user_turns[:1]
        return read_text("\n\n".join(shown))

    def made(self, schema: Schema) -> Iterator[Facts]:
        """Ask the maker that knows the object's fields."""
        both = "first" in self.sections and "second" in self.sections
        if "instruction" in self.sections and (both or "debate" in self.sections):
            return iter([judge(self.sections, self.request, self.rng)])
        fields = schema.get("properties", {}).keys()
        found = (
            make for names, s, make in _MAKERS if names & fields and (not s or s in self.sections)
        )
        make = next(found, None)
        return make(self.sections, self.rng) if make else iter(())

    def rows(self, schema: Schema, item: Schema, name: str) -> list[Facts]:
        """Make as many entries as the prompt counts, within the schema's bounds."""
        least, most = schema.get("minItems", 0), schema.get("maxItems", 12)
        count = min(most, max(least, self.sections.number("count", 0)))
        if item.get("type") != "object":
            return [{}] * (count or 2)
        made = zip(self.made(item), range(count or most), strict=False)
        rows: list[Facts] = [{name: facts} for facts, _ in made]
        # Fewer good ones are better than some that say nothing, where the schema lets it.
        count = least or len(rows) or 2 * (not _MADE & item.get("properties", {}).keys())
        return rows + [{}] * (count - len(rows))

    def number(self, schema: Schema, name: str, facts: Facts) -> float:
        """Return what is known of a number by its name or, for a score, by the side that it names."""
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        high = schema.get("maximum", schema.get("exclusiveMaximum", max(10, low)))
        side = next((s for s in ("first", "second") if s in name), name)
        value = facts.get(side, low + (high - low) * self.rng.random())
        value = min(high, max(low, value)) if side == name else value
        return round(value) if schema.get("type") == "integer" else round(float(value), 2)

    def choice(self, schema: Schema, name: str, facts: Facts) -> Any:
        """Choose the member that is known; of a verdict, the one that leans as far to the better side."""
        members = schema["enum"]
        if schema.get("type") in {"number", "integer"}:
            number = self.number(schema, name, facts)
            return min(members, key=lambda member: abs(member - number))
        if facts.get(name) in members:
            return facts[name]
        if "first" not in facts:
            told = (m for m in members if stems(str(m)) & self.text.stems)
            return next(told, members[0])
        ahead = facts["first"] - facts["second"]
        far = (abs(ahead) > 0.25) + (abs(ahead) > 3)
        wanted, last = far if ahead > 0 else -far, max(1, len(members) - 1)
        apart = [abs(_leaning(str(m), at / last) - wanted) for at, m in enumerate(members)]
        return members[apart.index(min(apart))]

    def words(self, schema: Schema, name: str) -> str:
        """Say something of the text at hand that bears on the field."""
        about = stems(f"{name.replace('_', ' ')} {schema.get('description', '')}")
        rows = self.text.best(about) or self.text.usable or self.text.sentences
        return self.rng.choice(rows) if rows else name.replace("_", " ") or "nothing"


def _leaning(member: str, place: float) -> float:
    """Return how far a verdict's word leans to the first side (above 0) or to the second (below 0)."""
    if found := re.fullmatch(r"(\w+?)\s*(>+|<+|=+)\s*(\w+)", member):
        size = len(found[2]) * ("=" not in found[2])
        return size if (found[1] < found[3]) == (">" in found[2]) else -size
    said = set(re.findall(r"[a-z0-9]+", member.lower().replace("_", " ")))
    for side, names in ((1, {"first", "a", "1", "left"}), (-1, {"second", "b", "2", "right"})):
        if names & said:
            return side
    return 0 if {"tie", "draw", "even", "equal", "both", "neither"} & said else 1 - 2 * place


_MOST = 40
"""Sentences of a seed that go into a passage."""


def transform(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Return the passage, or why the seed does not lend itself to it."""
    seed, way = sections.text("seed"), sections.get("transformation")
    brief = f"{way.attributes.get('name', '')} {way.text}".replace("_", " ")
    text = read_text(seed)
    if re.search(r"\bunchanged\b|\bidentity\b", brief):
        yield {"suitable": bool(seed.strip()), "reason": "the seed as it is", "passage": seed}
    elif len(text.usable) < 3:
        reason = f"the seed has {len(text.usable)} full sentences; this passage needs at least 3"
        yield {"suitable": False, "reason": reason, "passage": ""}
    else:
        # A window of the seed keeps long ones in bounds; which one is up to the dice.
        start = rng.randrange(max(1, len(text.usable) - _MOST + 1))
        rows = list(text.usable[start : start + _MOST])
        form = next(form for form in words("passages") if re.search(form["told"], brief, re.I))
        reason = f"{len(rows)} sentences of the seed carry it"
        yield {"suitable": True, "reason": reason, "passage": _dealt(form, rows, text, rng)}


def _dealt(form: dict[str, Any], rows: list[str], text: Text, rng: random.Random) -> str:
    """Set sentences in a form: a head, the rows with what leads into each, a tail."""
    theme = frozenset(text.frequent[:10])
    main = max(rows, key=lambda row: text.cover(theme, row))
    people, leads = (
        rng.sample(words("speakers"), 3)[: form.get("people", 3)],
        form.get("leads", [""]),
    )
    about = {"topic": text.topic(rows[0]), "contrary": contradict(rows[0]), "people": people}
    about |= {"first": lower_first(rows[0]), "main": lower_first(bare(main))}
    said = []
    for at, row in enumerate(rows, 1):
        lead = leads[at % len(leads)]
        place = {"n": at, "who": people[at % len(people)], "lead": lead}
        own = {"said": lower_first(row) if lead else row}
        said.append(form.get("row", "{lead}{said}").format(**place, **own, **about))
    if size := form.get("line"):
        pieces = " ".join(said).split()
        said = [" ".join(pieces[at : at + size]) for at in range(0, len(pieces), size)]
    wide, joint = form.get("wide", 1), form.get("joint", " ")
    parts = [joint.join(said[at : at + wide]) for at in range(0, len(said), wide)]
    ends = (form.get(name, "").format(**about) for name in ("head", "tail"))
    head, tail = (end for end in ends)
    return "\n\n".join(filter(None, [head, *parts, tail]))


# The first that knows one of an object's fields and finds its section makes the object's values.
_MAKERS: tuple[
    tuple[set[str], str, Callable[[Sections, random.Random], Iterator[dict[str, Any]]]], ...
] = (
    ({"task"}, "direction", edit),
    ({"task"}, "leaf", write_tasks),
    ({"direction", "goal"}, "goals", suggest),
    ({"question"}, "task", examine),
    ({"turn", "done"}, "wanted", say_next),
    ({"letter"}, "options", choose),
    ({"parameters", "returns"}, "", describe),
    ({"self_contained", "matches_passage", "matches_leaf", "label_right"}, "task", check),
    ({"passage", "suitable"}, "seed", transform),
    ({"definition", "rubric"}, "losses", propose),
    ({"difficulty", "specificity", "complexity", "creativity"}, "instruction", rate),
)

_MADE = frozenset().union(*(names for names, _, __ in _MAKERS))
