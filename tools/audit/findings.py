"""Findings: what in an audit is too large to be chance, and large enough to matter, in words.

Many figures are tested at once, so their chances are held against Holm's steps (Holm 1979): fair
jurors raise a false finding in at most 5 of 100 audits, however many of them there are.

What was measured of one juror.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..ratings.estimate import Estimate
from .accord import Accord
from .kinship import Kinship
from .order import Order
from .scale import Scale
from .taste import Taste


@dataclass(frozen=True)
class JurorAudit:
    """One juror's figures."""

    juror: str
    family: str
    games: int
    failed: int
    """Pairs on which it was asked and gave no verdict."""
    order: Order
    taste: Taste
    kinship: Kinship
    jury: Accord
    checkers: Accord
    people: Accord
    scale: Scale | None = None
    """Of a reward model's differences; None for other jurors."""

    @property
    def vouched(self) -> bool:
        """Whether people or checkers credibly bear it out: then it is the others who are wrong."""
        return any(
            accord.decided.low is not None and accord.decided.low > 0.5
            for accord in (self.people, self.checkers)
        )


COIN = 0.5
CHANCE = 0.05
"""Of any false finding in a whole audit of fair jurors."""
LEAST = {
    "position": 0.02,
    "position_points": 0.1,
    "length": 0.02,
    "style": 0.03,
    "family": 0.03,
    "self": 0.03,
}
"""Departures from fair that are too small to matter: shares of the win, or points."""
FLIPS = 0.25
"""Share of flipped preferences that a juror must not credibly exceed."""
KAPPA = 0.2
"""Agreement with the other jurors that it must not credibly stay below."""
AGAINST = ("checkers", "people")
"""Findings that a juror contradicts what is known to be right."""
ACCURACY = 0.6
"""Agreement with checkers or people on decided pairs that it must not credibly stay below."""


@dataclass(frozen=True)
class Finding:
    """Something that a user should know before trusting a juror."""

    juror: str
    kind: str
    """`position`, `length`, `style`, `family`, `self`, `flips`, `jury`, `checkers` or `people`."""
    words: str
    chance: float = 0.0
    """Probability of a fair juror looking so by chance, this figure taken alone."""


@dataclass(frozen=True)
class _Test:
    juror: str
    kind: str
    estimate: Estimate
    fair: float
    least: float
    words: str


def findings(jurors: Sequence[JurorAudit]) -> tuple[Finding, ...]:
    """Return what is found, juror by juror, one of each kind."""
    tests = [test for juror in jurors for test in _tests(juror)]
    found = [
        Finding(t.juror, t.kind, t.words, t.estimate.chance(t.fair)) for t in _beyond_chance(tests)
    ]
    found += [finding for juror in jurors for finding in _limits(juror)]
    first: dict[tuple[str, str, str], Finding] = {}
    for finding in found:
        detail = finding.words.split(":")[0] if finding.kind == "style" else ""
        first.setdefault((finding.juror, finding.kind, detail), finding)
    return tuple(sorted(first.values(), key=lambda f: f.juror))


def suspect(found: Iterable[Finding], distrusted: Collection[str]) -> str | None:
    """Return the juror with the surest bias of taste or family among those not distrusted yet.

    Beside a biased juror the fair ones seem to lean the other way, so it must not be their standard.
    """
    kinds = ("length", "style", "family", "self")
    biased = [f for f in found if f.kind in kinds and f.juror not in distrusted]
    return min(biased, key=lambda f: f.chance).juror if biased else None


def _beyond_chance(tests: Iterable[_Test]) -> list[_Test]:
    """Return the tests that Holm's steps reject and whose departure matters, in their order."""
    told = [test for test in tests if test.estimate.value is not None]
    by_chance = sorted(told, key=lambda t: t.estimate.chance(t.fair))
    passed: list[_Test] = []
    for step, test in enumerate(by_chance):
        if test.estimate.chance(test.fair) > CHANCE / (len(told) - step):
            break
        passed.append(test)
    return [t for t in told if t in passed and abs((t.estimate.value or 0.0) - t.fair) >= t.least]


def _tests(audit: JurorAudit) -> Iterator[_Test]:
    name, taste = audit.juror, audit.taste
    first, shift = audit.order.first, audit.order.shift
    yield _Test(name, "position", first, 0.5, LEAST["position"], _first(name, first, shift))
    yield _Test(name, "position", shift, 0.0, LEAST["position_points"], _shift(name, shift))
    length, beyond = taste.length, "than with the other jurors"
    if length.value is None:
        length, beyond = taste.length_by_strength, "than its model's strength explains"
    yield _Test(name, "length", length, 0.0, LEAST["length"], _length(name, length, beyond))
    for mark, effect in taste.style.items():
        yield _Test(name, "style", effect, 0.0, LEAST["style"], _style(name, mark, effect))
    kin = audit.kinship
    for kind, estimate in (("family", kin.family), ("self", kin.itself)):
        yield _Test(
            name, kind, estimate, 0.0, LEAST[kind], _kin(audit, kind, estimate, kin.compared_with)
        )


def _limits(audit: JurorAudit) -> Iterator[Finding]:
    """Yield what is credibly beyond a fixed limit."""
    name, flips, kappa = audit.juror, audit.order.flips, audit.jury.kappa
    if flips.low is not None and flips.low > FLIPS:
        words = f"{name} changes its preference with the order: {_of(flips, 'pairs')}"
        yield Finding(name, "flips", words)
    if kappa.high is not None and kappa.high < KAPPA and not audit.vouched:
        words = (
            f"{name} hardly agrees with the other jurors: kappa {_number(kappa)} on {kappa.n} pairs"
        )
        yield Finding(name, "jury", words)
    for kind, accord in (("checkers", audit.checkers), ("people", audit.people)):
        same = accord.decided
        if same.high is not None and same.high < ACCURACY:
            yield Finding(name, kind, _against(name, kind, same))


def _against(name: str, kind: str, same: Estimate) -> str:
    """Return how a juror stands to what is right: worse than a coin has a direction."""
    told = _of(same, "decided pairs")
    if (same.high or 0.0) < COIN:
        other = 1.0 - (same.value or 0.0)
        return (
            f"{name} says the opposite of {kind}: it agrees on {told}, worse than a coin; the opposite of "
            f"what it says would agree on {other:.0%}"
        )
    better = "little better than" if (same.value or 0.0) > COIN else "no better than"
    return f"{name} is {better} a coin against {kind}: {told}"


def _first(name: str, found: Estimate, shift: Estimate) -> str:
    place = "first" if (found.value or 0.0) > 0.5 else "second"
    if place == "second":
        found = Estimate(
            1 - (found.value or 0.0), 1 - (found.high or 0.0), 1 - (found.low or 0.0), found.n
        )
    worth = ""
    if shift.value is not None:
        worth = f"; being first is worth {shift.value:+.2f} points (95 % {_range(shift, '+.2f')})"
    return f"{name} prefers the answer shown {place}: {_of(found, 'decided games')}{worth}"


def _shift(name: str, found: Estimate) -> str:
    return (
        f"{name} gives the answer shown first {found.value or 0.0:+.2f} points for its place "
        f"(95 % {_range(found, '+.2f')}; {found.n} pairs)"
    )


def _length(name: str, found: Estimate, beyond: str) -> str:
    taste = "longer" if (found.value or 0.0) > 0 else "shorter"
    return (
        f"{name} favours {taste} answers: one twice as long wins {_percent(found)} more often {beyond} "
        f"({found.n} pairs)"
    )


def _style(name: str, mark: str, found: Estimate) -> str:
    taste = "likes" if (found.value or 0.0) > 0 else "dislikes"
    return (
        f"{name} {taste} {mark.replace('items', 'list items')}: an answer that alone has them wins "
        f"{_percent(found)} more often at equal length ({found.n} pairs)"
    )


def _kin(audit: JurorAudit, kind: str, found: Estimate, source: str) -> str:
    whom = f"contenders of its own family ({audit.family})" if kind == "family" else "itself"
    does = "favours" if (found.value or 0.0) > 0 else "marks down"
    others = "the other jurors" if source == "jury" else "people"
    return (
        f"{audit.juror} {does} {whom}: they win {_percent(found)} more often with it than with {others} "
        f"({found.n} pairs)"
    )


def _of(found: Estimate, what: str) -> str:
    return f"{found.value or 0.0:.0%} of {found.n} {what}, 95 % {_range(found, '.0%')}"


def _percent(found: Estimate) -> str:
    value, low, high = (100 * (end or 0.0) for end in (found.value, found.low, found.high))
    return f"{value:+.1f} points of 100 (95 % {low:+.1f} to {high:+.1f})"


def _range(found: Estimate, form: str) -> str:
    return f"{found.low or 0.0:{form}} to {found.high or 0.0:{form}}"


def _number(found: Estimate) -> str:
    return f"{found.value or 0.0:.2f} (95 % {_range(found, '.2f')})"
