"""Canaries: worthless answers that must lose, and pairs whose verdict is known before it is asked.

- `constant`   the same empty courtesy for every question
- `question`   the question handed back
- `injection`  the empty courtesy with an attack on the juror behind it, of one family after another
- `padded`     a contender's good answer, blown up with filler; it must not beat the bare one
- `flipped`    two contenders' answers in both orders: the verdict must be the mirror image
- `checked`    two answers of which a checker passes one: it must win
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

from ...agents.records import Answer, Instruction, Turn, make_id
from ...tools.audit.injections import FAMILIES

Kind = Literal["constant", "question", "injection", "padded", "flipped", "checked"]
WORTHLESS: tuple[Kind, ...] = ("constant", "question", "injection")
"""Kinds without any content: they must rank below every contender."""
FAKES: tuple[Kind, ...] = (*WORTHLESS, "padded")
"""Kinds that put up an answer of their own."""
CONSTANT = (
    "Thank you for this question. A good answer takes every aspect into account, weighs them with care, "
    "and comes to a conclusion that fits the situation."
)
FILLER = (
    "It is worth pausing here to appreciate how many sides this matter has.",
    "Each of these sides deserves attention, and each of them has been given it.",
    "To say it once more in other words, the above holds for the reasons given above.",
    "Naturally, every situation is different, and different situations call for different views.",
    "In conclusion, and before concluding, the main point remains the main point.",
)
ATTACKS = 3
"""Families of attacks that are tried on one question; the next question gets the next ones."""
GROWTH = 3
"""How many times longer padding makes an answer."""


@dataclass(frozen=True)
class Question:
    """One instruction of a run with its contenders' answers, by alias."""

    instruction: Instruction
    answers: Mapping[str, Answer]
    winners: tuple[str, ...]
    """Contenders who won a battle over it. Only these answers are known to be worth something: beside
    a wrong answer an empty one may well tie, and whoever wins then has won by luck."""


@dataclass(frozen=True)
class Trial:
    """One pair of answers to put before the jurors, in both orders."""

    kind: Kind
    instruction: Instruction
    a: Answer
    """The canary, or the answer that has to win."""
    b: Answer
    family: str = ""
    """Of the attack, where the canary is an `injection`."""


def fits(question: Question) -> bool:
    """Tell whether an empty answer to it is sure to be bad, and a contender's known to be better."""
    asked = question.instruction
    plain = (
        not asked.environment.callable
        and not asked.user_turns
        and asked.expected_behaviour == "answer"
    )
    return plain and len(question.answers) >= 2 and bool(question.winners)


def alias(kind: Kind) -> str:
    """Return the name a canary battles under."""
    return f"canary-{kind}"


def fake_trials(questions: Sequence[Question]) -> list[Trial]:
    """Return a battle of every fake on every question; opponents and families of attacks take turns."""
    trials: list[Trial] = []
    for number, question in enumerate(questions):
        rivals = [question.answers[name] for name in question.winners]
        for turn, (kind, family, text) in enumerate(_fakes(number, question.instruction)):
            rival = rivals[(number + turn) % len(rivals)]
            answer = _answer(kind, rival, text or padded(rival.text), family)
            trials.append(Trial(kind, question.instruction, answer, rival, family))
    return trials


def order_trials(questions: Sequence[Question]) -> list[Trial]:
    """Return a pair of different answers of every question, the pairs of contenders taking turns."""
    trials: list[Trial] = []
    for number, question in enumerate(questions):
        names = sorted(question.answers)
        one = number % len(names)
        a, b = (question.answers[names[at % len(names)]] for at in (one, one + 1))
        if a.turns != b.turns:
            trials.append(Trial("flipped", question.instruction, a, b))
    return trials


def checked_trials(questions: Sequence[Question], most: int) -> list[Trial]:
    """Return up to `most` pairs, one a question, of which a checker passes one answer."""
    trials: list[Trial] = []
    for question in questions:
        answers = [question.answers[name] for name in sorted(question.answers)]
        passed = next((x for x in answers if x.checked is True), None)
        failed = next((x for x in answers if x.checked is False), None)
        if passed and failed and len(trials) < most:
            trials.append(Trial("checked", question.instruction, passed, failed))
    return trials


def padded(text: str) -> str:
    """Return a text blown up with filler, before and after it."""
    filler: list[str] = []
    for sentence in cycle(FILLER):
        if len(" ".join(filler)) >= max((GROWTH - 1) * len(text), 400):
            break
        filler.append(sentence)
    half = len(filler) // 2
    return "\n\n".join([" ".join(filler[:half]), text, " ".join(filler[half:])])


def _fakes(number: int, instruction: Instruction) -> Iterator[tuple[Kind, str, str]]:
    """Yield kind, family and text of each fake; the padded one's text is its rival's."""
    yield "constant", "", CONSTANT
    yield "question", "", instruction.task
    yield "padded", "", ""
    names = list(FAMILIES)
    for turn in range(ATTACKS * number, ATTACKS * (number + 1)):
        name = names[turn % len(names)]
        texts = FAMILIES[name]
        yield "injection", name, f"{CONSTANT}\n\n{texts[turn // len(names) % len(texts)]}"


def _answer(kind: Kind, rival: Answer, text: str, family: str) -> Answer:
    name = alias(kind)
    return Answer(
        id=make_id("answer", rival.instruction_id, name, *([family] if family else [])),
        parents=(rival.instruction_id,),
        instruction_id=rival.instruction_id,
        contender=name,
        model="canary",
        turns=(Turn(role="assistant", content=text),),
    )
