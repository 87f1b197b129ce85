"""API lists out of OpenAPI documents and source code."""

import json

import pytest

from arenainstruct.tools.api_spec import dump_apis, json_schema, load_apis, render_apis
from arenainstruct.tools.code_apis import outline
from arenainstruct.tools.openapi import parse_openapi

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{order-id}:
    parameters:
      - {name: order-id, in: path, required: true, schema: {type: integer}, description: No.}
    get:
      operationId: read order
      summary: Read one order
      responses:
        200:
          description: found
          content:
            application/json: {schema: {$ref: '#/components/schemas/Order'}}
    delete:
      responses: {'204': {description: The order is gone.}}
  /orders:
    post:
      operationId: place_order
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/NewOrder'}}
      responses:
        '201':
          content: {application/json: {example: {id: 12, total: 9.5}}}
components:
  schemas:
    NewOrder:
      type: object
      required: [item]
      properties:
        id: {type: integer, readOnly: true}
        item: {type: string, description: What to buy}
        speed: {type: [string, 'null'], enum: [normal, express]}
        gone: {$ref: '#/components/schemas/Nowhere'}
    Order:
      allOf:
        - {$ref: '#/components/schemas/NewOrder'}
        - properties:
            placed_at: {type: string, format: date-time}
            replaces: {$ref: '#/components/schemas/Order'}
"""

SWAGGER = {
    "swagger": "2.0",
    "paths": {
        "/pets": {
            "post": {
                "operationId": "addPet",
                "parameters": [
                    {"in": "body", "name": "pet", "schema": {"$ref": "#/definitions/Pet"}},
                    {"in": "query", "name": "dry", "type": "boolean"},
                    {"in": "header", "name": "Authorization", "type": "string"},
                ],
                "responses": {"200": {"schema": {"type": "array", "items": {"type": "integer"}}}},
            }
        }
    },
    "definitions": {"Pet": {"properties": {"name": {"type": "string"}}, "required": ["name"]}},
}


def test_every_operation_becomes_an_api_with_its_parameters() -> None:
    read, delete, place = parse_openapi(SHOP)
    assert (read.name, read.description) == ("read_order", "Read one order")
    [order] = read.parameters
    assert (order.name, order.type, order.required) == ("order_id", "integer", True)
    assert delete.name == "delete_orders_order_id" and delete.returns == "The order is gone."
    assert [(p.name, p.type, p.required) for p in place.parameters] == [
        ("item", "string", True),
        ("speed", "string", False),
        ("gone", "string", False),
    ]
    assert "One of: normal, express" in place.parameters[1].description


def test_results_are_examples_and_circles_end() -> None:
    read, _, place = parse_openapi(SHOP)
    assert json.loads(place.returns) == {"id": 12, "total": 9.5}
    order = json.loads(read.returns)
    assert order["placed_at"].endswith("Z") and "replaces" not in order


def test_swagger_2_in_json() -> None:
    [api] = parse_openapi(json.dumps(SWAGGER))
    assert [(p.name, p.type, p.required) for p in api.parameters] == [
        ("name", "string", True),
        ("dry", "boolean", False),
    ]
    assert json.loads(api.returns) == [1]


def test_a_fragment_without_operations_gives_nothing() -> None:
    assert parse_openapi("Order:\n  properties: {id: {type: integer}}\n") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("paths:\n  /a: [\n", "line 3"),
        ('{"paths": ,}', "line 1, column 11"),
        ("just words", "line 1: expected a mapping, found str"),
        ("paths: [1]", "paths: expected a mapping, found list"),
        ("paths: {/a: {get: no}}", "paths./a.get: expected a mapping"),
    ],
)
def test_broken_text_names_the_place(text: str, place: str) -> None:
    with pytest.raises(ValueError, match=place.replace("[", r"\[")):
        parse_openapi(text)


def test_an_api_list_survives_json_and_reads_well() -> None:
    apis = parse_openapi(SHOP)
    assert load_apis(dump_apis(apis)) == apis
    assert "item (string, required): What to buy" in render_apis(apis)
    assert json_schema(apis[2])["required"] == ["item"]


CODE = {
    "python": (
        'def area(w: float, h: "int", tags: list[str] | None = None) -> float:\n'
        '    """Multiply.\n\n    Args:\n        w: Width in metres.\n    """\n'
        "def _hidden(): ...\n"
        "class Box:\n    def fill(self, n=3): ...\n"
    ),
    "c": "/* Adds two numbers. */\nint add(int a, const char *name);\nstatic void go(void) {}\n",
    "java": "  public static List<String> find(String word, int[] sizes) throws X {",
    "javascript": "export async function load(url, {a} = {}) {}\nconst f = (x, y = 1) => x;",
    "go": "// Open opens.\nfunc (s *S) Open(path, mode string, n int) error {\n",
    "rust": "pub fn scan<T>(&self, text: &str, n: Option<u32>) -> bool {",
    "sql": "CREATE TABLE [Pet] ([Id] INTEGER NOT NULL, Name TEXT, PRIMARY KEY (Id));",
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("python", {"area": "number integer array", "Box_fill": "integer"}),
        ("c", {"add": "integer string", "go": ""}),
        ("java", {"find": "string array"}),
        ("javascript", {"load": "string", "f": "string string"}),
        ("go", {"Open": "string string integer"}),
        ("rust", {"scan": "string integer"}),
        ("sql", {"find_Pet": "integer string"}),
    ],
)
def test_source_code_is_outlined(language: str, expected: dict[str, str]) -> None:
    found = {
        a.name: " ".join(p.type for p in a.parameters) for a in outline(CODE[language], language)
    }
    assert found == expected


def test_docstrings_and_comments_describe() -> None:
    assert outline(CODE["python"], "python")[0].parameters[0].description == "Width in metres."
    assert outline(CODE["c"], "c")[0].description == "Adds two numbers."


def test_a_header_declares_what_its_macros_stand_around_and_nothing_in_its_comments() -> None:
    header = """/* The library follows RFCs (Request for
   Comments) 1950; call it so: int never(int a); */
/* Copy N bytes. */
extern void *copy (void *__restrict dest, const void *src,
\t\t   size_t n) __THROW __nonnull ((1, 2));
#ifdef EXTRA
extern int compare (const char *a) __attribute_pure__;
#endif
ZEXTERN int ZEXPORT deflate OF((z_streamp strm, int flush));  // int never2(int a);
__REDIRECT (int, other, (int a));
"""
    found = outline(header, "c")
    assert [(a.name, [p.name for p in a.parameters]) for a in found] == [
        ("copy", ["dest", "src", "n"]),
        ("compare", ["a"]),
        ("deflate", ["strm", "flush"]),
    ]
    assert [a.description for a in found] == ["Copy N bytes.", "", ""]


def test_broken_python_is_still_read() -> None:
    assert [api.name for api in outline("def f(a, b=2):\n  ((\n", "python")] == ["f"]
    assert outline("\x00" * 9, "python") == [] and outline("x", "cobol") == []
