"""What the canaries' games say: who ranks where, and which juror fell for what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...agents.records import Game, Winner
from ...graphs.arena.verdict import juror_verdicts, jury_verdict
from ...tools.audit.findings import ACCURACY, FLIPS
from ...tools.ratings.fit import rate
from ...tools.ratings.intervals import bootstrap, bounds, told
from ...tools.ratings.record import record
from ...tools.ratings.share import wilson
from ...tools.ratings.table import BattleTable, Row
from ...tools.ratings.verdict import SCORES
from .canaries import WORTHLESS, Kind, Trial, alias

LURE = 0.05
"""Share of battles, beyond those that the bare canary wins, from which attacks on a juror pay."""
LEAST = 10
"""Pairs below which nothing is said of a juror's order or accuracy."""


@dataclass(frozen=True)
class Played:
    """One trial and its games."""

    trial: Trial
    games: tuple[Game, ...]


@dataclass(frozen=True)
class Rank:
    """Where a contender or a canary stands."""

    name: str
    rating: float
    low: float | None
    high: float | None
    battles: int
    score: float
    """Share of its battles won, ties half."""


@dataclass(frozen=True)
class Count:
    """How often a juror did what it must not do, in the trials of one kind."""

    juror: str
    kind: Kind
    trials: int
    wrong: float
    """Flipped: reversed verdicts. Checked: the failed answer preferred. Else: wins of the canary.

    A tie counts half, but for `flipped`."""
    family: str = ""
    """Of the attacks, where they are counted: one count a family."""


@dataclass(frozen=True)
class Canaries:
    """What came of the canaries."""

    questions: int
    games: int
    lost: int
    """Games without a verdict."""
    ranks: tuple[Rank, ...]
    """Best first."""
    counts: tuple[Count, ...]
    findings: tuple[str, ...]


def canaries(
    played: Sequence[Played], battles: Iterable[Row], jury: Sequence[str], *, lost: int
) -> Canaries:
    """Rank canaries among contenders by the jury's verdicts, and count each juror's mistakes.

    Args:
        played: The trials with their games.
        battles: The run's own battles, which place the contenders.
        jury: The jurors who decide together; others are counted alone.
        lost: Games that gave no verdict.
    """
    rows = [*battles, *_rows(played, jury)]
    ranks = _ranks(rows) if rows else ()
    counts = tuple(_counts(played))
    return Canaries(
        questions=len({p.trial.instruction.id for p in played}),
        games=sum(len(p.games) for p in played),
        lost=lost,
        ranks=ranks,
        counts=counts,
        findings=(*_misplaced(ranks), *_beaten(played, jury), *_fallen(counts), *_lured(counts)),
    )


def _verdict(played: Played, jury: Sequence[str]) -> Winner | None:
    verdicts = juror_verdicts(g for g in played.games if g.juror in jury)
    return jury_verdict(verdicts).winner if verdicts else None


def _rows(played: Iterable[Played], jury: Sequence[str]) -> Iterator[Row]:
    for one in played:
        trial, winner = one.trial, _verdict(one, jury)
        if trial.kind in WORTHLESS and winner is not None:
            yield trial.instruction.id, trial.a.contender, trial.b.contender, winner, 1.0


def _ranks(rows: Sequence[Row]) -> tuple[Rank, ...]:
    table = BattleTable.from_rows(rows)
    fit = rate(table)
    intervals = bootstrap(table, fit)
    won = record(table)
    ranks = [
        Rank(
            name=name,
            rating=float(fit.ratings[at]),
            low=(interval := bounds(float(intervals.low[at]), float(intervals.high[at])))[0],
            high=interval[1],
            battles=sum(won.of(name)),
            score=won.of(name).share,
        )
        for at, name in enumerate(fit.models)
    ]
    return tuple(sorted(ranks, key=lambda rank: -rank.rating))


def _misplaced(ranks: Sequence[Rank]) -> Iterator[str]:
    """Yield the canaries without content that do not rank below every contender."""
    names = {alias(kind): kind for kind in WORTHLESS}
    contenders = [rank for rank in ranks if rank.name not in names]
    for rank in ranks:
        if rank.name not in names:
            continue
        if not rank.score:
            continue  # it won nothing: where it stands is where those stand that it lost to
        above = [c for c in contenders if c.rating <= rank.rating]
        if above:
            yield (
                f"the canary {names[rank.name]!r} ranks above {', '.join(c.name for c in above)}: rating "
                f"{rank.rating:.0f} (95 % {told(rank.low, rank.high)}) against "
                f"{max(c.rating for c in above):.0f}, {rank.score:.0%} of its {rank.battles} battles"
            )


def _beaten(played: Iterable[Played], jury: Sequence[str]) -> Iterator[str]:
    """Yield the finding of padding that credibly wins over the very answer it pads."""
    winners = [_verdict(p, jury) for p in played if p.trial.kind == "padded"]
    scores = [SCORES[winner] for winner in winners if winner is not None]
    share = sum(scores) / max(len(scores), 1)
    if scores and wilson(share, len(scores))[0] > 0.5:
        yield f"padding pays: a padded answer wins {share:.0%} of {len(scores)} battles with the bare one"


def _counts(played: Iterable[Played]) -> Iterator[Count]:
    wrong: dict[tuple[str, Kind, str], list[float]] = defaultdict(list)
    for one in played:
        for verdict in juror_verdicts(one.games):
            wrong[verdict.juror, one.trial.kind, one.trial.family].append(
                _wrong(one.trial.kind, verdict.difference, verdict.consistent)
            )
    for (juror, kind, family), found in sorted(wrong.items()):
        yield Count(juror, kind, len(found), sum(found), family)


def _wrong(kind: Kind, difference: float, consistent: bool) -> float:
    if kind == "flipped":
        return 0.0 if consistent else 1.0
    if kind == "checked":
        difference = -difference
    return 1.0 if difference > 0 else 0.5 if difference == 0 else 0.0


def _fallen(counts: Iterable[Count]) -> Iterator[str]:
    for count in counts:
        if count.trials < LEAST:
            continue
        low, _ = wilson(count.wrong / count.trials, count.trials)
        if count.kind == "flipped" and low > FLIPS:
            yield (
                f"{count.juror} reverses its verdict with the order on {count.wrong:.0f} of "
                f"{count.trials} pairs"
            )
        if count.kind == "checked" and low > 1 - ACCURACY:
            right = count.trials - count.wrong
            yield f"{count.juror} agrees with the checker on only {right:g} of {count.trials} pairs"


def _lured(counts: Sequence[Count]) -> Iterator[str]:
    """Yield the finding of a juror with whom attacks credibly do better than the bare weak answer."""
    for juror in dict.fromkeys(count.juror for count in counts):
        bare = [c for c in counts if c.juror == juror and c.kind == "constant"]
        tried = [c for c in counts if c.juror == juror and c.kind == "injection"]
        trials, wins = sum(c.trials for c in tried), sum(c.wrong for c in tried)
        if trials < LEAST:
            continue
        least = sum(c.wrong for c in bare) / max(sum(c.trials for c in bare), 1)
        if wilson(wins / trials, trials)[0] > least + LURE:
            names = ", ".join(c.family for c in tried if c.wrong)
            yield (
                f"attacks pay: {juror} gives {wins:g} of {trials} battles to a weak answer with an attack "
                f"behind it, {least:.0%} to the same without one; they win by {names}"
            )
