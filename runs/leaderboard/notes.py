"""What a reader must know beside the ratings, in sentences."""

from collections.abc import Iterator, Mapping

from ...tools.ratings.agreement import FEWEST_SHARED, Agreement
from ...tools.ratings.intervals import FEWEST_QUESTIONS
from ...tools.ratings.position import Position
from .board import Board
from .doubts import (
    Doubt,
    canned_doubts,
    carried_doubt,
    exposure_doubts,
    flips_doubt,
    listed,
    open_doubts,
    repeated_doubts,
    spelled_doubts,
    twice_doubts,
    unnamed_doubt,
)
from .options import Options
from .reading import Loaded

FAIR = 0.02
"""Lead of the place shown first that its models explain, beyond which a reader must be told."""
WEAK = 0.25
"""Discrimination, as a share of the judges' mean, below which a reader must be told."""
VAGUE = 0.1
"""Share of a column's variation that is its own, below which a reader must be told."""
UNNAMED = "(unnamed)"
"""The judge of rows that name none."""


def notes(board: Board, loaded: Loaded, options: Options) -> list[str]:
    """Return the notes on the whole board."""
    return [
        *account(loaded),
        *_joined(board, loaded, options),
        *_ratings(board, options),
        *_control(board, options),
        *(_position(board, options) if loaded.ordered else ()),
        *_agreement(board, loaded),
    ]


def doubts(board: Board, loaded: Loaded, options: Options) -> list[Doubt]:
    """Return the warnings on a board."""
    return [
        *(unnamed_doubt() if loaded.unnamed else ()),
        *canned_doubts(loaded.canned, left_out=options.without_canned),
        *twice_doubts(loaded.twice),
        *spelled_doubts(board.fit.models),
        *repeated_doubts(*loaded.repeated, named=loaded.battles.judge is not None),
        *(open_doubts(board.fit.islands, board.fit.components) if board.fit.regularised else ()),
        *exposure_doubts(board.exposure, board.everywhere, ordered=loaded.ordered),
        *(flips_doubt(board.flips) if loaded.ordered else ()),
        *(carried_doubt(*board.carried) if board.carried else ()),
    ]


def _joined(board: Board, loaded: Loaded, options: Options) -> Iterator[str]:
    yield from _rule(board, loaded, options)
    if options.aggregate == "games":
        return
    if options.aggregate == "judge_aware":
        yield (
            "Ratings and judges are fitted together: a judge counts by what it tells apart, without "
            "its ties and its liking for a place. Win rates are of decided battles."
        )
        weak = [row.judge or UNNAMED for row in board.judges if row.discrimination < WEAK]
        if weak:
            yield f"Tell hardly anything apart, or contradict the others: {listed(weak)}."
        return
    yield (
        f"Each question and pair is one battle, decided by the {options.aggregate} of its judges: "
        f"{board.battles:,} battles from {len(loaded.battles.table):,} verdicts."
    )


def _rule(board: Board, loaded: Loaded, options: Options) -> Iterator[str]:
    """Tell how the games inside a run's battles count, and the battles without games."""
    rated = loaded.battles
    if rated.nested and options.aggregate in ("games", "judge_aware"):
        yield (
            f"The jurors' {len(rated.table) - rated.settled:,} games rate, not their verdicts: a game "
            "weighs 1 / (2 x the jurors of its battle). Disputed battles count too."
        )
    if rated.nested and rated.settled:
        yield (
            f"{rated.settled:,} battles were decided without a juror, by a checker or since the answers "
            "are identical: each counts once."
        )
    if rated.settled and board.judges:
        yield (
            "What was decided without a juror tells nothing of judges: it counts as if by a judge of "
            "discrimination 1."
        )


def _ratings(board: Board, options: Options) -> Iterator[str]:
    fit, intervals = board.fit, board.intervals
    held = f"{fit.anchor[0]} is held at {fit.anchor[1]:g}" if fit.anchor else "their mean is 1000"
    yield f"Ratings are Bradley-Terry strengths on the Elo scale; {held}."
    if board.unknown:
        yield (
            "All battles are on one question: nothing tells how far another would move the ratings, "
            "so there are no intervals and no two models count as told apart."
        )
    elif intervals.method == "bootstrap":
        yield f"Intervals are 95 %, from {options.rounds} resamples of the questions (seed {options.seed})."
    else:
        yield "Intervals are 95 %, from the sandwich covariance that is robust by question."
    if board.no_interval and not board.unknown:
        yield (
            f"No choice of the questions moves the rating of {listed(sorted(board.no_interval))}: all that "
            "were asked say the same, which tells nothing of others, so there is no interval."
        )
    against = board.baseline or "all others, on average"
    chosen = "" if options.baseline or not board.baseline else " (it is in every battle)"
    yield f"Win rates are predicted against {against}{chosen}."
    if board.few and not board.unknown:
        yield (
            f"Intervals by {board.evidence} questions are too narrow: below {FEWEST_QUESTIONS} no two models "
            "count as told apart (separability 0)."
        )
    elif not board.unknown:
        yield f"Separability {board.separability:.3f}: pairs of models whose intervals do not overlap."
    if intervals.regularised_rounds and not fit.regularised:
        yield (
            f"In {intervals.regularised_rounds} of {options.rounds} resamples some model won or lost "
            "everything: a small ridge held it there, so its interval is open to that side."
        )
    found = board.triples
    if found.decided:
        share = found.cyclic / found.decided
        yield f"Circles (a beats b beats c beats a): {found.cyclic} of {found.decided} triples ({share:.1%})."


def _control(board: Board, options: Options) -> Iterator[str]:
    if board.control is None:
        return
    told = ", ".join(f"{name} {value:+.3f}" for name, value in board.control.coefficients.items())
    yield (
        f"Ratings hold {options.control} equal. Log-odds won per standard deviation of the relative "
        f"difference: {told}."
    )
    for name, own in board.control.own.items():
        if own < VAGUE:
            yield (
                f"Only {own:.1%} of what varies in {name} does not follow from which models play (and "
                "from the other columns): what it wins can hardly be told from the ratings."
            )


def _position(board: Board, options: Options) -> Iterator[str]:
    yield f"Position: {shares(board.counted)} (each verdict as one)."
    if shares(board.position) != shares(board.counted):
        yield f"By the weight of the rows: {shares(board.position)}."
    if abs(board.expected_first - 0.5) > FAIR:
        yield (
            f"By the ratings alone the model shown first would take {board.expected_first:.1%} (ties "
            "half): the shares mix position with who was shown first."
        )
    yield from _flips(board, options)


def shares(found: Position) -> str:
    """Return who won by the place shown, in words."""
    decided = found.first_of_decided
    part = f"; of the decided battles the first takes {decided:.1%}" if decided is not None else ""
    return f"shown first wins {found.first:.1%}, second {found.second:.1%}, ties {found.ties:.1%}{part}"


def _flips(board: Board, options: Options) -> Iterator[str]:
    found, weight = board.flips, board.flipped
    if not found.both:
        return
    what = "a vote of such a judge weighs" if options.aggregate == "majority" else "its games weigh"
    told = f"; {what} {weight:g}" if found.inconsistent and weight not in (None, 1.0) else ""
    yield (
        f"Inconsistent pairs: {found.inconsistent:,} of {found.both:,} that one judge judged in both "
        f"orders ({found.inconsistent / found.both:.1%}) have another winner in each{told}."
    )


def _agreement(board: Board, loaded: Loaded) -> Iterator[str]:
    found = board.agreement
    if len(found.judges) < 2:
        return
    if not found.items:
        yield f"{len(found.judges)} judges have no battle in common: agreement is not known."
        return
    yield (
        f"Agreement of {len(found.judges)} judges on {found.items} battles: {coefficients(found)}; "
        f"{worth(found)}."
    )
    if loaded.battles.conferred:
        yield (
            "The jurors conferred: agreement is that of their votes before, since those after are not "
            "independent; everything else is of the votes after."
        )
    if loaded.cascade:
        yield hard(loaded.cascade)


def worth(found: Agreement) -> str:
    """Return how many independent votes judges are worth, in words that fit a sentence."""
    if found.items < FEWEST_SHARED:
        return f"how many independent votes they are worth takes {FEWEST_SHARED} shared battles"
    if found.effective_votes is None:
        return "how many independent votes they are worth is unknown"
    return f"they are worth {found.effective_votes:.1f} independent votes"


def hard(cascade: Mapping[str, int]) -> str:
    """Return which battles the jurors of a cascade have in common."""
    sure, unsure, audited = (cascade.get(word, 0) for word in ("sure", "unsure", "audited"))
    return (
        f"Under the cascade only its first jurors judged the {sure:,} battles that they were sure of; all "
        f"jurors share the {unsure:,} unsure and {audited:,} audited ones: agreement is that of harder "
        "battles, lower than over all."
    )


def coefficients(found: Agreement) -> str:
    """Return the coefficients of agreement with their intervals, in words that fit a sentence."""
    named = (
        ("Cohen's kappa", found.kappa, found.kappa_interval),
        ("Fleiss' kappa", found.fleiss, found.fleiss_interval),
        ("Krippendorff's alpha", found.alpha, found.alpha_interval),
    )
    return ", ".join(
        f"{name} {'unknown' if value is None else f'{value:.3f}'}"
        + (f" (95 % {interval[0]:.3f} to {interval[1]:.3f})" if interval else "")
        for name, value, interval in named
    )


def account(loaded: Loaded) -> Iterator[str]:
    """Yield it in sentences."""
    yield from _left_out(loaded)
    yield from _read_as(loaded)


def _left_out(loaded: Loaded) -> Iterator[str]:
    if loaded.dropped:
        told = ", ".join(f"{count} {kind}" for kind, count in loaded.dropped.items())
        yield f"Dropped {sum(loaded.dropped.values())} rows: {told}."
    if loaded.unjudged:
        yield f"In {loaded.unjudged:,} rows or games the judge gave no verdict: they are left out."
    if loaded.passed_over:
        yield f"{loaded.passed_over:,} rows are of other judges or values than were asked for."
    if loaded.broken:
        yield (
            f"Left out {loaded.broken} battles of instructions that the run found broken: they rate "
            "nobody."
        )


def _read_as(loaded: Loaded) -> Iterator[str]:
    if loaded.reread:
        told = ", ".join(f"{count} {how}" for how, count in loaded.reread.items())
        yield f"Read {sum(loaded.reread.values())} rows by another rule than the others: {told}."
    if loaded.published:
        told = ", ".join(f"{count} of {name}" for name, count in loaded.published.items())
        yield f"Files as published: {told}."
    if loaded.assumed:
        yield (
            f"The files do not name the baseline: it is taken to be {', '.join(loaded.assumed)}, as "
            "published; name another with --baseline."
        )
    if loaded.strong:
        yield f"{loaded.strong:,} verdicts call an answer much better (>>): each counts --strong times."
    if loaded.both_bad:
        yield (
            f"In {loaded.both_bad:,} of the ties the judge called both answers bad: ties like the others "
            "for the ratings."
        )
    if loaded.measured:
        yield (
            f"Lengths are the characters of answer_a and answer_b in {', '.join(loaded.measured)}."
        )
    if loaded.graded:
        yield (
            f"Graded preferences are taken from the column verdict (1 for model_a to 2 for model_b) "
            f"of {', '.join(loaded.graded)}."
        )
    if not loaded.ordered:
        yield "The files do not tell which answer was shown first: nothing is said of position."
