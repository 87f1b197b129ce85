"""What a juror is told of a game: the sections of its prompt, cleaned of what is meant to sway it."""

from dataclasses import dataclass
from typing import Any

from .conversion import apis_json
from .framing import framed
from .messages import Confer, Judge
from .records import Answer, Game, Instruction, Statement
from .sanitise import sanitise, sanitise_reason


@dataclass(frozen=True)
class Brief:
    """A juror's prompt variables, and how much had to be taken out of what the contenders said."""

    variables: dict[str, Any]
    orders: int


def brief(message: Judge, conferred: Confer | None = None) -> Brief:
    """Return what a juror reads of a game; with the other jurors' votes where they confer."""
    instruction = message.instruction
    asked = (*files(instruction), instruction.prompt(), *instruction.user_turns)
    answers = [sanitise(transcript(answer)) for answer in (message.first, message.second)]
    debate = [_statement(said, message.a_is_first) for said in message.debate]
    variables = {
        "instruction": framed("\n\n".join(asked)),
        "apis": framed(apis_json(instruction.environment.apis)),
        "expected_behaviour": instruction.expected_behaviour,
        "behaviour": framed(message.behaviour),
        "rubric": framed(message.rubric),
        "first": framed(answers[0][0]),
        "second": framed(answers[1][0]),
        "debate": [said for said, _ in debate],
        "own": _vote(conferred.own) if conferred else "",
        "others": [_vote(game) for game in conferred.others] if conferred else [],
        "objective": message.objective,
        "verdict": message.verdict,
    }
    return Brief(variables, sum(places for _, places in debate or answers))


def _statement(said: Statement, a_is_first: bool) -> tuple[dict[str, Any], int]:
    text, places = sanitise(said.text)
    shown = {
        "speaker": "first" if (said.speaker == "model_a") is a_is_first else "second",
        "round": said.round,
        "actions": ", ".join(said.actions),
        "text": framed(text),
    }
    return shown, places


def _vote(game: Game) -> str:
    """Return a vote in words, its scores in the order shown; a juror has no name here.

    A juror may quote what a contender ordered: that goes no further.
    """
    scores = (game.score_a, game.score_b)
    first, second = scores if game.shown_first == "model_a" else scores[::-1]
    own = f"Own answer: {sanitise_reason(game.own_answer)}\n" if game.own_answer else ""
    said = framed(f"{own}{sanitise_reason(game.reason)}")
    return f"{said}\nfirst: {first:g} of 10, second: {second:g} of 10"


def files(instruction: Instruction) -> list[str]:
    """Return the files that the contenders could read, as a juror reads them."""
    return [f"[file {file.name}]\n{file.text}" for file in instruction.environment.files]


def transcript(answer: Answer) -> str:
    """Return an answer as a juror reads it: plain text, or a conversation with its tool calls."""
    if len(answer.turns) == 1:
        return answer.text
    lines: list[str] = []
    for turn in answer.turns:
        if turn.content:
            lines.append(f"[{turn.role}] {turn.content}")
        lines += [f"[{turn.role} calls] {c.name}({c.arguments})" for c in turn.tool_calls]
    return "\n".join(lines)
