"""The smaller parts: who checks a task, makes it harder, examines, rates a prompt, gives a verdict."""

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from ....tools.checkers import SITE_STATE
from ....tools.constraints import Constraint, Material, telling_words
from ....tools.constraints.frame import Ending
from ....tools.constraints.layout import Title
from ....tools.constraints.lengths import Words
from ...conversion import LATER
from .asking import Question, asked_in, query_of, read_question
from .debate import grade_debate
from .functions import name_stems, refine_calls, request_of, stems_of
from .judge import grade
from .procedures import PROCEDURES, UNSTATED
from .request import OfflineRequest, Section, Sections, read_sections
from .solve import solve
from .tasks import Bench, task_facts, write_tasks
from .text import (
    NUMBER,
    WORD,
    content_words,
    contradict,
    other_number,
    read_text,
    shorten,
    stems,
    words,
)

Facts = Iterator[dict[str, Any]]
_ABSENT = re.compile(
    r"\bthe (?:figure|diagram|picture|image|chart|table) (?:below|above|shown)|\bas (?:discussed|mentioned)"
    r" earlier|\bthe (?:previous|preceding|next) (?:chapter|section|page|question)|\bthe attached\b"
    r"|\bsee (?:figure|table) \d|\bthe (?:second|other) (?:passage|text|document)\b",
    re.I,
)


def check(sections: Sections, rng: random.Random) -> Facts:
    """Find out whether a task stands on its own, fits passage and leaf, and carries the right label."""
    bench = Bench.of(sections, rng)
    options = sections.lines("options")
    question = Question(bench.passage.text, sections.text("task"), options)
    label = sections.text("expected_behaviour", "answer").strip()
    # A program that draws a task knows its outcome.
    exercise = bench.exact or bench.checker == SITE_STATE
    given = (
        question.context
        or exercise
        or bench.apis
        or not re.search(r"\b(?:passage|text|story)\b", question.task)
    )
    worded = len(WORD.findall(question.task)) >= 3 and not _ABSENT.search(question.task)
    found = {
        "self_contained": bool(given) and worded,
        "matches_passage": exercise or _on_passage(question, bench, label),
        "matches_leaf": bench.options[0] <= len(options) <= bench.options[1]
        and len(set(options)) == len(options),
        "label_right": exercise or _label_right(question, bench, label),
    }
    wrong = ", ".join(name.replace("_", " ") for name, right in found.items() if not right)
    yield {
        **found,
        "reason": f"Not so: {wrong}." if wrong else "It stands on its own and fits what is given.",
    }


def _on_passage(question: Question, bench: Bench, label: str) -> bool:
    """A task must share words with what it is about."""
    if bench.apis:
        known = frozenset().union(*map(stems_of, bench.apis))
        return label == "say_no_tool" or bool(known & name_stems(question.task))
    asked = asked_in(question.task)
    if not question.context or (asked and asked.way.edits):
        return True
    query = query_of(question.task) | query_of(" ".join(question.options))
    least = 0.4 if label == "answer" else 0.1
    return len(query & bench.passage.stems) >= least * len(query)


def _label_right(question: Question, bench: Bench, label: str) -> bool:
    """An answerable question must not be called unanswerable, nor the other way round."""
    if bench.apis or question.options or not question.context:
        return True
    return label not in {"answer", "say_unanswerable"} or solve(question).known == (
        label == "answer"
    )


def suggest(sections: Sections, rng: random.Random) -> Facts:
    """Propose directions, each for one of the offered goals in turn."""
    goals = [s for s in read_sections(sections.text("goals")).items if s.name == "goal"]
    bench, first = Bench.of(sections, rng), rng.randrange(len(goals) or 1)
    made: set[str] = set()
    for step in range(12 if goals else 0):
        goal = goals[(first + step) % len(goals)]
        direction = _direction(sections, bench, goal)
        if direction not in made:
            made.add(direction)
            yield {"goal": goal.attributes.get("name", ""), "direction": direction}


def _eases(goal: Section) -> bool:
    return "plainer" in goal.text


def _plainer(bench: Bench, task: str, options: Sequence[str]) -> str:
    """Return a task without its last demand; where that may be what it asks, say that it is all."""
    head, _, last = task.strip().rpartition(". ")
    asked = asked_in(task)
    if head and last and not (bench.exact or options or (asked and asked.way.edits)):
        return f"{head}."
    return f"{task.rstrip()} No more is asked for."


def _direction(sections: Sections, bench: Bench, goal: Section) -> str:
    if _eases(goal):
        return "Take the last demand out of the task, or say that no more is asked for."
    if goal.attributes.get("edits") != "passage":
        return f'Add this demand to the task: "{_demand(sections, bench)}"'
    if goal.attributes.get("expected_behaviour") == "say_unanswerable":
        return "Take the sentence that holds the answer out of the passage, so that nothing there gives it."
    return "Change the number, name or claim in the passage that the answer rests on."


def _demand(sections: Sections, bench: Bench) -> str:
    """Return a sentence that the editor adds to the task as it stands."""
    rng, task = bench.rng, sections.text("task")
    if bench.apis:
        return request_of(rng.choice(bench.apis), rng, lead="Then also do this")
    asked = asked_in(task)
    edit = asked and asked.way.edits
    if bench.exact or (asked and edit and PROCEDURES[asked.way.do].check):
        # A frame changes nothing in what a program checks.
        who = rng.choice(("an editor", "a librarian", "a printer", "a court clerk", "a newsroom"))
        what = rng.choice(("goes to print within the hour", "is filed without further reading"))
        return f"You work for {who} and the result {what}."
    if not edit and not sections.lines("options") and rng.random() < 0.5:
        return Words(relation="less than", count=rng.choice((15, 20, 25, 30, 40))).say(rng)
    material = Material(task, telling_words(bench.passage.text))
    kinds: tuple[type[Constraint], ...] = (Ending, Title) if edit else (Ending,)
    return rng.choice(kinds).draw(rng, material).say(rng)


def edit(sections: Sections, rng: random.Random) -> Facts:
    """Carry out one direction: on the task, or on the passage."""
    goal, bench = sections.get("goal"), Bench.of(sections, rng)
    told, _, said = sections.text("task").partition(LATER)
    task, options = told, sections.lines("options")
    turns = [row.removeprefix("- ") for row in said.splitlines()]
    before = sections.text("expected_behaviour", "answer").strip()
    behaviour = goal.attributes.get("expected_behaviour") or before
    direction = sections.text("direction").strip()
    quoted = re.search(r"[\"“](.+)[\"”]", direction, re.DOTALL)
    demand = quoted[1] if quoted else direction
    passage = ""
    if _eases(goal):
        task = _plainer(bench, task, options)
    elif goal.attributes.get("edits") == "passage":
        passage = _edit_passage(Question(bench.passage.text, task, options), behaviour, rng)
    elif bench.apis:
        told = f"{goal.attributes.get('name', '')} {goal.text} {direction}"
        task, turns, missing = refine_calls(told, task, bench.apis, demand, rng)
        behaviour = "ask_for_missing" if missing else before
    else:
        # A demand stands before a list, after anything else.
        head, mark, rest = task.partition(":\n")
        task = f"{demand} {head}{mark}{rest}" if mark else f"{task.rstrip()} {demand}"
    facts = task_facts(bench, task, options, behaviour, passage=passage, turns=turns)
    yield {**facts, "passage": passage}


def _edit_passage(question: Question, behaviour: str, rng: random.Random) -> str:
    """Remove or turn the sentence that the answer rests on; the rest stays byte for byte."""
    usable = read_text(question.context).usable or (question.context,)
    sentence = solve(question).evidence or rng.choice(usable)
    new = "" if behaviour == "say_unanswerable" else contradict(sentence)
    pattern = r"\s+".join(map(re.escape, sentence.split()))
    return re.sub(pattern, lambda _: new, question.context, count=1)


def examine(sections: Sections, rng: random.Random) -> Facts:
    """Ask a new question of a leaf's kind; without a passage, the example with other figures."""
    example = sections.text("task").strip()
    for facts in write_tasks(sections, rng):
        if facts["task"] != example:
            yield {"question": facts["task"]}
    varied = NUMBER.sub(lambda found: other_number(found[0]), example)
    yield {"question": varied if varied != example else f"{example} Say how you went about it."}


def choose(sections: Sections, rng: random.Random) -> Facts:
    """Choose the option that the passage speaks for most; the first of equal ones."""
    asked = Question(sections.text("passage"), sections.text("task"), sections.lines("options"))
    found = solve(asked)
    yield {"letter": found.text[:1], "reason": found.evidence or "It fits the question best."}


def say_next(sections: Sections, rng: random.Random) -> Facts:
    """Bring up what the user wants, leaning on the last answer; done once it and all later aims were met."""
    wanted, answers = (
        sections.text("wanted").strip(),
        [
            s.text
            for s in sections.items
            if s.name == "talk" and s.attributes.get("speaker") != "you"
        ],
    )
    told = stems(" ".join(answers))
    met = "later" not in sections and bool(stems(wanted)) and stems(wanted) <= told
    known = content_words(answers[-1]) if answers else []
    lead = rng.choice(("You spoke of {}. ", "About {}: ", "")).format(rng.choice(known or ["it"]))
    yield {"done": met, "turn": "" if met else f"{lead if known else ''}{wanted}"}


def propose(sections: Sections, rng: random.Random) -> Facts:
    """Narrow a leaf down once for each group of losses, by the words that the group shares most."""
    leaf = sections.get("leaf")
    name, definition = leaf.attributes.get("name", "leaf"), " ".join(leaf.text.split()).rstrip(".")
    taken: set[str] = set()
    for group in (section for section in sections.items if section.name == "losses"):
        told = Counter(word.lower() for word in content_words(group.text) if word.isalpha())
        words = [word for word, _ in told.most_common() if len(word) > 4 and word not in taken][:2]
        taken.update(words)
        if words and "".join(words).isascii():
            yield {
                "name": "_".join((name, *words)),
                "title": f"{name.replace('_', ' ').capitalize()}: {' and '.join(words)}",
                "definition": f"{definition}, where the answer turns on {' and '.join(words)}.",
                "rubric": f"The answer is right about {' and '.join(words)}, and about nothing else wrong.",
            }


def rate(sections: Sections, rng: random.Random) -> Facts:
    """Rate a prompt by its length, and by its words that speak for each criterion."""
    prompt = sections.text("instruction")
    told = {
        name: len({found.lower() for found in re.findall(pattern, prompt, re.I)})
        for name, pattern in words("criteria").items()
    }
    size = len(WORD.findall(prompt))
    level = 1.0 + min(2.5, 0.45 * math.log2(1 + size / 8))
    level += sum(min(1.5, 0.6 * count) for count in told.values())
    met = {name: count > (name == "complexity") for name, count in told.items()}
    reason = ", ".join(f"{count} signs of {name}" for name, count in told.items() if count)
    yield {"reason": reason or "nothing is asked", "difficulty": round(min(10.0, level), 2), **met}


_VOTE = re.compile(r"first: ([\d.]+) of 10, second: ([\d.]+) of 10\s*\Z")
_Vote = tuple[float, float]


def judge(sections: Sections, request: OfflineRequest, rng: random.Random) -> dict[str, Any]:
    """Judge two answers or two sides of a debate, with the juror's own bias and noise."""
    question = read_question(sections.text("instruction"))
    behaviour = sections.text("expected_behaviour", "answer").strip()
    if debate := sections.text("debate"):
        graded = grade_debate(question, behaviour, debate)
    else:
        graded = [grade(question, behaviour, sections.text(name)) for name in ("first", "second")]
    first, second = (s + rng.gauss(0, request.noise) if request.noise else s for s, _ in graded)
    vote = _bounded(first + request.position_bias), _bounded(second)
    reason = f"First: {graded[0][1]}. Second: {graded[1][1]}."
    if own := _read(sections.text("own_verdict")):
        others = [found for s in sections.items if s.name == "verdict" and (found := _read(s.text))]
        vote, why = _again(vote, own, others)
        reason = f"{reason} {why}"
    answered = UNSTATED if behaviour == "say_unanswerable" else solve(question).text
    own_answer = shorten(answered, 40) if sections.text("objective") == "yes" else ""
    return {"own_answer": own_answer, "reason": reason, "first": vote[0], "second": vote[1]}


def _bounded(score: float) -> float:
    return round(min(10.0, max(1.0, score)), 1)


def _read(verdict: str) -> _Vote | None:
    found = _VOTE.search(verdict)
    return (float(found[1]), float(found[2])) if found else None


def _again(looked: _Vote, own: _Vote, others: list[_Vote]) -> tuple[_Vote, str]:
    """Keep one's vote, unless a second look finds it close and most others voted for another side."""
    sides = [(a > b) - (a < b) for a, b in (own, *others)]
    for side in (1, 0, -1):
        votes = [vote for vote, its in zip(others, sides[1:], strict=True) if its == side]
        most = side != sides[0] and len(votes) >= max(2, 2 / 3 * len(others))
        if most and abs(looked[0] - looked[1]) <= 1:
            first, second = (median(scores) for scores in zip(*votes, strict=True))
            return (first, second), "It was close, and the others show what was overlooked."
    return own, "Nothing that the others say overturns this."
