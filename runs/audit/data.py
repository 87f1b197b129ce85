"""An audit as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...tools.audit.accord import Accord, Counting
from ...tools.audit.canned import Canned
from ...tools.audit.evidence import Play, table_of
from ...tools.audit.findings import JurorAudit
from ...tools.audit.report import Audit
from ...tools.audit.scale import Scale
from ...tools.ratings.estimate import LEAST_GAMES, LEAST_QUESTIONS, Estimate
from ...tools.ratings.record import Record, record
from ..leaderboard.doubts import Doubt
from ..leaderboard.output import position_data
from .ranking import Canaries

Data = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """An audit, and what a reader must know beside it."""

    audit: Audit
    canaries: Canaries | None
    doubts: Sequence[Doubt]
    answers: Sequence[Canned]
    records: Mapping[str, Mapping[str, Record]]
    """Of each category and each leaf, by the column's name."""
    dropped: Mapping[str, int]
    """Faulty rows that were left out, by what was wrong."""
    unjudged: int
    passed_over: int
    failed: Sequence[Data]
    """A run's jurors with games that gave no verdict."""


def data(report: Report) -> Data:
    """Return what `--json` prints; shares run from 0 to 1, and a figure that is missing says why."""
    audit, canaries, answers = report.audit, report.canaries, report.answers
    return {
        "questions": audit.questions,
        "pairs": audit.pairs,
        "games": audit.games,
        "dropped": {"rows": sum(report.dropped.values()), "by_reason": dict(report.dropped)},
        "unjudged": report.unjudged,
        "passed_over": report.passed_over,
        "answers": [asdict(told) for told in answers],
        "canned": [told.model for told in answers if told.reasons],
        "least": {"games": LEAST_GAMES, "questions": LEAST_QUESTIONS},
        "models": _records(audit.record, audit.counting),
        "by": {
            name: {group: _records(one, audit.counting) for group, one in found.items()}
            for name, found in report.records.items()
        },
        "jurors": [_juror(juror, audit.counting) for juror in audit.jurors],
        "counting": asdict(audit.counting),
        "jury_with_people": _accord(audit.jury_people, audit.counting),
        "jury_with_checkers": _accord(audit.jury_checkers, audit.counting),
        "people": asdict(audit.people),
        "agreement": _agreement(audit),
        "position": {
            **position_data(audit.position),
            "balanced": audit.exposure.balanced,
        },
        "warnings": [asdict(doubt) for doubt in report.doubts],
        "swayed_answers": audit.evidence.swayed,
        "conferred_games": audit.evidence.conferred,
        "cascade": dict(audit.evidence.cascade),
        "findings": [asdict(finding) for finding in audit.findings],
        "canaries": asdict(canaries) if canaries else None,
        "ok": not audit.findings and not (canaries and canaries.findings),
        "failures": list(report.failed),
    }


def unjudged_data(settled: Mapping[str, int], canaries: Canaries | None) -> Data:
    """Return what `--json` prints of a run none of whose battles a juror judged."""
    return {
        "games": 0,
        "battles": sum(settled.values()),
        "settled": dict(settled),
        "jurors": [],
        "findings": [],
        "canaries": asdict(canaries) if canaries else None,
        "ok": not (canaries and canaries.findings),
    }


def _records(found: Record, counting: Counting) -> list[Data]:
    """Return what each model won, tied and lost."""
    return [
        {"model": model, **tally._asdict(), "loss_rate": tally.loss_rate(counting.ties)}
        for model in found.models
        for tally in [found.of(model)]
    ]


def records_by(
    plays: Sequence[Play], groups: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Record]]:
    """Return the records of each category and each leaf, by the column's name."""
    found: dict[str, dict[str, Record]] = {}
    for name, of in groups.items():
        parts: dict[str, list[Play]] = {}
        for play in plays:
            if play.question in of:
                parts.setdefault(of[play.question], []).append(play)
        found[name] = {group: record(table_of(part)) for group, part in sorted(parts.items())}
    return found


def estimate(found: Estimate) -> Data:
    """Return a figure with its interval and n, or the reason why there is none."""
    data: Data = {"value": found.value, "low": found.low, "high": found.high}
    data |= {"n": found.n, "questions": found.questions}
    return data | ({"note": found.note} if found.note else {})


def _juror(audit: JurorAudit, counting: Counting) -> Data:
    order, taste, kin = audit.order, audit.taste, audit.kinship
    return {
        "juror": audit.juror,
        "family": audit.family,
        "games": audit.games,
        "flips": estimate(order.flips),
        "tie_or_win_flips": estimate(order.wavers),
        "first_shown_share": estimate(order.first),
        "first_shown_points": estimate(order.shift),
        "longer_share": estimate(taste.longer),
        "length_effect": estimate(taste.length),
        "length_effect_by_strength": estimate(taste.length_by_strength),
        "style_effects": {mark: estimate(effect) for mark, effect in taste.style.items()},
        "family_preference": estimate(kin.family),
        "self_preference": estimate(kin.itself),
        "preference_compared_with": kin.compared_with,
        "failed": audit.failed,
        "jury": _accord(audit.jury, counting),
        "checkers": _accord(audit.checkers, counting),
        "people": _accord(audit.people, counting),
    } | ({"scale": _scale(audit.scale)} if audit.scale else {})


def _scale(scale: Scale) -> Data:
    return {
        "used": scale.used,
        "best": estimate(scale.best) | {"error": scale.best.error},
        "against": scale.against,
        "log_loss": scale.loss,
        "log_loss_best": scale.best_loss,
    }


def _accord(accord: Accord, counting: Counting) -> Data:
    return {
        "agreement": estimate(accord.by(counting.ties)),
        "agreement_ties_apart": estimate(accord.same),
        "agreement_ties_half": estimate(accord.half),
        "agreement_decided": estimate(accord.decided),
        "kappa": estimate(accord.kappa),
    }


def _agreement(audit: Audit) -> Data:
    told = asdict(audit.agreement)
    return {
        "jurors": told.pop("judges"),
        "pairs": told.pop("items"),
        "agreement": told.pop("share"),
        "kappas": [{"jurors": pair, "kappa": k} for pair, k in told.pop("kappas").items()],
        **told,
    }
