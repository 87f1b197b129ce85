"""Closing a start of a run: the dataset with its card, and the result in numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..agents.contender_name import known_as
from ..agents.models.usage import Tally
from ..graphs import kinds
from ..graphs.generation.gates import PROSE
from ..graphs.records import cut_answers
from ..graphs.settings import Quota, of_round
from ..graphs.supervisor.decisions import (
    Gated,
    PolicyVersion,
    RoundDifficulty,
    RoundRatings,
    Trained,
)
from ..taxonomy.policy import PolicyChange
from ..taxonomy.refinement import Refinement
from ..tools.constraints.language import language_of
from .config.config import RunConfig
from .dataset import CardFacts, RatingFact, write_dataset
from .dataset.coverage import read_coverage, read_versions
from .dataset.facts import dropped_by_leaf
from .folder import RunFolder
from .manifest import PACKAGES, Manifest
from .result import RunResult
from .screen.judging import judging, juror_failures
from .store import Store

_ASKED, _CHARACTERS, _LEAST = 200, 1_000, 0.02
"""Documents whose language is looked at, how much of each, and the share that is told."""


async def close_run(
    config: RunConfig, folder: RunFolder, store: Store, *, tally: Tally, status: str, reason: str
) -> RunResult:
    """Write the dataset from what the store holds, and return the result; `tally` is of this start."""
    ratings = [r async for r in store.stream(kinds.RATING)]
    ratings.sort(key=lambda r: (r.round, r.purpose))
    versions, grown = await read_versions(store)
    changes = [change for version in versions for change in version.changes]
    structure = [{"round": v.round, **c.model_dump(mode="json")} for v in grown for c in v.changes]
    gates = sorted([g async for g in store.stream(kinds.GATE) if g.candidate], key=_round)
    trained = sorted([t async for t in store.stream(kinds.TRAINED) if t.training], key=_round)
    totals = await store.totals()
    facts = CardFacts(
        config=yaml.safe_dump(config.what(), sort_keys=False, allow_unicode=True),
        totals=totals,
        ratings=tuple(_facts(config, ratings)),
        trainings=tuple(map(training_sentence, trained)),
        gates=tuple(gate_line(gated.model_dump()) for gated in gates),
        policy_changes=tuple(sentence(change) for change in changes),
        refinement=tuple(_refinement(versions, [d async for d in store.stream(kinds.DIFFICULTY)])),
        taxonomy_changes=tuple(map(restructuring, structure)),
        filters=tuple(_filters(config)),
        versions=_versions(folder),
        coverage=await read_coverage(store),
        language=await _languages(store),
    )
    await write_dataset(store, folder.dataset, facts, thoughts=config.dataset.thoughts)
    counts: dict[str, Any] = {kind.name: await store.count(kind) for kind in kinds.KINDS}
    rejects = await store.count_by(kinds.REJECT, "stage", "reason")
    counts["cut"] = await cut_answers(store)
    counts["rejects"] = {f"{stage}/{why}": n for (stage, why), n in sorted(rejects.items())}
    counts["dropped"] = await dropped_by_leaf(store)
    if status == "completed" and (wrong := await fruitless(store, counts, tally)):
        status, reason = wrong
    last = max((r.round for r in ratings), default=0)
    return RunResult(
        run_id=folder.run_id,
        path=str(folder.path),
        status=status,
        reason=reason,
        counts=counts,
        calls=tally.calls(),
        calls_in_all=totals.calls,
        tokens={"input": totals.tokens_in, "output": totals.tokens_out},
        usd=round(totals.usd, 6),
        tokens_this_start={"input": tally.tokens_in, "output": tally.tokens_out},
        usd_this_start=round(tally.usd, 6),
        ratings=[
            {"round": r.round, "purpose": r.purpose, **m.model_dump()}
            for r in ratings
            if r.round == last
            for m in r.models
        ],
        gates=[gated.model_dump(exclude={"id", "parents"}) for gated in gates],
        policy_changes=[change.model_dump() for change in changes],
        taxonomy_changes=structure,
        failures=await _failures(store, len(rejects)),
        jurors=[failures.data() for failures in await juror_failures(store)],
        judging=await judging(lambda: store.stream(kinds.BATTLE), config.arena, config.cast),
    )


async def _failures(store: Store, reasons: int) -> dict[str, str]:
    """Return what the first call said that failed in each stage; there are so many stages with reasons."""
    seen: dict[str, str] = {}
    if not reasons:
        return seen
    async for reject in store.stream(kinds.REJECT):
        seen.setdefault(f"{reject.stage}/{reject.reason}", reject.detail if reject.failed else "")
        if len(seen) == reasons:
            break
    return {why: detail for why, detail in sorted(seen.items()) if detail}


async def fruitless(
    store: Store, counts: Mapping[str, Any], tally: Tally
) -> tuple[str, str] | None:
    """Return status and reason of a run that went to its end and made nothing to train on or to rank."""
    if not counts[kinds.INSTRUCTION.name]:
        lacks = "no instruction was made"
    elif not counts[kinds.BATTLE.name]:
        lacks = "no battle was decided"
    else:
        return None
    causes = Counter([(r.stage, r.detail) async for r in store.stream(kinds.REJECT) if r.failed])
    if not causes:
        said = ", ".join(f"{n} {why}" for why, n in list(counts["rejects"].items())[:3])
        return "failed: nothing made", f"{lacks}; dropped: {said or 'nothing'}"
    asked = tally.calls()
    ((stage, detail), times) = causes.most_common(1)[0]
    failed = (
        f"{asked['failed']} calls failed for good in this start, {asked['paid']} were paid"
        if asked["failed"]
        else f"{causes.total()} failures, none of them a call's"
    )
    return "stopped: calls", (
        f"{lacks}: {failed}; the commonest failure, {times} times in {stage}: {detail}"
    )


async def _languages(store: Store) -> tuple[str, ...]:
    """Return the languages of the documents, the commonest first; none where none is in any."""
    found: Counter[str] = Counter()
    async for seed in store.stream(kinds.SEED):
        if seed.kind in PROSE and (language := language_of(seed.text[:_CHARACTERS])):
            found[language] += 1
        if found.total() == _ASKED:
            break
    return tuple(name for name, n in found.most_common() if n >= _LEAST * found.total())


def sentence(change: PolicyChange) -> str:
    """Return a policy change in words, with its reason."""
    return f"round {change.round}, {change.skill}/{change.leaf}: {change.reason}"


def restructuring(change: Mapping[str, Any]) -> str:
    """Return a change of the taxonomy in words, with its reason."""
    gone, new = (", ".join(change[side]) for side in ("gone", "new"))
    leaves = f"{gone} → {new}" if gone and new else gone or new
    return (
        f"round {change['round']}, {change['skill']}: {change['kind']} {leaves}: {change['reason']}"
    )


def gate_line(gated: Mapping[str, Any]) -> str:
    """Return what the gate said of a round's candidate, as data, in one line."""
    return f"round {gated['round']}, {gated['word'].replace('_', ' ')}: {gated['reason']}"


def training_sentence(trained: Trained) -> str:
    """Return how a round's candidate was trained."""
    how = trained.training
    assert how is not None
    steps = [
        f"{s.step} on {s.rows} rows in {s.updates} updates{_curve('loss', s.loss_first, s.loss_last)}"
        f"{_curve('reward', s.reward_first, s.reward_last)}"
        for s in how.steps
    ]
    versions = ", ".join(f"{name} {version}" for name, version in how.versions.items())
    where = " on ".join(part for part in (how.backend, how.device) if part)
    return (
        f"round {trained.round}: {trained.contender} from {how.base}, by {where}"
        f"{f' ({versions})' if versions else ''}; {'; '.join(steps) or trained.reason}; rows {how.digest}"
    )


def _curve(name: str, first: float | None, last: float | None) -> str:
    return "" if first is None or last is None else f", {name} {first:.3g} to {last:.3g}"


def _round(record: Gated | Trained) -> int:
    return record.round


def _facts(config: RunConfig, ratings: list[RoundRatings]) -> list[RatingFact]:
    return [
        RatingFact(
            round=r.round,
            alias=f"{m.model} ({r.purpose})",
            model=_model(config, m.model),
            rating=m.rating,
            low=m.low,
            high=m.high,
            battles=m.battles,
        )
        for r in ratings
        for m in r.models
    ]


def _model(config: RunConfig, name: str) -> str:
    settings = config.models[known_as(name, config.models)]
    return f"{settings.provider}/{settings.name}"


def _filters(config: RunConfig) -> list[str]:
    return [
        f"Seeds of {config.seeds.min_chars} to {config.seeds.max_chars} characters; exact duplicates "
        f"and near ones (Jaccard {config.seeds.near_duplicate:g}) are dropped.",
        "Instructions whose checker has unusable arguments, with a wrong number of options, or that "
        "the curator finds unsound are dropped; so is what shows a text that its document marks as private.",
        *_gates(config),
        f"Tasks that repeat another about the same context (Jaccard {config.curation.near_duplicate:g}) "
        "are dropped.",
        _selected(config),
        "Disputed battles, and instructions that every contender lost, train nobody.",
    ]


def _gates(config: RunConfig) -> Iterator[str]:
    """Yield what the gates that a config asks for drop."""
    settings = config.curation
    if settings.benchmarks:
        names = ", ".join(Path(name).name for name in settings.benchmarks)
        yield f"Tasks that stand in a row of {names}, word for word or in other words, are dropped."
    if settings.language != "any":
        yield f"Tasks in another language than {settings.language} are dropped."


def _selected(config: RunConfig) -> str:
    """Say what training rows had to reach, round by round."""
    settings, rounds = config.selection, range(1, config.rounds + 1)

    def least(margins: Sequence[float], quotas: Sequence[Quota]) -> str:
        if quotas:
            return "as many as " + ", ".join(str(of_round(quotas, n)) for n in rounds)
        return "at least " + ", ".join(f"{of_round(margins, n):g}" for n in rounds) + " points"

    sft = least(settings.sft_margin, settings.sft_quota)
    pairs = least(settings.preference_margin, settings.preference_quota)
    who = (
        "the target lost by"
        if settings.rule == "lost"
        else "drawn at random, as many as were lost by"
    )
    mind = ", and every juror is of the same mind" if settings.unanimous else ""
    return f"SFT: {who} {sft} (by round). Preference: {pairs} and at most {settings.preference_most:g}{mind}."


def _refinement(
    versions: Sequence[PolicyVersion], difficulties: Sequence[RoundDifficulty]
) -> Iterator[str]:
    """Yield what the newest round tells: where leaves are to move, what operators did, how anchors hold."""
    newest = max(versions, key=lambda version: version.round, default=None)
    found = newest.policy.refinement if newest else Refinement()
    for name, what in (*found.aims.items(), *found.operators.items()):
        yield f"{name}: {what}"
    last = max(difficulties, key=lambda told: told.round, default=None)
    for anchor in last.anchors if last else ():
        yield (
            f"{anchor.model} on the held-out set: win rate {anchor.win_rate:.2f} over {anchor.battles} "
            f"battles, {anchor.expected:.2f} foretold"
        )


def _versions(folder: RunFolder) -> tuple[tuple[str, str], ...]:
    versions = Manifest.read(folder.manifest).versions
    return tuple((name, versions[name]) for name in ("python", *PACKAGES) if name in versions)
