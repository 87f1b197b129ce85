"""A reward model as a juror: it scores each answer by itself, and the difference makes the verdict.

The scale that its settings give turns the difference into the chance of a win (Bradley and Terry 1952,
as reward models are trained), and the chance into points for both answers. Whichever is shown first
makes no difference, so the other order is served from the ledger.
"""

from math import isfinite, tanh

import orjson

from ..tools.ratings.verdict import first, in_order
from .brief import files, transcript
from .conversion import apis_json
from .errors import JudgeError
from .fence import disarmed
from .flags import addresses_jury
from .messages import Judge
from .models.call import Call, Reply
from .models.door import Door
from .models.settings import RewardModel
from .records import Answer, Game, Instruction, Turn

MIDDLE, HALF = 5.5, 4.5
"""The jurors' scale runs from 1 to 10."""


async def weigh(door: Door, alias: str, message: Judge) -> Game:
    """Return the game that two rewards of the reward model `alias` make.

    Raises:
        JudgeError: what came back is no finite number.
        ModelError: a call failed for good.
    """
    shown_first = first(a_is_first=message.a_is_first)
    a, b = in_order((message.first, message.second), shown_first)
    (reward_a, raw), (reward_b, _) = [
        await _reward(door, alias, message.instruction, answer) for answer in (a, b)
    ]
    settings = door.models[alias].settings
    assert isinstance(settings, RewardModel), f"{alias} is no reward model"
    score_a, score_b = scores(reward_a - reward_b, settings.scale)
    return Game(
        juror=alias,
        model=raw.model,
        shown_first=shown_first,
        score_a=score_a,
        score_b=score_b,
        reason=_told(in_order((reward_a, reward_b), shown_first), settings.scale),
        orders=sum(addresses_jury(transcript(answer)) for answer in (a, b)),
        rewards=(reward_a, reward_b),
    )


def _told(rewards: tuple[float, float], scale: float) -> str:
    return f"rewards {rewards[0]:.4g} and {rewards[1]:.4g} at scale {scale:g}"


def scores(ahead: float, scale: float) -> tuple[float, float]:
    """Return the points of two answers, 1 to 10, from the difference of their rewards.

    A chance p of the win gives 5.5 + 4.5 (2p - 1) points, where p = 1 / (1 + exp(-ahead / scale)).
    """
    points = HALF * tanh(ahead / scale / 2)
    return MIDDLE + points, MIDDLE - points


async def _reward(
    door: Door, alias: str, instruction: Instruction, answer: Answer
) -> tuple[float, Reply]:
    """Return an answer's reward, and the reply it stands in."""
    turns = conversation(instruction, answer)
    reply = await door.complete(Call(alias, turns, role="juror", subject=instruction.id))
    try:
        reward = float(orjson.loads(reply.text))
    except (TypeError, ValueError) as error:
        raise JudgeError(f"{reply.model}: {reply.text[:80]!r} is no reward") from error
    if not isfinite(reward):
        raise JudgeError(f"{reply.model}: the reward is {reward}")
    return reward, reply


def conversation(instruction: Instruction, answer: Answer) -> tuple[Turn, ...]:
    """Return what a reward model reads, the answer last, without a control token in any of it.

    Several turns stay turns. Tool calls, which few chat templates of reward models know, stand in one
    answer as other jurors read them.
    """
    prompt = "\n\n".join((*files(instruction), instruction.prompt()))
    if apis := apis_json(instruction.environment.apis):
        prompt = f"{prompt}\n\n{apis}"
    said = answer.turns
    if any(turn.tool_calls or turn.role not in ("user", "assistant") for turn in said):
        said = (Turn(role="assistant", content=transcript(answer)),)
    turns = (Turn(role="user", content=prompt), *said)
    return tuple(Turn(role=turn.role, content=disarmed(turn.content)) for turn in turns)
