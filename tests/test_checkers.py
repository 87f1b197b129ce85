"""Checkers: right answers pass however they are wrapped, wrong ones are told what differs."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenainstruct.tools.checkers import CHECKERS, DECIDING, CheckTask, usable
from arenainstruct.tools.checkers.text import difference, readings
from arenainstruct.tools.checkers.values import same_value

MILL = (
    "The mill at Aldersby was built on 3 March 1884. It ground wheat, rye and barley.\n"
    "Ada Quill ran the mill until May 4, 1901; her brother Tom kept the books.\n"
    "A windmill stood near it. In 1901 the mill made 1,200 sacks a month."
)

REPLACEMENT = CheckTask(
    MILL,
    'Replace "mill" by "forge" and "wheat" by "iron", all at once, whole words only.',
    ("mill", "wheat"),
    ("forge", "iron"),
)
REMOVING = CheckTask(MILL, 'Delete the words "wheat," and "Ada".', ("wheat,", "Ada"))
MARKING = CheckTask(MILL, 'Put [X] for "Ada Quill" and "Tom".', ("Ada Quill", "Tom"), ("[X]",))
UPPER = CheckTask(MILL, "Write the whole text in capitals.", ("upper",))
UPPER_WORDS = CheckTask(MILL, 'Write "mill" and "books" in capitals.', ("upper", "mill", "books"))
LOWER_BUT = CheckTask(MILL, 'All in small letters but "Ada".', ("lower",), ("Ada",))
DATES = CheckTask(
    MILL,
    "Write all dates like 1999-12-31.",
    ("3 March 1884", "May 4, 1901"),
    ("1884-03-03", "1901-05-04"),
)
LIMITS = CheckTask(
    MILL,
    'Rewrite it without the word "mill", with the word "stones", in at most 20 words.',
    ("avoid_word", "use_word", "most_words"),
    ("mill", "stones", "20"),
)
TABLE = CheckTask(
    MILL,
    "Make a JSON object with the keys `place` and `people`.",
    ("json", "Ada Quill", "Aldersby"),
    ("place", "people"),
)
TAGS = CheckTask(
    MILL,
    "Tag persons as <PERSON>…</PERSON> and crops as <CROP>.",
    ("PERSON", "CROP"),
    ("Tom", "rye"),
)
STYLE = CheckTask(
    MILL, 'Set "Tom" in bold and "mill" in italics.', ("Tom", "mill"), ("bold", "italic")
)
DISGUISE = CheckTask(MILL, "Disguise all people and places.", ("Ada", "Quill", "Tom", "Aldersby"))


def swapped(text: str, **words: str) -> str:
    for old, new in words.items():
        text = re.sub(rf"\b{old}\b", new, text)
    return text


RIGHT = {
    "replacement": ("keyword_replacement", REPLACEMENT, swapped(MILL, mill="forge", wheat="iron")),
    "removing, tidied": (
        "text_removing",
        REMOVING,
        MILL.replace("wheat, ", "").replace("Ada Quill", "Quill"),
    ),
    "removing, to the letter": (
        "text_removing",
        REMOVING,
        MILL.replace("wheat,", "").replace("Ada", ""),
    ),
    "marking": ("text_removing", MARKING, MILL.replace("Ada Quill", "[X]").replace("Tom", "[X]")),
    "upper": ("text_capitalization", UPPER, MILL.upper()),
    "upper words": ("text_capitalization", UPPER_WORDS, swapped(MILL, mill="MILL", books="BOOKS")),
    "lower but": ("text_capitalization", LOWER_BUT, MILL.lower().replace("ada", "Ada")),
    "dates": (
        "data_normalization",
        DATES,
        MILL.replace("3 March 1884", "1884-03-03").replace("May 4, 1901", "1901-05-04"),
    ),
    "limits": (
        "vocabulary_limitation",
        LIMITS,
        "Stones turned at Aldersby: Ada's work, Tom's books.",
    ),
    "json": (
        "text_formatting",
        TABLE,
        json.dumps({"place": "Aldersby", "people": ["Ada Quill", "Tom"]}, indent=1),
    ),
    "tags": (
        "text_annotation",
        TAGS,
        MILL.replace("brother Tom", "brother <PERSON>Tom</PERSON>").replace(
            "wheat, rye", "<CROP>wheat</CROP>, <CROP>rye</CROP>"
        ),
    ),
    "style": ("text_styling", STYLE, swapped(MILL, Tom="**Tom**", mill="_mill_")),
    "style in html": ("text_styling", STYLE, swapped(MILL, Tom="<b>Tom</b>", mill="<em>mill</em>")),
    "disguise": ("text_obfuscation", DISGUISE, "A woman ran a mill; her brother kept the books."),
}

WRONG = {
    "one left": ("keyword_replacement", REPLACEMENT, swapped(MILL, wheat="iron"), "line 1"),
    "inside a word": (
        "keyword_replacement",
        REPLACEMENT,
        MILL.replace("mill", "forge").replace("wheat", "iron"),
        "line 3: expected",
    ),
    "untouched": ("text_removing", REMOVING, MILL, "expected"),
    "too much": (
        "text_removing",
        REMOVING,
        MILL.replace("wheat, ", "").replace("Ada Quill", ""),
        "",
    ),
    "marker missing": ("text_removing", MARKING, MILL.replace("Ada Quill", "[X]"), "[X]"),
    "one small letter": (
        "text_capitalization",
        UPPER,
        MILL.upper().replace("MILL", "MILl", 1),
        "l",
    ),
    "too many capitals": ("text_capitalization", UPPER_WORDS, MILL.upper(), "line 1"),
    "wrong day": (
        "data_normalization",
        DATES,
        RIGHT["dates"][2].replace("05-04", "04-05"),
        "line 2",
    ),
    "banned word": (
        "vocabulary_limitation",
        LIMITS,
        "The mill's stones turned.",
        "the text has 'mill'",
    ),
    "too long": ("vocabulary_limitation", LIMITS, "stones " * 21, "21 words, more than 20"),
    "required word": ("vocabulary_limitation", LIMITS, "It turned.", "lacks 'stones'"),
    "no json": ("text_formatting", TABLE, "{'place': 'Aldersby'}", "not json"),
    "key": ("text_formatting", TABLE, '{"place": "Ada Quill, Aldersby"}', "lacks 'people'"),
    "lost": (
        "text_formatting",
        TABLE,
        '{"place": "Aldersby", "people": []}',
        "'Ada Quill' did not",
    ),
    "text changed": (
        "text_annotation",
        TAGS,
        RIGHT["tags"][2].replace("kept", "did"),
        "text differs",
    ),
    "unclosed": (
        "text_annotation",
        TAGS,
        RIGHT["tags"][2].replace("Tom</PERSON>", "Tom"),
        "<PERSON> is not opened and closed",
    ),
    "example": (
        "text_annotation",
        TAGS,
        RIGHT["tags"][2]
        .replace("<PERSON>Tom</PERSON>", "Tom")
        .replace("Ada", "<PERSON>Ada</PERSON>"),
        "'Tom' is not inside <PERSON>",
    ),
    "wrong style": ("text_styling", STYLE, swapped(MILL, Tom="*Tom*", mill="*mill*"), "**Tom**"),
    "leak": ("text_obfuscation", DISGUISE, "The mill of QUILL's family.", "still has 'QUILL'"),
}
TASKS = {checker: task for checker, task, _ in reversed(RIGHT.values())} | {
    "exact_answer": CheckTask(context="", task="add 2 3", terms=("5", "five"))
}
"""A task that each checker can check."""
OF_EDITS = sorted(TASKS)


@pytest.mark.parametrize(("name", "task", "answer"), RIGHT.values(), ids=RIGHT.keys())
@pytest.mark.parametrize(
    "wrap",
    [
        "{}",
        "{}  \n\n",
        "```\n{}\n```",
        "Here is the text:\n\n{}",
        "**Here is the text:**\n```text\n{}\n```\n",
    ],
)
def test_a_right_answer_passes_however_it_is_wrapped(
    name: str, task: CheckTask, answer: str, wrap: str
) -> None:
    assert usable(name, task) == ""
    result = CHECKERS[name](wrap.format(answer), task)
    assert (result.passed, result.note) == (True, "")


@pytest.mark.parametrize(("name", "task", "answer", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_fails_and_the_note_says_what_differs(
    name: str, task: CheckTask, answer: str, told: str
) -> None:
    result = CHECKERS[name](answer, task)
    assert not result.passed
    assert result.note
    assert told in result.note


def test_an_exact_answer_is_one_of_the_terms_as_it_stands() -> None:
    check, task = CHECKERS["exact_answer"], CheckTask("", "", ("5", "five"))
    assert check("5", task).passed and check(" five\n", task).passed
    for wrong in ("6", "Five", "5.", "The sum: 5", "```\n5\n```"):
        assert not check(wrong, task).passed


@pytest.mark.parametrize("name", OF_EDITS)
def test_no_answer_never_passes(name: str) -> None:
    task = TASKS[name]
    for answer in ("", "  \n", "```\n```"):
        assert not CHECKERS[name](answer, task).passed


@pytest.mark.parametrize("name", OF_EDITS)
def test_what_cannot_be_checked_is_refused_and_never_a_verdict(name: str) -> None:
    good = TASKS[name]
    textless = () if name in DECIDING else (replace(good, context=" "),)
    for task in (replace(good, terms=()), *textless, CheckTask("", "")):
        assert usable(name, task)
        with pytest.raises(ValueError, match="cannot be used"):
            CHECKERS[name]("an answer", task)


@pytest.mark.parametrize(
    ("name", "task", "told"),
    [
        ("keyword_replacement", replace(REPLACEMENT, replacements=("forge",)), "2 terms but 1"),
        ("keyword_replacement", replace(REPLACEMENT, terms=("mill", "oats")), "does not occur"),
        ("keyword_replacement", replace(REPLACEMENT, terms=("mill", "whea")), "as a whole word"),
        ("keyword_replacement", replace(REPLACEMENT, terms=("mill", "mill")), "given twice"),
        ("keyword_replacement", replace(REPLACEMENT, terms=("mill", "rye")), "name the term 'rye'"),
        ("keyword_replacement", replace(REPLACEMENT, replacements=("x", "mill")), "name the repl"),
        ("keyword_replacement", replace(REPLACEMENT, replacements=("mill", "x")), "by itself"),
        ("keyword_replacement", replace(REPLACEMENT, context=MILL + " Mill!"), "also has 'Mill'"),
        ("keyword_replacement", replace(REPLACEMENT, context=MILL + " mill-race"), "in a compound"),
        ("keyword_replacement", replace(REPLACEMENT, context=MILL + " _mill_"), "in a compound"),
        ("text_removing", replace(MARKING, replacements=("[X]",) * 3), "3 markers for 2 terms"),
        ("text_removing", replace(MARKING, replacements=("[Y]",)), "name the marker '[Y]'"),
        ("text_removing", CheckTask("mill", "Delete mill.", ("mill",)), "nothing of the text"),
        ("text_capitalization", replace(UPPER, terms=("loud",)), "must be one of upper, lower"),
        ("text_capitalization", replace(UPPER, context="NO"), "already as the task wants"),
        ("text_capitalization", replace(UPPER_WORDS, replacements=("Tom",)), "not both"),
        (
            "data_normalization",
            replace(DATES, replacements=("1884-03-30", "1901-05-04")),
            "same va",
        ),
        ("data_normalization", replace(DATES, replacements=("1884-03-03", "04.05.1901")), "differ"),
        (
            "data_normalization",
            replace(DATES, terms=DATES.terms[:1], replacements=DATES.replacements[:1]),
            "'May 4, 1901' also stands in the text",
        ),
        ("vocabulary_limitation", replace(LIMITS, terms=("avoid_word",)), "1 rules but 3"),
        ("vocabulary_limitation", replace(LIMITS, terms=("a", "b", "c")), "no rule 'a'"),
        ("vocabulary_limitation", replace(LIMITS, replacements=("oats", "stones", "20")), "name"),
        (
            "vocabulary_limitation",
            replace(LIMITS, replacements=("mill", "mill", "20")),
            "contradict",
        ),
        (
            "vocabulary_limitation",
            replace(LIMITS, replacements=("mill", "stones", "few")),
            "a number",
        ),
        (
            "vocabulary_limitation",
            CheckTask(MILL, "No z.", ("avoid_letter",), ("z",)),
            "already keeps",
        ),
        ("text_formatting", replace(TABLE, terms=("toml",)), "must be one of json"),
        ("text_formatting", replace(TABLE, terms=("yaml",)), "does not name the format"),
        ("text_formatting", replace(TABLE, terms=("json", "Zoe")), "'Zoe' does not occur"),
        ("text_formatting", replace(TABLE, replacements=("age",)), "does not name 'age'"),
        ("text_annotation", replace(TAGS, terms=("PERSON", "a b")), "tag names"),
        ("text_annotation", replace(TAGS, context=MILL + "<CROP>"), "such tags already"),
        ("text_annotation", replace(TAGS, replacements=("Tom", "oats")), "'oats' does not occur"),
        ("text_styling", replace(STYLE, replacements=("bold", "loud")), "no style 'loud'"),
        ("text_styling", replace(STYLE, context=MILL + " **mill**"), "markup around it"),
        ("text_obfuscation", replace(DISGUISE, terms=("Zoe",)), "does not occur"),
    ],
)
def test_unusable_arguments_are_named(name: str, task: CheckTask, told: str) -> None:
    assert told in usable(name, task)


def test_an_unknown_checker_is_an_error() -> None:
    with pytest.raises(KeyError, match="checkers: keyword_replacement"):
        usable("spelling", REPLACEMENT)


def replacing(context: str, terms: tuple[str, ...], replacements: tuple[str, ...]) -> CheckTask:
    task = " ".join((*terms, *replacements))
    return CheckTask(context, task, terms, replacements)


@pytest.mark.parametrize(
    ("context", "terms", "replacements", "expected"),
    [
        ("the cat and the dog", ("cat", "dog"), ("dog", "cat"), "the dog and the cat"),
        ("York, New York", ("York", "New York"), ("Hull", "Leeds"), "Hull, Leeds"),
        ("cats scat cat.", ("cat",), ("fox",), "cats scat fox."),
        ("a 1,200 b 1,200.50 c", ("1,200",), ("9",), "a 9 b 1,200.50 c"),
        ("Newton's apple", ("Newton",), ("Hooke",), "Hooke's apple"),
        ("C++ and C", ("C++",), ("Rust",), "Rust and C"),
        ("在东京都有塔", ("东京",), ("大阪",), "在大阪都有塔"),
        ("cafe\u0301 noir", ("caf\u00e9",), ("th\u00e9",), "th\u00e9 noir"),
        ("a\r\nmill\r\n", ("mill",), (r"\1 $0",), "a\n\\1 $0"),
    ],
)
def test_overlaps_bounds_and_unicode(
    context: str, terms: tuple[str, ...], replacements: tuple[str, ...], expected: str
) -> None:
    task = replacing(context, terms, replacements)
    assert usable("keyword_replacement", task) == ""
    assert CHECKERS["keyword_replacement"](expected, task).note == ""


def test_terms_that_cross_are_refused() -> None:
    crossing = replacing("in New York City now", ("New York", "York City"), ("a", "b"))
    assert "overlap" in usable("keyword_replacement", crossing)
    broken = replacing("New York, or New\nYork", ("New York",), ("Hull",))
    assert "every spelling" in usable("keyword_replacement", broken)


def test_initials_leave_the_rest_alone_and_hyphens_free() -> None:
    task = CheckTask("a _well-known_ USA fact, 3rd time", "Raise initials.", ("initials",))
    for answer in ("A _Well-known_ USA Fact, 3rd Time", "A _Well-Known_ USA Fact, 3rd Time"):
        assert CHECKERS["text_capitalization"](answer, task).note == ""
    assert not CHECKERS["text_capitalization"]("A _Well-Known_ Usa Fact, 3rd Time", task).passed


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        ("json", '[{"a": 1}]', '[{"a": NaN}]'),
        ("jsonl", '{"a": 1}\n{"a": 2}', '{"a": 1},\n{"a": 2}'),
        ("yaml", "a: 1\nb:\n  - x", "only words"),
        ("csv", 'a,b\n1,"x, y"', "a,b\n1"),
        ("xml", "<r><a>1</a></r>", '<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>'),
        ("markdown_table", "| a | b |\n|---|:-:|\n| 1 | x\\|y |", "| a | b |\n| 1 | 2 |"),
        ("numbered_list", "1. one\n2. two\n   more", "1. one\n3. three"),
        ("bullet_list", "- one\n- two", "- one\ntwo"),
    ],
)
def test_formats(wanted: str, good: str, bad: str) -> None:
    task = CheckTask("Some text.", f"As {wanted.replace('_', ' ')}.", (wanted,))
    assert usable("text_formatting", task) == ""
    assert CHECKERS["text_formatting"](good, task).note == ""
    assert CHECKERS["text_formatting"](bad, task).note.startswith(f"not {wanted}: ")


def test_formats_survive_hostile_answers() -> None:
    deep = CheckTask("Some text.", "As JSON.", ("json",))
    assert not CHECKERS["text_formatting"]("[" * 100_000, deep).passed
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"
    yaml_task = CheckTask("Some text.", "As YAML.", ("yaml",))
    assert "aliases" in CHECKERS["text_formatting"](laughs, yaml_task).note


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("3 March 1884", "1884-03-03", "date"),
        ("the 3rd", "1884-03-03", None),
        ("03/04/2021", "2021-04-03", "date"),
        ("03/04/2021", "2021-03-04", "date"),
        ("31 June 2021", "2021-06-31", None),
        ("3:05 p.m.", "15:05", "time"),
        ("12 am", "00:00", "time"),
        ("3:05 pm", "03:05", None),
        ("1,200", "1200", "quantity"),
        ("1.200,50", "1200.50", "quantity"),
        ("$1.2 million", "1200000 USD", "quantity"),
        ("twelve percent", "12%", "quantity"),
        ("1,200", "120", None),
        ("(555) 123-4567", "+1 555 123 4567", "digits"),
        ("blue", "red", None),
    ],
)
def test_values_that_agree(old: str, new: str, kind: str | None) -> None:
    assert same_value(old, new) == kind


def test_a_line_of_the_text_is_no_lead_in() -> None:
    text = "Steps:\n\nStir."
    assert readings(text, context="steps:\n\nstir.") == [text]
    assert readings(text, context="other") == [text, "Stir."]
    assert readings("````\n```x\n```\n````", "") == ["````\n```x\n```\n````", "```x\n```"]


WORDS = st.sampled_from(["mill", "rye", "Ada", "oats", "win", "a", "café", "ß", "12"])
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from([" ", "\n", ", ", ". "])), min_size=1).map(
    "".join
)


@given(TEXTS, st.lists(WORDS, min_size=1, max_size=3, unique=True), st.lists(WORDS, min_size=3))
def test_replacing_word_by_word_is_what_the_check_expects(
    context: str, terms: list[str], others: list[str]
) -> None:
    task = replacing(context, tuple(terms), tuple(others[: len(terms)]))
    if usable("keyword_replacement", task):
        return
    table = dict(zip(task.terms, task.replacements, strict=True))
    pieces = re.split(r"(\w+)", context)
    answer = "".join(table.get(piece, piece) for piece in pieces)
    assert CHECKERS["keyword_replacement"](answer, task).note == ""


@given(TEXTS, st.lists(WORDS, min_size=1, max_size=3, unique=True))
def test_removed_words_are_gone_and_the_rest_is_there(context: str, terms: list[str]) -> None:
    task = CheckTask(context, " ".join(terms), tuple(terms))
    if usable("text_removing", task):
        return
    pieces = re.split(r"(\w+)", context)
    answer = "".join("" if piece in terms else piece for piece in pieces)
    assert CHECKERS["text_removing"](answer, task).note == ""
    assert not CHECKERS["text_removing"](f"{answer} extra", task).passed
    assert not CHECKERS["text_removing"](context, task).passed


@given(st.text(min_size=1), st.sampled_from(["upper", "lower", "swap", "initials"]))
def test_any_text_can_be_recased(context: str, change: str) -> None:
    task = CheckTask(context, "Change its case.", (change,))
    if usable("text_capitalization", task):
        return
    assert not CHECKERS["text_capitalization"](context, task).passed
    if change in {"upper", "lower"}:
        assert CHECKERS["text_capitalization"](getattr(context, change)(), task).note == ""


@given(st.text(), st.text())
def test_a_difference_is_found_exactly_where_there_is_one(expected: str, found: str) -> None:
    assert (difference(expected, found) == "") == (expected == found)


@given(st.text(), st.sampled_from(OF_EDITS))
def test_no_answer_breaks_a_checker(answer: str, name: str) -> None:
    task = TASKS[name]
    result = CHECKERS[name](answer, task)
    assert result.passed == (result.note == "")
