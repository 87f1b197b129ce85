"""No regular expression of the package takes more time than about the length of a text.

Every pattern is found by reading the code, none is listed here. What could make one of them slow is made
from the pattern itself: each of its repetitions, repeated, after the least text that leads there.
"""

import ast
import importlib
import re
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("runs", "graphs", "agents", "tools", "taxonomy", "prompts")
METHODS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split")
SIZES = (6_000, 24_000, 96_000)
FLOOR_S = 0.004
"""Below this, nobody can tell a ratio from noise."""
GROWTH = 9
"""Times the time for four times the text; its square would be sixteen."""
_SAMPLES = {
    codes.CATEGORY_SPACE: " \n",
    codes.CATEGORY_WORD: "aA1_",
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_NOT_SPACE: "a.",
    codes.CATEGORY_NOT_WORD: " .",
    codes.CATEGORY_NOT_DIGIT: "a ",
}


# --- every pattern of the package ----------------------------------------------------------------


def modules() -> Iterator[tuple[str, Path]]:
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if "demo" not in inside.parts and "-" not in str(inside):
                yield ".".join(("arenainstruct", *inside.with_suffix("").parts)), path


Patterns = dict[tuple[str, int], tuple[str, set[str]]]
"""Patterns with their flags: where each stands, and the methods it is used by."""


def patterns() -> Patterns:
    """Return every pattern of the package: those that have a name, and those written where used."""
    found: Patterns = {}
    trees = {name: ast.parse(path.read_text()) for name, path in modules()}
    used = _used(trees)
    for name, tree in trees.items():
        if not any(isinstance(node, ast.Name) and node.id == "re" for node in ast.walk(tree)):
            continue
        module = importlib.import_module(name.removesuffix(".__init__"))
        for variable, value in vars(module).items():
            for compiled in _inside(value):
                place = found.setdefault(
                    (compiled.pattern, compiled.flags), (f"{name}:{variable}", set())
                )
                place[1].update(used[name, variable] or {"search"})
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _name(call.func) in METHODS:
                for pattern in _written(call, vars(module)):
                    place = found.setdefault(
                        (pattern.pattern, pattern.flags), (f"{name}:{call.lineno}", set())
                    )
                    place[1].add(_name(call.func))
    return {told: where for told, where in found.items() if isinstance(told[0], str)}


def _used(trees: dict[str, ast.Module]) -> dict[tuple[str, str], set[str]]:
    """Return the methods by which a name is used, where it is made and where it is imported."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, tree in trees.items():
        home = {
            alias.asname or alias.name: f"{'.'.join(name.split('.')[: -node.level])}.{node.module}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                variable = _name(node.value)
                used[home.get(variable, name), variable].add(node.attr)
    return used


def _written(call: ast.Call, names: dict[str, Any]) -> Iterator[re.Pattern[str]]:
    """Yield the pattern of a call such as `re.sub(...)`, where it can be told without running it."""
    if not isinstance(call.func, ast.Attribute) or _name(call.func.value) != "re" or not call.args:
        return
    told = [
        a for a in (*call.args[1:], *(k.value for k in call.keywords)) if "re." in ast.unparse(a)
    ]
    flags = [a for a in told if isinstance(a, ast.Attribute | ast.BinOp)]
    with suppress(NameError, TypeError):
        pattern = eval(ast.unparse(call.args[0]), dict(names))
        if isinstance(pattern, str):
            yield re.compile(pattern, eval(ast.unparse(flags[0]), {"re": re}) if flags else 0)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _inside(value: Any, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, dict):
        for inner in value.values():
            yield from _inside(inner, depth + 1)
    elif depth < 3 and isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _inside(inner, depth + 1)


# --- texts that a pattern likes least ------------------------------------------------------------


def attacks(pattern: str, flags: int) -> set[tuple[str, str]]:
    """Return beginnings and what follows them again and again."""
    tree = parser.parse(pattern, flags & ~re.UNICODE & ~re.DEBUG)
    found: set[tuple[str, str]] = set()
    _walk(list(tree), "", found)
    letters = {unit for _, unit in found if len(unit) == 1}
    return found | {("", a + b) for a in sorted(letters)[:6] for b in sorted(letters)[:6]}


def _walk(items: list[Any], before: str, found: set[tuple[str, str]]) -> None:
    for code, value in items:
        for choice in _choices(code, value):
            if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
                found |= {(before, choice), ("", before + choice)} if choice else set()
        for inner in _inner(code, value):
            _walk(list(inner), before, found)
        before += next(iter(_choices(code, value)), "")
        found |= {("", before)} if before else set()


def _inner(code: Any, value: Any) -> list[Any]:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.BRANCH:
        return list(value[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [value[1]]
    return [value] if code is codes.ATOMIC_GROUP else []


def _choices(code: Any, value: Any) -> list[str]:
    """Return some of the least texts that match one part of a pattern."""
    if code is codes.LITERAL:
        return [chr(value)]
    if code in (codes.NOT_LITERAL, codes.ANY):
        return ["a", " "]
    if code is codes.IN:
        return _members(value)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return [text * max(1, min(value[0], 80)) for text in _all(list(value[2]))]
    if code is codes.SUBPATTERN:
        return _all(list(value[3]))
    if code is codes.ATOMIC_GROUP:
        return _all(list(value))
    if code is codes.BRANCH:
        return [text for branch in value[1] for text in _all(list(branch))[:1]][:8]
    return [""]


def _all(items: list[Any]) -> list[str]:
    parts = [_choices(code, value) or [""] for code, value in items]
    first = "".join(part[0] for part in parts)
    others = [
        "".join((*(p[0] for p in parts[:i]), o, *(p[0] for p in parts[i + 1 :])))
        for i, part in enumerate(parts)
        for o in part[1:3]
    ]
    return [first, *others[:6]]


def _members(value: Any) -> list[str]:
    negated = value[0][0] is codes.NEGATE
    told: list[str] = []
    for code, inner in value[negated:]:
        if code is codes.LITERAL:
            told.append(chr(inner))
        elif code is codes.RANGE:
            told.append(chr(inner[0]))
        elif code is codes.CATEGORY:
            told += _SAMPLES[inner]
    if negated:
        kinds = {
            "\n" if codes.CATEGORY_SPACE in [i for c, i in value[1:] if c is codes.CATEGORY] else ""
        }
        return [c for c in "a 1.\n<(" if c not in told and c not in kinds][:4]
    return told[:5]


# --- how long they take --------------------------------------------------------------------------


def uses(pattern: re.Pattern[str], used: set[str]) -> list[Callable[[str], object]]:
    anchored = used and used <= {"match", "fullmatch"}
    if anchored:
        return [getattr(pattern, method) for method in sorted(used)]
    return [lambda text: sum(1 for _ in pattern.finditer(text))]


def seconds(use: Callable[[str], object], text: str) -> float:
    best = 9e9
    for _ in range(3):
        start = time.process_time()
        use(text)
        best = min(best, time.process_time() - start)
        if best < FLOOR_S:
            break
    return best


def grows(use: Callable[[str], object], before: str, unit: str) -> str:
    """Return what an attack took where that is more than its length accounts for.

    A clock that jumps tells of growth once: what grows does so at the next length too.
    """
    earlier = later = 0.0
    for size in SIZES:
        earlier, later = later, seconds(use, before + unit * (size // len(unit)) + "\0")
        if size > SIZES[0] and later <= GROWTH * max(earlier, FLOOR_S / 4):
            return ""
    times = f"{SIZES[-1]:,} characters take {later:.3f} s, a quarter {earlier:.3f} s"
    return f"{unit!r} after {before!r}: {times}"


@pytest.mark.slow
def test_no_pattern_takes_more_time_than_its_text_is_long() -> None:
    found = patterns()
    assert len(found) > 150
    slow = [
        f"{where} {sorted(used)}: {told}"
        for (text, flags), (where, used) in found.items()
        if (told := worst(re.compile(text, flags), used))
    ]
    assert not slow, "\n".join(slow)


def worst(pattern: re.Pattern[str], used: set[str]) -> str:
    """Return the first attack that a pattern does not stand."""

    def late(*_: object) -> None:
        raise TimeoutError

    before_us = signal.signal(signal.SIGPROF, late)
    before = unit = ""
    try:
        for use in uses(pattern, used):
            for before, unit in sorted(attacks(pattern.pattern, pattern.flags)):
                signal.setitimer(signal.ITIMER_PROF, 5)
                if told := grows(use, before, unit):
                    return told
    except TimeoutError:
        return f"{unit!r} after {before!r}: more than 5 s"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before_us)
    return ""
