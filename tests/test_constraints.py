"""Constraints: each kind passes what keeps it and tells what is wrong with what does not."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.tools.checkers import CHECKERS, CheckTask, usable
from arenainstruct.tools.constraints import (
    FAMILIES,
    KINDS,
    Constraint,
    Material,
    conflict,
    drawn,
    faults,
    read,
    telling_words,
)
from arenainstruct.tools.constraints.lengths import count_sentences
from arenainstruct.tools.constraints.mend import mended
from arenainstruct.tools.constraints.said import said_in

GERMAN = "Der Kanal verbindet zwei Meere, und viele Schiffe fahren jeden Tag durch seine Schleusen."
ENGLISH = "the canal joins two seas, and many ships pass through its locks on every single day."

CASES = [
    ("words", '{"relation": "at least", "count": 3}', "One two three.", "One two."),
    ("words", '{"relation": "less than", "count": 3}', "One two.", "One two three."),
    ("sentences", '{"relation": "at least", "count": 2}', "One. Two!", "One, said Dr. Low."),
    ("sentences", '{"relation": "less than", "count": 2}', "It is 3.5 m long.", "One. Two."),
    ("paragraphs", '{"count": 2}', "One.\n***\nTwo.", "One.\n\nTwo."),
    ("paragraphs", '{"count": 2}', "***\nOne.\n***\nTwo.\n***", "One. *** *** Two."),
    ("nth_paragraph", '{"count": 2, "nth": 2, "word": "Sea"}', 'A.\n\n"Sea, all.', "A.\n\nLake."),
    ("nth_paragraph", '{"count": 2, "nth": 2, "word": "sea"}', "A.\n\nSEA.", "A.\n\nSea.\n\nB."),
    ("nth_paragraph", '{"count": 2, "nth": 2, "word": "sea"}', "A.\n\nSea's.", "A."),
    ("keywords", '{"words": ["canal", "lock"]}', "Locks of the CANAL.", "A canal."),
    ("repeated", '{"word": "sea", "relation": "at least", "count": 2}', "Sea, sea.", "Sea."),
    ("repeated", '{"word": "sea", "relation": "less than", "count": 2}', "Sea.", "Sea, seaside."),
    ("forbidden", '{"words": ["sea", "ship"]}', "Seaside and shipping.", "A Ship."),
    ("letters", '{"letter": "Z", "relation": "at least", "count": 2}', "zZ", "z"),
    ("letters", '{"letter": "!", "relation": "less than", "count": 1}', "No.", "Yes!"),
    ("capitals", "{}", ENGLISH.upper(), ENGLISH),
    ("capitals", "{}", "A MAN SAW A SHIP ON THE SEA, AND IT WAS HIS.", GERMAN.upper()),
    ("small_letters", "{}", ENGLISH, ENGLISH.capitalize()),
    ("small_letters", "{}", ENGLISH, GERMAN.lower()),
    ("capital_words", '{"relation": "at least", "count": 2}', "The SEA and U.S. ships", "The SEA"),
    ("capital_words", '{"relation": "less than", "count": 2}', "SEA-SIDE", "A SEA"),
    ("bullets", '{"count": 2}', "So:\n* one\n- two", "* one\n* two\n* three"),
    ("bullets", '{"count": 1}', "* one", "**one**"),
    ("highlights", '{"count": 2}', "*one* and *two*", "*one* and **"),
    ("highlights", '{"count": 1}', "a **bold** word", "a plain word"),
    ("sections", '{"head": "Part", "count": 2}', "Part 1\nA\nPart 2\nB", "Part one\nPart 2"),
    ("title", "{}", "<<Canals>>\nText", "<< >> Text"),
    ("json", "{}", '```json\n{"a": 1}\n```', 'Here: {"a": 1}'),
    ("json", "{}", '{"a": [1, 2]}', "[" * 100_000),
    ("ending", '{"phrase": "Bye now."}', 'So long. bye NOW."', "Bye now. Or not."),
    ("quotation", "{}", ' "All of it." ', '"'),
    ("postscript", '{"marker": "P.S."}', "Text.\n\np. s. more", "Text. PS: more"),
    ("postscript", '{"marker": "P.P.S"}', "P.P.S more", "P.S. more"),
    ("repeated_request", '{"request": "Say it. "}', "say it. It.", "It. Say it."),
    ("two_answers", "{}", "One.\n******\nTwo.", "One.\n******\nOne."),
    ("two_answers", "{}", "******One.******Two.******", "One.****** ******Two."),
    ("without", '{"sign": ","}', "One and two.", "One, two."),
    ("placeholders", '{"count": 2}', "Dear [name] of [place]", "Dear [name\n]"),
    ("choice", '{"options": ["Yes.", "No."]}', "I think: No.", "yes."),
    ("language", '{"code": "de"}', GERMAN, ENGLISH),
    ("language", '{"code": "de"}', "123 456", "这是一个很长的中文句子，说的是运河。"),
]


@pytest.mark.parametrize(("kind", "parameters", "right", "wrong"), CASES)
def test_each_kind_tells_right_from_wrong(
    kind: str, parameters: str, right: str, wrong: str
) -> None:
    constraint = read(kind, parameters)
    assert constraint.fault(right) == ""
    assert constraint.fault(wrong)


def test_every_kind_is_among_the_cases() -> None:
    assert {kind for kind, *_ in CASES} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [1, 3, 5])
def test_what_is_drawn_is_said_and_read_again(kind: str, level: int) -> None:
    if kind == "choice":
        return
    for seed in range(20):
        material = Material("Write about canals.", ("canal", "lock", "ship"), level)
        made = KINDS[kind].draw(Random(seed), material)
        assert read(kind, made.model_dump_json()) == made
        said = made.say(Random(seed))
        assert said and "{" not in said
        for value in dict(made).values():
            told = [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
            for word in told:
                named = word in (*said, *said.split(), material.task) or word in said
                assert named or kind in ("language", "without") or word in ("at least", "less than")


def test_a_drawn_task_begins_with_the_writers_and_has_no_two_that_decide_the_same() -> None:
    counts: dict[int, int] = {}
    for family in FAMILIES:
        for seed in range(40):
            level = 1 + seed % 5
            material = Material("Write about canals.", telling_words(ENGLISH), level)
            found = drawn(family, material, Random(seed))
            assert found == drawn(family, material, Random(seed))
            assert found.task.startswith("Write about canals.")
            assert conflict(found.constraints) == ""
            assert found.constraints[0].KIND in {kind.KIND for kind in FAMILIES[family]}
            counts[level] = max(counts.get(level, 0), len(found.constraints))
            task = CheckTask("", found.task, *_arguments(found.constraints))
            assert usable("constraints", task) == ""
    assert counts == {1: 2, 2: 2, 3: 3, 4: 3, 5: 4}


def test_a_harder_task_keeps_what_it_asked_for_and_asks_for_one_thing_more() -> None:
    material = Material("Write about canals.", telling_words(ENGLISH), 2)
    first = drawn("lengths", material, Random(1))
    more = Material(first.task, material.words, 3)
    harder = drawn("lengths", more, Random(2), first.constraints)
    assert harder.constraints[: len(first.constraints)] == first.constraints
    assert len(harder.constraints) == len(first.constraints) + 1
    assert harder.task.startswith(first.task) and conflict(harder.constraints) == ""


def _arguments(constraints: tuple[Constraint, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        tuple(one.KIND for one in constraints),
        tuple(one.model_dump_json() for one in constraints),
    )


def test_the_checker_names_every_constraint_that_is_broken_and_peels_nothing_off() -> None:
    task = CheckTask("", "…", ("quotation", "without"), ("{}", '{"sign": ","}'))
    check = CHECKERS["constraints"]
    assert check('"One and two."', task).passed
    found = check("One, two.", task)
    assert not found.passed
    assert "quotation marks" in found.note and "','" in found.note
    assert not check('Here it is:\n"One and two."', task).passed
    assert not check("  ", task).passed


@pytest.mark.parametrize(
    ("terms", "parameters", "said"),
    [
        ((), (), "0 constraints"),
        (("words",), (), "1 constraints but 0"),
        (("wrods",), ("{}",), "no constraint 'wrods'"),
        (("words",), ('{"relation": "about", "count": 3}',), "words.relation"),
        (("words",), ("no json",), "words: Invalid JSON"),
        (("capitals", "small_letters"), ("{}", "{}"), "both decide case"),
    ],
)
def test_wrong_arguments_are_told_and_never_become_a_verdict(
    terms: tuple[str, ...], parameters: tuple[str, ...], said: str
) -> None:
    task = CheckTask("", "…", terms, parameters)
    assert said in usable("constraints", task)
    with pytest.raises(ValueError, match="cannot be used"):
        CHECKERS["constraints"]("text", task)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("No end", 1),
        ("One. Two? Three!", 3),
        ("Dr. Low met Mr. J. Smith at 5 p.m. in St. Ives.", 1),
        ('He said "Go." Then he went.', 2),
        ("1. First thing.\n2. Second thing.", 4),
        ("Wait... what? Fine.", 2),
        ("It cost 3.50 in the U.S. last year.", 1),
    ],
)
def test_sentences_are_counted_as_a_reader_does(text: str, count: int) -> None:
    assert count_sentences(text) == count


@given(st.text(max_size=200))
def test_no_text_breaks_a_check(text: str) -> None:
    constraints = tuple(read(kind, parameters) for kind, parameters, *_ in CASES)
    assert len(faults(text, constraints)) == len(CASES)


CANAL = (
    "The canal joins two seas, and ships need ten hours to pass through it. It was opened in 1914! "
    "Thousands of people came from the islands to dig. Larger locks let bigger ships through. Rain "
    "fills the lakes that feed the locks. The tolls are paid by weight. A small boat pays little."
)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_task_asks_for_is_read_back_from_its_sentences(family: str) -> None:
    for seed in range(60):
        material = Material("Write about canals.", telling_words(CANAL), 1 + seed % 5)
        made = drawn(family, material, Random(seed))
        assert said_in(made.task) == made.constraints, made.task


def test_a_mended_answer_keeps_more_and_never_less() -> None:
    kept = {"raw": 0, "mended": 0}
    for seed in range(200):
        material = Material("Write about canals.", telling_words(CANAL), 1 + seed % 3)
        family = list(FAMILIES)[seed % len(FAMILIES)]
        made = drawn(family, material, Random(seed))
        right = mended(made.task, CANAL)
        kept["raw"] += not any(faults(CANAL, made.constraints))
        kept["mended"] += not any(faults(right, made.constraints))
        if not any(faults(CANAL, made.constraints)):
            assert right == CANAL
    assert kept["mended"] > 110 > kept["raw"]
    assert mended("Write about canals.", CANAL) == CANAL


@given(st.text(max_size=100))
def test_any_text_can_be_mended(text: str) -> None:
    for seed in range(5):
        material = Material("Write about canals.", ("canal", "lock"), 5)
        mended(drawn("combination", material, Random(seed)).task, text)
