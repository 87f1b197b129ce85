"""The callable things of Python source, read from its syntax tree: signatures, types, texts."""

import ast
import re
import warnings
from collections.abc import Iterator

from .api_spec import ApiSpec, JsonType, ParameterSpec, slug

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_TYPES: dict[str, JsonType] = {
    "int": "integer",
    "float": "number",
    "complex": "number",
    "bool": "boolean",
    "str": "string",
    "bytes": "string",
    "Path": "string",
    "Any": "string",
    "dict": "object",
    "Dict": "object",
    "Mapping": "object",
    "list": "array",
    "List": "array",
    "tuple": "array",
    "Tuple": "array",
    "set": "array",
    "Set": "array",
    "Sequence": "array",
    "Iterable": "array",
    "Collection": "array",
    "Iterator": "array",
    "ndarray": "array",
}
_ARGUMENT = re.compile(
    r"^\s*+(?::param\s++(?:\w++\s++(?=[\w*]))?)?\*{0,2}(\w++)\s*+(?:\([^)]*+\)\s*+)?:\s*+(\S.*)$"
)


def python_outline(text: str) -> list[ApiSpec]:
    """Return the public functions, classes and methods.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: when the text is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes in a seed are the seed's business
        tree = ast.parse(text)
    named = [node for node in tree.body if isinstance(node, _Function | ast.ClassDef)]
    # A module that hides everything still shows what it does.
    shown = [node for node in named if not node.name.startswith("_")] or named
    return [api for node in shown for api in _apis(node)]


def _apis(node: _Function | ast.ClassDef) -> Iterator[ApiSpec]:
    if isinstance(node, ast.ClassDef):
        yield from _class(node)
    else:
        yield _api(node.name, node, ast.get_docstring(node) or "")


def _class(node: ast.ClassDef) -> Iterator[ApiSpec]:
    methods = [part for part in node.body if isinstance(part, _Function)]
    maker = next((m for m in methods if m.name == "__init__"), None)
    if maker is not None:
        doc = ast.get_docstring(node) or ast.get_docstring(maker) or f"Create a {node.name}."
        made = _api(node.name, maker, doc)
        yield ApiSpec(made.name, made.description, made.parameters, f"A {node.name}.")
    for method in methods:
        if not method.name.startswith("_"):
            yield _api(f"{node.name}_{method.name}", method, ast.get_docstring(method) or "")


def _api(name: str, node: _Function, doc: str) -> ApiSpec:
    kind = ast.unparse(node.returns) if node.returns is not None else "None"
    returns = f"A value of type {kind}." if kind != "None" else ""
    return ApiSpec(slug(name), _first_paragraph(doc), tuple(_parameters(node, doc)), returns)


def _first_paragraph(doc: str) -> str:
    return " ".join(doc.strip().split("\n\n")[0].split(">>>")[0].split())


def _parameters(node: _Function, doc: str) -> Iterator[ParameterSpec]:
    """Yield the parameters a caller gives: not `self`, `cls` and the starred ones."""
    matches = (_ARGUMENT.match(line) for line in doc.splitlines())
    described = {match[1]: match[2] for match in matches if match}
    places = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [None] * (len(places) - len(node.args.defaults))
    pairs = list(zip(places, [*defaults, *node.args.defaults], strict=True))
    pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    for argument, default in pairs:
        if argument.arg not in ("self", "cls") and slug(argument.arg):
            kind = _type(argument.annotation) if argument.annotation else _type_of_default(default)
            about = described.get(argument.arg, "")
            yield ParameterSpec(slug(argument.arg), kind, about, default is None)


def _type(annotation: ast.expr) -> JsonType:
    """Return the JSON type of an annotation; an unknown class is an object."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        head = re.match(r"[\w.]+", annotation.value)
        return _TYPES.get(head[0].rsplit(".", 1)[-1], "object") if head else "string"
    if isinstance(annotation, ast.BinOp):
        left, right = annotation.left, annotation.right
        return _type(right if isinstance(left, ast.Constant) and left.value is None else left)
    if isinstance(annotation, ast.Subscript):
        return _generic(annotation)
    name = (
        annotation.attr if isinstance(annotation, ast.Attribute) else getattr(annotation, "id", "")
    )
    return _TYPES.get(name, "object")


def _generic(annotation: ast.Subscript) -> JsonType:
    name = ast.unparse(annotation.value).rsplit(".", 1)[-1]
    inner = (
        annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
    )
    if name in ("Optional", "Union", "Annotated", "Final"):
        return _type(inner)
    if name == "Literal":
        return _type_of_default(inner)
    return _TYPES.get(name, "object")


def _type_of_default(default: ast.expr | None) -> JsonType:
    if isinstance(default, ast.Constant):
        return _TYPES.get(type(default.value).__name__, "string")
    if isinstance(default, ast.List | ast.Tuple | ast.Set):
        return "array"
    return "object" if isinstance(default, ast.Dict) else "string"
