"""A reward model as a juror: it scores each answer by itself, and the difference makes the verdict.

The scale that its settings give turns the difference into the chance of a win (Bradley and Terry 1952,
as reward models are trained), and the chance into points for both answers. Whichever is shown first
makes no difference, so the other order is served from the ledger.
"""

from math import isfinite, tanh

import orjson

from .brief import files, transcript
from .conversion import apis_json
from .errors import JudgeError
from .messages import Judge
from .models.call import Call, Reply
from .models.door import Door
from .models.settings import RewardModel
from .records import Answer, Game, Instruction, Turn
from .sanitise import sanitise

MIDDLE, HALF = 5.5, 4.5
"""The jurors' scale runs from 1 to 10."""


async def weigh(door: Door, alias: str, message: Judge) -> Game:
    """Return the game that two rewards of the reward model `alias` make.

    Raises:
        JudgeError: what came back is no finite number.
        ModelError: a call failed for good.
    """
    a, b = message.first, message.second
    a, b = (a, b) if message.a_is_first else (b, a)
    (reward_a, raw, taken_a), (reward_b, _, taken_b) = [
        await _reward(door, alias, message.instruction, answer) for answer in (a, b)
    ]
    settings = door.models[alias].settings
    assert isinstance(settings, RewardModel), f"{alias} is no reward model"
    score_a, score_b = scores(reward_a - reward_b, settings.scale)
    return Game(
        juror=alias,
        model=raw.model,
        shown_first="model_a" if message.a_is_first else "model_b",
        score_a=score_a,
        score_b=score_b,
        reason=_told((reward_a, reward_b), settings.scale, message.a_is_first),
        orders=taken_a + taken_b,
        rewards=(reward_a, reward_b),
    )


def _told(rewards: tuple[float, float], scale: float, a_is_first: bool) -> str:
    first, second = rewards if a_is_first else rewards[::-1]
    return f"rewards {first:.4g} and {second:.4g} at scale {scale:g}"


def scores(ahead: float, scale: float) -> tuple[float, float]:
    """Return the points of two answers, 1 to 10, from the difference of their rewards.

    A chance p of the win gives 5.5 + 4.5 (2p - 1) points, where p = 1 / (1 + exp(-ahead / scale)).
    """
    points = HALF * tanh(ahead / scale / 2)
    return MIDDLE + points, MIDDLE - points


async def _reward(
    door: Door, alias: str, instruction: Instruction, answer: Answer
) -> tuple[float, Reply, int]:
    """Return an answer's reward, the reply it stands in, and the places that were taken out."""
    turns, places = conversation(instruction, answer)
    reply = await door.complete(Call(alias, turns, role="juror", subject=instruction.id))
    try:
        reward = float(orjson.loads(reply.text))
    except (TypeError, ValueError) as error:
        raise JudgeError(f"{reply.model}: {reply.text[:80]!r} is no reward") from error
    if not isfinite(reward):
        raise JudgeError(f"{reply.model}: the reward is {reward}")
    return reward, reply, places


def conversation(instruction: Instruction, answer: Answer) -> tuple[tuple[Turn, ...], int]:
    """Return what a reward model reads, the answer last and cleaned, and the places taken out.

    Several turns stay turns. Tool calls, which few chat templates of reward models know, stand in one
    answer as other jurors read them.
    """
    prompt = "\n\n".join((*files(instruction), instruction.prompt()))
    if apis := apis_json(instruction.environment.apis):
        prompt = f"{prompt}\n\n{apis}"
    said = answer.turns
    if any(turn.tool_calls or turn.role not in ("user", "assistant") for turn in said):
        said = (Turn(role="assistant", content=transcript(answer)),)
    cleaned = [sanitise(t.content) if t.role == "assistant" else (t.content, 0) for t in said]
    turns = [Turn(role=t.role, content=text) for t, (text, _) in zip(said, cleaned, strict=True)]
    return (Turn(role="user", content=prompt), *turns), sum(places for _, places in cleaned)
