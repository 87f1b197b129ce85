"""Everything a leaderboard tells, computed from battles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.agreement import Agreement
from ...tools.ratings.connection import Triples, triples
from ...tools.ratings.exposure import Exposure, carried_by, exposure
from ...tools.ratings.fit import Fit, index_of
from ...tools.ratings.intervals import FEWEST_QUESTIONS, NO_WIDTH, PERCENTILES, Intervals
from ...tools.ratings.length import LengthControlled
from ...tools.ratings.newton import sigmoid
from ...tools.ratings.position import Flips, Position, flips, position
from ...tools.ratings.record import Record, record
from ...tools.ratings.share import NORMAL
from ...tools.ratings.standings import Standing, rate_errors, separability, standings, win_rates
from ...tools.ratings.table import BattleTable, Ints
from .battles import Battles
from .difficulty import Difficulty, length_controlled_rates, read_difficulty
from .options import Options
from .rated import Controlled, JudgeRow, Rated, rated
from .reading import Loaded
from .verdicts import agreement_of, weighed

MOST_GROUPS = 100
NOTHING = 1e-8
"""Share of a column's variation that is rounding."""


@dataclass(frozen=True)
class WinRate:
    """How sure a win rate is."""

    low: float
    high: float
    standard_error: float
    """By the method of the intervals."""
    closed_form_error: float | None
    """From the covariance that is robust by question; None where judges are fitted."""


@dataclass(frozen=True, eq=False)
class Board:
    """One leaderboard with its checks."""

    fit: Fit
    intervals: Intervals
    rows: tuple[Standing, ...]
    battles: int
    questions: int
    counts: Ints
    """Battles of row model and column model, shape (models, models)."""
    baseline: str | None
    everywhere: str | None
    """Who takes part in every battle of three or more models."""
    win_rates: Mapping[str, WinRate]
    """Empty where there are no intervals."""
    record: Record
    separability: float
    """0 where there are too few questions to tell any pair apart."""
    position: Position
    """By the weight that rows have."""
    counted: Position
    """Each verdict as one."""
    exposure: Exposure
    carried: tuple[str, str, int] | None
    """The two models of highest rating, where they are told apart by few questions, and how few."""
    expected_first: float
    """Share of the wins that the model shown first would take by the ratings alone, ties half."""
    flips: Flips
    flipped: float | None
    """What the games of an inconsistent pair weigh; None where no verdict has a weight."""
    agreement: Agreement
    """Before the jurors conferred, where they did."""
    triples: Triples
    control: Controlled | None = None
    length_controlled: Mapping[str, LengthControlled] = field(default_factory=dict)
    judges: tuple[JudgeRow, ...] = ()
    """Where judges were fitted with the ratings."""
    evidence: int = 0
    """Questions whose battles have weight: what the intervals are made of."""

    @property
    def few(self) -> bool:
        """Whether there are too few questions for intervals that tell models apart."""
        return self.evidence < FEWEST_QUESTIONS

    @property
    def open(self) -> frozenset[str]:
        """Models that no chain of wins both ways joins to the others: only a ridge holds their ratings."""
        if not self.fit.regularised:
            return frozenset()
        most = self.fit.components[0]
        held = frozenset(most if len(most) > 1 else ())
        if self.fit.anchor and self.fit.anchor[0] not in held:
            held = frozenset()
        return frozenset(self.fit.models) - held

    @property
    def unknown(self) -> bool:
        """Whether there are no intervals at all: one question tells nothing of others."""
        return self.evidence < 2

    @cached_property
    def no_interval(self) -> frozenset[str]:
        """Models whose interval is unknown: all of one question, else those whose rating nothing moves.

        Chains of wins join these to others, and no choice of the questions changes it: ties alone, say.
        """
        if self.unknown:
            return frozenset(self.fit.models)
        held = self.fit.anchor[0] if self.fit.anchor else None
        wide = self.intervals.high - self.intervals.low > NO_WIDTH
        return frozenset(np.array(self.fit.models)[~wide].tolist()) - self.open - {held}


def boards(loaded: Loaded, options: Options) -> tuple[Board, dict[str, Board]]:
    """Return the board of all battles and one for each value of `--by`.

    Raises:
        UserError: The anchor, the baseline or the target has no battles, or `--by` has too many values.
    """
    raw = _without_canned(loaded) if options.without_canned else loaded.battles
    battles = weighed(raw, options)
    if not battles.table.weight.any():
        raise UserError(
            f"{', '.join(loaded.files)}: no battle has a weight above 0: nothing to rate"
        )
    groups = battles.groups()
    if len(groups) > MOST_GROUPS:
        raise UserError(f"--by gives {len(groups)} boards; at most {MOST_GROUPS} are of any use")
    try:
        difficulty = _difficulty(battles, options)
        whole = board(battles, raw, options, difficulty, ordered=loaded.ordered)
        if options.target is not None:
            index_of(options.target, whole.record.models, "target")
    except UserError:
        raise
    except ValueError as error:
        raise UserError(str(error)) from error
    _refuse_inseparable(whole, loaded, options)
    parts: dict[str, Board] = {}
    for name, rows in groups.items():
        part = battles.where(rows)
        if part and part.table.weight.any():
            within = _within(options, part.table.models)
            parts[name] = board(
                part, raw.where(rows) or part, within, difficulty, ordered=loaded.ordered
            )
    return whole, parts


def _without_canned(loaded: Loaded) -> Battles:
    """Return the battles of models whose answers are their own.

    Raises:
        UserError: There are none.
    """
    table = loaded.battles.table
    names = {told.model for told in loaded.canned if told.reasons}
    out = np.array([model in names for model in table.models], dtype=np.bool_)
    left = loaded.battles.where(~(out[table.a] | out[table.b]))
    if left is None:
        raise UserError(
            f"{', '.join(loaded.files)}: --without-canned leaves no battle: all are with {', '.join(names)}"
        )
    return left


def _refuse_inseparable(whole: Board, loaded: Loaded, options: Options) -> None:
    """Refuse to hold equal what differs between models only: its wins are theirs."""
    own = whole.control.own if whole.control else {}
    if held := [name for name, share in own.items() if share < NOTHING]:
        raise UserError(
            f"{', '.join(loaded.files)}: --control {options.control}: {', '.join(held)} follows wholly "
            "from which models play (and from the other columns), so what it wins cannot be told from "
            "what the models win; leave --control out, or add battles where it varies"
        )


def _difficulty(battles: Battles, options: Options) -> Difficulty | None:
    if options.difficulty is None:
        return None
    if options.control != "length":
        raise UserError("--difficulty goes with --control length")
    baseline = options.baseline or met_by_all(battles.table)
    if baseline is None:
        raise UserError(
            "--difficulty needs a baseline that the models met: name it with --baseline"
        )
    return read_difficulty(options.difficulty, baseline)


def _within(options: Options, models: tuple[str, ...]) -> Options:
    """Leave out an anchor or a baseline that has no battles in a part."""
    anchor = options.anchor if options.anchor and options.anchor[0] in models else None
    return replace(
        options, anchor=anchor, baseline=options.baseline if options.baseline in models else None
    )


def board(
    battles: Battles,
    unweighed: Battles,
    options: Options,
    difficulty: Difficulty | None = None,
    *,
    ordered: bool = True,
) -> Board:
    """Rate battles; position and agreement are told from what jurors said, each verdict as one.

    `ordered` tells whether it is known which answer was shown first.
    """
    judged = unweighed.told()
    found = rated(battles, options)
    battles, fit, intervals = found.battles, found.fit, found.intervals
    table, each = battles.table, battles.each()
    baseline = options.baseline or met_by_all(table)
    evidence = int(np.count_nonzero(np.bincount(table.question, table.weight)))
    lengths = (
        length_controlled_rates(battles, baseline, difficulty) if difficulty and baseline else {}
    )
    return Board(
        fit=fit,
        intervals=intervals,
        rows=_by_control(standings(each, fit, intervals, baseline), lengths),
        battles=len(each),
        questions=int(np.count_nonzero(np.bincount(table.question))),
        counts=_counts(each),
        baseline=baseline,
        everywhere=met_by_all(table),
        win_rates=_spread(found, baseline) if evidence > 1 else {},
        record=record(each),
        separability=separability(intervals) if evidence >= FEWEST_QUESTIONS else 0.0,
        position=position(judged.table),
        counted=position(replace(judged.table, weight=np.ones(len(judged.table)))),
        exposure=exposure(judged.table),
        carried=_carried(table, fit, intervals),
        expected_first=_expected_first(judged.table, fit),
        flips=flips(judged.table, judged.judge.codes if judged.judge else None),
        flipped=options.inconsistent_weight(nested=unweighed.nested),
        agreement=agreement_of(judged.alone(), ordered=ordered),
        triples=triples(fit.wins),
        control=found.control,
        length_controlled=lengths,
        judges=found.judges,
        evidence=evidence,
    )


def _by_control(
    rows: tuple[Standing, ...], lengths: Mapping[str, LengthControlled]
) -> tuple[Standing, ...]:
    """Order by the length-controlled win rate where it is known; the baseline's is a half."""
    if not lengths:
        return rows
    return tuple(sorted(rows, key=lambda row: -controlled_rate(lengths, row.model)))


def controlled_rate(lengths: Mapping[str, LengthControlled], model: str) -> float:
    """Return a model's length-controlled win rate over the baseline."""
    return lengths[model].win_rate if model in lengths else 0.5


def met_by_all(table: BattleTable) -> str | None:
    """Return the one model of three or more that takes part in every battle, if there is one."""
    if len(table.models) < 3:
        return None
    candidates = {int(table.a[0]), int(table.b[0])}
    all_met = [m for m in candidates if ((table.a == m) | (table.b == m)).all()]
    return table.models[all_met[0]] if all_met else None


def _spread(found: Rated, baseline: str | None) -> dict[str, WinRate]:
    fit, intervals = found.fit, found.intervals
    closed = None
    if found.covariance is not None:
        closed = rate_errors(fit.strengths, found.covariance, fit.models, baseline)
    if len(intervals.draws):
        drawn = win_rates(intervals.draws, fit.models, baseline)
        low, high = np.percentile(drawn, PERCENTILES, axis=0)
        error = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else np.zeros(len(low))
    elif closed is not None:
        rates = win_rates(fit.ratings, fit.models, baseline)
        low, high = np.clip([rates - NORMAL * closed, rates + NORMAL * closed], 0.0, 1.0)
        error = closed
    else:
        return {}
    return {
        model: WinRate(
            float(low[i]),
            float(high[i]),
            float(error[i]),
            None if closed is None else float(closed[i]),
        )
        for i, model in enumerate(fit.models)
    }


def _counts(table: BattleTable) -> Ints:
    count = len(table.models)
    forth = np.bincount(table.a * count + table.b, minlength=count**2).reshape(count, count)
    return np.asarray(forth + forth.T)


def _carried(table: BattleTable, fit: Fit, intervals: Intervals) -> tuple[str, str, int] | None:
    """Return how few questions carry the lead of the first model, None where it is not told apart."""
    first, second = np.argsort(-fit.ratings, kind="stable")[:2]
    if intervals.low[first] <= intervals.high[second]:
        return None
    count = carried_by(table, fit, int(first), int(second))
    return (fit.models[first], fit.models[second], count) if count else None


def _expected_first(table: BattleTable, fit: Fit) -> float:
    """Predict the first place's share; models without a rating are left out."""
    rating = dict(zip(fit.models, fit.strengths.tolist(), strict=True))
    strength = np.array([rating.get(model, np.nan) for model in table.models])
    chance = sigmoid(strength[table.a] - strength[table.b])
    known = ~np.isnan(chance)
    weight = table.weight[known]
    return float((weight * chance[known]).sum() / (weight.sum() or 1.0))
