"""The embedded models: honest strengths, determinism, any schema, any skill, text that survives."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import pytest
from pydantic import BaseModel, Field

from arenainstruct.agents import replies
from arenainstruct.agents.models.base_settings import Price
from arenainstruct.agents.models.call import Call, ToolSpec
from arenainstruct.agents.models.offline import (
    OfflineProvider,
    OfflineReply,
    OfflineRequest,
    schema_of,
    speak,
)
from arenainstruct.agents.models.settings import OfflineSettings
from arenainstruct.agents.records import Turn
from arenainstruct.prompts.template import inside, load_prompt
from arenainstruct.taxonomy.loading import load_skill
from arenainstruct.taxonomy.skill import Leaf
from arenainstruct.tools.checkers import CHECKERS, CheckTask, usable

BEES = """The mason bee builds its nest in hollow stems because it cannot dig. Each nest holds about
12 cells. A cell is a small chamber that contains one egg and a ball of pollen. The female
seals every cell with mud. The larva eats the pollen for 20 days and then spins a cocoon.
The adult leaves the nest in the following April. Orchard keepers value the bee because it
visits apple blossom even in cold weather. A single female pollinates as many flowers as
120 honeybees. The nests are cleaned in October so that mites are not carried over. Wild
stems must be left standing through the winter. Gardeners hang bundles of reed on a south
wall."""
MILL = """The tide mill at Carrow stands on a creek behind a dam. The dam was raised in 1748 by a
guild of bakers. At high water the gates let the sea into the pond. When the tide falls,
the pond drives an undershot wheel. The wheel turns two pairs of stones at 90 revolutions
a minute. Each pair grinds 300 kilograms of rye a day. The miller worked by the tide table
and often ground at night. A storm broke the dam on 3 March 1811. The village rebuilt it
within 14 months. Steam mills took the trade away after 1880. Today a trust grinds flour
for visitors on Saturdays. The trust pays for repairs by selling bread."""
GLASS = """Soda glass melts at a lower temperature than quartz. The glassmaker adds lime so that the
glass resists water. Iron in the sand tints the glass green. Manganese was called the soap
of glassmakers because it hides the tint. A gather is the lump of hot glass on the end of
the pipe. The pipe is 150 centimetres long. The blower turns the pipe all the time, since
hot glass sags. The finished vessel cools in an oven for 18 hours. Fast cooling leaves
stress in the walls. Stress can be seen between two polarising filters. Broken glass is
returned to the pot, where it lowers the melting point of the next batch."""
DOCUMENTS = (BEES, MILL, GLASS)

APIS = json.dumps(
    [
        {
            "name": "find_ferry",
            "description": "Find ferry sailings between two harbours.",
            "parameters": [
                {"name": "origin", "type": "string", "description": "", "required": True},
                {"name": "passengers", "type": "integer", "description": "", "required": True},
            ],
            "returns": "{}",
        },
        {
            "name": "measure_tide",
            "description": "Measure the water level of a gauge.",
            "parameters": [
                {"name": "gauge_id", "type": "string", "description": "", "required": True}
            ],
            "returns": "{}",
        },
    ]
)
FERRY = ToolSpec(
    "find_ferry",
    "Find ferry sailings between two harbours.",
    json.dumps(
        {
            "type": "object",
            "properties": {"origin": {"type": "string"}, "passengers": {"type": "integer"}},
            "required": ["origin", "passengers"],
        }
    ),
)


R = TypeVar("R", bound=BaseModel)


def say(prompt: str, reply: type[BaseModel] | None = None, **character: Any) -> OfflineReply:
    turns = (Turn(role="user", content=prompt),)
    return speak(OfflineRequest(turns, schema_of(reply) if reply else None, **character))


def get(prompt: str, reply: type[R], **character: Any) -> R:
    return reply.model_validate_json(say(prompt, reply, **character).text)


def leaves() -> Iterator[tuple[str, Leaf]]:
    for skill in ("reading_comprehension", "text_modification"):
        for leaf in load_skill(skill).leaves:
            yield skill, leaf


def write(
    skill: str, leaf: Any, passage: str, *, count: int = 2, apis: str = "", **character: Any
) -> list[replies.TaskReply]:
    given = {"passage": passage, "apis": apis, "leaf": leaf, "count": count, "complexity": 2}
    text = load_prompt(f"{skill}/write").render(given)[1]
    return get(text, replies.TasksReply, **character).tasks


def prompt_of(passage: str, task: replies.TaskReply) -> str:
    options = "\n".join(f"{chr(65 + i)}. {o}" for i, o in enumerate(task.options))
    return "\n\n".join(part for part in (passage, task.task, options) if part)


def judge(
    prompt: str, behaviour: str, first: str, second: str, **character: Any
) -> replies.ScoreReply:
    text = (
        f"<instruction>{prompt}</instruction><expected_behaviour>{behaviour}</expected_behaviour>"
        f"<rubric>Right.</rubric><first>{first}</first><second>{second}</second>"
    )
    return get(text, replies.ScoreReply, strength="judge", **character)


def test_every_leaf_of_the_shipped_skills_gets_tasks_of_its_form() -> None:
    missing = set()
    for skill, leaf in leaves():
        text = MILL.replace("300 kilograms", "1,300 kilograms")
        tasks = [task for passage in (BEES, text) for task in write(skill, leaf, passage)]
        if not tasks:
            missing.add(leaf.name)
        for task in tasks:
            low, high = leaf.options
            assert low <= len(set(task.options)) == len(task.options) <= high, leaf.name
            assert task.expected_behaviour == leaf.expected_behaviour
    # Titles and outlines need a longer text to choose their words from.
    assert missing <= {"best_title", "passage_organisation", "main_idea"}


def test_stronger_models_win_more_battles() -> None:
    pairs = (("strong", "medium"), ("medium", "weak"), ("strong", "weak"))
    points = {pair: [0, 0] for pair in pairs}
    for skill, leaf in leaves():
        for document in DOCUMENTS:
            for task in write(skill, leaf, document):
                prompt = prompt_of(document, task)
                for pair, tally in points.items():
                    one, other = (say(prompt, strength=s, seed=3).text for s in pair)
                    scores = judge(prompt, task.expected_behaviour, one, other)
                    tally[0] += scores.score_first > scores.score_second
                    tally[1] += scores.score_first != scores.score_second
    rates = {pair: won / decided for pair, (won, decided) in points.items()}
    assert min(decided for _, decided in points.values()) >= 40
    assert rates["strong", "medium"] > 0.75
    assert rates["medium", "weak"] > 0.7
    assert rates["strong", "weak"] > 0.85


# With answers that a person wrote down: the order of the strengths is not the juror's doing.
KNOWN = (
    (BEES, "How long does the larva eat the pollen?", r"20 days"),
    (BEES, 'Fill in the blank: "The female seals every cell with _____."', r"\bmud\b"),
    (BEES, "When are the nests cleaned so that mites are not carried over?", r"October"),
    (BEES, "What is the price of a bundle in dollars?", r"does not state"),
    (MILL, "Who raised the dam in 1748?", r"guild of bakers"),
    (MILL, "How does the trust pay for repairs?", r"selling bread"),
    (MILL, "Which architect designed the town hall?", r"does not state"),
    (MILL, "What broke the dam?", r"storm"),
    (GLASS, "Why does the glassmaker add lime?", r"resists water"),
    (
        GLASS,
        'According to the passage, is it true or false? "Iron in the sand tints the glass red."',
        r"^False",
    ),
    (
        GLASS,
        'Replace every "pipe" in the text above with "tube". Return only the text.',
        r"\btube\b(?s:.*)\btube\b",
    ),
    (GLASS, "What is called a gather?", r"lump of hot glass"),
)


def test_stronger_models_are_right_more_often() -> None:
    def share(strength: str) -> float:
        hits = [
            bool(re.search(wanted, say(f"{text}\n\n{task}", strength=strength, seed=seed).text))
            for text, task, wanted in KNOWN
            for seed in range(6)
        ]
        return sum(hits) / len(hits)

    weak, medium, strong = map(share, ("weak", "medium", "strong"))
    assert strong > 0.85
    assert weak + 0.15 < medium < strong - 0.1


# An invented skill: names, subjects and wording that nothing in the package knows.
RIDDLES = (
    Leaf(
        name="keeper_of_the_cause",
        title="Keeper of the cause",
        definition="Asks which circumstance the teller holds to be decisive. Wrong options are beside it.",
        answer_form="one of the circumstances",
        rubric="Right.",
        options=(3, 3),
    ),
    Leaf(
        name="zorb",
        title="Zorb",
        definition="Asks what an apprentice would have to know first. One sentence decides it.",
        answer_form="a plain reply",
        rubric="Right.",
    ),
    Leaf(
        name="moth_holes",
        title="Moth holes",
        definition="Shows a line of the text that moths have eaten at, and asks for the lost piece.",
        answer_form="the word that belongs into the gap",
        rubric="Right.",
    ),
    Leaf(
        name="new_coat",
        title="New coat",
        definition="Asks to put the text into plainer dress: easier words for small readers.",
        answer_form="the whole text in its new dress only",
        rubric="Right.",
    ),
    Leaf(
        name="silent_stone",
        title="Silent stone",
        definition="Asks after a thing on which the text is silent.",
        answer_form="a remark that nothing is said of it",
        rubric="Right.",
        expected_behaviour="say_unanswerable",
    ),
)


@pytest.mark.parametrize("leaf", RIDDLES, ids=lambda leaf: leaf.name)
def test_a_skill_never_seen_is_served(leaf: Leaf) -> None:
    won = lost = sound = 0
    tasks = [(d, t) for d in DOCUMENTS for t in write("reading_comprehension", leaf, d, count=3)]
    for document, task in tasks:
        assert leaf.options[0] <= len(task.options) <= leaf.options[1]
        assert task.expected_behaviour == leaf.expected_behaviour
        given = {
            "passage": document,
            "apis": "",
            "task": task.task,
            "options": task.options,
            "leaf": leaf,
            "expected_behaviour": leaf.expected_behaviour,
            "behaviours": [],
        }
        gate = get(load_prompt("curation/curate").render(given)[1], replies.CurationReply)
        sound += gate.self_contained and gate.matches_passage and gate.matches_leaf
        prompt = prompt_of(document, task)
        strong, weak = (say(prompt, strength=s, seed=2).text for s in ("strong", "weak"))
        scores = judge(prompt, leaf.expected_behaviour, strong, weak)
        won += scores.score_first > scores.score_second
        lost += scores.score_first < scores.score_second
    assert len(tasks) >= 6 and sound >= len(tasks) * 0.6
    assert won > 2 * lost
    if leaf.name == "zorb":
        assert any("what an apprentice would have to know first" in t.task for _, t in tasks)
    if leaf.name == "moth_holes":
        assert all("___" in t.task for _, t in tasks)


class Weather(BaseModel):
    """A reply type that nothing in the package knows."""

    class Hour(BaseModel):
        at: int = Field(ge=0, le=23)
        wind: Literal["calm", "storm"]

    place: str
    summary: str | None
    degrees: float = Field(ge=-40, le=-10)
    hours: list[Hour] = Field(min_length=3)
    rain: bool
    kind: Literal["forecast"]
    better: Literal["left", "right", "draw"]


def test_any_schema_gets_a_valid_reply() -> None:
    for prompt in (BEES, f"<passage>{MILL}</passage><count>2</count>", "", "x"):
        for strength in ("weak", "strong", "judge"):
            assert get(prompt, Weather, strength=strength)
    everything = (t for t in vars(replies).values() if isinstance(t, type))
    for kind in (t for t in everything if issubclass(t, replies.ReplyBody)):
        # Also with what strict endpoints keep of a schema, and with no section at all.
        for schema in (schema_of(kind), replies.strict_schema(kind)):
            said = speak(OfflineRequest((Turn(role="user", content=MILL),), schema))
            kind.model_validate_json(said.text)


def test_a_verdict_of_an_unknown_kind_leans_to_the_better_answer() -> None:
    right, wrong = "The dam was raised in 1748 by a guild of bakers.", "Steam mills did."
    text = f"<instruction>{MILL}\n\nWho raised the dam?</instruction><first>{{}}</first><second>{{}}</second>"
    assert get(text.format(right, wrong), Weather).better == "left"
    assert get(text.format(wrong, right), Weather).better == "right"
    assert get(text.format(right, right), Weather).better == "draw"


def test_position_bias_and_noise_move_verdicts() -> None:
    asked = (f"{MILL}\n\nWho raised the dam?", "answer", "A guild.", "A guild.")
    same = judge(*asked)
    assert same.score_first == same.score_second
    biased = judge(*asked, position_bias=2.0)
    assert biased.score_first == pytest.approx(same.score_first + 2.0)
    assert len({judge(*asked, noise=1.0, salt=s).score_first for s in range(4)}) > 1


def test_same_request_same_reply_and_other_samples_differ() -> None:
    leaf = load_skill("reading_comprehension").leaf("literal_comprehension")
    again = [write("reading_comprehension", leaf, BEES, count=5, sample=n) for n in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    assert len({t.task for t in again[0]}) == 5


def test_a_reply_does_not_hang_on_the_process() -> None:
    program = (
        "import sys\n"
        "from arenainstruct.agents.models.offline import OfflineRequest, schema_of, speak\n"
        "from arenainstruct.agents.records import Turn\n"
        "from arenainstruct.agents.replies import TasksReply\n"
        "turn = Turn(role='user', content=sys.argv[1])\n"
        "print(speak(OfflineRequest((turn,), schema_of(TasksReply))).text)\n"
    )
    leaf = '<leaf name="x" min_options="4" max_options="4">Asks which is so.</leaf>'
    command = [sys.executable, "-c", program, f"<passage>{MILL}</passage>{leaf}<count>4</count>"]
    seeds = ({**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2"))
    said = {
        subprocess.run(command, env=env, capture_output=True, check=True).stdout for env in seeds
    }
    assert len(said) == 1 and b"options" in said.pop()


EDITS = sorted({leaf.checker for _, leaf in leaves()} - {""})


@pytest.mark.parametrize("checker", EDITS)
def test_strong_passes_the_checks_that_the_writer_set(checker: str) -> None:
    text = MILL.replace("300 kilograms", "1,300 kilograms")
    leaf = next(leaf for _, leaf in leaves() if leaf.checker == checker)
    for sample in range(4):
        for task in write("text_modification", leaf, text, count=2, sample=sample):
            given = CheckTask(
                text, task.task, tuple(task.check.terms), tuple(task.check.replacements)
            )
            assert usable(checker, given) == ""
            answer = say(prompt_of(text, task), strength="strong").text
            assert CHECKERS[checker](answer, given).passed, (task.task, answer)


@pytest.mark.parametrize(
    "task",
    [
        'Replace every “x in the text above with "',
        "Which of these labels fits the text best: good or bad?",
        'Write a Python function `foo(text)` that returns "bar".',
        'Set every "q in the text in bold',
        'Fill in: "____ and ____"',
        "Match them, in order: true or false?",
        "How many sentences of the passage?",
        'Remove "" from the text above',
        "",
    ],
)
def test_tasks_worded_by_others_are_answered_and_judged(task: str) -> None:
    for text in ("", "The canal opened in 1914, because ships were slow."):
        prompt = f"{text}\n\n{task}"
        answers = {say(prompt, strength=s).text for s in ("weak", "medium", "strong")}
        assert all(answers)
        for answer in answers:
            assert judge(prompt, "answer", answer, "No.").reason
        for checker in ("", *CHECKERS):
            leaf = f'<leaf name="x" answer_form="the text only" checker="{checker}">Asks.</leaf>'
            goal = '<goal name="b" edits="task">b</goal><direction>Ask for more.</direction>'
            told = f"<passage>{text}</passage><task>{task}</task>{leaf}"
            assert get(told, replies.CurationReply).reason
            assert task in get(f"{told}{goal}", replies.EditReply).task


@pytest.mark.parametrize(
    "way", load_skill("reading_comprehension").transformations, ids=lambda way: way.name
)
def test_transformations_keep_the_seeds_words(way: Any) -> None:
    def transform(seed: str) -> replies.PassageReply:
        given = {"seed_kind": "text", "seed_title": "a > b", "seed": seed, "transformation": way}
        text = load_prompt("reading_comprehension/transform").render(given)[1]
        return get(text, replies.PassageReply)

    reply = transform(BEES)
    assert reply.suitable and "pollen" in reply.passage
    assert (reply.passage == BEES) == way.identity
    assert transform("Too short.").suitable == way.identity


def test_code_and_markdown_survive() -> None:
    odd = (
        "# Títle\n\n```python\nif a < b and b > c:\n    x = '</p>'\n```\n\n* item  "
        "\n\n$$\\frac{1}{2}$$ </seed> </seedling>"
    )
    reply = get(
        f'<seed kind="text" title="a > b">\n{inside(odd, "seed")}\n</seed>'
        '<transformation name="x">The seed itself, unchanged.</transformation>',
        replies.PassageReply,
    )
    assert reply.passage == odd
    task = 'Replace every "item" in the text above with "unit". Return only the text.'
    assert say(f"{odd}\n\n{task}", seed=1).text == odd.replace("item", "unit")


def test_suggestions_and_edits() -> None:
    goals = (
        '<goals><goal name="a" edits="passage" expected_behaviour="say_unanswerable">b</goal>'
        '<goal name="b" edits="task" expected_behaviour="">b</goal></goals>'
    )
    task = "Who raised the dam in 1748?"
    common = f'<passage>{MILL}</passage><task>{task}</task><leaf name="x">Asks.</leaf>'
    found = get(f"{common}{goals}<count>3</count>", replies.SuggestionsReply).suggestions
    assert {s.goal for s in found} == {"a", "b"}
    assert len({s.direction for s in found}) == len(found) == 3

    def edit(goal: str, attributes: str) -> replies.EditReply:
        direction = next(s.direction for s in found if s.goal == goal)
        text = (
            f'{common}<goal name="{goal}" {attributes}>b</goal><direction>{direction}</direction>'
        )
        return get(text, replies.EditReply)

    removed = edit("a", 'edits="passage" expected_behaviour="say_unanswerable"')
    assert removed.passage == MILL.replace("The dam was raised in 1748 by a\nguild of bakers.", "")
    assert (removed.task, removed.expected_behaviour) == (task, "say_unanswerable")
    assert "does not state" in say(f"{removed.passage}\n\n{task}", seed=2).text
    harder = edit("b", 'edits="task" expected_behaviour=""')
    assert harder.passage == "" and harder.task.startswith(task) and harder.task != task


@pytest.mark.parametrize(
    ("task", "options", "leaf", "eased"),
    [
        ("Who raised it? Stay brief. Write in verse.", "", "", "Who raised it? Stay brief."),
        ("Who raised the dam?", "", "", None),
        ("Mind the dam. Choose what it is.", "<options>\nA. Old\nB. New\n</options>", "", None),
        ("9 boxes hold 2 sheets each. How many sheets?", "", ' checker="number"', None),
    ],
)
def test_an_eased_task_still_asks_what_it_asked(
    task: str, options: str, leaf: str, eased: str | None
) -> None:
    reply = get(
        f'<passage>{MILL}</passage><task>{task}</task>{options}<leaf name="x"{leaf}>Asks.</leaf>'
        '<goal name="simplify" edits="task">Make it plainer.</goal><direction>Ease it.</direction>',
        replies.EditReply,
    )
    assert reply.task == (eased or f"{task} No more is asked for.")


def test_curation_really_looks() -> None:
    def curate(task: str, label: str = "answer", options: int = 0) -> replies.CurationReply:
        leaf = f'<leaf min_options="{options}" max_options="{options}">A task.</leaf>'
        text = (
            f"<passage>{MILL}</passage><task>{task}</task>{leaf}"
            f"<expected_behaviour>{label}</expected_behaviour>"
        )
        return get(text, replies.CurationReply)

    good = curate("Who raised the dam in 1748?")
    assert good.self_contained and good.matches_passage and good.matches_leaf and good.label_right
    assert not curate("What does the figure below show about the dam?").self_contained
    assert not curate("Which enzyme digests lactose in infants?").matches_passage
    assert not curate("Who raised the dam in 1748?", options=4).matches_leaf
    assert not curate("Who raised the dam in 1748?", label="say_unanswerable").label_right


def test_an_unanswerable_question_is_won_by_saying_so() -> None:
    prompt = f"{MILL}\n\nWhich architect designed the town hall?"
    scores = judge(prompt, "say_unanswerable", "Christopher Wren.", "The passage does not say.")
    assert scores.score_second > scores.score_first + 3


def test_what_a_demand_quotes_is_nothing_to_be_judged() -> None:
    asked = (
        f"{MILL}\n\nAccording to the passage, is each statement true or false?\n"
        '1. "The mill was built in 1748."\n2. "The dam was not raised in 1748 by anybody." '
    )
    ending = 'End with exactly these words: "More about this tomorrow." Nothing may follow them.'
    plain = say(asked, strength="strong").text
    assert re.search(r"2\. (True|False)$", plain)
    assert say(asked + ending, strength="strong").text == f"{plain}\n\nMore about this tomorrow."


def test_apis_are_described_and_guessed() -> None:
    sources = {
        "python": (
            'def find_ferry(origin: str, passengers: int = 1) -> list:\n    """Find sailings."""\n',
            "find_ferry",
        ),
        "c": ("/* Opens a gate. */\nint open_gate(const char *name, int width);\n", "open_gate"),
        "sql": ("CREATE TABLE [Mill] (\n  [Id] INTEGER NOT NULL,\n  [Name] TEXT\n);", "find_Mill"),
        "javascript": ("export function drawMap(width, height = 2) {}", "drawMap"),
    }
    for language, (source, name) in sources.items():
        text = f'<seed kind="code" language="{language}">{source}</seed>'
        assert name in {api.name for api in get(text, replies.ApisReply).apis}
    guessed = get(f"<apis>{APIS}</apis><count>2</count>", replies.ApisReply).apis
    assert len(guessed) == 2
    assert not {api.name for api in guessed} & {"find_ferry", "measure_tide"}


def test_tools_are_called_asked_for_and_declined() -> None:
    def step(*turns: Turn) -> OfflineReply:
        return speak(OfflineRequest(turns=turns, tools=(FERRY,), strength="strong"))

    ask = Turn(
        role="user", content='Please find ferry sailings, with origin "Bergen", passengers 4.'
    )
    called = step(ask)
    assert json.loads(called.tool_calls[0].arguments) == {"origin": "Bergen", "passengers": 4}
    result = Turn(role="tool", content='{"sailings": 2}', tool_call_id=called.tool_calls[0].id)
    done = step(ask, Turn(role="assistant", content="", tool_calls=called.tool_calls), result)
    assert not done.tool_calls
    assert '{"sailings": 2}' in done.text
    missing = step(Turn(role="user", content="Please find ferry sailings, with passengers 4."))
    assert "origin" in missing.text and "?" in missing.text
    assert "None of the given tools" in step(Turn(role="user", content="Tune the piano.")).text


def test_tool_tasks_are_answered_as_the_label_says() -> None:
    for leaf in load_skill("tool_use").leaves:
        tasks = write("tool_use", leaf, "", apis=APIS, count=3)
        assert len(tasks) >= 2, leaf.name
        assert {task.expected_behaviour for task in tasks} == {leaf.expected_behaviour}
        needs = leaf.expected_behaviour == "answer" or leaf.name == "several_apis_some_absent"
        assert all(bool(task.check.terms) == needs for task in tasks), leaf.name


def test_finder_searches_and_stops() -> None:
    search = ToolSpec(
        "search_apis", "Search.", '{"type": "object", "properties": {"query": {"type": "string"}}}'
    )
    turns: tuple[Turn, ...] = (Turn(role="user", content=f"<apis>{APIS}</apis>"),)
    said = OfflineReply("")
    for _ in range(4):
        said = speak(OfflineRequest(turns=turns, tools=(search,)))
        if not said.tool_calls:
            break
        turns += (Turn(role="assistant", content="", tool_calls=said.tool_calls),)
        turns += (Turn(role="tool", content="[]", tool_call_id=said.tool_calls[0].id),)
    assert said.text == "NONE"


def test_a_ping_is_answered() -> None:
    assert say("ping").text == "ok"


async def test_provider_counts_tokens_and_price() -> None:
    settings = OfflineSettings(
        provider="offline", model="strong", salt=4, price=Price(input=1.0, output=2.0)
    )
    provider = OfflineProvider(settings, seed=7)
    assert (provider.endpoint, provider.model) == ("offline", "strong")
    call = Call("small", (Turn(role="user", content=f"{BEES}\n\nWhat do larvae eat?"),))
    reply = await provider.complete(call)
    assert reply == await provider.complete(call)
    assert reply.model == "offline/strong"
    assert reply.usd == pytest.approx((reply.tokens_in + 2 * reply.tokens_out) / 1e6)
    await provider.aclose()
