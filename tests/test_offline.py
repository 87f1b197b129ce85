"""The embedded models: honest quality, determinism, every role's reply, text that survives."""

import itertools
import json
import re
import time

import pytest

from arenainstruct.agents import replies
from arenainstruct.agents.models.call import Call, ToolSpec
from arenainstruct.agents.models.offline import (
    OfflineProvider,
    OfflineReply,
    OfflineRequest,
    speak,
)
from arenainstruct.agents.models.offline.restyle import contradict
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.settings import OfflineSettings, Price
from arenainstruct.agents.records import Turn
from arenainstruct.prompts.template import inside
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

LEAVES = (
    ("literal_comprehension", "short answer", "answer", 0),
    ("vocabulary_and_language_use", "fill in the blank", "answer", 0),
    ("sequencing_events", "ordering", "answer", 0),
    ("critical_comprehension", "true or false", "answer", 0),
    ("numerical_discrete_reasoning", "a value", "answer", 0),
    ("relationship_comprehension", "matching", "answer", 0),
    ("evaluative_comprehension", "essay", "answer", 0),
    ("evidence_selection", "quoted sentence", "answer", 0),
    ("cause_and_effect", "short explanation", "answer", 0),
    ("unanswerable_with_reason", "a statement", "say_unanswerable", 0),
    ("must_be_true", "multiple choice", "answer", 4),
    ("detail_exception", "multiple choice", "answer", 4),
    ("keyword_replacement", "the edited text", "answer", 0),
    ("text_capitalization", "the edited text", "answer", 0),
    ("paraphrasing", "the edited text", "answer", 0),
)
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


def say(prompt: str, reply: str = "", **character: object) -> OfflineReply:
    turns = (Turn(role="user", content=prompt),)
    return speak(OfflineRequest(turns=turns, reply_name=reply, **character))  # type: ignore[arg-type]


def leaf_tag(name: str, form: str, behaviour: str, options: int, checker: str = "") -> str:
    return (
        f'<leaf name="{name}" answer_form="{form}" expected_behaviour="{behaviour}" '
        f'min_options="{options}" max_options="{options}" checker="{checker}">A task.</leaf>'
    )


def write(
    passage: str, leaf: str, *, count: int = 2, apis: str = "", sample: int = 0
) -> list[replies.TaskReply]:
    text = f"<passage>\n{passage}\n</passage>\n<apis>{apis}</apis>{leaf}<count>{count}</count>"
    said = say(text, "TasksReply", sample=sample).text
    return replies.TasksReply.model_validate_json(said).tasks


def prompt_of(passage: str, task: replies.TaskReply) -> str:
    options = "\n".join(f"{chr(65 + i)}. {o}" for i, o in enumerate(task.options))
    return "\n\n".join(part for part in (passage, task.task, options) if part)


def judge(
    prompt: str, behaviour: str, first: str, second: str, **character: object
) -> replies.ScoreReply:
    text = (
        f"<instruction>{prompt}</instruction><expected_behaviour>{behaviour}</expected_behaviour>"
        f"<rubric>Right.</rubric><first>{first}</first><second>{second}</second>"
    )
    said = say(text, "ScoreReply", strength="judge", **character)
    return replies.ScoreReply.model_validate_json(said.text)


def all_tasks() -> list[tuple[str, replies.TaskReply]]:
    return [
        (document, task)
        for document in DOCUMENTS
        for leaf in LEAVES
        for task in write(document, leaf_tag(*leaf))
    ]


def test_stronger_models_win_more_battles() -> None:
    points = {
        pair: [0.0, 0] for pair in (("strong", "medium"), ("medium", "weak"), ("strong", "weak"))
    }
    for document, task in all_tasks():
        prompt = prompt_of(document, task)
        for (better, worse), tally in points.items():
            one, other = (say(prompt, strength=s, seed=3).text for s in (better, worse))
            scores = judge(prompt, task.expected_behaviour, one, other)
            if scores.score_first != scores.score_second:
                tally[0] += scores.score_first > scores.score_second
                tally[1] += 1
    rates = {pair: won / decided for pair, (won, decided) in points.items()}
    assert min(decided for _, decided in points.values()) >= 20
    assert rates["strong", "medium"] > 0.75
    assert rates["medium", "weak"] > 0.75
    assert rates["strong", "weak"] > 0.9


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
            for (text, task, wanted), seed in itertools.product(KNOWN, range(5))
        ]
        return sum(hits) / len(hits)

    weak, medium, strong = map(share, ("weak", "medium", "strong"))
    assert strong > 0.85
    assert weak + 0.15 < medium < strong - 0.1


def test_position_bias_and_noise_move_verdicts() -> None:
    same = judge(f"{MILL}\n\nWho raised the dam?", "answer", "A guild.", "A guild.")
    assert same.score_first == same.score_second
    biased = judge(
        f"{MILL}\n\nWho raised the dam?", "answer", "A guild.", "A guild.", position_bias=2.0
    )
    assert biased.score_first == pytest.approx(same.score_first + 2.0)
    noisy = {
        judge(
            f"{MILL}\n\nWho raised the dam?", "answer", "A guild.", "A guild.", noise=1.0, salt=s
        ).score_first
        for s in range(4)
    }
    assert len(noisy) > 1


def test_same_request_same_reply_and_other_samples_differ() -> None:
    leaf = leaf_tag(*LEAVES[0])
    assert write(BEES, leaf, sample=1) == write(BEES, leaf, sample=1)
    assert write(BEES, leaf, sample=1) != write(BEES, leaf, sample=2)
    tasks = [t.task for t in write(BEES, leaf, count=5)]
    assert len(tasks) == len(set(tasks)) == 5


@pytest.mark.parametrize(
    ("leaf", "checker"),
    [(name, name) for name in CHECKERS if name != "tool_calls"],
)
def test_strong_passes_the_checks_that_the_writer_set(leaf: str, checker: str) -> None:
    text = MILL.replace("300 kilograms", "1,300 kilograms")
    task = write(text, leaf_tag(leaf, "the text", "answer", 0, checker), count=1)[0]
    given = CheckTask(text, task.task, tuple(task.check.terms), tuple(task.check.replacements))
    assert usable(checker, given) == ""
    answers = [say(prompt_of(text, task), strength="strong", seed=s).text for s in range(6)]
    assert sum(CHECKERS[checker](answer, given).passed for answer in answers) >= 4


@pytest.mark.parametrize(
    "name",
    [
        "argument",
        "debate",
        "conversation",
        "meeting_transcript",
        "poem",
        "satire",
        "instructional",
        "long_text",
    ],
)
def test_transformations_keep_the_seeds_words(name: str) -> None:
    said = say(
        (
            f'<seed kind="text" title="x">{BEES}</seed><transformation '
            f'name="{name}">b</transformation>'
        ),
        "PassageReply",
    )
    reply = replies.PassageReply.model_validate_json(said.text)
    assert reply.suitable
    assert "pollen" in reply.passage
    assert reply.passage != BEES
    short = say(
        f'<seed kind="text">Too short.</seed><transformation name="{name}">b</transformation>',
        "PassageReply",
    )
    assert not replies.PassageReply.model_validate_json(short.text).suitable


def test_code_and_markdown_survive() -> None:
    odd = (
        "# Títle\n\n```python\nif a < b and b > c:\n    x = '</p>'\n```\n\n* item  "
        "\n\n$$\\frac{1}{2}$$ </seed> </seedling>"
    )
    said = say(
        (
            f'<seed kind="text" title="a > b">\n{inside(odd, "seed")}\n</seed><transformation '
            'name="identity">b</transformation>'
        ),
        "PassageReply",
    )
    assert replies.PassageReply.model_validate_json(said.text).passage == odd
    answer = say(
        f'{odd}\n\nReplace every "item" in the text above with "unit". Return only the text.',
        seed=1,
    ).text
    assert answer == odd.replace("item", "unit")


def test_suggestions_and_edits() -> None:
    goals = (
        "<goals><goal "
        'name="make_unanswerable" '
        'edits="passage" '
        'expected_behaviour="say_unanswerable">b</goal>'
        '<goal name="harder" edits="task" expected_behaviour="">b</goal></goals>'
    )
    task = "Who raised the dam in 1748?"
    common = f"<passage>{MILL}</passage><task>{task}</task>{leaf_tag(*LEAVES[0])}"
    said = say(f"{common}{goals}<count>3</count>", "SuggestionsReply").text
    found = replies.SuggestionsReply.model_validate_json(said).suggestions
    assert {s.goal for s in found} == {"make_unanswerable", "harder"}
    assert len({s.direction for s in found}) == len(found) == 3

    def edit(goal: str, attributes: str) -> replies.EditReply:
        direction = next(s.direction for s in found if s.goal == goal)
        text = (
            f'{common}<goal name="{goal}" {attributes}>b</goal><direction>{direction}</direction>'
        )
        return replies.EditReply.model_validate_json(say(text, "EditReply").text)

    removed = edit("make_unanswerable", 'edits="passage" expected_behaviour="say_unanswerable"')
    assert "guild of bakers" not in removed.passage
    assert "tide mill at Carrow" in removed.passage
    assert removed.expected_behaviour == "say_unanswerable"
    assert "does not state" in say(f"{removed.passage}\n\n{task}", seed=2).text
    harder = edit("harder", 'edits="task" expected_behaviour=""')
    assert harder.passage == ""
    assert len(harder.task) > len(task)


def test_a_flipped_statement_says_the_contrary() -> None:
    assert contradict("The dam was raised in 1748.") != "The dam was raised in 1748."
    assert "not" in contradict("Stress can be seen.")


def test_curation_really_looks() -> None:
    def curate(task: str, label: str = "answer", options: int = 0) -> replies.CurationReply:
        leaf = leaf_tag("x", "y", "answer", options)
        text = (
            f"<passage>{MILL}</passage><task>{task}</task>{leaf}"
            f"<expected_behaviour>{label}</expected_behaviour>"
        )
        return replies.CurationReply.model_validate_json(say(text, "CurationReply").text)

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


def test_apis_are_described_and_guessed() -> None:
    sources = {
        "python": (
            'def find_ferry(origin: str, passengers: int = 1) -> list:\n    """Find sailings."""\n',
            "find_ferry",
        ),
        "c": ("/* Opens a gate. */\nint open_gate(const char *name, int width);\n", "open_gate"),
        "sql": ("CREATE TABLE [Mill] (\n  [Id] INTEGER NOT NULL,\n  [Name] TEXT\n);", "get_mill"),
        "javascript": ("export function drawMap(width, height = 2) {}", "drawMap"),
    }
    for language, (source, name) in sources.items():
        said = say(f'<seed kind="code" language="{language}">{source}</seed>', "ApisReply").text
        assert name in {api.name for api in replies.ApisReply.model_validate_json(said).apis}
    said = say(f"<apis>{APIS}</apis><count>2</count>", "ApisReply").text
    guessed = replies.ApisReply.model_validate_json(said).apis
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


@pytest.mark.parametrize("behaviour", ["answer", "ask_for_missing", "say_no_tool"])
def test_tool_tasks_are_answered_as_the_label_says(behaviour: str) -> None:
    tasks = write("", leaf_tag("single_api", "a call", behaviour, 0), apis=APIS, count=3)
    assert len(tasks) == 3
    assert {task.expected_behaviour for task in tasks} == {behaviour}
    assert all(bool(task.check.terms) == (behaviour == "answer") for task in tasks)


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


def test_ping_and_unknown_reply() -> None:
    assert say("ping").text == "ok"
    with pytest.raises(ValueError, match="WeatherReply"):
        say("x", "WeatherReply")


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
    with pytest.raises(AttemptFailed, match="ReplyBody"):
        await provider.complete(Call("small", call.turns, reply_type=replies.ReplyBody))
    await provider.aclose()


def test_replies_are_fast() -> None:
    long = "\n\n".join(f"{document} Part {i}." for i, document in enumerate(DOCUMENTS * 3))[:6000]
    say(f"{long}\n\nWho raised the dam in 1748?")
    start = time.process_time()
    for seed in range(50):
        say(f"{long}\n\nWho raised the dam in 1748?", seed=seed)
    assert (time.process_time() - start) / 50 < 0.01
