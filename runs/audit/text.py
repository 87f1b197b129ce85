"""An audit for the terminal: a table of jurors, the findings in words, then the canaries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from ...tools.audit.accord import Ties
from ...tools.audit.findings import JurorAudit
from ...tools.audit.people import told as told_people
from ...tools.audit.report import Audit
from ...tools.audit.scale import Scale
from ...tools.ratings.estimate import Estimate
from ...tools.ratings.intervals import told
from ..leaderboard.notes import coefficients, hard, shares, worth
from ..screen.judging import failure_lines
from ..screen.terminal import Page, sheet
from .canaries import FAKES
from .data import Report
from .ranking import Canaries

SHOWN = 12
"""Models whose record is told; all are in the JSON."""
SETTLED = {"identical": "ties of two identical answers", "checker": "decided by a checker"}
"""What is told of battles that needed no juror, by what decided them."""
Line = tuple[str, Callable[[JurorAudit], Estimate], str]
LINES: tuple[Line, ...] = (
    ("flips with the order", lambda j: j.order.flips, "share"),
    ("tie in one order only", lambda j: j.order.wavers, "share"),
    ("first shown wins, where both orders", lambda j: j.order.first, "share"),
    ("points for being first", lambda j: j.order.shift, "points"),
    ("longer answer wins", lambda j: j.taste.longer, "share"),
    ("twice as long, against the jury", lambda j: j.taste.length, "effect"),
    ("twice as long, by strengths", lambda j: j.taste.length_by_strength, "effect"),
    ("headings", lambda j: j.taste.style["headings"], "effect"),
    ("list items", lambda j: j.taste.style["items"], "effect"),
    ("bold", lambda j: j.taste.style["bold"], "effect"),
    ("code blocks", lambda j: j.taste.style["code"], "effect"),
    ("own family", lambda j: j.kinship.family, "effect"),
    ("itself", lambda j: j.kinship.itself, "effect"),
    ("agrees with the other jurors", lambda j: j.jury.same, "share"),
    ("  kappa", lambda j: j.jury.kappa, "number"),
    ("agrees with checkers", lambda j: j.checkers.decided, "share"),
)
WAYS: dict[Ties, str] = {"apart": "", "half": ", ties half", "drop": ", ties left out"}


def show(report: Report) -> None:
    """Print the whole report."""
    console, audit = Page(), report.audit
    warnings = (f"Warning: {doubt.words}" for doubt in report.doubts)
    console.lines(*failure_lines(report.failed), *warnings)
    for juror in audit.jurors:
        console.print(_table(juror, audit.counting.ties))
        console.print()
    if passed_over := report.passed_over:
        console.print(f"{passed_over:,} games are of other judges or values than were asked for.")
    if report.unjudged:
        console.print(f"In {report.unjudged:,} rows or games the judge gave no verdict.")
    console.lines(*_words(audit, sum(report.dropped.values())))
    _show_canaries(console, report.canaries)


def show_unjudged(
    settled: Mapping[str, int],
    paths: Sequence[str],
    canaries: Canaries | None,
    *,
    failed: Sequence[dict[str, Any]],
) -> None:
    """Print what there is of a run none of whose battles a juror judged."""
    console = Page()
    console.lines(*failure_lines(failed), *_unjudged(settled, ", ".join(paths)))
    _show_canaries(console, canaries)


def _unjudged(settled: Mapping[str, int], whose: str) -> Iterator[str]:
    if not settled:
        yield f"{whose}: no battle was decided, so there is no juror's game to audit"
        return
    yield f"{whose}: {sum(settled.values()):,} battles, and no juror had to judge any:"
    for by, count in sorted(settled.items()):
        yield f"  {count:,} {SETTLED.get(by, f'decided by {by}')}"
    yield "There is no juror's game to audit; `--canaries N` battles worthless answers before the jurors."


def _show_canaries(console: Page, canaries: Canaries | None) -> None:
    if canaries is not None:
        console.print()
        console.print(_ranks(canaries))
        console.lines(*_canary_words(canaries))


def _lines(ties: Ties) -> tuple[Line, ...]:
    """Return the rows of a juror's table; agreement with people counts ties as asked."""
    same: Line = (f"agrees with people{WAYS[ties]}", lambda j: j.people.by(ties), "share")
    decided: Line = ("  where both decide", lambda j: j.people.decided, "share")
    return (*LINES, same) if ties == "drop" else (*LINES, same, decided)


def _table(juror: JurorAudit, ties: Ties) -> Table:
    family = f", family {juror.family}" if juror.family != juror.juror else ""
    title = f"{juror.juror}: {juror.games:,} games{family}"
    table = sheet(title, "", "value", "95 % interval", "n", "questions")
    missing: dict[str, list[str]] = {}
    for name, of, form in _lines(ties):
        found = of(juror)
        if found.value is None:
            missing.setdefault(found.note, []).append(name.strip())
            continue
        interval = f"{_shown(found.low, form)} to {_shown(found.high, form)}"
        table.add_row(
            name, _shown(found.value, form), interval, f"{found.n:,}", f"{found.questions:,}"
        )
    table.caption = "\n".join(f"{', '.join(names)}: {note}" for note, names in missing.items())
    table.caption_justify = "left"
    return table


def _shown(value: float | None, form: str) -> str:
    value = value or 0.0
    if form == "share":
        return f"{value:.1%}"
    if form == "effect":
        return f"{100 * value:+.1f}"
    return f"{value:+.2f}" if form == "points" else f"{value:.2f}"


def _words(audit: Audit, dropped: int) -> Iterator[str]:
    evidence = audit.evidence
    yield f"{audit.games:,} games on {audit.pairs:,} pairs of {audit.questions:,} questions" + (
        f"; {dropped:,} faulty rows dropped" if dropped else ""
    )
    for model in audit.record.models[:SHOWN]:
        won, tied, lost = audit.record.of(model)
        yield f"{model}: {won:,} games won, {tied:,} tied, {lost:,} lost"
    yield from _jury(audit)
    if evidence.ordered:
        yield f"Position: {shares(audit.position)} (each of all games as one)"
    found = audit.agreement
    if found.alpha is not None:
        yield (
            f"Together: {coefficients(found)}, of {len(found.judges)} jurors on {found.items:,} shared "
            f"pairs; {worth(found)}"
        )
        if evidence.cascade:
            yield hard(evidence.cascade)
    if evidence.conferred:
        yield (
            f"Jurors conferred on {evidence.conferred:,} games: every figure is of their votes before, since "
            "those after are not independent"
        )
    if evidence.swayed:
        yield (
            f"{evidence.swayed:,} answers seem to speak to the juror; it read them as they are, and what "
            "such words do is measured by --canaries"
        )
    yield from (_scale(juror.juror, juror.scale) for juror in audit.jurors if juror.scale)
    yield "Effects are wins in 100 battles; findings are held against chance over the whole audit."
    yield ""
    yield f"Findings: {len(audit.findings) or 'none'}"
    yield from (f"· {finding.words}" for finding in audit.findings)


def _jury(audit: Audit) -> Iterator[str]:
    """Yield what the jury as one agrees on with people and checkers, and people with each other."""
    for whom, accord in (("people", audit.jury_people), ("checkers", audit.jury_checkers)):
        if (same := accord.by(audit.counting.ties)).value is not None:
            yield (
                f"The jury agrees with {whom} on {same.value:.1%} of {same.n:,} pairs "
                f"(95 % {same.low or 0:.1%} to {same.high or 0:.1%}); where both decide "
                f"{accord.decided.value or 0:.1%}, ties half {accord.half.value or 0:.1%}, "
                f"kappa {accord.kappa.value or 0:.2f}"
            )
    if audit.people.pairs:
        yield told_people(audit.people)
    for juror in audit.jurors:
        if juror.failed:
            how = audit.counting.failed
            yield f"{juror.juror} gave no verdict on {juror.failed:,} pairs, counted as {how}"


def _scale(name: str, scale: Scale) -> str:
    """Return what a reward model's scale should be, and what that would change."""
    best, field = scale.best, f"models.{name}.scale"
    if best.value is None:
        return f"{field}: no fit: {best.note}"
    whose = "the other jurors" if scale.against == "jury" else "people"
    told = (
        f"{field}: {best.value:.3g} fits best (95 % {best.low or 0:.3g} to {best.high or 0:.3g}, "
        f"{best.n:,} battles, against {whose})"
    )
    if scale.used is None or scale.loss is None or scale.best_loss is None:
        return told
    return f"{told}; log-loss {scale.loss:.3f} at {scale.used:g} now, {scale.best_loss:.3f} then"


def _ranks(canaries: Canaries) -> Table:
    title = f"Canaries: {canaries.games:,} games on {canaries.questions:,} questions"
    table = sheet(title, "", "rating", "95 % interval", "won", "battles")
    for rank in canaries.ranks:
        interval = told(rank.low, rank.high)
        table.add_row(
            rank.name, f"{rank.rating:.0f}", interval, f"{rank.score:.0%}", f"{rank.battles:,}"
        )
    return table


def _canary_words(canaries: Canaries) -> Iterator[str]:
    for count in canaries.counts:
        if count.kind == "flipped":
            yield f"{count.juror}: reverses {count.wrong:.0f} of {count.trials} pairs shown in both orders"
        elif count.kind == "checked":
            right = count.trials - count.wrong
            yield f"{count.juror}: agrees with checkers on {right:g} of {count.trials} pairs"
        elif count.kind in FAKES and count.kind != "injection" and count.wrong:
            yield f"{count.juror}: gives {count.kind!r} {count.wrong:g} of {count.trials} battles"
    yield from _attacks(canaries)
    if canaries.lost:
        yield f"{canaries.lost} games gave no verdict"
    yield ""
    fine = "no finding: the worthless rank last, and padding does not pay"
    yield f"Canaries: {len(canaries.findings) or fine}"
    yield from (f"· {finding}" for finding in canaries.findings)


def _attacks(canaries: Canaries) -> Iterator[str]:
    """Tell of each juror which families of attacks won, and which were tried."""
    tried = [count for count in canaries.counts if count.kind == "injection"]
    for juror in dict.fromkeys(count.juror for count in tried):
        own = [count for count in tried if count.juror == juror]
        won = [f"{c.family} {c.wrong:g} of {c.trials}" for c in own if c.wrong]
        told = f"is won by attacks: {', '.join(won)}" if won else "is won by no attack"
        yield f"{juror} {told} ({len(own)} families, {sum(c.trials for c in own)} battles)"
