"""Checkers of answers that need no edit of a text: spans, options, labels, numbers, JSON, citations, code."""

import shutil

import pytest

from arenainstruct.tools.checkers import CHECKERS, CheckTask, usable
from arenainstruct.tools.checkers.code_tests import code_of
from arenainstruct.tools.checkers.number import last_number

TEXT = "Ada Lovelace met Charles Babbage in London in 1833. Babbage's engine had 25,000 parts."


def ask(
    name: str,
    answer: str,
    *terms: str,
    task: str = "",
    values: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
    files: tuple[tuple[str, str], ...] = (),
) -> str:
    """Return what a checker finds wrong with an answer."""
    given = CheckTask(TEXT, task, terms, values, options, files)
    assert usable(name, given) == ""
    found = CHECKERS[name](answer, given)
    assert found.passed is not bool(found.note)
    return found.note


PEOPLE = ("Ada Lovelace", "Charles Babbage")


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("- Ada Lovelace\n- Charles Babbage", ""),
        ('["Charles Babbage", "Ada Lovelace"]', ""),
        ('{"people": ["Charles Babbage", "Ada Lovelace"]}', ""),
        ('1. "Ada Lovelace"\n2. “Charles Babbage”', ""),
        ("```\nAda Lovelace\nCharles Babbage\n```", ""),
        ("- Ada Lovelace", "'Charles Babbage' is not listed"),
        ("- Ada\n- Charles Babbage", "'Ada Lovelace' is not listed"),
        ("- Ada Lovelace\n- Charles Babbage\n- London", "'London' is not one of"),
        ("- Ada Lovelace\n- Charles Babbage\n- Ada Lovelace", "listed twice"),
    ],
)
def test_extraction(answer: str, wrong: str) -> None:
    assert wrong in (note := ask("extraction", answer, *PEOPLE)) and bool(wrong) is bool(note)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("B", True),
        ("b) no", False),
        ("B.", True),
        ("(B) the moon", True),
        ("**B**", True),
        ("The answer is B.", True),
        ("Answer: B, because A is too small and C is wrong.", True),
        ("The moon", True),
        ("I considered A) and C). So it is\n\nB)", False),  # settles on nothing a program can tell
        ("A", False),
        ("The answer is C", False),
        ("A moon is large, so the answer is B", True),
        ("I do not know", False),
        ("D", False),
        ("b)", True),
        ("(b)", True),
        ("a", False),
        ("\\boxed{B}", True),
        ("So it is $\\boxed{\\text{B}}$.", True),
        ("ANSWER=B", True),
        ("be it", False),
    ],
)
def test_options(answer: str, right: bool) -> None:
    options = ("the sun", "the moon", "the wind")
    assert (ask("option", answer, "B", options=options) == "") is right


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("very positive", ""),
        ("It is Very Positive.", ""),
        ("positive", "says 'positive'"),
        ("positive or very positive", "2 labels"),
        ("unclear", "none of the labels"),
        ("It is very positive, not negative.", ""),
        ("not very positive", "none of the labels"),
        ("It isn't positive but negative", "says 'negative'"),
        (
            f"{'The praise is faint, and the writer does not come back to it. ' * 3}Very positive.",
            "",
        ),
        (
            f"**Very positive**\n\n{'The writer praises the room, the food and all who work there. ' * 3}",
            "",
        ),
        (f"{'The room was large, and so on. ' * 5}\nLabel: negative", "says 'negative'"),
        # Its words hold a label, and it says none.
        (
            "The guests of the house were very positive about all that they had seen there that day.",
            "none",
        ),
        ("Is it positive, very positive or negative?", "labels"),
        ("- " * 40, "none"),
    ],
)
def test_labels(answer: str, wrong: str) -> None:
    labels = ("positive", "very positive", "negative")
    task = "Is it positive, very positive or negative?"
    note = ask("label", answer, "very positive", task=task, values=labels)
    assert wrong in note and bool(wrong) is bool(note)


@pytest.mark.parametrize(
    ("answer", "terms", "tolerance", "right"),
    [
        ("25,000 parts", ("25000",), "", True),
        ("It had 25 000", ("25000",), "", False),
        ("First 3, so in the end 42.", ("42",), "", True),
        ("First 42, so in the end 3.", ("42",), "", False),
        ("about 2.5 million", ("2500000",), "", True),
        ("roughly 3 × 10⁶ people", ("2500000",), "x10", True),
        ("roughly 3e8", ("2500000",), "x10", False),
        ("-4", ("-4",), "", True),
        ("−4", ("-4",), "", True),
        ("4", ("-4",), "", False),
        ("9.9 km", ("10", "km"), "0.02", True),
        ("9.9", ("10", "km"), "0.02", False),
        ("9.7 km", ("10", "km"), "2%", False),
        ("no idea", ("10",), "", False),
        ("25\u202f000", ("25000",), "", True),
        ("25'000", ("25000",), "", True),
        ("25,000, no less", ("25000",), "", True),
        ("1.000.000", ("1000000",), "", True),
        ("1.234,5", ("1234.5",), "", True),
        ("0,5", ("0.5",), "", True),
        ("of 1, 2", ("2",), "", True),
        (".5", ("0.5",), "", True),
        ("1/2", ("0.5",), "", True),
        ("1/2", ("2",), "", False),
        ("$\\frac{1}{2}$", ("0.5",), "", True),
        ("in 3/0 of them", ("3",), "", False),
        ("10^6", ("1000000",), "", True),
        ("10⁶", ("1000000",), "", True),
        ("110^2", ("1000000",), "", False),
        ("20 m²", ("20",), "", True),
        ("minus 4", ("-4",), "", True),
        ("50 percent", ("50", "%"), "", True),
        ("50 per cent.", ("50", "%"), "", True),
        ("12 kilometres", ("12", "km"), "", True),
        ("12km", ("12", "km"), "", True),
        ("12 km", ("12", "m"), "", False),
        ("I'm sure: 12", ("12", "m"), "", False),
        ("1234.5 l", ("1234.5", "litres"), "", True),
        ("12 lightyears", ("12", "lightyear"), "", True),
    ],
)
def test_numbers(answer: str, terms: tuple[str, ...], tolerance: str, right: bool) -> None:
    values = (tolerance,) if tolerance else ()
    assert (ask("number", answer, *terms, values=values) == "") is right


def test_the_last_number_has_its_power() -> None:
    assert last_number("from 1 to 6.02 x 10^23") == pytest.approx(6.02e23)
    assert last_number("version 1.2.3") is None or last_number("none") is None


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ('{"name": "Ada Lovelace", "year": 1833}', ""),
        ('```json\n{"name": "Ada Lovelace", "year": 1833}\n```', ""),
        ('{"name": "Ada", "year": 1833}', "not 'Ada Lovelace'"),
        ('{"name": "Ada Lovelace", "year": "1833"}', "no number"),
        ('{"name": "Ada Lovelace", "year": true}', "no number"),
        ('{"name": "Ada Lovelace"}', "lacks the field 'year'"),
        ('{"name": "Ada Lovelace", "year": 1833, "x": 1}', "not asked for"),
        ("name: Ada Lovelace", "not JSON"),
        ('["x"]', "not one JSON object"),
    ],
)
def test_json_objects(answer: str, wrong: str) -> None:
    task = "Give name and year."
    note = ask(
        "json_object", answer, "name:string", "year:number", task=task, values=("Ada Lovelace", "")
    )
    assert wrong in note and bool(wrong) is bool(note)


FILES = (("tides.txt", "Tides\n\nThe moon pulls the water.\nTwice a day it rises."),)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("The water is pulled by the moon [tides.txt:3]. It rises twice a day [tides.txt:4].", ""),
        ("The water is pulled by the moon [tides.txt:3].", "cites 1 lines, not 2"),
        ("The moon [tides.txt:3] pulls; it is dry [tides.txt:2]. ", "no such line"),
        ("The moon [moon.txt:3].", "no such file"),
        ("Bread needs flour [tides.txt:3]. It rises [tides.txt:4].", "no word of what cites it"),
        ("No marks at all.", "cites 0 lines"),
    ],
)
def test_citations(answer: str, wrong: str) -> None:
    note = ask("citations", answer, "2", files=FILES)
    assert wrong in note and bool(wrong) is bool(note)


TESTS = ("assert add(2, 3) == 5", "assert add(-1, 1) == 0, 'signs'")


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("```python\ndef add(a, b):\n    return a + b\n```", ""),
        ("def add(a, b):\n    return a + b", ""),
        ("First:\n```\nx\n```\nso\n```python\ndef add(a, b):\n    return b + a\n```\nDone.", ""),
        (
            "```python\ndef add(a, b):\n    return abs(a) + abs(b)\n```",
            "test 2 of 2: AssertionError: signs",
        ),
        ("```python\ndef add(a, b):\n    return a + b\n```\n```python\nprint(add(1, 2))\n```", ""),
        ("1. So:\n   ```python\n   def add(a, b):\n       return a + b\n   ```", ""),
        (
            "```python\nimport sys\ndef add(a, b):\n    return a + b\nif __name__ == '__main__':\n"
            "    print(add(*map(int, input().split())))\nsys.exit(0)\n```",
            "",
        ),
        ("```python\ndef add(a, b):\n    raise SystemExit\n```", "test 1 of 2: SystemExit"),
        (
            "```python\nimport sys\nat = sys._getframe()\nwhile at.f_back:\n    at = at.f_back\n"
            "at.f_globals['run'] = lambda code, space: ('', '')\n```",
            "hides what fails",
        ),
        ("```python\ndef add(a, b:\n```", "the code: SyntaxError"),
        ("```python\nimport os\nos._exit(0)\n```", "the code: the interpreter ended"),
        ("```bash\nls\n```", "no code"),
    ],
)
def test_code_is_run_against_its_tests(answer: str, wrong: str) -> None:
    note = ask("code_tests", answer, *TESTS)
    assert wrong in note and bool(wrong) is bool(note)


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("extraction", CheckTask(TEXT, "", ("Grace Hopper",)), "does not stand in the text"),
        ("option", CheckTask(TEXT, "", ("C",), (), ("x", "y")), "one of the letters A, B"),
        ("option", CheckTask(TEXT, "", ("A",), (), ("x", "X ")), "say the same"),
        ("label", CheckTask(TEXT, "good or bad?", ("fine",), ("good", "bad")), "one of the labels"),
        ("label", CheckTask(TEXT, "good?", ("good",), ("good", "bad")), "does not name the label"),
        ("number", CheckTask(TEXT, "", ("many",)), "are not a number"),
        ("number", CheckTask(TEXT, "", ("0",), ("x10",)), "not 0"),
        ("json_object", CheckTask(TEXT, "name", ("name:text",)), "type of string"),
        ("json_object", CheckTask(TEXT, "x", ("name:string",)), "does not name the field"),
        ("citations", CheckTask(TEXT, "", ("1",)), "no files"),
        ("citations", CheckTask(TEXT, "", ("9",), files=FILES), "between 1 and 3"),
        ("code_tests", CheckTask(TEXT, "", ("add(",)), "no Python"),
        ("code_tests", CheckTask(TEXT, "", ("add(1, 2)",)), "asserts nothing"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_reason(
    name: str, given: CheckTask, why: str
) -> None:
    assert why in usable(name, given)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_tests_that_pass_without_code_are_refused() -> None:
    assert "without any code" in usable("code_tests", CheckTask("", "", ("assert 1 == 1",)))


def test_code_of_an_answer() -> None:
    assert code_of("~~~py\nx = 1\n~~~\n```text\nno\n```") == "x = 1\n"
