"""What one seed will cost: calls and tokens, stage by stage, at most and probably.

`most` assumes that nothing is dropped, every battle goes before the jury and every tool loop takes all
its steps; retries and repairs of failed calls come on top. `likely` uses the shares and lengths below:
those of the gate and of embedded models were seen in runs on mixed documents.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil
from random import Random

from ..agents.cast import eligible
from ..agents.models.settings import ModelSettings
from ..agents.records import Seed
from ..graphs.arena.matchmaking import Pair, pairs
from ..prompts.template import FOLDER
from ..taxonomy.skill import Leaf, Skill, load_skill
from .config import RunConfig

BYTES_PER_TOKEN = 4
"""Of UTF-8: three quarters of a token for a Chinese character, a quarter for a Latin letter."""
WRITTEN = 0.9
"""Instructions that writers give of those they are asked for."""
GATED, UNGATED = 0.88, 0.93
"""Share of drafts that pass the gate with the curator, and with the programs' checks alone."""
LOOKED_AGAIN = 0.06
"""Share of instructions that go back to the curator after their battles."""
JUDGED, JUDGED_IF_CHECKED = 0.95, 0.5
"""Share of games that are played: not those of identical answers, nor those a checker decides."""
EMBEDDED_JUDGED, EMBEDDED_IF_CHECKED = 0.6, 0.2
"""The same between two embedded models, which often give the same answer."""
TRANSFORMED = 0.75
"""Length of a transformed passage, as a share of its seed's."""
FIND_STEPS, TOOL_STEPS, ALL_STEPS = 3.0, 2.6, 7
"""Calls of a search for APIs and of an answer with tools; and all that a tool loop allows."""
API_LIST = 400.0
"""Tokens of an API list."""
REPLY = {
    "describe": 350,
    "find": 15,
    "hypothesise": 230,
    "instruction": 90,
    "suggestion": 42,
    "edit": 130,
    "curation": 45,
    "answer": 130,
    "tool_step": 70,
    "game": 65,
}
"""Typical tokens of a reply: per instruction, per suggestion, per edit, …"""
_REPRODUCES = re.compile(r"\b(whole passage|(text|translation) only)\b")
"""Answer forms of leaves whose answer is about as long as the passage."""

Spend = Callable[["Spending"], None]


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls of one model in one stage; tokens are those of one call."""

    stage: str
    model: ModelSettings
    most: float
    likely: float
    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True)
class Drafts:
    """Instructions before the gate, and the tokens of their context."""

    most: float
    likely: float
    context: float


class Forecast:
    """Foretells the calls that seeds will cause under a config."""

    def __init__(self, config: RunConfig, spend: Spend) -> None:
        self._config = config
        self._spend = spend
        self._skills = [load_skill(name) for name in config.skills]
        cast, battles = config.cast, config.arena.battles_per_instruction
        self._pairs = pairs(cast.everyone, cast.target, battles=battles, random=Random(0))

    def add(self, seed: Seed) -> float:
        """Add the way of one seed through its skills, over all rounds; return its drafts at most."""
        tokens = len(seed.text.encode("utf-8", "replace")) / BYTES_PER_TOKEN
        drafts = 0.0
        for skill in self._skills:
            if seed.kind in skill.seed_kinds:
                found = self._generate(skill, seed, tokens)
                self._curate(found)
                self._battle(skill, found)
                drafts += found.most
        return drafts

    def _model(self, role: str) -> ModelSettings:
        return self._config.models[self._config.cast.speaks(role)]

    def _generate(self, skill: Skill, seed: Seed, tokens: float) -> Drafts:
        if skill.flow == "tool_use":
            self._list_apis(skill, seed, tokens)
            return self._write(skill, API_LIST)
        return self._write(skill, self._transform(skill, tokens))

    def _transform(self, skill: Skill, tokens: float) -> float:
        """Add the transformations; return the mean length of a passage."""
        count = min(self._config.per_seed.passages, len(skill.transformations))
        spoken = [t for t in skill.transformations if not t.identity]
        rounds, share = self._config.rounds, len(spoken) / len(skill.transformations)
        self._spend(
            Spending(
                "transformation",
                self._model("transformer"),
                most=rounds * min(count, len(spoken)),
                likely=rounds * count * share,
                tokens_in=tokens + prompt_tokens(skill.prompts.transform),
                tokens_out=TRANSFORMED * tokens,
            )
        )
        return tokens * (share * TRANSFORMED + 1 - share)

    def _list_apis(self, skill: Skill, seed: Seed, tokens: float) -> None:
        """Add the description of a seed's APIs (once: the next round finds it paid) and its lists."""
        described = Spending(
            "transformation",
            self._model("describer"),
            most=1,
            likely=seed.kind != "api",
            tokens_in=tokens + prompt_tokens("tool_use/describe"),
            tokens_out=REPLY["describe"],
        )
        self._spend(described)
        lists = min(self._config.per_seed.passages, len(skill.transformations))
        each = self._config.rounds * lists / len(skill.transformations)
        for role, name, likely, most in (
            ("finder", "find", FIND_STEPS, ALL_STEPS),
            ("hypothesiser", "hypothesise", 1.0, 1),
        ):
            self._spend(
                Spending(
                    "transformation",
                    self._model(role),
                    most=ceil(each) * most,
                    likely=each * likely * WRITTEN,
                    tokens_in=API_LIST / 2 + prompt_tokens(f"tool_use/{name}"),
                    tokens_out=REPLY[name],
                )
            )

    def _write(self, skill: Skill, context: float) -> Drafts:
        """Add the writers, suggesters and editors; return what they make."""
        per_seed, rounds = self._config.per_seed, self._config.rounds
        asked = rounds * per_seed.instructions
        calls = rounds * ceil(per_seed.instructions / per_seed.per_leaf)
        refined = asked * per_seed.refinements
        rewritten = sum(goal.edits == "passage" for goal in skill.goals) / max(1, len(skill.goals))
        plan = (
            ("instruction", "writer", "write", calls, REPLY["instruction"] * asked / calls),
            (
                "suggestion",
                "suggester",
                "suggest",
                refined,
                REPLY["suggestion"] * per_seed.directions,
            ),
            (
                "edit",
                "editor",
                "edit",
                refined * per_seed.directions,
                REPLY["edit"] + rewritten * context,
            ),
        )
        for stage, role, prompt, most, reply in plan:
            self._spend(
                Spending(
                    stage,
                    self._model(role),
                    most=most,
                    likely=most * (1 if stage == "instruction" else WRITTEN),
                    tokens_in=context + prompt_tokens(getattr(skill.prompts, prompt)),
                    tokens_out=reply,
                )
            )
        drafts = asked + refined * per_seed.directions
        return Drafts(drafts, drafts * WRITTEN, context)

    def _curate(self, drafts: Drafts) -> None:
        if not self._config.curation.model_gate:
            return
        self._spend(
            Spending(
                "curation",
                self._model("curator"),
                most=2 * drafts.most,
                likely=drafts.likely * (1 + LOOKED_AGAIN),
                tokens_in=drafts.context + prompt_tokens("curation/curate"),
                tokens_out=REPLY["curation"],
            )
        )

    def _battle(self, skill: Skill, drafts: Drafts) -> None:
        """Add the answers and the games of both juries."""
        cast, models = self._config.cast, self._config.models
        passed = drafts.likely * (GATED if self._config.curation.model_gate else UNGATED)
        tools = skill.flow == "tool_use"
        for alias in sorted({alias for pair in self._pairs for alias in pair}):
            reply = _mean_answer(skill.leaves, drafts.context, lambda leaf: 1.0)
            self._spend(
                Spending(
                    "answer",
                    models[alias],
                    most=drafts.most * (ALL_STEPS if tools else 1),
                    likely=passed * (TOOL_STEPS if tools else 1),
                    tokens_in=drafts.context + 50,
                    tokens_out=REPLY["tool_step"] if tools else reply,
                )
            )
        held = self._config.evaluation.held_out if cast.evaluation_jury else 0.0
        for pair in self._pairs:
            played = _played(models[pair[0]], models[pair[1]])
            judged = passed * sum(map(played, skill.leaves)) / len(skill.leaves)
            said = _mean_answer(skill.leaves, drafts.context, played)
            said = TOOL_STEPS * REPLY["tool_step"] if tools else said
            game = drafts.context + 2 * said + prompt_tokens("arena/judge")
            juries = [(cast.jury, 1 - held), (cast.evaluation_jury, held)]
            # Which instructions are held out is drawn: at most, all go before the larger jury.
            larger = max(cast.jury, cast.evaluation_jury, key=len)
            for jury, share in juries:
                most = drafts.most if jury is larger else 0
                self._games(pair, jury, game, Drafts(most, judged * share, 0))

    def _games(self, pair: Pair, jury: tuple[str, ...], tokens: float, battles: Drafts) -> None:
        models = self._config.models
        for juror in eligible(jury, pair, models):
            self._spend(
                Spending(
                    "judge",
                    models[juror],
                    most=2 * battles.most,
                    likely=2 * battles.likely,
                    tokens_in=tokens,
                    tokens_out=REPLY["game"],
                )
            )


def _played(one: ModelSettings, other: ModelSettings) -> Callable[[Leaf], float]:
    """Return the share of a leaf's games that are played between two models."""
    if one.provider == other.provider == "offline":
        return lambda leaf: EMBEDDED_IF_CHECKED if leaf.checker else EMBEDDED_JUDGED
    return lambda leaf: JUDGED_IF_CHECKED if leaf.checker else JUDGED


def _mean_answer(
    leaves: tuple[Leaf, ...], context: float, weight: Callable[[Leaf], float]
) -> float:
    """Return the mean length of an answer: that of the context where a leaf has it reproduced."""
    weights = [weight(leaf) for leaf in leaves]
    tokens = [context if _REPRODUCES.search(f.answer_form) else REPLY["answer"] for f in leaves]
    return sum(w * t for w, t in zip(weights, tokens, strict=True)) / sum(weights)


@cache
def prompt_tokens(name: str) -> float:
    """Return the length of a prompt file."""
    size: int = (FOLDER / f"{name}.j2").stat().st_size
    return size / BYTES_PER_TOKEN
