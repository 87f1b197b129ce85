"""The estimate: calls, tokens, USD and time per stage before a cent is spent, from the seeds themselves.

Seeds are read as a run would read them; each stage's calls follow from `per_seed`, the skills and the
cast. Prompt lengths are those of the prompt files and the documents, reply lengths are typical ones.
`most` assumes that nothing is dropped on the way; `likely` that the gates let `PASS_RATE` through.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import ceil
from random import Random
from typing import Any

from ..agents.cast import eligible
from ..agents.models.settings import ModelSettings
from ..agents.records import Seed
from ..graphs.arena.matchmaking import pairs
from ..prompts.template import FOLDER
from ..taxonomy.skill import Skill, load_skill
from .config import RunConfig
from .seeds import read_seeds

CHARS_PER_TOKEN = 4
PASS_RATE = 0.75
"""Share of written instructions that get through the gate, as seen in runs on mixed documents."""
REPLY = {
    "instruction": 110,
    "suggestion": 50,
    "edit": 130,
    "curation": 60,
    "answer": 220,
    "game": 90,
}
"""Typical reply tokens: per instruction, per suggestion, per edit, …"""
WAIT_S, TOKENS_PER_S = 0.8, 60.0
"""Assumed latency of an endpoint: before the first token, and per token after it."""
AUTO_CONCURRENCY = 32


@dataclass
class StageEstimate:
    """One stage, if nothing is dropped."""

    stage: str
    calls: float = 0
    tokens_in: float = 0
    tokens_out: float = 0
    usd: float = 0.0
    seconds: float = 0.0

    def add(self, calls: float, tokens_in: float, tokens_out: float, model: ModelSettings) -> None:
        """Add calls of one model; the token counts are per call."""
        self.calls += calls
        self.tokens_in += calls * tokens_in
        self.tokens_out += calls * tokens_out
        price = model.price
        self.usd += calls * (tokens_in * price.input + tokens_out * price.output) / 1e6
        if model.provider != "openai":
            return
        lanes = AUTO_CONCURRENCY if model.concurrency == "auto" else model.concurrency
        seconds = calls * (WAIT_S + tokens_out / TOKENS_PER_S) / lanes
        if model.rpm:
            seconds = max(seconds, calls * 60 / model.rpm)
        if model.tpm:
            seconds = max(seconds, calls * (tokens_in + tokens_out) * 60 / model.tpm)
        self.seconds += seconds


@dataclass
class Estimate:
    """What a run would take; `most` if nothing is dropped, `likely` with the usual rejects."""

    seeds: int = 0
    rejects: int = 0
    instructions: float = 0
    stages: dict[str, StageEstimate] = field(default_factory=dict)

    def stage(self, name: str) -> StageEstimate:
        """Return a stage's line, made on first use."""
        return self.stages.setdefault(name, StageEstimate(name))

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        rows = [_rounded(asdict(stage)) for stage in self.stages.values()]
        most = {k: sum(row[k] for row in rows) for k in rows[0] if k != "stage"} if rows else {}
        likely = {key: _sum_likely(rows, key) for key in most}
        return {
            "seeds": self.seeds,
            "rejected_seeds": self.rejects,
            "instructions": round(self.instructions),
            "stages": rows,
            "most": most,
            "likely": likely,
        }

    def table(self) -> str:
        """Return it as a table for a reader."""
        data = self.data()
        head = f"{'stage':<16}{'calls':>9}{'tokens in':>13}{'tokens out':>13}{'USD':>11}{'time':>9}"
        lines = [
            f"{data['seeds']} seeds ({data['rejected_seeds']} rejected), "
            f"at most {data['instructions']} instructions",
            "",
            head,
        ]
        lines += [_line(row["stage"], row) for row in data["stages"]]
        lines += [_line(name, data[name]) for name in ("most", "likely") if data[name]]
        lines += ["", f"likely: {PASS_RATE:.0%} of the instructions pass the gate; time assumes "]
        lines[-1] += f"{WAIT_S:g} s to the first token, then {TOKENS_PER_S:g} tokens/s"
        return "\n".join(lines)


_AFTER_GATE = ("answer", "judge")


def _sum_likely(rows: list[dict[str, Any]], key: str) -> float:
    total: float = sum(row[key] * (PASS_RATE if row["stage"] in _AFTER_GATE else 1) for row in rows)
    return round(total, 6) if key in ("usd", "seconds") else round(total)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    whole = ("calls", "tokens_in", "tokens_out")
    return {
        k: round(v) if k in whole else v if k == "stage" else round(v, 6) for k, v in row.items()
    }


def _line(name: str, row: dict[str, Any]) -> str:
    minutes, seconds = divmod(round(row["seconds"]), 60)
    return (
        f"{name:<16}{row['calls']:>9}{row['tokens_in']:>13}{row['tokens_out']:>13}"
        f"{row['usd']:>11.4f}{minutes:>6}:{seconds:02d}"
    )


def estimate(config: RunConfig, *, limit: int | None = None) -> Estimate:
    """Return the estimate of a run; no model is asked.

    Raises:
        UserError: there is no usable seed.
    """
    found = Estimate()
    skills = [load_skill(name) for name in config.skills]
    for seed in islice(_seeds(config, found), limit):
        found.seeds += 1
        for skill in skills:
            if seed.kind in skill.seed_kinds:
                _add_flow(found, config, skill, len(seed.text) / CHARS_PER_TOKEN)
    return found


def _seeds(config: RunConfig, found: Estimate) -> Iterator[Seed]:
    for item in read_seeds(config.seeds):
        if isinstance(item, Seed):
            yield item
        else:
            found.rejects += 1


def _add_flow(found: Estimate, config: RunConfig, skill: Skill, text: float) -> None:
    """Add one seed's way through one skill, over all rounds; `text` is the seed's length in tokens."""
    per_seed, cast, rounds = config.per_seed, config.cast, config.rounds

    def model(role: str) -> ModelSettings:
        return config.models[cast.speaks(role)]

    passages = min(per_seed.passages, len(skill.transformations))
    spoken = sum(not t.identity for t in skill.transformations) / len(skill.transformations)
    long = text if skill.flow == "standard" else 400.0  # an API list is about this long
    prompts = {name: _prompt_tokens(path) for name, path in skill.prompts.model_dump().items()}
    stage = found.stage
    # Tool use describes its seed once and then asks the finder, who searches before it ends.
    transformed = passages * spoken if skill.flow == "standard" else 1 + 2 * passages
    stage("transformation").add(
        rounds * transformed, text + prompts["transform"], long, model("transformer")
    )
    written = per_seed.instructions
    calls = ceil(written / per_seed.per_leaf)
    reply = REPLY["instruction"] * written / calls
    stage("instruction").add(rounds * calls, long + prompts["write"], reply, model("writer"))
    refined = written * per_seed.refinements
    edits = refined * per_seed.directions
    reply = REPLY["suggestion"] * per_seed.directions
    stage("suggestion").add(rounds * refined, long + prompts["suggest"], reply, model("suggester"))
    rewritten = sum(goal.edits == "passage" for goal in skill.goals) / len(skill.goals)
    reply = REPLY["edit"] + rewritten * long
    stage("edit").add(rounds * edits, long + prompts["edit"], reply, model("editor"))
    drafts = rounds * (written + edits)
    found.instructions += drafts
    if config.curation.model_gate:
        gate = long + _prompt_tokens("curation/curate")
        stage("curation").add(drafts, gate, REPLY["curation"], model("curator"))
    _add_battles(found, config, drafts, long)


def _add_battles(found: Estimate, config: RunConfig, drafts: float, long: float) -> None:
    """Add the answers and games of instructions whose context has `long` tokens."""
    cast, models = config.cast, config.models
    everyone = cast.everyone
    battles = config.arena.battles_per_instruction
    fought = pairs(everyone, cast.target, battles=battles, random=Random(0))
    for alias in sorted({alias for pair in fought for alias in pair}):
        found.stage("answer").add(drafts, long + 50, REPLY["answer"], models[alias])
    game = long + 2 * REPLY["answer"] + _prompt_tokens("arena/judge")
    for pair in fought:
        for juror in eligible(cast.jury, pair, models):
            found.stage("judge").add(2 * drafts, game, REPLY["game"], models[juror])


def _prompt_tokens(name: str) -> float:
    size: int = (FOLDER / f"{name}.j2").stat().st_size
    return size / CHARS_PER_TOKEN
