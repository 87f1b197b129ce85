"""The house keeps its shape: imports point one way, packages are listed, files stay small."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("runs", "graphs", "agents", "tools", "taxonomy", "prompts")
MAY_IMPORT = {
    "runs": {"graphs", "agents", "tools", "taxonomy", "prompts"},
    "graphs": {"agents", "tools", "taxonomy"},
    "agents": {"tools", "taxonomy", "prompts"},
    "tools": set[str](),
    "taxonomy": set[str](),
    "prompts": set[str](),
}
SUBGRAPHS = ("generation", "arena", "tournament", "supervisor", "testset")


@cache
def modules() -> list[tuple[str, Path]]:
    """Return (dotted name below the package, file) for every file of the package."""
    found = []
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if "demo" not in path.parts and "-" not in str(path.relative_to(ROOT)):
                parts = path.relative_to(ROOT).with_suffix("").parts
                found.append((".".join(p for p in parts if p != "__init__"), path))
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(name: str, path: Path) -> list[tuple[str, int]]:
    """Return (dotted target below the package, line) of every import of our own.

    Those inside functions count, since a circle hides there; those for type checkers alone do not.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = []
    for node in running(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            for alias in node.names:
                target = ".".join([*base, *(node.module or "").split("."), alias.name])
                found.append((target, node.lineno))
    return found


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs of a syntax tree: all but `if TYPE_CHECKING:`."""
    yield node
    typing: list[ast.stmt] = []
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
        typing = node.body if node.test.id == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        if child not in typing:
            yield from running(child)


def test_imports_point_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, path in modules()
        for target, line in imports(name, path)
        if (floor := target.split(".")[0]) in FLOORS
        and floor != name.split(".")[0]
        and floor not in MAY_IMPORT[name.split(".")[0]]
    ]
    assert not wrong, wrong


def test_imports_inside_are_relative() -> None:
    wrong = []
    for _, path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                named = [node.module or ""]
            else:
                continue
            if any(n.split(".")[0] in (*FLOORS, "arenainstruct") for n in named):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, wrong


def test_no_import_circles() -> None:
    known = {name for name, _ in modules()}
    graph: dict[str, set[str]] = {name: set() for name in known}
    for name, path in modules():
        for target, _ in imports(name, path):
            while target and target not in known:
                target = target.rpartition(".")[0]
            if target and target != name and not name.startswith(target + "."):
                graph[name].add(target)
    done: set[str] = set()
    for start in sorted(graph):
        walk(start, graph, [], done)


def walk(name: str, graph: dict[str, set[str]], way: list[str], done: set[str]) -> None:
    assert name not in way, f"circle: {' → '.join([*way[way.index(name) :], name])}"
    if name not in done:
        for target in sorted(graph[name]):
            walk(target, graph, [*way, name], done)
        done.add(name)


def test_roles_and_subgraphs_never_import_each_other() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, path in modules()
        for target, line in imports(name, path)
        if (here := part(name)) and (there := part(target)) and here != there
        if here.split(".")[0] == there.split(".")[0] and not here.endswith(".supervisor")
    ]
    assert not wrong, wrong


def part(module: str) -> str:
    """Return the role or the subgraph that a module belongs to; empty for what all may use."""
    names = module.split(".")
    if names[:2] == ["agents", "roles"]:
        return ".".join(names[:3])
    return (
        ".".join(names[:2]) if names[0] == "graphs" and names[1:2] and names[1] in SUBGRAPHS else ""
    )


def test_every_package_is_listed() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {"arenainstruct"} | {
        ".".join(("arenainstruct", *path.parent.relative_to(ROOT).parts))
        for _, path in modules()
        if path.name == "__init__.py"
    }
    assert listed == found


HEAVY = (
    "torch", "transformers", "numpy", "pandas", "polars", "pyarrow", "duckdb", "sklearn", "scipy",
    "matplotlib", "datasets", "langgraph", "langchain_core", "langchain_openai", "autogen_core",
    "autogen_agentchat", "openai", "aiohttp", "sqlalchemy", "ftfy", "mammoth", "markdownify", "pypdfium2",
)  # fmt: skip


@pytest.mark.parametrize(
    "start",
    [
        "import arenainstruct.runs.cli",
        "sys.argv[1:] = ['--help']; from arenainstruct.runs.cli import main; main()",
        "sys.argv[1:] = ['leaderboard', '--help']; from arenainstruct.runs.cli import main; main()",
    ],
)
def test_help_imports_no_heavy_library(start: str) -> None:
    code = f"""
import sys
try:
    {start}
except SystemExit:
    pass
sys.stderr.write(",".join(sorted({{name.split(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stderr.split(","))
    assert "typer" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("floor", FLOORS)
def test_files_stay_small(floor: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for name, path in modules()
        if name.split(".")[0] == floor and (lines := len(path.read_text().splitlines())) > 350
    }
    assert not long, f"beyond 350 lines, look for the second noun: {long}"


def test_every_file_says_what_it_is() -> None:
    mute = [str(p.relative_to(ROOT)) for _, p in modules() if not ast.get_docstring(parsed(p))]
    assert not mute, mute
