"""Describes what a source file offers to call (functions, tables), and guesses siblings."""

import ast
import json
import random
import re
from typing import Literal

from ...replies import ApiReply, ApisReply, ParameterReply
from .schema import Function, read_apis, words_of
from .sections import Sections

Kind = Literal["string", "integer", "number", "boolean", "array", "object"]
_MOST = 12
_C = re.compile(
    r"(?:/\*(?P<note>[^*]*(?:\*(?!/)[^*]*)*)\*/|//(?P<line>[^\n]*))?\s*"
    r"^(?P<back>[A-Za-z_][\w \t*()]*?[\s*)])(?P<name>\w+)\s*\((?P<args>[^(){};]*)\)\s*[;{]",
    re.M,
)
_JS = re.compile(
    r"(?:/\*\*(?P<note>[^*]*(?:\*(?!/)[^*]*)*)\*/\s*)?"
    r"(?:export\s+)?(?:async\s+)?function\s+(?P<name>\w+)\s*\((?P<args>[^)]*)\)"
)
_SQL = re.compile(
    (
        r"CREATE TABLE\s+(?:IF NOT "
        r"EXISTS\s+)?[\[\"`]?(?P<name>\w+)[\]\"`]?\s*\((?P<body>.*?)\n\s*\)\s*;"
    ),
    re.S | re.I,
)
_COLUMN = re.compile(r"^\s*[\[\"`]?(\w+)[\]\"`]?\s+(\w+)(?:\([\d, ]*\))?([^,\n]*)", re.M)
_PYTHON = re.compile(r"^[ \t]*(?:async )?def (\w+)\(([^)]*)\)", re.M)
_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"bool", "boolean"),
    (r"list|tuple|sequence|iterable|array|\[\]|set\b", "array"),
    (r"dict|mapping|object|struct", "object"),
    (r"float|double|number|numeric|decimal|real", "number"),
    (r"int|long|size_t|short|unsigned", "integer"),
)
_KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "defined", "else"}


def describe(sections: Sections) -> ApisReply:
    """Describe what a source file offers to call."""
    seed = sections.get("seed")
    language = seed.attributes.get("language", "").lower()
    if language == "python":
        found = _python(seed.text)
    elif language == "sql":
        found = _sql(seed.text)
    elif language in {"javascript", "typescript", "js", "ts"}:
        found = [_from_match(m, _js_parameters(m["args"])) for m in _JS.finditer(seed.text)]
    else:
        found = [_from_match(m, _c_parameters(m["args"])) for m in _C.finditer(seed.text)]
    unique = {api.name: api for api in found if api.name not in _KEYWORDS}
    return ApisReply(apis=list(unique.values())[:_MOST])


def kind_of(type_text: str) -> Kind:
    """Return the JSON type for a type as written in some language."""
    low = type_text.lower()
    kinds: list[Kind] = [kind for pattern, kind in _KINDS if re.search(pattern, low)]
    return kinds[0] if kinds else "string"


def _api(name: str, note: str, parameters: list[ParameterReply], back: str = "string") -> ApiReply:
    told = " ".join(note.replace("*", " ").split()).split(". ")[0].strip(" .-")
    return ApiReply(
        name=name,
        description=(told or f"{words_of(name).capitalize()}")[:200] + ".",
        parameters=parameters,
        returns=json.dumps(
            {"result": {"integer": 7, "number": 2.5, "boolean": True}.get(back, "example result")}
        ),
    )


def _parameter(name: str, type_text: str, required: bool) -> ParameterReply:
    return ParameterReply(
        name=name, type=kind_of(type_text), description=f"The {words_of(name)}.", required=required
    )


def _python(source: str) -> list[ApiReply]:
    """Read public functions and methods; by pattern where the part does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return [
            _api(
                m[1],
                "",
                [
                    _parameter(p, "", True)
                    for p in re.findall(r"(\w+)(?:\s*[:=,]|$)", m[2])
                    if p != "self"
                ],
            )
            for m in _PYTHON.finditer(source)
            if not m[1].startswith("_")
        ]
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        _api(
            node.name,
            ast.get_docstring(node) or "",
            _arguments(node.args),
            ast.unparse(node.returns) if node.returns else "",
        )
        for node in nodes
        if not node.name.startswith("_")
    ]


def _arguments(arguments: ast.arguments) -> list[ParameterReply]:
    plain = [*arguments.posonlyargs, *arguments.args]
    needed = len(plain) - len(arguments.defaults)
    rows = [(a, i < needed) for i, a in enumerate(plain)]
    rows += [
        (a, d is None) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return [
        _parameter(a.arg, ast.unparse(a.annotation) if a.annotation else "", required)
        for a, required in rows
        if a.arg not in {"self", "cls"}
    ]


def _from_match(match: re.Match[str], parameters: list[ParameterReply]) -> ApiReply:
    groups = match.groupdict()
    note = groups.get("note") or groups.get("line") or ""
    return _api(match["name"], note, parameters, kind_of(groups.get("back") or ""))


def _c_parameters(arguments: str) -> list[ParameterReply]:
    rows = (re.match(r"(.*?)(\w+)\s*(\[\w*\])?\s*$", a.strip(), re.S) for a in arguments.split(","))
    return [
        _parameter(m[2], "string" if "char" in m[1] else m[1] + (m[3] or ""), True)
        for m in rows
        if m and m[1].strip() and m[2] != "void"
    ]


def _js_parameters(arguments: str) -> list[ParameterReply]:
    rows = [a.strip() for a in arguments.split(",") if re.match(r"\s*\w", a)]
    return [
        _parameter(re.match(r"\w+", a)[0], a.partition(":")[2], "=" not in a and "?" not in a)  # type: ignore[index]
        for a in rows
    ]


def _sql(source: str) -> list[ApiReply]:
    """Offer a lookup and an insertion for every table."""
    found = []
    for table in _SQL.finditer(source):
        columns = [
            c
            for c in _COLUMN.findall(table["body"])
            if c[0].upper()
            not in {
                "CONSTRAINT",
                "FOREIGN",
                "PRIMARY",
                "UNIQUE",
                "CHECK",
                "ON",
                "REFERENCES",
                "KEY",
            }
        ]
        fields = [
            _parameter(name, kind, "NOT NULL" in rest.upper()) for name, kind, rest in columns
        ]
        name = words_of(table["name"])
        slug = name.replace(" ", "_")
        found.append(_api(f"add_{slug}", f"Add a row to the table of {name}", fields))
        if fields:
            key = fields[0].model_copy(update={"required": True})
            found.append(_api(f"get_{slug}", f"Look up one row of the table of {name}", [key]))
    return found


_SIBLINGS = {
    "get": ("list", "delete"),
    "list": ("get", "count"),
    "create": ("update", "delete"),
    "add": ("remove", "update"),
    "insert": ("delete", "update"),
    "find": ("list", "count"),
    "parse": ("format", "validate"),
    "read": ("write", "list"),
    "encode": ("decode", "validate"),
    "set": ("get", "reset"),
    "delete": ("restore", "list"),
    "update": ("get", "list"),
}


def hypothesise(sections: Sections, rng: random.Random) -> ApisReply:
    """Guess further APIs of the same library: counterparts of the given ones."""
    given = read_apis(sections.text("apis"))
    known = {function.name for function in given}
    found: dict[str, ApiReply] = {}
    for function in rng.sample(given, len(given)):
        for name, note in _siblings(function):
            if name not in known:
                found.setdefault(name, _sibling(name, note, function))
    return ApisReply(apis=list(found.values())[: sections.number("count", 2)])


def _siblings(function: Function) -> list[tuple[str, str]]:
    verb, _, noun = function.name.partition("_")
    other = _SIBLINGS.get(verb.lower(), ()) if noun else ()
    if not other:
        return [
            (f"list_{function.name}_options", f"List the options of {words_of(function.name)}"),
            (f"check_{function.name}", f"Check the arguments of {words_of(function.name)}"),
        ]
    return [(f"{new}_{noun}", f"{new.capitalize()} {words_of(noun)}") for new in other]


def _sibling(name: str, note: str, function: Function) -> ApiReply:
    kept = function.required[:1] or function.parameters[:1]
    fields = [
        _parameter(p.name, p.type, p.required)
        for p in kept
        if not name.startswith(("list_", "count_"))
    ]
    limit = _parameter("limit", "integer", False)
    return _api(name, note, fields or [limit], "integer" if name.startswith("count_") else "")
