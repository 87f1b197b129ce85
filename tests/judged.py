"""What a juror is shown: two answers or a debate, and what another juror said of them."""

from typing import Any

from arenainstruct.agents.messages import Judge
from arenainstruct.agents.records import Answer, Game, Statement, Turn
from tests.stage import instruction


def judged(
    first: str, second: str = "", spoken: tuple[str, ...] = (), *, rubric: str = "R", **fields: Any
) -> Judge:
    """Return what is judged; `fields` are the instruction's."""
    return Judge(
        instruction=instruction(**fields),
        rubric=rubric,
        first=_answer(first),
        second=_answer(second),
        a_is_first=True,
        debate=tuple(
            Statement(speaker="model_a", round=1, actions=("respond",), text=text)
            for text in spoken
        ),
    )


def voted(reason: str, own_answer: str = "") -> Game:
    return Game(
        juror="j1",
        model="m",
        shown_first="model_a",
        score_a=9,
        score_b=2,
        reason=reason,
        own_answer=own_answer,
    )


def _answer(text: str) -> Answer:
    turns = (Turn(role="assistant", content=text),)
    return Answer(id="a", instruction_id="i-1", contender="small", model="m", turns=turns)
