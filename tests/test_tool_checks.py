"""What a program says about conversations with tools."""

import json
from typing import Any

import pytest

from arenainstruct.tools.api_spec import ApiSpec, ParameterSpec
from arenainstruct.tools.tool_checks import PlainTurn, check_tool_use, trace

APIS = [
    ApiSpec(
        "track_parcel",
        "Say where a parcel is.",
        (ParameterSpec("parcel_number", "string", "Number on the parcel", True),),
    ),
    ApiSpec("list_parcels", "List all parcels."),
    ApiSpec(
        "notify",
        "Send a message.",
        (
            ParameterSpec("email", "string", "Who gets it", True),
            ParameterSpec("tone", "string", "One of: formal, casual.", True),
        ),
    ),
]
TASK = "Where is my parcel AB-1207? Tell kim@example.org."


def calls(name: str, **arguments: Any) -> PlainTurn:
    return ("assistant", "", [(name, json.dumps(arguments))])


def says(text: str) -> PlainTurn:
    return ("assistant", text, [])


TRACKED = [
    calls("track_parcel", parcel_number="ab 1207"),
    ("tool", '{"place": "Porto", "agent": "kim@example.org"}', []),
]
ASKS = says("Which parcel number is it, please?")


@pytest.mark.parametrize(
    ("turns", "expected", "passed"),
    [
        ([*TRACKED, says("In Porto.")], "answer", True),
        ([("user", TASK, []), *TRACKED, says("In Porto.")], "answer", True),
        ([*TRACKED, says(" ")], "answer", False),
        ([], "answer", False),
        ([says("It is in Porto.")], "answer", False),
        ([calls("track_parcel"), says("Done.")], "answer", False),
        ([calls("fly", to="x"), says("Done.")], "answer", False),
        ([calls("track_parcel"), *TRACKED, says("In Porto.")], "answer", None),
        ([calls("list_parcels"), says("It is done.")], "answer", None),
        ([calls("track_parcel", parcel_number=""), says("Done.")], "answer", None),
        ([calls("track_parcel", parcel_number="ZZ 99"), says("Done.")], "answer", None),
        ([calls("notify", email="kim@example.org", tone="formal"), says("Sent.")], "answer", None),
        ([ASKS], "ask_for_missing", True),
        ([ASKS, ("user", "XY 5", []), calls("track_parcel", parcel_number="XY5"), says("There.")],
         "ask_for_missing", True),
        ([says("Done, anything else?")], "ask_for_missing", None),
        ([says("It is on the way to you.")], "ask_for_missing", False),
        ([calls("track_parcel", parcel_number="000"), says("It is on the way to you.")],
         "ask_for_missing", False),
        ([says("None of these functions can book a flight.")], "say_no_tool", True),
        ([says("I have booked the flight for you.")], "say_no_tool", False),
        ([*TRACKED, says("In Porto, but I cannot book a flight.")], "say_no_tool", None),
        ([says("Il volo è prenotato.")], "say_no_tool", None),
        ([says("No.")], "say_unanswerable", None),
    ],
)  # fmt: skip
def test_only_what_is_certain_is_decided(
    turns: list[PlainTurn], expected: str, passed: bool | None
) -> None:
    check = check_tool_use(turns, APIS, expected, TASK)
    assert check.passed is passed, check.note
    assert check.note


def test_the_writers_expected_calls_settle_partial_refusals() -> None:
    turns = [*TRACKED, says("In Porto, but I cannot book a flight.")]
    check = check_tool_use(turns, APIS, "say_no_tool", TASK, expected_calls=["track_parcel"])
    assert check.passed is True
    check = check_tool_use(TRACKED + [says("Ok.")], APIS, "answer", TASK, expected_calls=["notify"])
    assert check.passed is None and "notify" in check.note


@pytest.mark.parametrize(
    ("value", "said", "found"),
    [
        ("New York", "to new  york!", "traced"),
        (1200, "about 1,200 people", "traced"),
        (3.0, "three of them", "traced"),
        (4, "three of them", "invented"),
        (True, "", "traced"),
        ("2024-03-05", "on March 5th, 2024", "traced"),
        ("2024-03-05", "tomorrow", "unclear"),
        (["red", "blue"], "red ones", "invented"),
        ("red car", "a red bike", "unclear"),
        ("", "x", "unclear"),
    ],
)
def test_values_are_traced_with_tolerance(value: Any, said: str, found: str) -> None:
    assert trace(value, said) == found
