"""What every protocol of the arena shares: the state of one instruction's way through it, and its names.

Matchmaking: who battles whom over an instruction. A pure decision.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from random import Random

from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from ...agents.contender_name import seat_name
from ...agents.errors import EpisodeError
from ...agents.records import (
    Answer,
    Battle,
    Cascaded,
    Game,
    Instruction,
    Reject,
    Statement,
    make_id,
)
from ..services import Services, reject

Pair = tuple[str, str]
"""(model_a, model_b): contenders, by name."""


def pairs(
    contenders: Sequence[str], target: str, *, battles: int, random: Random, samples: int = 1
) -> list[Pair]:
    """Return at most `battles` distinct pairs: the target's first, then the others', shuffled.

    Which side is model_a is drawn too, so that no model sits on one side more often. On top, each
    further one of the target's samples meets its first.
    """
    others = [c for c in contenders if c != target]
    random.shuffle(others)
    rest = list(combinations(others, 2))
    random.shuffle(rest)
    chosen = [*((target, other) for other in others), *rest][:battles]
    chosen += [(target, seat_name(target, sample)) for sample in range(2, samples + 1)]
    return [(a, b) if random.random() < 0.5 else (b, a) for a, b in chosen]


class BattleState(TypedDict):
    """One instruction's way through the arena."""

    instruction: Instruction
    """The given one; from the examiner on, the examiner's question."""
    round: int
    """The round it is fought in: a held-out instruction is battled over in many."""
    evaluation: bool
    """True for a held-out instruction: the evaluation jury judges it and nothing is selected."""
    pairs: list[Pair]
    answers: dict[str, Answer]
    """By contender and sample."""
    debates: dict[Pair, tuple[Statement, ...]]
    games: dict[Pair, list[Game]]
    cascade: dict[Pair, Cascaded]
    battles: list[Battle]
    rejects: list[Reject]


class BattleUpdate(TypedDict, total=False):
    """What a node changes."""

    instruction: Instruction
    pairs: list[Pair]
    answers: dict[str, Answer]
    debates: dict[Pair, tuple[Statement, ...]]
    games: dict[Pair, list[Game]]
    cascade: dict[Pair, Cascaded]
    battles: list[Battle]
    rejects: list[Reject]


Protocol = CompiledStateGraph[BattleState, Services, BattleState, BattleState]
"""One way to battle, compiled: from a start state to battles and rejects."""


def start_state(
    instruction: Instruction, number: int, *, evaluation: bool, given: Iterable[Pair] = ()
) -> BattleState:
    """Return the state a battle starts from; without given pairs the graph picks them."""
    return BattleState(
        instruction=instruction,
        round=number,
        evaluation=evaluation,
        pairs=list(given),
        answers={},
        debates={},
        games={},
        cascade={},
        battles=[],
        rejects=[],
    )


def given_id(instruction: Instruction) -> str:
    """Return the id of the instruction that was given, also where an examiner wrote the question."""
    return instruction.parents[0] if instruction.operator == "examiner" else instruction.id


def pairs_of(services: Services, instruction: Instruction) -> list[Pair]:
    """Return who battles whom over an instruction; the same whenever it is asked."""
    settings = services.settings
    random = Random(f"{settings.seed}/{given_id(instruction)}/pairs")
    count = settings.arena.battles_per_instruction
    samples = services.cast.target_samples
    return pairs(
        services.contenders, services.target, battles=count, random=random, samples=samples
    )


def battle_id(instruction: Instruction, pair: Pair) -> str:
    """Return the id of a battle."""
    return make_id("battle", given_id(instruction), *pair)


def battle_ids(services: Services, instruction: Instruction) -> list[str]:
    """Return the ids of all battles over an instruction."""
    return [battle_id(instruction, pair) for pair in pairs_of(services, instruction)]


def failed(instruction: Instruction, stage: str, part: str, error: EpisodeError) -> Reject:
    """Return the reject of an answer, a game or a battle; `part` tells which one."""
    return reject(
        error,
        stage=stage,
        round=instruction.round,
        subject=given_id(instruction),
        part=part,
        skill=instruction.skill,
        leaf=instruction.leaf,
    )
