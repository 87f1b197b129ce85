"""A small stage for the graphs: a real door, store and troupe, with models that play a script.

A part says what one role replies: a function of the line it got, or one fixed reply. Roles without a
part of their own play the default one, which lets every stage succeed.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from langgraph.runtime import Runtime

from arenainstruct.agents.actor import Desk
from arenainstruct.agents.cast import Cast
from arenainstruct.agents.environment import Environment
from arenainstruct.agents.models.budget import Budget
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.door import Door, OpenModel
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.settings import ModelSettings, ScriptedSettings
from arenainstruct.agents.records import Instruction, Seed
from arenainstruct.agents.tool_door import ToolDoor
from arenainstruct.agents.troupe import Troupe
from arenainstruct.graphs.kinds import Kind, R
from arenainstruct.graphs.services import Services
from arenainstruct.graphs.settings import CurationSettings, GraphSettings
from arenainstruct.runs.duplicates import TaskDuplicates
from arenainstruct.runs.store import Store
from arenainstruct.taxonomy.skill import Goal, Leaf, Skill, SkillPrompts, Transformation
from arenainstruct.tools.retrieval import ApiIndex
from arenainstruct.tools.settings import ToolSettings


def leaf(name: str, **fields: Any) -> Leaf:
    words: dict[str, Any] = {"title": name, "definition": "D", "answer_form": "F", "rubric": "R"}
    return Leaf(name=name, **(words | fields))


READING = Skill(
    name="reading",
    title="Reading",
    description="",
    seed_kinds=("text",),
    prompts=SkillPrompts.model_validate(
        {
            part: f"reading_comprehension/{part}"
            for part in ("transform", "write", "suggest", "edit")
        }
    ),
    behaviours={"say_unanswerable": "It says that what is given does not settle it."},
    transformations=(
        Transformation(name="retold", brief="Tell it again."),
        Transformation(name="shortened", brief="Make it short."),
    ),
    leaves=(
        leaf("literal", rubric="The value must be that of the passage."),
        leaf("summary"),
        leaf("loud", checker="text_capitalization"),
        leaf("choice", options=(3, 4)),
    ),
    goals=(
        Goal(name="harder", brief="Harder."),
        Goal(
            name="make_unanswerable",
            brief="Take the fact out.",
            edits="passage",
            expected_behaviour="say_unanswerable",
        ),
    ),
)
SEED = Seed(
    id="seed-1",
    text="The lighthouse was built in 1862.",
    kind="text",
    name="lighthouse.txt",
    licence="CC0-1.0",
)


class Line:
    """What a model is told: its call, with the tagged sections of the user turn."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.alias = call.alias
        self.text = next(turn.content for turn in call.turns if turn.role == "user")

    def tag(self, name: str) -> str:
        """Return the text of a section, empty where there is none."""
        found = re.search(
            rf"<{name}((?:-\d+)?)(?: [^>]*)?>\n?(.*?)\n?</{name}\1>", self.text, re.DOTALL
        )
        return found[2] if found else ""

    def name(self, tag: str) -> str:
        """Return the name that a section's tag carries."""
        found = re.search(rf'<{tag} name="([^"]*)"', self.text)
        return found[1] if found else ""


Part = Callable[[Line], Any] | Any
"""A dict is said as JSON, an exception is raised, a `Reply` or a text is said as it is."""


def transformer(line: Line) -> Any:
    way = line.name("transformation")
    way += " again" if "This is request 2" in line.text else ""
    return {"suitable": True, "reason": "", "passage": f"{way}: {line.tag('seed')}"}


def writer(line: Line) -> Any:
    kind, passage = line.name("leaf"), line.tag("passage")
    topics = ("In which year", "By whose hand", "On which rock", "With what stone")
    tasks = [task(f"{topics[n]} ({kind}) does «{passage}» say so?") for n in range(count(line))]
    return {"tasks": tasks}


def count(line: Line) -> int:
    return int(line.tag("count"))


def task(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "task": text,
        "options": [],
        "expected_behaviour": "answer",
        "check": {"terms": [], "replacements": []},
        "user_turns": [],
    } | fields


def suggester(line: Line) -> Any:
    goals = ("harder", "make_unanswerable", "harder")
    return {"suggestions": [{"goal": g, "direction": f"way {n}"} for n, g in enumerate(goals)]}


def editor(line: Line) -> Any:
    if line.name("goal") == "make_unanswerable":
        passage = line.tag("passage").replace("1862", "some year") + "."
        label = "say_unanswerable"
        return task(line.tag("task"), passage=passage, expected_behaviour=label)
    label = line.tag("expected_behaviour")
    return task(
        f"{line.tag('task')} And {line.tag('direction')}?", passage="", expected_behaviour=label
    )


def curator(line: Line, **found: bool) -> Any:
    sound = dict.fromkeys(
        ("self_contained", "matches_passage", "matches_leaf", "label_right"), True
    )
    return {"reason": "as found", **sound, **found}


def critic(line: Line) -> Any:
    return {"reason": "as seen", "constraint": "The answer must say which source it rests on."}


def contender(line: Line) -> Any:
    return f"It was said by {line.alias}."


def juror(line: Line, points: dict[str, float] | None = None) -> Any:
    """Score by who answered: teacher 9, other 7, small 4."""
    points = {"teacher": 9.0, "other": 7.0, "small": 4.0} | (points or {})

    def score(answer: str) -> float:
        return next(value for name, value in points.items() if name in answer)

    first, second = score(line.tag("first")), score(line.tag("second"))
    return {"reason": "by name", "score_first": first, "score_second": second}


DEFAULT: dict[str, Part] = {
    "transformer": transformer,
    "writer": writer,
    "suggester": suggester,
    "editor": editor,
    "curator": curator,
    "critic": critic,
    "contender": contender,
    "juror": juror,
}


@dataclass
class Puppet:
    """A provider that plays parts, by role."""

    parts: dict[str, Part]
    calls: list[Call]
    model: str
    endpoint: str = "scripted"
    params: dict[str, Any] = field(default_factory=dict)

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        part = self.parts[call.role]
        said = part(Line(call)) if callable(part) else part
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Reply):
            return said
        text = said if isinstance(said, str) else orjson.dumps(said).decode()
        return Reply(text=text, model=f"scripted/{self.model}", tokens_in=1, tokens_out=1)

    async def aclose(self) -> None:
        """Hold nothing."""


CAST = Cast(
    default="teacher",
    target="small",
    contenders=("teacher", "other"),
    jury=("j1", "j2", "j3"),
    evaluation_jury=("e1",),
)
ALIASES = ("teacher", "other", "small", "j1", "j2", "j3", "e1")


def models(**families: str) -> dict[str, ModelSettings]:
    return {
        alias: ScriptedSettings(
            provider="scripted",
            model=alias,
            script="tests.stage:never",
            family=families.get(alias, ""),
            retries=0,
        )
        for alias in ALIASES
    }


@dataclass
class Stage:
    """The services of a run, with what its models were told and what was noted."""

    services: Services
    store: Store
    parts: dict[str, Part]
    calls: list[Call]
    events: dict[str, list[dict[str, Any]]]
    door: Door
    folder: Path

    def opening(self) -> Callable[[str, Mapping[str, Any]], None]:
        """Return what opens a trained target's model: a puppet that answers by the target's name."""

        def enlist(name: str, model: Mapping[str, Any]) -> None:
            settings = ScriptedSettings.model_validate(model)
            limits = share_limits({name: settings}, patience_s=5, notify=lambda text: None)
            puppet = Puppet(self.parts, self.calls, settings.model)
            self.door.models[name] = OpenModel(settings, puppet, limits[name])
            models_of = self.services.models
            assert isinstance(models_of, dict)
            models_of[name] = settings

        return enlist

    @property
    def runtime(self) -> Runtime[Services]:
        """The services as LangGraph hands them to a node."""
        return Runtime(context=self.services)

    def lines(self, role: str) -> list[Line]:
        """Return what one role was told."""
        return [Line(call) for call in self.calls if call.role == role]

    async def records(self, kind: Kind[R]) -> list[R]:
        """Return all records of a kind."""
        return [record async for record in self.store.stream(kind)]


@asynccontextmanager
async def staged(
    folder: Path,
    parts: Mapping[str, Part] | None = None,
    *,
    skill: Skill = READING,
    families: Mapping[str, str] | None = None,
    tools: ToolSettings | None = None,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """Set a stage up in a folder; `settings` are sections of `GraphSettings`."""
    async with AsyncExitStack() as stack:
        store = Store.open(folder / "store.sqlite")
        stack.callback(store.close)
        known, calls, playing = (
            models(**(families or {})),
            list[Call](),
            DEFAULT | dict(parts or {}),
        )
        limits = share_limits(known, patience_s=5, notify=lambda text: None)
        opened = {a: OpenModel(m, Puppet(playing, calls, a), limits[a]) for a, m in known.items()}
        budget = Budget(None)
        door = Door(opened, store, budget)
        index = stack.enter_context(ApiIndex())
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        desk = Desk(door, index, ToolDoor(store, budget), tools or ToolSettings())
        troupe = await stack.enter_async_context(Troupe(desk))
        sections: dict[str, Any] = {"skills": (skill.name,), "evaluation": {"held_out": 0}}
        yield Stage(
            services=Services(
                settings=GraphSettings.model_validate(sections | settings),
                cast=CAST,
                models=known,
                skills={skill.name: skill},
                troupe=troupe,
                records=store,
                duplicates=TaskDuplicates(store, CurationSettings()),
                notify=lambda kind, **data: events[kind].append(data),
            ),
            store=store,
            parts=playing,
            calls=calls,
            events=events,
            door=door,
            folder=folder,
        )


def scanned(store: Store, kind: Kind[R], round: int | None = None) -> list[R]:
    """Return all records of a kind, whether an event loop runs here or not."""

    async def read() -> list[R]:
        return [record async for record in store.stream(kind, round)]

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, read()).result()


def instruction(id: str = "i-1", **fields: Any) -> Instruction:
    usual: dict[str, Any] = {
        "parents": ("passage-1",),
        "seed_id": SEED.id,
        "skill": "reading",
        "leaf": "literal",
        "transformation": "retold",
        "round": 1,
        "complexity": 2,
        "task": "When was it built?",
        "model": "scripted/teacher",
    }
    given: dict[str, Any] = {"context": SEED.text} | {
        name: fields.pop(name) for name in ("context", "apis", "tools", "files") if name in fields
    }
    usual["environment"] = Environment(**given)
    return Instruction(id=id, **(usual | fields))
