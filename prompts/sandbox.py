"""Where templates are rendered: a prompt file is data, and may come from somebody else.

A template says text, variables and their fields, `if` and `for`, and a few filters. It calls nothing,
reads nothing but declared fields, and does a bounded amount of work. What is more than that is
refused when the file is read, with its line; what only shows while rendering ends that rendering.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

MOST_SOURCE = 200_000
"""Characters of a prompt file."""
MOST_WORK = 8_000_000
"""Characters that one rendering may handle: about two million tokens, more than any model reads."""
STEP = 800
"""What one turn of a loop counts for, in characters."""
DEEPEST = 16
"""Nesting of statements and expressions."""
_LONG = re.compile(r"[\d_]{1000,}")
_WORK = " work"
"""Where a rendering keeps what it may still do; no template can write this name."""
_ALLOWED = (
    *(nodes.Template, nodes.Block, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.If, nodes.For),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Assign),
    *(nodes.List, nodes.Tuple),
)
_LOOP = {"index", "index0", "revindex", "revindex0", "first", "last", "length"}


class _Work:
    """What one rendering may still do."""

    def __init__(self) -> None:
        self.left = MOST_WORK

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise SecurityError(
                f"the template handles more than {MOST_WORK:,} characters in one rendering"
            )


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without calls, attributes of objects, globals, or work without end."""

    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
        )
        self.globals.clear()
        self.filters = {name: _charged(function) for name, function in filters.items()}
        self.filters[_WORK] = _counted

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a declared field; methods and internals are no fields."""
        return _field(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a list or text, or a field by its name."""
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, (int, slice)):
            return obj[argument]
        return _field(obj, argument)

    def load(self, source: str, path: Path, declared: Collection[str]) -> jinja2.Template:
        """Compile a template that stays inside these walls and uses declared variables only.

        Raises:
            ValueError: naming file, line, and what is not allowed.
        """
        if len(source) > MOST_SOURCE:
            raise ValueError(
                f"{path}: {len(source):,} characters; a prompt has at most {MOST_SOURCE:,}"
            )
        if number := _LONG.search(source):
            line = source.count("\n", 0, number.start()) + 1
            raise ValueError(f"{path}:{line}: a number of {len(number[0])} digits")
        try:
            tree = self.parse(source)
            _walk(tree, path)
            _refuse_undeclared(tree, declared, path)
            code = self.compile(tree, filename=str(path))
        except jinja2.TemplateSyntaxError as error:
            raise ValueError(f"{path}:{error.lineno}: {error.message}") from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            raise ValueError(f"{path}: nested too deeply to be read") from error
        return jinja2.Template.from_code(self, code, self.globals)


def render_block(template: jinja2.Template, block: str, variables: Mapping[str, Any]) -> str:
    """Return what a block says.

    Raises:
        jinja2.TemplateError: a variable lacks what is asked of it, or the template does too much.
    """
    work = _Work()
    parts: list[str] = []
    for part in template.blocks[block](template.new_context({**variables, _WORK: work})):
        work.spend(len(part))
        parts.append(part)
    return "".join(parts)


def line_of(template: jinja2.Template, error: BaseException) -> int:
    """Return the line of the template at which an error was raised; 1 where it tells none."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == template.filename:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _field(obj: Any, name: Any) -> Any:
    """Return a key of a mapping, a field of a frozen value, or what a loop tells of itself."""
    if isinstance(obj, jinja2.Undefined):
        str(obj)  # raises, naming the variable
    if isinstance(obj, Mapping) and name in obj:
        return obj[name]
    if isinstance(obj, BaseModel) and name in type(obj).model_fields:
        return getattr(obj, name)
    if isinstance(obj, LoopContext) and name in _LOOP:
        return getattr(obj, name)
    raise SecurityError(f"{type(obj).__name__} has no field {name!r} that a template may read")


def _charged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter whose work is counted: what goes in before it runs, what comes out after."""

    @jinja2.pass_context
    def counted(context: Context, *arguments: Any) -> Any:
        work: _Work = context.parent[_WORK]
        work.spend(sum(len(a) for a in arguments if isinstance(a, (str, list, tuple))))
        made = function(*arguments)
        work.spend(len(made) if isinstance(made, str) else 1)
        return made

    return counted


@jinja2.pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    """Yield what a loop goes over, and count its turns."""
    work: _Work = context.parent[_WORK]
    for item in items:
        work.spend(STEP)
        yield item


def _walk(tree: nodes.Template, path: Path) -> None:
    """Refuse what a prompt has no use for, and let every loop be counted."""
    below: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while below:
        node, depth = below.pop()
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
            raise ValueError(
                f"{path}:{node.lineno}: {type(node).__name__} is not for prompts; a template has "
                "variables and their fields, if, for, set and filters, and calls nothing"
            )
        if depth > DEEPEST:
            raise ValueError(f"{path}:{node.lineno}: nested deeper than {DEEPEST} levels")
        below += [(child, depth + 1) for child in node.iter_child_nodes()]
        if isinstance(node, nodes.For):
            node.iter = nodes.Filter(node.iter, _WORK, [], [], None, None, lineno=node.lineno)


def _refuse_undeclared(tree: nodes.Template, declared: Collection[str], path: Path) -> None:
    unknown = jinja2.meta.find_undeclared_variables(tree) - set(declared)
    if unknown:
        line = next(n.lineno for n in tree.find_all(nodes.Name) if n.name in unknown)
        raise ValueError(
            f"{path}:{line}: uses {sorted(unknown)}, which the front matter does not declare; "
            f"declared: {sorted(declared)}"
        )
