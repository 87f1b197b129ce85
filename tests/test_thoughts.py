"""Thinking models: what they thought is kept apart from what they said."""

from typing import Any

import pytest

from arenainstruct.agents.models.thoughts import read_message, split_thoughts

XML = "Wrap it so:\n\n```xml\n<think>\nfirst\n</think>\n```\n\nThe closing tag is </think>."


@pytest.mark.parametrize(
    ("said", "thoughts", "text"),
    [
        ("<think>hm</think>Yes.", "hm", "Yes."),
        ("\n <think>\nhm\n</think>\n\nYes.", "hm", "Yes."),
        ("<thinking>a {b} <c></thinking> Yes.", "a {b} <c>", "Yes."),
        ('<think>{"choice": "first"}?</think>\n{"choice": "second"}', '{"choice": "first"}?',
         '{"choice": "second"}'),
        ("<think>one</think>\n<think>two</think>\nYes.", "one\n\ntwo", "Yes."),
        ("<THINK>hm</THINK></think>Yes.", "hm", "Yes."),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<think>it goes on and", "it goes on and", ""),
        ("<think>", "", ""),
        ("hm, so\n</think>\n\nYes.", "hm, so", "Yes."),
        ("hm {a: 1} so</think>\nYes.", "hm {a: 1} so", "Yes."),
        ('maybe first</think>{"choice": "second"}', "maybe first", '{"choice": "second"}'),
        ("</think>\n\nYes.", "", "Yes."),
        ("[THINK]hm[/THINK]Yes.", "hm", "Yes."),
        ("<think>hm</think>\n\n    indented code", "hm", "    indented code"),
        (f"<think>xml?</think>{XML}", "xml?", XML),
    ],
)  # fmt: skip
def test_thoughts_stand_at_the_start(said: str, thoughts: str, text: str) -> None:
    assert split_thoughts(said) == (thoughts, text)


@pytest.mark.parametrize(
    "said",
    [
        XML,
        "Models write <think> before they answer and </think> after it.",
        "The tag `</think>` ends it.\nThen comes the answer.",
        "It ends with </think>",
        "Use <think>\nlike this\n</think>\nand go on.",
        "```python\nparts = text.split('''\n</think>\n''')\n```\nsplits it.",
        'print("</think>")\nprint("done")',
        "  leading blanks and [brackets] < 3 stay\n",
        "<thinker>I am</thinker>",
        "",
    ],
)
def test_what_speaks_of_such_tags_loses_nothing(said: str) -> None:
    assert split_thoughts(said) == ("", said)


@pytest.mark.parametrize(
    ("message", "thoughts", "text"),
    [
        ({"content": "Yes.", "reasoning_content": "hm"}, "hm", "Yes."),
        ({"content": "Yes.", "reasoning": "hm", "reasoning_content": None}, "hm", "Yes."),
        ({"content": None, "reasoning": "hm"}, "hm", ""),
        ({"content": "<think>b</think>Yes.", "reasoning": "a"}, "a\n\nb", "Yes."),
        ({"content": [{"type": "text", "text": "Ye"}, {"type": "text", "text": "s."}]}, "", "Yes."),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                      {"type": "text", "text": "Yes."}]}, "hm", "Yes."),
        ({"content": 7}, "", ""),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_servers_give_thoughts_in_their_own_ways(
    message: dict[str, Any], thoughts: str, text: str
) -> None:
    assert read_message(message) == (thoughts, text)
