"""Suggester and editor: how a task could become harder, and the harder task itself."""

import random
import re

from ...replies import CheckReply, EditReply, SuggestionReply, SuggestionsReply
from .ask_edit import check_of
from .ask_open import topic_of
from .draft import BEHAVIOURS, Bench, set_bench
from .edits import read_edit
from .question import Question
from .refine_calls import edit_calls, further_call
from .restyle import contradict
from .schema import read_apis
from .sections import Sections
from .solver import solve
from .text import content_words, read_text

_DIRECTIONS = {
    "remove": (
        "Take the sentence that holds the answer out of the passage, so that "
        "it cannot be answered any more."
    ),
    "alter": (
        "Change the number, name or claim in the passage that the answer "
        "rests on, so that the answer changes."
    ),
}
_QUOTED = re.compile(r"[\"“](.+)[\"”]", re.DOTALL)


def suggest(sections: Sections, rng: random.Random) -> SuggestionsReply:
    """Propose directions, each for one of the offered goals, as different as they can be."""
    goals = _goals(sections)
    if not goals:
        return SuggestionsReply(suggestions=[])
    bench = set_bench(sections, rng)
    found: dict[str, SuggestionReply] = {}
    first = rng.randrange(len(goals))
    wanted = sections.number("count", 3)
    for step in range(3 * wanted):
        name, edits, behaviour = goals[(first + step) % len(goals)]
        direction = (
            _passage_direction(behaviour)
            if edits == "passage"
            else _task_direction(sections, bench)
        )
        found.setdefault(direction, SuggestionReply(goal=name, direction=direction))
        if len(found) >= wanted:
            break
    return SuggestionsReply(suggestions=list(found.values()))


def _goals(sections: Sections) -> list[tuple[str, str, str]]:
    """Return name, what it edits and the behaviour afterwards, for each offered goal."""
    text = sections.text("goals")
    rows = re.findall(r"<goal\s+([^>]*)>", text)
    goals = []
    for row in rows:
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', row))
        goals.append(
            (given.get("name", ""), given.get("edits", "task"), given.get("expected_behaviour", ""))
        )
    return goals


def _passage_direction(behaviour: str) -> str:
    return _DIRECTIONS["remove" if behaviour == "say_unanswerable" else "alter"]


def _task_direction(sections: Sections, bench: Bench) -> str:
    """Return a demand in quotation marks: the editor writes it down as it stands."""
    return f'Add this demand to the task: "{_demand(sections, bench)}"'


def _demand(sections: Sections, bench: Bench) -> str:
    if apis := read_apis(sections.text("apis")):
        return further_call(apis, bench.rng)
    task = sections.text("task")
    if bench.leaf.checker or read_edit(task):
        return _frame(bench.rng)
    if sections.lines("options"):
        return bench.rng.choice(
            (
                "Give the letter, and quote the sentence that decides it.",
                "Give the letter, and say why in at most 30 words.",
                "Name the letter in one sentence that says why.",
            )
        )
    return _form_demand(bench)


def _form_demand(bench: Bench) -> str:
    """Return a demand on the form of a free answer, about this passage."""
    rng = bench.rng
    topic = [w for w in bench.passage.usable and content_words(bench.sentence()) if len(w) > 4]
    avoid = rng.choice(topic).lower() if topic else "very"
    return rng.choice(
        (
            f"Answer in at most {rng.choice((15, 20, 25, 30, 40))} words.",
            "Answer in one sentence, and quote the sentence that you rely on.",
            f'Write your answer without using the word "{avoid}".',
            (
                "Begin your answer with "
                f'"{rng.choice(("In short", "As the text has it", "To be exact"))}".'
            ),
            f"Answer as bullet points, in at most {rng.choice((30, 40, 60))} words.",
            (
                "Say why, and end your answer with "
                f'"{rng.choice(("That is all", "So much is certain"))}".'
            ),
        )
    )


def _frame(rng: random.Random) -> str:
    """Return a frame that changes nothing in what a program checks."""
    who = rng.choice(
        ("an editor", "a librarian", "a printer", "a court clerk", "a newsroom", "an archivist")
    )
    what = rng.choice(
        (
            "goes to print within the hour",
            "is filed without further reading",
            "is compared by a program",
        )
    )
    return f"You work for {who} and the result {what}: every other character must stay as it is."


def edit(sections: Sections, rng: random.Random) -> EditReply:
    """Carry out one direction: on the task, or on the passage."""
    goal = sections.get("goal").attributes
    asked = sections.text("expected_behaviour")
    behaviour = BEHAVIOURS.get(goal.get("expected_behaviour", "") or asked, "answer")
    task, options = sections.text("task"), sections.lines("options")
    if goal.get("edits") == "passage":
        edited = _edit_passage(sections, behaviour, rng)
        return _reply(task, options, behaviour, passage=edited, standing=edited)
    demand = _QUOTED.search(sections.text("direction"))
    added = demand[1] if demand else sections.text("direction").strip()
    if apis := read_apis(sections.text("apis")):
        name = goal.get("name", "")
        before = BEHAVIOURS.get(asked.strip(), "answer")
        return edit_calls(task, apis, before, goal=name, demand=added, rng=rng)
    bench = set_bench(sections, rng)
    if options and not demand:
        added = (
            f"Mind what the passage says about {topic_of(bench, bench.sentence())}."
            if bench.passage.usable
            else ""
        )
    return _reply(
        _append(task, added), options, behaviour, passage="", standing=sections.text("passage")
    )


def _append(task: str, demand: str) -> str:
    """Add a demand to a task: before a list, after anything else."""
    head, mark, rest = task.partition(":\n")
    return f"{demand} {head}{mark}{rest}" if mark else f"{task.rstrip()} {demand}"


def _reply(
    task: str, options: list[str], behaviour: str, *, passage: str, standing: str
) -> EditReply:
    """Return the edited task with the check that it needs on the passage as it stands then."""
    terms, replacements = check_of(task, standing)
    return EditReply(
        task=task,
        passage=passage,
        options=options,
        expected_behaviour=behaviour,
        check=CheckReply(terms=list(terms), replacements=list(replacements)),
        user_turns=[],
    )


def _edit_passage(sections: Sections, behaviour: str, rng: random.Random) -> str:
    """Remove or turn the sentence that the answer rests on; the rest stays byte for byte."""
    passage = sections.text("passage")
    question = Question(passage, sections.text("task"), tuple(sections.lines("options")))
    usable = read_text(passage).usable or (passage,)
    sentence = solve(question).evidence or rng.choice(usable)
    new = "" if behaviour == "say_unanswerable" else contradict(sentence)
    pattern = r"\s+".join(map(re.escape, sentence.split()))
    return re.sub(pattern, lambda _: new, passage, count=1)
