"""The instruction writer: picks a maker by what the leaf says, and writes distinct tasks."""

import random
import re
from collections.abc import Callable

from ...replies import TaskReply, TasksReply
from .ask_call import call_task
from .ask_choice import choice
from .ask_edit import edit_maker
from .ask_open import (
    cause,
    cloze,
    comparison,
    counting,
    essay,
    evidence,
    literal,
    matching,
    meaning,
    numeric,
    ordering,
    theme,
    true_false,
    untold,
)
from .draft import Bench, Draft, set_bench
from .schema import read_apis
from .sections import Sections

Maker = Callable[[Bench], Draft | None]

# Read from top to bottom: the first pattern found in the leaf's name and answer form decides.
_MAKERS: tuple[tuple[str, Maker], ...] = (
    (r"unanswer|not stated|missing info", untold),
    (r"literal|detail", literal),
    (r"sequen|order|chronolog|steps", ordering),
    (r"match|relationship", matching),
    (
        (
            r"true.?(?:or|/|and)?.?false|critical|fact.{0,4}(?:opinion|"
            r"check)|entail|contradict|consisten"
        ),
        true_false,
    ),
    (r"blank|cloze|gap|vocab|language use", cloze),
    (r"count|aggregat|how many", counting),
    (r"numer|arith|quantit|discrete|calculat|duration|temporal", numeric),
    (r"caus|effect|why", cause),
    (r"compar|contrast|point at issue", comparison),
    (r"evidence|cite|quot|reference|corefer", evidence),
    (r"meaning|defin|word", meaning),
    (r"title|main|summar|purpose|tone|attitude|organi[sz]", theme),
    (r"essay|evaluat|critique|opinion|discuss|argument", essay),
)
_COMPILED = tuple((re.compile(pattern), maker) for pattern, maker in _MAKERS)


def write_tasks(sections: Sections, rng: random.Random) -> TasksReply:
    """Write up to the asked number of distinct tasks; fewer where the passage gives less."""
    bench = set_bench(sections, rng)
    maker = maker_for(sections, bench)
    found: dict[str, TaskReply] = {}
    wanted = sections.number("count", 1)
    for _ in range(4 * wanted if maker else 0):
        draft = maker(bench) if maker else None
        if draft is not None:
            found.setdefault(draft.task, draft.reply(bench.leaf.behaviour))
        if len(found) >= wanted:
            break
    return TasksReply(tasks=list(found.values()))


def maker_for(sections: Sections, bench: Bench) -> Maker | None:
    """Choose how to write for this leaf; None where nothing can be asked of this passage."""
    apis = read_apis(sections.text("apis"))
    if apis:
        return lambda b: call_task(b, apis)
    if maker := edit_maker(bench.leaf.name):
        return maker
    if not bench.passage.usable:
        return None
    if bench.leaf.behaviour == "say_unanswerable":
        return untold
    if bench.leaf.high:
        return choice
    # The name says more than the form: `literal_comprehension` may well be answered with a list.
    hits = (
        maker
        for words in (bench.leaf.name.replace("_", " "), bench.leaf.form.lower())
        for pattern, maker in _COMPILED
        if pattern.search(words)
    )
    return next(hits, literal)
