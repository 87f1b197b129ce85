"""What a juror is told of a game: the sections of its prompt, each text as it was said."""

from dataclasses import dataclass
from typing import Any

from ..tools.ratings.verdict import in_order
from .conversion import apis_json
from .fence import disarmed
from .flags import addresses_jury
from .messages import Confer, Judge
from .records import Answer, Game, Instruction, Statement


@dataclass(frozen=True)
class Brief:
    """A juror's prompt variables, and how many of the contenders' texts in it speak to the juror."""

    variables: dict[str, Any]
    orders: int


def brief(message: Judge, conferred: Confer | None = None) -> Brief:
    """Return what a juror reads of a game; with the other jurors' votes where they confer."""
    instruction = message.instruction
    later = agenda(instruction) if message.agenda else instruction.user_turns
    asked = (*files(instruction), instruction.prompt(), *later)
    answers = [transcript(answer) for answer in (message.first, message.second)]
    texts = [statement.text for statement in message.debate] or answers
    variables = {
        "instruction": disarmed("\n\n".join(asked)),
        "apis": disarmed(apis_json(instruction.environment.apis)),
        "expected_behaviour": instruction.expected_behaviour,
        "behaviour": disarmed(message.behaviour),
        "rubric": disarmed(message.rubric),
        "first": disarmed(answers[0]),
        "second": disarmed(answers[1]),
        "debate": [_statement(said, message.a_is_first) for said in message.debate],
        "own": _vote(conferred.own) if conferred else "",
        "others": [_vote(game) for game in conferred.others] if conferred else [],
        "objective": message.objective,
        "verdict": message.verdict,
    }
    return Brief(variables, sum(map(addresses_jury, texts)))


def _statement(said: Statement, a_is_first: bool) -> dict[str, Any]:
    return {
        "speaker": "first" if (said.speaker == "model_a") is a_is_first else "second",
        "round": said.round,
        "actions": ", ".join(said.actions),
        "text": disarmed(said.text),
    }


def _vote(game: Game) -> str:
    """Return a vote in words, its scores in the order shown; a juror has no name here."""
    first, second = in_order((game.score_a, game.score_b), game.shown_first)
    own = f"Own answer: {game.own_answer}\n" if game.own_answer else ""
    return f"{disarmed(own + game.reason)}\nfirst: {first:g} of 10, second: {second:g} of 10"


def files(instruction: Instruction) -> list[str]:
    """Return the files that the contenders could read, as a juror reads them."""
    return [f"[file {file.name}]\n{file.text}" for file in instruction.environment.files]


def agenda(instruction: Instruction) -> tuple[str]:
    """Return what a simulated user had in mind after the first turn, as a juror reads it."""
    aims = "\n".join(f"- {aim}" for aim in instruction.user_turns)
    told = (
        "What the user meant to bring up afterwards. Each model had a talk of its own with the user, who "
        "worded it by what was answered there, and ended it early where nothing was left to ask:"
    )
    return (f"{told}\n{aims}",)


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
