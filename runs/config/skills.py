"""The names that a skill uses, held against what there is, before any money is spent.

A skill's own file says whether it agrees with itself (`taxonomy.skill`); here it meets flows, roles,
checkers, prompts and kinds of documents.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from random import Random
from typing import get_args

from ...agents.records import SeedKind
from ...graphs.generation.kinds import KINDS, OWN, FlowKind, kind_of
from ...prompts.template import Prompt, load_prompt, prompt_names
from ...taxonomy.finding import skill_path
from ...taxonomy.lines import Location, compose, line_of
from ...taxonomy.loading import SkillError, load_skill
from ...taxonomy.skill import Leaf, PromptFile, Skill
from ...tools.browser.sites import SiteKind
from ...tools.checkers import (
    CHECKER_NAMES,
    CHECKERS,
    RUNS_CODE,
    SITE_STATE,
    TOOL_CALLS,
    CheckTask,
    usable,
)
from ...tools.interpreter import NoSandbox
from ...tools.interpreter import place as sandbox
from ...tools.mcp.tools import Named
from ...tools.programs import named
from ...tools.registry import TOOLS
from ...tools.run_python import NAME as RUN_PYTHON
from ...tools.settings import InterpreterSettings


@dataclass(frozen=True)
class Part:
    """One part; a prompt file for it says the same role and reply, and uses some of the variables."""

    role: str
    reply: str
    """Name of the reply type in `agents.replies`."""
    variables: frozenset[str]


def _part(role: str, reply: str, variables: str) -> Part:
    return Part(role, reply, frozenset(variables.split()))


PARTS = {
    "transform": _part(
        "transformer", "PassageReply", "about seed seed_kind seed_title transformation"
    ),
    "describe": _part("describer", "ApisReply", "seed language"),
    "write": _part("writer", "TasksReply", "about passage apis leaf count complexity"),
    "suggest": _part(
        "suggester",
        "SuggestionsReply",
        "about passage apis task options leaf goals count complexity",
    ),
    "edit": _part(
        "editor",
        "EditReply",
        "about passage apis task options leaf goal direction expected_behaviour",
    ),
}


Finding = tuple[Location, str]
"""Where in a skill, and what is wrong there."""


_WRITTEN = ("standard", "retrieval")
"""Flows in which a model gives the checker its arguments; in others a program does."""


def read_anew() -> None:
    """Forget the skills and prompts that were read: whoever writes one looks at it again and again."""
    load_skill.cache_clear()
    load_prompt.cache_clear()


def skill_faults(name: str) -> Iterator[str]:
    """Yield all that is wrong with a skill, each with its file, line, field and the values allowed."""
    try:
        skill = load_skill(name)
    except ValueError as error:
        yield from str(error).splitlines()
        if not isinstance(error, SkillError) or error.rest is None:
            return
        skill = error.rest
    findings = list(_findings(skill))
    if not findings:
        return
    path = skill_path(name)
    node = compose(path.read_text(encoding="utf-8"), path)
    for loc, words in findings:
        yield f"{path}:{line_of(node, loc)}: {'.'.join(map(str, loc))}: {words}"


def _findings(skill: Skill) -> Iterator[Finding]:
    for place, kind in enumerate(skill.seed_kinds):
        yield from _unknown(("seed_kinds", place), kind, "kind of document", get_args(SeedKind))
    for place, leaf in enumerate(skill.leaves):
        if leaf.checker:
            yield from _unknown(
                ("leaves", place, "checker"), leaf.checker, "checker", CHECKER_NAMES
            )
        if _unargued(skill, leaf):
            said = f"the checker {leaf.checker} is given nothing: say in check_terms what the writer gives it"
            yield ("leaves", place, "checker"), said
        for number, name in enumerate(leaf.tools):
            if Named.read(name):
                continue  # whether there is such a server, its config says
            yield from _unknown(("leaves", place, "tools", number), name, "tool", TOOLS)
    flow: FlowKind | None = None
    if OWN in skill.flow:
        try:
            flow = _own_kind(skill.flow)
        except ValueError as error:
            yield ("flow",), str(error)
    else:
        yield from _unknown(("flow",), skill.flow, "flow", KINDS)
        flow = KINDS.get(skill.flow)
    if flow is not None:
        yield from _of_flow(skill, flow)
    yield from _prompts(skill, flow)


def _unargued(skill: Skill, leaf: Leaf) -> bool:
    """Return whether a leaf's checker needs arguments of which the writer is told nothing."""
    if skill.flow not in _WRITTEN or leaf.checker not in CHECKERS:
        return False
    told = leaf.check_terms or leaf.check_replacements
    return not told and bool(usable(leaf.checker, CheckTask(context="a text", task="a task")))


def _own_kind(flow: str) -> FlowKind:
    """Return the kind of a flow of the user's, whose graph is built once to see that it is one.

    Raises:
        ValueError: its code is not there, may not be run, or gives no graph of a flow.
    """
    from ...graphs.generation.flows import opened

    kind = kind_of(flow)
    opened(flow)
    return kind


def _of_flow(skill: Skill, kind: FlowKind) -> Iterator[Finding]:
    """Yield what the skill's flow cannot do."""
    for place, way in enumerate(skill.transformations):
        where = ("transformations", place, "role")
        if way.role:
            yield from _unknown(where, way.role, f"role of the flow {skill.flow}", kind.roles)
    yield from _of_program(skill, kind) if kind.programmed else _of_agents(skill)
    for place, leaf in enumerate(skill.leaves):
        if kind.leaves and leaf.name not in kind.leaves:
            what = f"leaf of the flow {skill.flow}"
            yield from _unknown(("leaves", place, "name"), leaf.name, what, kind.leaves)
        if leaf.checker == TOOL_CALLS and not kind.lists_apis:
            words = (
                f"{TOOL_CALLS} checks calls of listed APIs, and the flow {skill.flow} lists none"
            )
            yield ("leaves", place, "checker"), words
        if (leaf.checker == SITE_STATE) is not kind.shows_sites:
            words = f"{SITE_STATE} checks visits to websites: it is for the flow web, which has no other"
            yield ("leaves", place, "checker"), words


def _of_program(skill: Skill, kind: FlowKind) -> Iterator[Finding]:
    if not skill.program:
        yield ("flow",), f"the flow {skill.flow} needs `program`: who writes the instructions"
        return
    try:
        program = named(skill.program)
    except ValueError as error:
        yield ("program",), str(error)
        return
    if not kind.shows_sites:
        return
    if isinstance(program, Mapping):
        yield from _of_sites(skill, program)
    else:
        told = f"{skill.program!r} is {type(program).__name__}, not a mapping of names to kinds of sites"
        yield ("program",), told


def _of_sites(skill: Skill, kinds: Mapping[str, SiteKind]) -> Iterator[Finding]:
    """Yield transformations that name no kind of site, and leaves that theirs has no tasks for."""
    for place, way in enumerate(skill.transformations):
        if way.name not in kinds:
            yield from _unknown(("transformations", place, "name"), way.name, "kind of site", kinds)
            continue
        try:
            tasks = kinds[way.name]("", Random(0)).tasks
        except (Exception, SystemExit) as error:  # whatever a program of the user's does
            told = f"{skill.program!r} cannot make a site of an empty text ({type(error).__name__}: {error})"
            yield ("transformations", place, "name"), told
            continue
        for leaf in skill.admissible(way):
            if leaf.name not in tasks:
                where = ("transformations", place, "leaves")
                yield from _unknown(where, leaf.name, f"task on a {way.name}", tasks)


def _of_agents(skill: Skill) -> Iterator[Finding]:
    if skill.program:
        yield (
            ("program",),
            f"the flow {skill.flow} lets agents write; a program needs flow: program",
        )
    if not skill.goals:
        yield ("name",), "goals are missing: the suggester needs one at least"


def _prompts(skill: Skill, kind: FlowKind | None) -> Iterator[Finding]:
    spoken = {"write": "write", "suggest": "suggest", "edit": "edit"}
    if kind is not None:
        spoken = {} if kind.programmed else spoken
        spoken["transform"] = kind.transform
    if spoken.get("transform") == "transform" and all(w.identity for w in skill.transformations):
        del spoken["transform"]
    for field, part in spoken.items():
        faults = _prompt_faults(getattr(skill.prompts, field), part, PARTS[part])
        yield from ((("prompts", field), words) for words in faults)


def _prompt_faults(file: PromptFile, name: str, part: Part) -> Iterator[str]:
    """Yield what keeps a prompt file from playing its part."""
    try:
        prompt = _load(file)
    except ValueError as error:
        shared = prompt_names()
        absent = not file.folder and file.name not in shared and ".." not in file.name
        yield (
            f"no {file.name}.j2 beside the skill's file, and no shared prompt of that name; "
            f"{_known(file.name, shared)}"
            if absent
            else str(error)
        )
        return
    for field, wanted in (("role", part.role), ("reply", part.reply)):
        found = getattr(prompt, field)
        if found != wanted:
            yield f"{prompt.path}: {field} is {found!r}; the prompt to {name} has {wanted!r}"
            return
    for tool in prompt.tools:
        if tool not in TOOLS and Named.read(tool) is None:
            yield f"{prompt.path}: no tool {tool!r}; {_known(tool, TOOLS)}"
    for variable in prompt.variables:
        if variable not in part.variables:
            hint = _known(variable, sorted(part.variables))
            yield f"{prompt.path}: the {part.role} is told no {variable!r}; {hint}"


def _load(file: PromptFile) -> Prompt:
    return load_prompt(file.name, Path(file.folder)) if file.folder else load_prompt(file.name)


def tools_of(skill: Skill) -> set[str]:
    """Return the names of the tools that a skill gives to those who answer, and to its own roles."""
    prompts = [_load(file) for _, file in skill.prompts if isinstance(file, PromptFile)]
    return {tool for leaf in skill.leaves for tool in leaf.tools}.union(*(p.tools for p in prompts))


def _unknown(loc: Location, found: str, what: str, allowed: Collection[str]) -> Iterator[Finding]:
    if found not in allowed:
        yield loc, f"no {what} {found!r}; {_known(found, allowed)}"


def _known(found: str, allowed: Collection[str]) -> str:
    """Return the values allowed, the nearest one first where one is near."""
    near = get_close_matches(found, allowed, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(allowed)}"


def repeated(names: Collection[str]) -> Iterator[Finding]:
    """Yield the skills of a config that bear the name of an earlier one."""
    seen: dict[str, str] = {}
    for place, given in enumerate(names):
        try:
            name = load_skill(given).name
        except ValueError:
            continue
        if name in seen:
            yield ("skills", place), f"skills: {given} is named {name!r}, as is {seen[name]}"
        seen.setdefault(name, given)


def sandbox_faults(settings: InterpreterSettings, skills: Sequence[Skill]) -> Iterator[str]:
    """Yield why code cannot be run here: what contenders write, or what a checker tries of it."""
    leaves = [leaf for skill in skills for leaf in skill.leaves]
    try:
        if settings.backend == "local" and any(RUN_PYTHON in tools_of(skill) for skill in skills):
            sandbox(settings)
    except NoSandbox as error:
        yield str(error)
    try:
        if any(leaf.checker in RUNS_CODE for leaf in leaves):
            sandbox(InterpreterSettings())  # checkers know of no config
    except NoSandbox as error:
        yield f"the checker code_tests runs on this machine, whatever the backend: {error}"
