"""From files of battles, or a run, to the evidence of an audit.

A row is one game, `model_a` shown first, by the juror in the column `judge`; or a battle of a run,
with its `games` inside. Where jurors conferred, what each said before that is read: only then their
votes are independent. Beside the verdict it may hold `len_a` and `len_b` or the answers themselves
(`answer_a`, `answer_b`), and what a checker said of them (`checked_a`, `checked_b`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np

from ...agents.errors import UserError
from ...agents.flags import addresses_jury
from ...agents.models.settings import ModelSettings, RewardModel
from ...tools.audit.canned import Sayings
from ...tools.audit.evidence import Evidence, Failure, Label, Looks, Place, Play, looks
from ...tools.ratings.table import Floats
from ...tools.ratings.verdict import SCORES, folded, in_order, side
from ...tools.tables import Batch, Table, kind_of
from ..leaderboard.answers import answers_in
from ..leaderboard.asked import ALL, Asked, Met
from ..leaderboard.checks import Gate, empty_value, faults, is_empty, scores
from ..leaderboard.files import REQUIRED, batches, battle_files, no_column, once, opened, some
from ..leaderboard.labelled import LABEL
from ..leaderboard.published import Published
from ..leaderboard.values import Context
from .checks import CHECKED, answer_faults
from .families import families

NO_VERDICT = frozenset({"", "error", "none", "null", "nan", "invalid", "failed", "unparsed"})
"""Winners that say that the juror gave no verdict."""
NOBODY = "the juror"
"""The juror of rows that name none."""
GROUPS = ("category", "leaf")
"""Columns by which records are told apart."""
OUTCOME = ("winner", "preference")
SIDES = ("len", "answer", "checked", "served", "before")
BEFORE = ("before_a", "before_b", "before_reason")
"""What a juror said by itself, where it conferred later; the same as it said, where it did not."""
GAME = ("juror", "model", "shown_first", "score_a", "score_b", *BEFORE, "rewards")


@dataclass
class Heap:
    """What has been read so far."""

    gate: Gate
    met: Met = field(default_factory=lambda: Met(ALL))
    """What is asked for, and what there is of it."""
    passed_over: int = 0
    """Rows with other values than were asked for, and games of other judges."""
    plays: list[Play] = field(default_factory=list)
    looks: dict[Place, Looks] = field(default_factory=dict)
    passed: dict[Place, bool] = field(default_factory=dict)
    served: dict[str, str] = field(default_factory=dict)
    swayed: set[Place] = field(default_factory=set)
    conferred: int = 0
    cascade: Counter[str] = field(default_factory=Counter)
    of_run: bool = False
    """Whether some of it are the battles of a run."""
    settled: Counter[str] = field(default_factory=Counter)
    """A run's battles that no juror had to judge, by what decided them."""
    labels: list[Label] = field(default_factory=list)
    twice: dict[str, str] = field(default_factory=dict)
    """Files that hold the same bytes as one before."""
    repeated: tuple[int, int] = (0, 0)
    """Games told before: question, order and juror in an earlier file, or all of it in their own."""
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    """Category and leaf of each question, as far as rows tell them, by the column's name."""
    failed: list[Failure] | None = None
    """What jurors were asked and did not answer; None where such rows are faults."""
    unjudged: int = 0
    """Rows and single games of published formats whose judge gave no verdict."""
    ordered: bool = True
    """Whether it is known which answer was shown first."""
    unnamed: bool = False
    """Whether some pair does not tell whose answers it holds."""
    said: Sayings = field(default_factory=lambda: Sayings(addresses_jury))

    def evidence(self, models: Mapping[str, ModelSettings]) -> Evidence:
        """Return what was read; `models` is the config's, empty without one."""
        return Evidence(
            plays=self.plays,
            looks=self.looks,
            passed=self.passed,
            labels=self.labels,
            failed=self.failed or (),
            families=families(self.served, models),
            scales={n: m.scale for n, m in models.items() if isinstance(m, RewardModel)},
            ordered=self.ordered,
            swayed=len(self.swayed),
            conferred=self.conferred,
            cascade=dict(sorted(self.cascade.items())),
        )

    def wants(self, judge: str) -> bool:
        """Tell whether a judge's games are asked for; count those that are not."""
        wanted = self.met.judge(judge)
        self.passed_over += not wanted
        return wanted

    def look(self, place: Place, text: str, asked: str = "") -> None:
        """Note what an answer says, how it looks, and whether it seems to speak to the juror."""
        self.said.add(*place, text, asked)
        if place not in self.looks or not self.looks[place].styled:
            self.looks[place] = looks(text)
            if addresses_jury(text):
                self.swayed.add(place)


def read_battles(
    paths: list[str], asked: Asked = ALL, *, drop: bool, failures: bool = False
) -> Heap:
    """Read battles from files, folders and runs; with `failures` rows without a verdict are no faults.

    Of a run there may be no games: where none of its battles needed a juror.

    Raises:
        UserError: a file cannot be read, lacks a column, holds a faulty row, or holds no games.
    """
    heap = Heap(Gate(drop), Met(asked), failed=[] if failures else None)
    files, heap.twice = once(battle_files(paths))
    context = Context(failures=failures)
    known: set[tuple[str, ...]] = set()
    for file in files:
        before = len(heap.plays)
        with opened(file, context) as table:
            names = _names(table, (*REQUIRED, *asked.where), OUTCOME)
            heap.of_run |= "decided_by" in table.head
            for batch, score in _batches(table, names, heap):
                for row, said in zip(_rows(batch, names), score, strict=True):
                    _take(row, float(said), heap)
            _count_repeated(heap, before, known)
            if isinstance(table, Published):
                heap.unjudged += table.unjudged
                heap.ordered &= table.ordered
    heap.unnamed = context.unnamed
    if not heap.plays:
        if heap.passed_over:
            what = " and ".join(heap.met.told())
            raise UserError(f"{', '.join(paths)}: {heap.passed_over} rows are not of {what}")
        if not heap.of_run:
            raise UserError(
                f"{', '.join(paths)}: no judged games: an audit needs rows with a winner and, for several "
                "jurors, the column judge; or the battles of a run"
            )
        return heap
    heap.met.check(", ".join(paths))
    return heap


def _count_repeated(heap: Heap, before: int, known: set[tuple[str, ...]]) -> None:
    """Count the games of the file just read that are told twice; `known` are those of earlier files."""
    told = [((p.question, p.first, p.second, p.juror), p.score) for p in heap.plays[before:]]
    new = [(game, score) for game, score in told if game not in known]
    elsewhere, copies = heap.repeated
    heap.repeated = elsewhere + len(told) - len(new), copies + len(new) - len(set(new))
    known.update(game for game, _ in new)


def read_labels(path: str, heap: Heap, *, drop: bool, needed: bool = True) -> None:
    """Read people's verdicts: question_id, model_a, model_b, winner.

    Where they are not `needed`, none of them has to be about what jurors decided.

    Raises:
        UserError: the file is wrong, or none of its rows is about a battle that was read.
    """
    before = {(p.question, *sorted((p.first, p.second))) for p in heap.plays}
    context = Context(labels=True, unnamed=heap.unnamed)
    own: set[Label] = set()  # that came with a pair: it may stand in many files of results
    for file in battle_files([path], option="--labels"):
        with opened(file, context) as table:
            names = _names(table, REQUIRED, OUTCOME)
            for batch, score in _batches(table, names, Heap(Gate(drop))):
                for row, said in zip(_rows(batch, names), score, strict=True):
                    a, b = str(row["model_a"]), str(row["model_b"])
                    label = Label(str(row["question_id"]), a, b, float(said))
                    if label not in own:
                        heap.labels.append(label)
                    if row.get("judge") == LABEL:
                        own.add(label)
    known = {(x.question, *sorted((x.model_a, x.model_b))) for x in heap.labels}
    if needed and not known & before:
        raise UserError(
            f"--labels {path}: none of its {len(heap.labels)} rows is about a battle here; it has "
            f"{min(known, default='no rows')}, the battles {min(before)}"
        )


def read_answers(path: str, heap: Heap) -> None:
    """Read the answers themselves: question_id, model, output.

    Raises:
        UserError: the file is wrong, or none of its rows is an answer to a battle that was read.
    """
    battled = {(play.question, model) for play in heap.plays for model in (play.first, play.second)}
    found: set[Place] = set()
    for told in answers_in([path]):
        found.add((told.question, told.model))
        heap.look((told.question, told.model), told.text, told.asked)
    if not found & battled:
        raise UserError(
            f"--answers {path}: none of its {len(found)} rows is an answer to a battle here; it has "
            f"{min(found, default='no rows')}, the battles {min(battled)}"
        )


def _names(table: Table, needed: tuple[str, ...], outcome: tuple[str, ...]) -> list[str]:
    has = table.head
    missing = [name for name in needed if name not in has]
    if outcome and not any(name in has for name in outcome):
        missing.append(outcome[0])
    if missing:
        raise no_column(table, missing[0])
    sides = [f"{name}_{side}" for name in SIDES for side in "ab"] if outcome else []
    wanted = [*needed, *(n for n in (*outcome, "judge", *sides) if outcome and n in has)]
    wanted += [name for name in GROUPS if outcome and name in has]
    if outcome and "games" in has:
        nested = kind_of(table.path) == "parquet"
        wanted += [f"games/{name}" for name in GAME] if nested else ["games"]
        wanted += [name for name in ("cascade", "decided_by") if name in has]
    return list(dict.fromkeys(wanted))


def _batches(table: Table, names: list[str], heap: Heap) -> Iterator[tuple[Batch, Floats]]:
    """Yield the good rows with their scores for model_a."""
    gate = heap.gate
    for batch in batches(table, names):
        if not batch.columns:
            gate.kept(table, batch, [])
            continue
        filled, wanted = ~is_empty(batch), heap.met.rows(batch)
        heap.passed_over += int((filled & ~wanted).sum())
        rows = some(batch, filled & wanted)
        if heap.failed is not None:
            rows = _without_failures(rows, heap.failed, heap.met)
        score = scores(rows)
        wrong = [*faults(rows, score, []), *answer_faults(rows)]
        keep = gate.kept(table, rows, wrong)
        yield some(rows, keep), score[keep]


def _without_failures(batch: Batch, failed: list[Failure], met: Met) -> Batch:
    """Return the rows with a verdict; note the others."""
    winner = batch.columns.get("winner")
    if winner is None or not len(batch):
        return batch
    words = [folded(str(word or "")) for word in winner.to_pylist()]
    lost = np.array([word in NO_VERDICT for word in words], dtype=np.bool_)
    if "preference" in batch.columns:
        lost &= empty_value(batch.columns["preference"])
    places = [batch.columns[name].to_pylist() for name in REQUIRED]
    judges = batch.columns["judge"].to_pylist() if "judge" in batch.columns else [None] * len(batch)
    for at in np.flatnonzero(lost):
        question, one, two = (str(values[at]) for values in places)
        if met.judge(name := str(judges[at] or NOBODY)):
            failed.append((question, one, two, name))
    return some(batch, ~lost)


def _rows(batch: Batch, names: list[str]) -> Iterator[dict[str, Any]]:
    tops = dict.fromkeys(name.split("/")[0] for name in names)
    columns = {name: batch.columns[name].to_pylist() for name in tops if name in batch.columns}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _take(row: dict[str, Any], score: float, heap: Heap) -> None:
    question = str(row["question_id"])
    a, b = str(row["model_a"]), str(row["model_b"])
    for letter, model in (("a", a), ("b", b)):
        _answer(row, letter, (question, model), heap)
        heap.served.setdefault(model, str(row.get(f"served_{letter}") or ""))
    for name in GROUPS:
        if (group := row.get(name)) not in (None, ""):
            heap.groups.setdefault(name, {})[question] = str(group)
    if word := row.get("cascade"):
        heap.cascade[str(word)] += 1
    if isinstance(row.get("games"), list):
        _games(row["games"], (question, a, b), heap)
        if not row["games"]:
            heap.settled[str(row.get("decided_by") or "")] += 1
        return
    judge = str(row.get("judge") or NOBODY)
    if not heap.wants(judge):
        return
    heap.served.setdefault(judge, "")
    ahead, behind = (row.get(f"before_{side}") for side in "ab")
    if isinstance(ahead, float) and isinstance(behind, float):
        score = SCORES[side(ahead - behind)]
    heap.plays.append(Play(question, a, b, judge, score))


def _answer(row: dict[str, Any], side: str, place: Place, heap: Heap) -> None:
    if text := row.get(f"answer_{side}"):
        heap.look(place, str(text))
    elif (length := row.get(f"len_{side}")) not in (None, "") and place not in heap.looks:
        heap.looks[place] = Looks(float(str(length)))
    checked = CHECKED.get(str(row.get(f"checked_{side}") or "").lower())
    if checked is not None:
        heap.passed[place] = checked


def _games(games: list[dict[str, Any]], where: tuple[str, str, str], heap: Heap) -> None:
    question, a, b = where
    for game in games:
        if not heap.wants(game["juror"]):
            continue
        heap.served.setdefault(game["juror"], game.get("model") or "")
        heap.conferred += _conferred(game)
        lead = _lead(game)
        rewards = game.get("rewards") or []
        ahead = rewards[0] - rewards[1] if len(rewards) == 2 else nan
        first, second = in_order((a, b), game["shown_first"])
        lead = in_order((lead, -lead), game["shown_first"])[0]
        ahead = in_order((ahead, -ahead), game["shown_first"])[0]
        play = Play(question, first, second, game["juror"], SCORES[side(lead)], lead, ahead)
        heap.plays.append(play)


def _lead(game: Mapping[str, Any]) -> float:
    """Return the points of model_a over model_b, before the jurors conferred."""
    ahead, behind = (game.get(f"before_{s}", game[f"score_{s}"]) for s in "ab")
    return float(ahead - behind)


def _conferred(game: Mapping[str, Any]) -> bool:
    return bool(game.get("before_reason")) or _lead(game) != game["score_a"] - game["score_b"]
