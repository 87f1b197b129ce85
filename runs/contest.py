"""What the arena will cost: answers, debates and games over instructions, at most and probably.

`most` assumes that every battle goes before the jury and that a cascade's first jurors are never sure.
`likely` uses the shares below, seen in runs on mixed documents.
"""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from ..agents.cast import eligible
from ..agents.models.settings import ModelSettings, RewardModel
from ..agents.roles.examiner import PROMPT as EXAMINE
from ..agents.roles.juror import PROMPT as JUDGE
from ..agents.roles.moderator import ORDER, SPOKEN
from ..agents.roles.moderator import PROMPT as DEBATE
from ..graphs.arena.cascade import front_of
from ..graphs.arena.matchmaking import Pair, pairs
from ..graphs.generation.kinds import calling
from ..prompts.template import load_prompt
from ..taxonomy.skill import Leaf, Skill
from .config.config import RunConfig
from .jury_calls import calls, jury_calls
from .spending import BYTES_PER_TOKEN, REPLY, Drafts, Spend, Spending, prompt_tokens

JUDGED, JUDGED_IF_CHECKED = 0.95, 0.5
"""Share of games that are played: not those of identical answers, nor those a checker decides."""
EMBEDDED_JUDGED, EMBEDDED_IF_CHECKED = 0.6, 0.2
"""The same between two embedded models, which often give the same answer."""
UNSURE = 0.4
"""Share of battles in which a cascade's first jurors are unsure: so often one embedded juror was, at the
default margin. Real jurors of close contenders are unsure more often."""
TOOL_STEPS, ALL_STEPS = 2.6, 7
"""Calls of an answer with tools; and all that a tool loop allows."""
_REPRODUCES = re.compile(r"\b(whole passage|(text|translation) only)\b")
"""Answer forms of leaves whose answer is about as long as the passage."""

Jury = tuple[str, ...]


class Contest:
    """Foretells the calls of the arena under a config."""

    def __init__(self, config: RunConfig, spend: Spend) -> None:
        self._config = config
        self._models = config.models
        self._spend = spend
        cast, battles = config.cast, config.arena.battles_per_instruction
        self._pairs = pairs(cast.everyone, cast.target, battles=battles, random=Random(0))
        self._debated = config.arena.protocol == "peer_battle"
        self._confers = config.arena.protocol != "battle"
        self._told = _told(config.arena.verdict, debated=self._debated)
        # Which instructions are held out is drawn: at most, all go before the larger jury.
        both = (cast.jury, cast.evaluation_jury)
        self._larger = {
            "judge": max(*both, key=lambda jury: jury_calls(jury, self._pairs, self._models)),
            "confer": max(*both, key=self._talks),
        }

    def add(self, skill: Skill, passed: Drafts) -> None:
        """Add all that happens to the instructions of one seed; `passed` is what the gate lets by."""
        if self._debated:
            self._examine(passed)
        self._answer(skill, passed)
        for pair in self._pairs:
            self._battle(skill, pair, passed)

    def _examine(self, passed: Drafts) -> None:
        alias = self._config.cast.speaks("examiner")
        self._spend(
            Spending(
                "examine",
                self._models[alias],
                most=passed.most,
                likely=passed.likely,
                tokens_in=passed.context + prompt_tokens(EXAMINE),
                tokens_out=REPLY["question"],
            )
        )

    def _answer(self, skill: Skill, passed: Drafts) -> None:
        tools = calling(skill)
        reply = _mean_answer(skill.leaves, passed.context, _always)
        for alias in sorted({alias for pair in self._pairs for alias in pair}):
            self._spend(
                Spending(
                    "answer",
                    self._models[alias],
                    most=passed.most * (ALL_STEPS if tools else 1),
                    likely=passed.likely * (1 + tools * (TOOL_STEPS - 1)),
                    tokens_in=passed.context + 50,
                    tokens_out=tools * REPLY["tool_step"] + (1 - tools) * reply,
                )
            )

    def _battle(self, skill: Skill, pair: Pair, passed: Drafts) -> None:
        """Add the debate of a pair, where there is one, and the games of both juries."""
        played = _played(*(self._models[alias] for alias in pair))
        if self._debated:  # then what was said counts too, so that no checker decides
            played = _always
        said = _mean_answer(skill.leaves, passed.context, played)
        tools = calling(skill)
        said = tools * TOOL_STEPS * REPLY["tool_step"] + (1 - tools) * said
        if self._debated:
            self._debate(pair, said, passed)
        judged = passed.likely * sum(map(played, skill.leaves)) / len(skill.leaves)
        objective = sum(leaf.objective for leaf in skill.leaves) / len(skill.leaves)
        reply = REPLY["game"] + objective * REPLY["own_answer"]
        cast = self._config.cast
        held = self._config.evaluation.held_out if cast.evaluation_jury else 0.0
        for jury, share in ((cast.jury, 1 - held), (cast.evaluation_jury, held)):
            battles = Drafts(passed.most, judged * share, passed.context)
            self._judge(pair, jury, battles, said=said, reply=reply)

    def _debate(self, pair: Pair, said: float, passed: Drafts) -> None:
        """Add what both say after their own answers, each time with all that was said before.

        Who speaks first is drawn: each of them makes half of the statements.
        """
        before = passed.context + prompt_tokens(DEBATE)
        for move in ORDER:
            for alias in () if move.opening else pair:
                self._spend(
                    Spending(
                        "debate",
                        self._models[alias],
                        most=passed.most / 2,
                        likely=passed.likely / 2,
                        tokens_in=before,
                        tokens_out=REPLY["statement"],
                    )
                )
            before += said if move.opening else REPLY["statement"]

    def _judge(self, pair: Pair, jury: Jury, battles: Drafts, *, said: float, reply: float) -> None:
        """Add the games of one battle before one jury; `said` is the length of an answer."""
        spoken = SPOKEN if self._debated else 0
        heard = battles.context + 2 * said + spoken * REPLY["statement"] + self._told
        sitting = eligible(jury, pair, self._models)
        front, asked = self._cascade(sitting)
        for juror in sitting:
            weighs = isinstance(self._models[juror], RewardModel)
            count = calls(juror, pair, self._pairs, self._models)
            share = 1.0 if juror in front else asked
            self._spend(
                Spending(
                    "judge",
                    self._models[juror],
                    most=count * battles.most * (jury is self._larger["judge"]),
                    likely=count * battles.likely * share,
                    tokens_in=battles.context + said if weighs else heard,
                    tokens_out=0 if weighs else reply,
                )
            )
        for juror in self._talkers(jury, pair):
            self._spend(
                Spending(
                    "confer",
                    self._models[juror],
                    most=2 * battles.most * (jury is self._larger["confer"]),
                    likely=2 * battles.likely * asked,  # where the first are sure nobody confers
                    tokens_in=heard + len(sitting) * reply,
                    tokens_out=reply,
                )
            )

    def _cascade(self, sitting: Jury) -> tuple[Sequence[str], float]:
        """Return who judges first, and the share of battles in which the others are asked too."""
        cascade = self._config.arena.cascade
        if cascade is None:
            return sitting, 1.0
        front = front_of(self._config.cast, sitting, cascade)
        return front, UNSURE + (1 - UNSURE) * cascade.audited

    def _talkers(self, jury: Jury, pair: Pair) -> Jury:
        """Return who votes again; a reward model has nothing to think over, so it is asked nothing."""
        sitting = eligible(jury, pair, self._models)
        if not self._confers or len(sitting) < 2:
            return ()
        return tuple(j for j in sitting if not isinstance(self._models[j], RewardModel))

    def _talks(self, jury: Jury) -> int:
        return sum(len(self._talkers(jury, pair)) for pair in self._pairs)


def _told(verdict: str, *, debated: bool) -> float:
    """Return the length of what a juror is told besides the instruction and what was said of it."""
    prompt = load_prompt(JUDGE)
    nothing: dict[str, Any] = dict.fromkeys(prompt.variables, "")
    said = {"speaker": "", "round": 1, "actions": "", "text": ""}
    debate = [said] * len(ORDER) if debated else []
    texts = prompt.render(nothing | {"verdict": verdict, "debate": debate})
    return sum(map(len, texts)) / BYTES_PER_TOKEN


def _always(leaf: Leaf) -> float:
    return 1.0


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
