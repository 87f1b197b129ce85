"""The audit of a jury: every juror measured, the jury as a whole, and the findings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ratings.agreement import Agreement, compare
from ..ratings.exposure import Exposure, exposure
from ..ratings.position import Position, position
from ..ratings.record import Record, record
from .accord import USUAL, Accord, Counting, jury_with, with_checkers, with_jury, with_people
from .evidence import Evidence, table_of
from .findings import AGAINST, Finding, JurorAudit, findings, suspect
from .items import Items, items, label
from .kinship import kinship
from .order import order
from .people import People, people
from .scale import scale
from .taste import taste


@dataclass(frozen=True)
class Audit:
    """What the evidence says of its jurors."""

    evidence: Evidence
    questions: int
    pairs: int
    """Items: a question and two models."""
    games: int
    jurors: tuple[JurorAudit, ...]
    agreement: Agreement
    findings: tuple[Finding, ...]
    jury_people: Accord
    """What most jurors say, beside what most people say."""
    jury_checkers: Accord
    people: People
    counting: Counting
    record: Record
    """What each model won, tied and lost in all games."""
    exposure: Exposure
    """How the battles were laid out."""
    position: Position
    """Of all games, each as one."""


def audit(evidence: Evidence, counting: Counting = USUAL) -> Audit:
    """Measure every juror of the evidence.

    Raises:
        ValueError: there are no games.
    """
    if not evidence.plays:
        raise ValueError("no judged games: there is nothing to audit")
    matrix = items(evidence)
    jurors, found = _measured(evidence, matrix, counting)
    table = table_of(evidence.plays)
    return Audit(
        evidence=evidence,
        questions=len(np.unique(matrix.question)),
        pairs=len(matrix.question),
        games=len(evidence.plays),
        jurors=jurors,
        agreement=compare(matrix.jurors, label(matrix.value) + 0.5, matrix.question, matrix.turned),
        findings=found,
        jury_people=jury_with(matrix, matrix.human, counting),
        jury_checkers=jury_with(matrix, matrix.checked, counting),
        people=people(matrix, len(evidence.labels)),
        counting=counting,
        record=record(table),
        exposure=exposure(table),
        position=position(table),
    )


def _measured(
    evidence: Evidence, matrix: Items, counting: Counting
) -> tuple[tuple[JurorAudit, ...], tuple[Finding, ...]]:
    """Measure all jurors, again whenever one of them turns out to be no standard for the others."""
    names = matrix.jurors
    distrusted: list[str] = []
    while True:
        numbers = [names.index(name) for name in distrusted]
        jurors = tuple(_juror(evidence, matrix, at, numbers, counting) for at in range(len(names)))
        found = findings(jurors)
        # Who contradicts people or checkers is no standard, however many of such there are.
        wrong = [f.juror for f in found if f.kind in AGAINST and f.juror not in distrusted]
        biased = suspect(found, distrusted)
        if wrong and len(distrusted) < len(names) - 1:
            distrusted += wrong[: len(names) - 1 - len(distrusted)]
        elif biased is None or len(distrusted) >= len(names) - 2:
            return jurors, found
        else:
            distrusted.append(biased)


def _juror(
    evidence: Evidence, matrix: Items, at: int, distrusted: Sequence[int], counting: Counting
) -> JurorAudit:
    name = matrix.jurors[at]
    return JurorAudit(
        juror=name,
        family=evidence.families.get(name, name),
        games=int(matrix.played[at]),
        failed=int(matrix.failed[:, at].sum()),
        order=order(matrix, at),
        taste=taste(matrix, at, distrusted),
        kinship=kinship(matrix, at, evidence.families, distrusted),
        jury=with_jury(matrix, at),
        checkers=with_checkers(matrix, at, counting),
        people=with_people(matrix, at, counting),
        scale=scale(matrix, at, evidence.scales.get(name)),
    )
