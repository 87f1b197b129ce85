"""Writes tool-use tasks over an API list: complete, with something left out, or impossible."""

import json
import random

from .draft import Bench, Draft
from .schema import Function, example_value, words_of
from .text import bare, lower_first, stems

_FOREIGN = (
    ("Send a postcard to my grandmother in Graz", "send postcard grandmother"),
    ("Book a table for four at a vegetarian restaurant tonight", "book table restaurant tonight"),
    ("Tune the piano in the town hall", "tune piano hall"),
    ("Order two bags of compost for the garden", "order bag compost garden"),
    ("Translate a birthday greeting into Finnish", "translate birthday greeting finnish"),
    ("Reserve a sleeping berth on the night train to Porto", "reserve berth night train"),
    ("Measure the humidity in the greenhouse", "measure humidity greenhouse"),
)


def call_task(bench: Bench, apis: tuple[Function, ...]) -> Draft | None:
    """Write one task over the list as the leaf's situation asks, naming the APIs to be called."""
    words, rng = bench.leaf.words, bench.rng
    several = any(w in words for w in ("multi", "several", "chain"))
    if bench.leaf.behaviour == "say_no_tool":
        foreign = _foreign(apis, rng)
        return _partly(rng.choice(apis), foreign, rng) if foreign and several else foreign
    if bench.leaf.behaviour == "ask_for_missing":
        return _lacking(apis, rng, several=several)
    if len(apis) > 1 and several:
        one, other = rng.sample(apis, 2)
        task = f"First: {_asking(one, rng)} Then: {_asking(other, rng)}"
        return Draft(task, terms=(one.name, other.name))
    extra = (
        ", and for what it is worth my favourite colour is teal."
        if "superfl" in words or "extra" in words
        else ""
    )
    function = rng.choice(apis)
    ask = _asking(function, rng)
    return Draft(bare(ask) + extra if extra else ask, terms=(function.name,))


def _partly(function: Function, foreign: Draft, rng: random.Random) -> Draft:
    """Ask for one thing that can be done and one that cannot."""
    task = f"First: {_asking(function, rng)} Then: {foreign.task}"
    return Draft(task, terms=(function.name,))


def _asking(function: Function, rng: random.Random, leave_out: str = "") -> str:
    """Return a request for one call, naming each parameter's value except the one left out."""
    aim = lower_first(
        bare(function.description.split("\n")[0].split(". ")[0])
    ) or function.name.replace("_", " ")
    named = [
        p for p in function.parameters if p.name != leave_out and (p.required or rng.random() < 0.5)
    ]
    values = ", ".join(f"{words_of(p.name)} {json.dumps(example_value(p, rng))}" for p in named)
    lead = rng.choice(("Please use what you have to do this", "I want this done", "Do this for me"))
    return f"{lead}: {aim}" + (f", with {values}." if values else ".")


def _lacking(apis: tuple[Function, ...], rng: random.Random, several: bool) -> Draft | None:
    """Leave a required parameter out; the user gives it when asked."""
    fit = [f for f in apis if f.required]
    if not fit:
        return None
    function = rng.choice(fit)
    missing = rng.choice(function.required)
    task = _asking(function, rng, leave_out=missing.name)
    if several and len(apis) > 1:
        other = rng.choice([f for f in apis if f != function])
        task = f"First: {task} Then: {_asking(other, rng)}"
    return Draft(task, behaviour="ask_for_missing")


def _foreign(apis: tuple[Function, ...], rng: random.Random) -> Draft | None:
    """Ask for something that none of the APIs does."""
    known = frozenset().union(*(f.stems for f in apis))
    free = [task for task, words in _FOREIGN if len(stems(words) & known) < 2]
    if not free:
        return None
    end = rng.choice(
        (" by nine o'clock.", " as soon as you can.", " before the weekend.", ", please.")
    )
    return Draft(rng.choice(free) + end)
