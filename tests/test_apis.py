"""APIs of documents: the index that finds them, and the simulator that answers for them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from arenainstruct.agents.roles.finder import chosen_of
from arenainstruct.tools.api_spec import ApiSpec, ParameterSpec, dump_apis, json_schema, load_apis
from arenainstruct.tools.openapi import parse_openapi
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.retrieval import ApiIndex
from arenainstruct.tools.service import Service
from arenainstruct.tools.simulator import simulate
from arenainstruct.tools.tool import Given

PETS = [
    ApiSpec("findPetById", "Read one animal.", (ParameterSpec("pet_id", "integer", "", True),)),
    ApiSpec("delete_pet", "Remove an animal for good."),
]
ORDERS = [ApiSpec("cancelOrder", "Cancel an order that has not been sent.", returns='{"ok": true}')]


def filled() -> ApiIndex:
    index = ApiIndex()
    index.add("pets", PETS)
    index.add("orders", ORDERS)
    return index


def test_identifiers_are_found_by_their_words() -> None:
    with filled() as index:
        assert index.search("cancelling orders") == [(ORDERS[0], "orders")]
        assert [api.name for api, _ in index.search("pet")] == ["findPetById", "delete_pet"]
        assert index.search("pet", exclude_seed="pets") == []


def test_adding_again_changes_nothing_and_new_apis_replace_the_old() -> None:
    with filled() as index:
        index.add("pets", PETS)
        assert len(index) == 3
        index.add("pets", PETS[:1])
        assert len(index) == 2 and index.search("remove animal") == [(PETS[0], "pets")]


@pytest.mark.parametrize(
    "query", ["", '"', "pet OR", "NEAR(", "name:*", "-pet", "a\x00b", "\ud800", "to the"]
)
def test_no_query_is_an_error(query: str) -> None:
    with filled() as index:
        index.search(query)


def test_an_index_is_read_by_threads() -> None:
    with filled() as index, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(index.search, ["order"] * 20))
        assert found == [[(ORDERS[0], "orders")]] * 20


async def test_the_finders_search_remembers_what_it_showed() -> None:
    with filled() as index:
        given, search = Given(index=index, seed_id="orders"), TOOLS["search_apis"]
        assert "findPetById(pet_id)" in await search.answer(given, '{"query": "pet"}')
        assert "No API matches" in await search.answer(given, '{"query": "invoice"}')
        with pytest.raises(ValueError, match="query"):
            await search.answer(given, '{"q": 1}')
        assert chosen_of("- `delete_pet`", given.found) == [PETS[1]]
        assert chosen_of("NONE", given.found) == []
        assert len(chosen_of("done", given.found)) == 2


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


SHOP = [
    ApiSpec(
        "create_order",
        "Create an order.",
        (ParameterSpec("item", "string", "", True), ParameterSpec("count", "integer")),
        '{"order_id": 7, "item": "cup", "count": 1, "state": "open"}',
    ),
    ApiSpec(
        "getOrderById",
        "Read an order.",
        (ParameterSpec("order_id", "integer", "", True),),
        '{"order_id": 7, "item": "cup", "count": 1, "state": "open"}',
    ),
    ApiSpec(
        "list_orders",
        "List orders.",
        (ParameterSpec("item", "string"),),
        '{"orders": [{"order_id": 7, "item": "cup", "count": 1, "state": "open"}]}',
    ),
    ApiSpec(
        "update_order",
        "Change an order.",
        (ParameterSpec("order_id", "integer", "", True), ParameterSpec("count", "integer")),
        '{"order_id": 7, "item": "cup", "count": 1, "state": "open"}',
    ),
    ApiSpec(
        "cancel_order", "Cancel.", (ParameterSpec("order_id", "integer", "", True),), "Cancelled."
    ),
]


def talk(service: Service, name: str, **arguments: Any) -> Any:
    return json.loads(service.answer(name, json.dumps(arguments)).content)


def test_what_a_call_creates_later_calls_find() -> None:
    shop = Service(SHOP)
    made = talk(shop, "create_order", item="lamp", count=3)
    assert (made["item"], made["count"], made["state"]) == ("lamp", 3, "open")
    number = made["order_id"]
    assert talk(shop, "getOrderById", order_id=number) == made
    assert talk(shop, "list_orders")["orders"][0] == made
    assert made not in talk(shop, "list_orders", item="cup")["orders"]
    assert talk(shop, "update_order", order_id=number, count=5)["count"] == 5
    assert talk(shop, "getOrderById", order_id=number) == {**made, "count": 5}
    talk(shop, "cancel_order", order_id=number)
    assert "404" in talk(shop, "getOrderById", order_id=number)["error"]
    assert number not in [row["order_id"] for row in talk(shop, "list_orders")["orders"]]
    assert "404" in talk(shop, "cancel_order", order_id=number)["error"]


def test_a_service_answers_the_same_calls_the_same() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create_order", {"item": "lamp"}),
        ("list_orders", {}),
        ("getOrderById", {"order_id": 9}),
    ]
    once, again = (
        [talk(shop, name, **given) for name, given in calls]
        for shop in (Service(SHOP), Service(SHOP))
    )
    assert once == again


def test_a_busy_service_wants_to_be_asked_again() -> None:
    shop = Service(SHOP, busy=1)
    assert "missing" in talk(shop, "create_order")["error"]  # a wrong call is told so first
    assert "503" in talk(shop, "create_order", item="lamp")["error"]
    assert talk(shop, "create_order", item="lamp")["item"] == "lamp"


LIBRARY = """
openapi: 3.1.0
info: {title: Library, version: "1"}
paths:
  /books:
    get:
      operationId: listBooks
      parameters:
        - {name: kind, in: query, schema: {type: string, enum: [novel, atlas]}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}}
      responses: {"200": {content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Book'}}}}}}
    post:
      operationId: createBook
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/NewBook'}}}}
      responses: {"201": {content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}}
  /books/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]
    get:
      operationId: getBook
      responses: {"200": {content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}}
    delete: {operationId: deleteBook, responses: {"204": {description: gone}}}
components:
  schemas:
    NewBook:
      type: object
      required: [title, kind]
      properties:
        title: {type: string}
        kind: {type: string, enum: [novel, atlas]}
        pages: {type: [integer, "null"], minimum: 1}
        subjects: {type: array, items: {type: string, enum: [sea, land]}}
        shelf: {type: integer, enum: [1, 2]}
        print: {anyOf: [{$ref: '#/components/schemas/Print'}, {type: "null"}]}
        copies: {type: array, minItems: 1, items: {type: object, required: [bound], properties: {bound: {type: boolean}}}}
    Print:
      type: object
      required: [year]
      additionalProperties: false
      properties: {year: {type: integer, minimum: 1450}, place: {type: [string, "null"]}, of: {$ref: '#/components/schemas/Print'}}
    Book:
      allOf: [{$ref: '#/components/schemas/NewBook'}, {properties: {id: {type: string, format: uuid}}}]
"""  # noqa: E501


def test_a_document_s_own_service_keeps_what_is_made_whatever_its_things_are_called() -> None:
    """`book` is an act in other names; and what nobody gave is nobody's."""
    apis = load_apis(dump_apis(parse_openapi(LIBRARY)))
    assert apis == parse_openapi(LIBRARY)
    library = Service(apis)
    made = talk(library, "createBook", title="Currents", kind="atlas")
    assert set(made) == {"id", "title", "kind"}
    talk(library, "createBook", title="Tides", kind="novel")
    assert talk(library, "listBooks", kind="atlas")[0] == made
    assert len(talk(library, "listBooks", limit=1)) == 1
    assert talk(library, "getBook", id=made["id"])["title"] == "Currents"
    talk(library, "deleteBook", id=made["id"])
    assert "404" in talk(library, "getBook", id=made["id"])["error"]


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"kind": "comic"}, "must be one of novel, atlas"),
        ({"kind": "novel", "pages": 0}, "must be at least 1"),
        ({"kind": "novel", "subjects": ["sea", "sky"]}, "must be one of sea, land"),
        ({"kind": "novel", "subjects": ["sea"], "pages": None}, ""),
        ({"kind": "novel", "shelf": 3}, "'shelf' must be one of 1, 2"),
        ({"kind": "novel", "print": {"year": 1900, "place": None}}, ""),
        ({"kind": "novel", "print": {"place": "Basel"}}, "missing required print.year"),
        ({"kind": "novel", "print": {"year": "1900"}}, "'print.year' must be integer"),
        ({"kind": "novel", "print": {"year": 1300}}, "'print.year' must be at least 1450"),
        ({"kind": "novel", "print": {"year": 1500, "town": "x"}}, "unknown print.town"),
        ({"kind": "novel", "print": {"year": 1500, "of": {"year": None}}}, "'print.of.year'"),
        ({"kind": "novel", "copies": []}, "at least 1 long"),
        ({"kind": "novel", "copies": [{"bound": True}, {}]}, "missing required copies[1].bound"),
        ({"kind": "novel", "subjects": "sea"}, "must be array, found string"),
    ],
)
def test_a_call_is_held_to_the_limits_of_its_schema(given: dict[str, Any], hint: str) -> None:
    told = talk(Service(parse_openapi(LIBRARY)), "createBook", title="x", **given)
    assert hint in told.get("error", "") and ("error" in told) is bool(hint)


def test_a_contender_is_told_the_limits_of_a_call() -> None:
    _, create = parse_openapi(LIBRARY)[:2]
    told = json_schema(create)["properties"]
    assert told["kind"]["enum"] == ["novel", "atlas"] and told["pages"]["minimum"] == 1
    assert told["subjects"]["items"]["enum"] == ["sea", "land"]
    year = {"type": "integer", "minimum": 1450}
    assert told["print"]["type"] == ["object", "null"]
    assert told["print"]["properties"]["year"] == year and told["print"]["required"] == ["year"]
    assert told["copies"]["items"]["properties"] == {"bound": {"type": "boolean"}}
    # A schema inside itself comes to an end.
    assert json.dumps(told).count("1450") < 5


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("Post", "Posts"),
        ("Category", "Categories"),
        ("Address", "Addresses"),
        ("Box", "Boxes"),
        ("House", "Houses"),
        ("Status", "Statuses"),
        ("Schedule", "Schedules"),
    ],
)
def test_one_of_a_kind_is_found_among_many(one: str, many: str) -> None:
    field = ParameterSpec("title", "string", "", True)
    shape = '{"id": 3, "title": "x"}'
    apis = [
        ApiSpec(f"create{one}", "", (field,), shape),
        ApiSpec(f"list{many}", "", (), f"[{shape}]"),
    ]
    service = Service(apis)
    assert talk(service, f"create{one}", title="mine") in talk(service, f"list{many}")
