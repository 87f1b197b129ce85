"""What one seed will cost: calls and tokens, stage by stage, at most and probably.

`most` assumes that nothing is dropped and every tool loop takes all its steps; retries and repairs of
failed calls come on top. `likely` uses the shares and lengths below, seen in runs on mixed documents.
What follows the gate is in `contest.py`.
"""

from math import ceil

from ..agents.models.settings import ModelSettings
from ..agents.records import Seed
from ..graphs.generation.kinds import KINDS
from ..taxonomy.skill import Skill, load_skill
from .config.config import RunConfig
from .contest import Contest
from .spending import BYTES_PER_TOKEN, REPLY, Drafts, Spend, Spending, prompt_tokens

WRITTEN = 0.9
"""Instructions that writers give of those they are asked for."""
GATED, UNGATED = 0.88, 0.93
"""Share of drafts that pass the gate with the curator, and with the programs' checks alone."""
LOOKED_AGAIN = 0.06
"""Share of instructions that go back to the curator after their battles."""
TRANSFORMED = 0.75
"""Length of a transformed passage, as a share of its seed's."""
FIND_STEPS, ALL_STEPS = 3.0, 7
"""Calls of a search for APIs; and all that a tool loop allows."""
API_LIST = 400.0
"""Tokens of an API list."""


class Forecast:
    """Foretells the calls that seeds will cause under a config."""

    def __init__(self, config: RunConfig, spend: Spend) -> None:
        self._config = config
        self._spend = spend
        self._skills = [load_skill(name) for name in config.skills]
        self._contest = Contest(config, spend)

    def add(self, seed: Seed) -> float:
        """Add the way of one seed through its skills, over all rounds; return its drafts at most."""
        tokens = len(seed.text.encode("utf-8", "replace")) / BYTES_PER_TOKEN
        drafts = 0.0
        for skill in self._skills:
            if seed.kind in skill.seed_kinds:
                found = self._generate(skill, seed, tokens)
                self._curate(found)
                self._contest.add(skill, self._passed(found))
                drafts += found.most
        return drafts

    def _model(self, role: str) -> ModelSettings:
        return self._config.models[self._config.cast.speaks(role)]

    def _generate(self, skill: Skill, seed: Seed, tokens: float) -> Drafts:
        if KINDS[skill.flow].lists_apis:
            self._list_apis(skill, seed, tokens)
            return self._write(skill, API_LIST)
        return self._write(skill, self._transform(skill, tokens))

    def _transform(self, skill: Skill, tokens: float) -> float:
        """Add the transformations; return the mean length of a passage."""
        count = min(self._config.per_seed.passages, len(skill.transformations))
        spoken = [t for t in skill.transformations if not t.identity]
        if not spoken:
            return tokens
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
            tokens_in=tokens + prompt_tokens(skill.prompts.transform),
            tokens_out=REPLY["describe"],
        )
        self._spend(described)
        lists = min(self._config.per_seed.passages, len(skill.transformations))
        kind = KINDS[skill.flow]
        roles = [kind.role(transformation.role) for transformation in skill.transformations]
        for role, name, likely, most in (
            ("finder", "find", FIND_STEPS, ALL_STEPS),
            ("hypothesiser", "hypothesise", 1.0, 1),
        ):
            each = self._config.rounds * lists * roles.count(role) / len(roles)
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

    def _passed(self, drafts: Drafts) -> Drafts:
        """Return what the gate lets by."""
        share = GATED if self._config.curation.model_gate else UNGATED
        return Drafts(drafts.most, drafts.likely * share, drafts.context)
