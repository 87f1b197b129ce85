"""Writes tasks: what is asked follows from the leaf's checker, answer form and definition."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....tools.api_spec import ApiSpec
from ....tools.checkers import CHECKERS, RUNS_CODE, CheckTask, usable
from .asking import Question, ways
from .functions import ask_calls, planned, read_apis
from .procedures import NOTE, Pairs, word_counts
from .request import Sections
from .solve import CONTRARY, check_of, solve
from .text import (
    NUMBER,
    Text,
    bare,
    content_words,
    contradict,
    lower_first,
    plain,
    read_text,
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
_UNSURE = re.compile(r"^(?:Quotes|Names|Points|Gives|Makes|Lists)\b")
_OPTION = "option"
"""The checker of options: its term is the right one's letter."""
_MOST_TERMS = 25
Asked = tuple[str, Sequence[str]]
"""A task with its options."""


@dataclass(frozen=True)
class Bench:
    """What a writer has before it: the passage, the APIs, what is said of the leaf, the dice."""

    passage: Text
    apis: tuple[ApiSpec, ...]
    form: str
    definition: str
    behaviour: str
    checker: str
    options: tuple[int, int]
    rng: random.Random

    @classmethod
    def of(cls, sections: Sections, rng: random.Random) -> "Bench":
        """Lay out what a prompt's sections hold."""
        leaf = sections.get("leaf")
        given = {"expected_behaviour": "answer"} | {k: v for k, v in leaf.attributes.items() if v}
        low, high = (given.get(f"{end}_options", "0") for end in ("min", "max"))
        return cls(
            passage=read_text(sections.text("passage")),
            apis=read_apis(sections.text("apis")),
            form=given.get("answer_form", ""),
            definition=" ".join(leaf.text.split()),
            behaviour=given["expected_behaviour"],
            checker=given.get("checker", ""),
            options=(int(low) if low.isdigit() else 0, int(high) if high.isdigit() else 0),
            rng=rng,
        )

    @property
    def exact(self) -> bool:
        """Whether a program checks what is asked for, word by word."""
        return self.checker in CHECKERS and self.checker != _OPTION

    def sentence(self) -> str:
        """Return a sentence one can ask about, without its speaker."""
        return plain(self.rng.choice(self.passage.usable))

    def topic(self) -> str:
        """Return what some sentence is about."""
        return self.passage.topic(self.sentence())

    def statements(self) -> list[str]:
        """Return the sentences that can be quoted."""
        rows = dict.fromkeys(map(plain, self.passage.usable))
        return [s for s in rows if '"' not in s and len(s) > 25]


def write_tasks(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Write distinct tasks for the leaf, one after another; none where the passage cannot carry it."""
    bench = Bench.of(sections, rng)
    made: set[str] = set()
    for _ in range(60):
        try:
            task, options = _ask(bench)
        except (LookupError, ValueError):  # the passage has nothing to be asked about in this way
            continue
        if task and task not in made:
            made.add(task)
            facts = task_facts(bench, task, options, bench.behaviour, turns=_later(bench))
            if _useful(bench, facts):
                yield facts


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
    text = passage or bench.passage.text
    check: Pairs = ((), ())
    if bench.checker == _OPTION:
        check = [solve(Question(text, task, tuple(options))).text[:1]], ()
    elif bench.apis:
        needed = behaviour != "ask_for_missing"
        check = planned(" ".join([task, *turns]), bench.apis) if needed else (), ()
    elif bench.checker:
        check = check_of(task, text)
    return {
        "task": task,
        "options": list(options),
        "expected_behaviour": behaviour,
        "check": {"terms": list(check[0]), "replacements": list(check[1])},
        "user_turns": list(turns),
    }


def _useful(bench: Bench, facts: dict[str, Any]) -> bool:
    """Tell whether the leaf's checker can use a task; one that runs code is not asked here."""
    if not bench.exact or bench.checker in RUNS_CODE:
        return True
    terms, replacements = map(tuple, facts["check"].values())
    text = bench.passage.text
    task = CheckTask(text, facts["task"], terms, replacements, files=(("passage", text),))
    return len(terms) <= _MOST_TERMS and usable(bench.checker, task) == ""


def _ask(bench: Bench) -> Asked:
    """Ask once, in the first way that the leaf's fields and words allow."""
    rng, said = bench.rng, f"{bench.form}. {bench.definition}"
    if bench.apis:
        return ask_calls(bench.apis, bench.behaviour, said, rng), ()
    # The answer is the passage itself, changed.
    whole = bool(_WHOLE.search(bench.form))
    if not (whole or bench.exact) and len(bench.statements()) < 3:
        return "", ()
    if bench.behaviour in ("say_unanswerable", "say_not_found"):
        free = [q for q in words("untold") if not stems(q) & bench.passage.stems]
        about = re.split(r", | and ", bench.topic())[0]
        return str(rng.choice(free or words("untold"))).format(about), ()
    if bench.options[1]:
        return _choice(bench)
    fit = (way for way in ways() if whole or bench.exact or not way.edits)
    way = next((way for way in fit if way.suits(bench.checker, said)), None)
    if way is None:
        return "" if bench.exact else _open(bench), ()
    ask = rng.choice(way.asks).replace("=", "Change nothing else, and return only the text.")
    if way.do == "label" and _UNSEEN.search(bench.definition):
        rows = bench.statements()
        note = " ".join(rng.sample(rows, min(6, len(rows))))
        asked = ask.format_map(_Slots(replace(bench, passage=read_text(note))))
        return f"{NOTE}{note} {asked}", ()
    return ask.format_map(_Slots(bench)), ()


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
    rng, clause = bench.rng, _clause(bench)
    ask = (
        f"Choose the option that tells {clause}."
        if clause
        else "Which statement does the passage bear out?"
    )
    contrary = bool(CONTRARY.search(ask))
    rows, count = bench.statements(), rng.randint(*bench.options)
    if len(rows) < max(3, count):
        return "", ()
    picked = rng.sample(rows, count)
    options = [s if (i == 0) != contrary else contradict(s) for i, s in enumerate(picked)]
    about = bench.passage.topic(picked[0] if contrary else bench.sentence())
    rng.shuffle(options)
    if _UNSEEN.search(bench.definition):
        # The question stands by itself: it quotes what its options are taken from.
        said = " ".join(dict.fromkeys([*picked, bench.sentence()]))
        return f"A note on {about} reads: {said} Which statement does the note bear out?", options
    return f"{_claim(bench)}Mind what the passage says about {about}. {ask}", options


def _open(bench: Bench) -> str:
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


class _Slots(dict[str, str]):
    """What the braces of a way of asking stand for: found once, when it is first asked for."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench

    def __missing__(self, name: str) -> str:
        self[name] = _SLOTS.get(name, _word)(self._bench, self)
        return self[name]


def _gap(bench: Bench, _: Mapping[str, str]) -> str:
    row = bench.rng.choice(bench.statements())
    longer = [w for w in content_words(row) if len(w) > 4 and w.isalpha()]
    gaps = [w for w in (*NUMBER.findall(row), *longer) if row.count(w) == 1]
    return row.replace(bench.rng.choice(gaps), "_____")


def _lettered(rows: Sequence[str]) -> str:
    heads = (plain(row).split() for row in rows)
    clipped = (" ".join(w[:16]) + (" …" if len(w) > 16 else "") for w in heads)
    return "\n".join(f"({chr(97 + i)}) {row}" for i, row in enumerate(clipped))


def _pairs(bench: Bench, _: Mapping[str, str]) -> str:
    rows = bench.rng.sample(bench.statements(), 3)
    left = "\n".join(f"{i}. {bench.passage.topic(s)}" for i, s in enumerate(rows, 1))
    bench.rng.shuffle(rows)
    return f"{left}\n{_lettered(rows)}"


def _claims(bench: Bench, _: Mapping[str, str]) -> str:
    one, other = bench.rng.sample(bench.statements(), 2)
    pair = bench.rng.sample([one, contradict(other)], 2)
    return "\n".join(f'{i}. "{row}"' for i, row in enumerate(pair, 1))


def _effect(bench: Bench, _: Mapping[str, str]) -> str:
    reasons = [m for m in map(_CAUSE.match, bench.statements()) if m]
    return lower_first(bare(bench.rng.choice(reasons)[1]))


def _labels(bench: Bench, _: Mapping[str, str]) -> str:
    """Name the foremost word of the text between two rarer ones."""
    counts = word_counts(bench.passage)
    ranked = [word for word, _ in counts.most_common(12)]
    labels = [
        ranked[0],
        *bench.rng.sample([w for w in ranked[4:] if counts[w] < counts[ranked[0]]], 2),
    ]
    return ", ".join(f'"{label}"' for label in bench.rng.sample(labels, 3))


def _word(bench: Bench, taken: Mapping[str, str]) -> str:
    """Return a longer word of the text that was not picked yet."""
    found = sorted({w for w in content_words(bench.passage.text) if w.isalpha() and len(w) > 4})
    return bench.rng.choice([w for w in found if w not in taken.values()])


def _names(sentence: str) -> list[str]:
    return [w.lower() for w in content_words(sentence) if w.isascii() and w.isalpha()]


# Any other name stands for a longer word.
_SLOTS: dict[str, Callable[[Bench, Mapping[str, str]], str]] = {
    "topic": lambda bench, _: bench.topic(),
    "also": lambda bench, _: bench.topic(),
    # Figures and code are about nothing in the text: any word will do.
    "subject": lambda bench, _: bench.topic() if bench.passage.usable else "a shelf",
    "gap": _gap,
    "pairs": _pairs,
    "letters": lambda bench, _: _lettered(bench.rng.sample(bench.passage.usable, 4)),
    "claims": _claims,
    "effect": _effect,
    "labels": _labels,
    "word": lambda bench, taken: _word(bench, taken).lower(),
    "name": lambda bench, _: bench.rng.choice(_names(bench.sentence())),
    "n": lambda bench, _: str(bench.rng.randrange(12, 90)),
    "m": lambda bench, _: str(bench.rng.randrange(3, 12)),
    "p": lambda bench, taken: "which speaks of {one} and {other}".format_map(taken),
    "new": lambda bench, _: str(bench.rng.choice(words("things"))),
}
