"""The API simulator."""

import json
from typing import Any

import pytest

from arenainstruct.tools.api_spec import ApiSpec, ParameterSpec
from arenainstruct.tools.simulator import simulate

APIS = [
    ApiSpec(
        "get_user",
        "Read a user.",
        (ParameterSpec("user_id", "integer", "Number of the user", True),),
        '{"id": 1, "name": "example name", "active": true, "joined": "2024-01-15",'
        ' "team": {"id": 7}, "uuid": "3f2b8c1e-7a64-4d0e-9b57-1c2d3e4f5a6b"}',
    ),
    ApiSpec(
        "list_users",
        "List users.",
        (ParameterSpec("limit", "integer"), ParameterSpec("team", "string")),
        '[{"id": 1, "team": "red"}]',
    ),
    ApiSpec("drop", "Drop.", (ParameterSpec("tags", "array", "", True),), "It is gone."),
]


def result(name: str, **arguments: Any) -> Any:
    answer = simulate(APIS, name, json.dumps(arguments))
    assert answer.ok, answer.content
    return json.loads(answer.content)


def test_arguments_are_echoed_and_the_rest_varies_with_them() -> None:
    first, second = result("get_user", user_id=42), result("get_user", user_id=43)
    assert first["id"] == 42 and first["team"]["id"] != 42
    assert first["active"] is True and len(first["uuid"]) == 36
    assert (first["name"], first["joined"]) != (second["name"], second["joined"])
    assert first == result("get_user", user_id=42)


def test_lists_keep_to_the_asked_number() -> None:
    assert len(result("list_users", limit=1)) == 1
    users = [result("list_users", team=name) for name in "abcdef"]
    assert {len(found) for found in users} <= {1, 2, 3} and users[0][0]["team"] == "a"


def test_a_sentence_is_acknowledged() -> None:
    assert result("drop", tags=["x"]) == {"status": "ok", "message": "It is gone.", "tags": ["x"]}


@pytest.mark.parametrize(
    ("name", "arguments", "hint"),
    [
        ("get_usr", "{}", "available: get_user, list_users, drop"),
        ("get_user", "{", "not valid JSON"),
        ("get_user", "[]", "one JSON object, found array"),
        ("get_user", "{}", "missing required parameter 'user_id' (integer): Number of the user"),
        ("get_user", '{"user_id": null}', "missing required"),
        ("get_user", '{"user_id": "x", "a": 1}', "unknown parameter 'a'; allowed: user_id"),
        ("get_user", '{"user_id": "x"}', "must be integer, found string"),
        ("list_users", '{"limit": true}', "must be integer, found boolean"),
        ("drop", '{"tags": "x"}', "must be array"),
    ],
)
def test_a_wrong_call_is_told_what_to_change(name: str, arguments: str, hint: str) -> None:
    answer = simulate(APIS, name, arguments)
    assert not answer.ok and hint in json.loads(answer.content)["error"]
