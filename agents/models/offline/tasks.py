"""Writes tasks: what is asked follows from the leaf's answer form, its definition and its fields."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .bench import Bench
from .edits import ask_edit, read_edit
from .exercises import EXERCISES, check_of
from .functions import ask_calls, planned
from .question import Question
from .request import Sections
from .solve import CONTRARY, THEME, solve
from .text import (
    NUMBER,
    bare,
    content_words,
    contradict,
    lower_first,
    plain,
    read_text,
    stem,
    stems,
    words,
)

_CAUSE = re.compile(r"^(.{20,}?),? (?:because|since|so that|due to|therefore) (.{10,})$")
_VAGUE = re.compile(r"\b(?:something|stated|named|some|two or more|things)\b")
_CLAUSE = re.compile(r"\basks? (?:about (?=wh)|for )?(.+?)(?=[:;.]|, where|, best one|$)", re.I)
_WHOLE = re.compile(
    r"\b(?:text|passage|translation|version)\b(?:(?!\b(?:text|passage|translation|version)\b).)*"
    r"\b(?:only|unchanged|in it|markup)\b"
)
_UNSEEN = re.compile(r"\bnot seen\b")
_AT_HAND = re.compile(r"\bof the passage\b(?!['’])")
_UNSURE = re.compile(r"^(?:Quotes|Names|Points|Gives|Makes|Lists)\b")


OPTION = "option"
"""The checker of options: its term is the right one's letter."""
Asked = str | tuple[str, list[str]]
"""A task, or a task with its options; empty where the passage gives none."""


def write_tasks(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Write distinct tasks for the leaf, one after another; none where the passage cannot carry it."""
    bench = Bench.of(sections, rng)
    made: set[str] = set()
    for _ in range(60):
        asked = _ask(bench)
        task, options = asked if isinstance(asked, tuple) else (asked, [])
        if task and task not in made:
            made.add(task)
            yield task_facts(bench, task, options, bench.behaviour, turns=_later(bench))


def task_facts(
    bench: Bench,
    task: str,
    options: Sequence[str],
    behaviour: str,
    *,
    passage: str = "",
    turns: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the fields of a task, with the check that it needs on the passage as it stands then."""
    terms: Sequence[str] = ()
    replacements: Sequence[str] = ()
    if bench.checker in EXERCISES:
        terms, replacements = check_of(
            bench.checker, task, read_text(passage) if passage else bench.passage
        )
    elif bench.checker == OPTION:
        terms = [solve(Question(passage or bench.passage.text, task, tuple(options))).text[:1]]
    elif bench.apis and behaviour != "ask_for_missing":
        terms = planned(" ".join([task, *turns]), bench.apis)
    elif not bench.apis and (edit := read_edit(task)):
        terms, replacements = edit.check(passage or bench.passage.text)
    return {
        "task": task,
        "options": list(options),
        "expected_behaviour": behaviour,
        "check": {"terms": list(terms), "replacements": list(replacements)},
        "user_turns": list(turns),
    }


def _ask(bench: Bench) -> Asked:
    """Ask once, in the first way that the leaf's fields and words allow."""
    if bench.apis:
        return ask_calls(bench.apis, bench.behaviour, f"{bench.definition} {bench.form}", bench.rng)
    if bench.checker in EXERCISES:
        return EXERCISES[bench.checker].ask(bench) if bench.passage.usable else ""
    # The answer is the passage itself, changed.
    if (bench.checker and bench.checker != OPTION) or _WHOLE.search(bench.form):
        return ask_edit(bench.definition, bench.passage.text, bench.rng)
    if len(bench.statements()) < 3:
        return ""
    if bench.behaviour == "say_unanswerable":
        free = [q for q in words("untold") if not stems(q) & bench.passage.stems]
        return str(bench.rng.choice(free or words("untold"))).format(
            re.split(r", | and ", bench.topic())[0]
        )
    if bench.options[1]:
        return _choice(bench)
    said = f"{bench.form}. {bench.definition}"
    return next((ask(bench) for told, ask in _FORMS if told.search(said)), "") or _open(bench)


def _later(bench: Bench) -> list[str]:
    """Return what the user brings up afterwards, where the leaf is a talk."""
    if "each turn" not in bench.form:
        return []
    asked = (
        "Is that so? Show where it says that.",
        f"And what about {bench.topic()}?",
        "Now say that again in one sentence.",
    )
    return bench.rng.sample(asked, 2)


def _clause(bench: Bench) -> str:
    """Return what the definition says is asked, where it is an indirect question or a plain noun."""
    found = _CLAUSE.search(bench.definition)
    return found[1].strip() if found and not _VAGUE.search(found[1]) else ""


def _claim(bench: Bench) -> str:
    """Quote a sentence first, where the definition speaks of one."""
    if not _UNSURE.match(bench.definition):
        return ""
    return f'The passage says: "{bench.rng.choice(bench.statements())}" '


def _choice(bench: Bench) -> Asked:
    """Ask which option fits: statements of the passage, some of them turned to the contrary."""
    rng, count, rows, clause = (
        bench.rng,
        bench.rng.randint(*bench.options),
        bench.statements(),
        _clause(bench),
    )
    if THEME.search(bench.definition):
        return _theme(bench, count)
    if len(rows) < count:
        return ""
    ask = (
        f"Choose the option that tells {clause}."
        if clause
        else "Which statement does the passage bear out?"
    )
    contrary = bool(CONTRARY.search(ask))
    picked = rng.sample(rows, count)
    options = [s if (i == 0) != contrary else contradict(s) for i, s in enumerate(picked)]
    about = bench.passage.topic(picked[0] if contrary else bench.sentence())
    rng.shuffle(options)
    if _UNSEEN.search(bench.definition):
        # The question stands by itself: it quotes what its options are taken from.
        said = " ".join(dict.fromkeys([*picked, bench.sentence()]))
        return f"A note on {about} reads: {said} Which statement does the note bear out?", options
    return f"{_claim(bench)}Mind what the passage says about {about}. {ask}", options


def _theme(bench: Bench, count: int) -> Asked:
    """Ask for the whole: one option names what the passage is about, the others what it touches."""
    spelt: dict[str, str] = {}
    for word in content_words(" ".join(bench.statements())):
        spelt.setdefault(stem(word), word.lower())
    named = [spelt[s] for s in bench.passage.frequent if len(spelt.get(s, "")) > 3]
    rare = named[len(named) // 2 :]
    if len(rare) < 2 * count:
        return ""
    bench.rng.shuffle(rare)
    pairs = [named[:2], *(rare[2 * i : 2 * i + 2] for i in range(count - 1))]
    bench.rng.shuffle(pairs)
    what = "title" if "title" in bench.definition else "summary of the passage as a whole"
    head = " ".join(bench.sentence().replace('"', "").split()[:8])
    ask = f'Which is the best {what}? The passage also says "{bare(head)} …".'
    return ask, [f"On {one} and {other}" for one, other in pairs]


def _blank(bench: Bench) -> Asked:
    row = bench.rng.choice(bench.statements())
    longer = [w for w in content_words(row) if len(w) > 4 and w.isalpha()]
    gaps = [w for w in (*NUMBER.findall(row), *longer) if row.count(w) == 1]
    gap = bench.rng.choice(gaps) if gaps else row
    return f'Fill in the blank with the word or number that the passage uses: "{row.replace(gap, "_____")}"'


def _lettered(rows: Sequence[str]) -> str:
    heads = (plain(row).split() for row in rows)
    clipped = (" ".join(w[:16]) + (" …" if len(w) > 16 else "") for w in heads)
    return "\n".join(f"({chr(97 + i)}) {row}" for i, row in enumerate(clipped))


def _order(bench: Bench) -> Asked:
    rows = bench.rng.sample(bench.passage.usable, min(4, len(bench.passage.usable)))
    ask = "Put these in the order in which the passage tells them; answer with the letters only"
    return f"{ask}:\n{_lettered(rows)}"


def _match(bench: Bench) -> Asked:
    rows = bench.rng.sample(bench.statements(), 3)
    left = "\n".join(f"{i}. {bench.passage.topic(s)}" for i, s in enumerate(rows, 1))
    bench.rng.shuffle(rows)
    ask = "Match each numbered topic with the lettered statement of the passage about it, as in 1-b"
    return f"{ask}:\n{left}\n{_lettered(rows)}"


def _judge(bench: Bench) -> Asked:
    one, other = bench.rng.sample(bench.statements(), 2)
    pair = bench.rng.sample([one, contradict(other)], 2)
    return f'According to the passage, is each statement true or false?\n1. "{pair[0]}"\n2. "{pair[1]}"'


def _number(bench: Bench) -> Asked:
    held = [s for s in bench.passage.usable if len(NUMBER.findall(s)) == 1]
    if len(held) < 2:
        word = bench.rng.choice(
            [w.lower() for w in content_words(bench.sentence()) if w.isalpha()] or ["the"]
        )
        return f'How many sentences of the passage contain the word "{word}"? Give a number.'
    one, other = (bench.passage.topic(s) for s in bench.rng.sample(held, 2))
    what = bench.rng.choice(("the difference between", "the sum of", "the larger of"))
    return (
        f"What is {what} the number that the passage gives where it speaks of {one}"
        f" and the number where it speaks of {other}?"
    )


def _why(bench: Bench) -> Asked:
    reasons = [m for m in map(_CAUSE.match, bench.statements()) if m]
    what = lower_first(bare(bench.rng.choice(reasons)[1])) if reasons else ""
    return f"According to the passage, why is it that {what}?" if what else ""


def _essay(bench: Bench) -> Asked:
    asks = (
        "Write a short essay on how well the passage supports what it says about {}.",
        "Assess the passage's account of {}; use at least two of its statements.",
    )
    return bench.rng.choice(asks).format(bench.topic())


def _open(bench: Bench) -> Asked:
    """Ask what the definition says is asked, of a sentence or a topic of the passage."""
    clause, claim = _clause(bench), _claim(bench)
    if clause.startswith(("wh", "how")) and bench.rng.random() < 0.8:
        going = "" if claim else f", going by what the passage says about {bench.topic()}"
        return f"{claim}Say {clause}{going}."
    asks = (
        "What does the passage say about {}?",
        "According to the passage, what is stated about {}?",
        "Find what the passage says about {}, and repeat it.",
    )
    return bench.rng.choice(asks).format(bench.topic())


def _writing(bench: Bench) -> Asked:
    """Ask for a piece of writing on a topic; for the passage in another form where it is at hand."""
    asks = words("retellings" if _AT_HAND.search(bench.definition) else "writing")
    return str(bench.rng.choice(asks)).format(bench.topic())


# The first that the leaf's answer form and definition speak of.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[Bench], Asked]], ...] = tuple(
    (re.compile(told, re.I), ask)
    for told, ask in (
        (r"\bpiece of writing\b|\bnot seen\b", _writing),
        (r"\bblanks?\b|\bcloze\b|\bgap\b", _blank),
        (r"^matching|\bmatch(?:ing)?\b(?:(?!\bmatch(?:ing)?\b).)*\bpairs\b", _match),
        (r"^ordering|scrambled order", _order),
        (r"true or false|label for each statement|contradicts it", _judge),
        (r"^(?:a )?(?:value|number)\b|how many", _number),
        (
            r"quoted exactly|word for word",
            lambda b: (
                f"Which sentence of the passage speaks of {b.topic()}? Repeat it word for word."
            ),
        ),
        (r"\bessay\b|reasoned judgement", _essay),
        (
            r"point by point|alike and in which",
            lambda b: (
                f"Compare what the passage says about {b.topic()} with what it says about {b.topic()}."
            ),
        ),
        (r"\bexplanation\b|asks why", _why),
    )
)
