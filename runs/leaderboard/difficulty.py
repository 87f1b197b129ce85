"""AlpacaEval's length-controlled win rates, from how hard each instruction is and gamed answers.

A CSV, JSONL or Parquet file with a row an instruction: `question_id`, `difficulty` (log-odds, also
under the name `instruction_difficulty`), and optionally, for answers of the baseline that were gamed
to be long or short, `fitted_pref_NAME` (preference over the baseline, 0 to 1), `len_NAME`, and
`len_BASELINE`, in characters.

Or AlpacaEval's own `df_gamed.csv`: a row a gamed answer, with `index` (the place of its instruction among
those of the first file of battles), `instruction_difficulty`, `preference` and `std_delta_len`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.ratings.length import LengthControlled, Matched, length_controlled
from ...tools.ratings.table import Floats
from ...tools.tables import Batch
from .arrays import coded, numbers
from .battles import Battles
from .files import battle_files, opened

VALUES = ("difficulty", "instruction_difficulty")
GAMED = "fitted_pref_"
PLACED = ("index", "instruction_difficulty", "preference", "std_delta_len")


@dataclass(frozen=True, eq=False)
class Difficulty:
    """Difficulty by question, and the gamed baselines."""

    path: str
    by_question: dict[str, float]
    gamed: tuple[Matched, ...]
    placed: bool = False
    """Whether questions are told by their places instead of their ids."""

    def of(self, battles: Battles, rows: Bools) -> Floats:
        """Return the difficulties of the questions of some battles.

        Raises:
            UserError: A question is not in the file.
        """
        places = battles.table.question[rows]
        if self.placed:
            if len(self.by_question) != len(battles.questions):
                raise UserError(
                    f"{self.path}: tells {len(self.by_question)} instructions by their place, the battles "
                    f"are on {len(battles.questions)}; give a file with question_id"
                )
            questions = [str(place) for place in places.tolist()]
        else:
            questions = battles.questions.take(places).to_pylist()
        missing = [question for question in questions if question not in self.by_question]
        if missing:
            raise UserError(
                f"{self.path}: no difficulty for question_id {missing[0]!r} ({len(missing)} missing)"
            )
        return np.array([self.by_question[question] for question in questions])


def read_difficulty(path: str, baseline: str) -> Difficulty:
    """Read the file.

    Raises:
        UserError: It lacks a column, or a value is no number.
    """
    (file, *others) = battle_files([path], option="--difficulty")
    if others:
        raise UserError(f"--difficulty {path}: name one file")
    with opened(file) as table:
        names = list(table.head)
        batches = [batch for batch in table.batches(names) if len(batch)]
    value = next((name for name in VALUES if name in names), None)
    if set(PLACED) <= set(names) and batches:
        return _placed(path, batches)
    if value is None or "question_id" not in names or not batches:
        raise UserError(
            f"{path}: needs a row an instruction with question_id and {' or '.join(VALUES)}; its "
            f"columns are: {', '.join(names)}"
        )
    ids = [q for batch in batches for q in coded(batch.columns["question_id"]).to_pylist()]
    values = _column(path, batches, value)
    return Difficulty(
        path, dict(zip(ids, values.tolist(), strict=True)), _gamed(path, batches, baseline, values)
    )


def _placed(path: str, batches: list[Batch]) -> Difficulty:
    """Return AlpacaEval's own file."""
    place, difficulty, preference, shorter = (_column(path, batches, name) for name in PLACED)
    model = np.array([m for b in batches for m in coded(b.columns["model"]).to_pylist()])
    gamed = tuple(
        Matched(preference[rows], shorter[rows], difficulty[rows])
        for name in sorted(set(model.tolist()))
        for rows in [model == name]
    )
    by_place = {f"{at:.0f}": value for at, value in zip(place, difficulty.tolist(), strict=True)}
    return Difficulty(path, by_place, gamed, placed=True)


def _gamed(
    path: str, batches: list[Batch], baseline: str, difficulty: Floats
) -> tuple[Matched, ...]:
    names = list(batches[0].columns)
    own = f"len_{baseline}"
    gamed = [name.removeprefix(GAMED) for name in names if name.startswith(GAMED)]
    usable = [name for name in gamed if f"len_{name}" in names and own in names]
    return tuple(
        Matched(
            preference=_column(path, batches, GAMED + name),
            shorter=_column(path, batches, own) - _column(path, batches, f"len_{name}"),
            difficulty=difficulty,
        )
        for name in usable
    )


def _column(path: str, batches: list[Batch], name: str) -> Floats:
    found = np.concatenate([numbers(batch.columns[name]) for batch in batches])
    if not np.isfinite(found).all():
        at = int(np.argmin(np.isfinite(found)))
        values = pa.chunked_array([batch.columns[name] for batch in batches])
        number = int(np.concatenate([batch.numbers for batch in batches])[at])
        raise UserError(
            f"{path}: row {number}: {name} is {values[at].as_py()!r}; it must be a number"
        )
    return found


def length_controlled_rates(
    battles: Battles, baseline: str, difficulty: Difficulty
) -> dict[str, LengthControlled]:
    """Return each model's win rate over the baseline with answers as long as the baseline's.

    Raises:
        UserError: A question has no difficulty.
    """
    models = battles.table.models
    return {
        model: length_controlled(matched, difficulty.gamed)
        for model in models
        if model != baseline
        if (matched := _matched(battles, model, baseline, difficulty)) is not None
    }


def _matched(battles: Battles, model: str, baseline: str, difficulty: Difficulty) -> Matched | None:
    table = battles.table
    if baseline not in table.models:
        return None
    one, other = table.models.index(model), table.models.index(baseline)
    second = (table.a == other) & (table.b == one)
    rows = second | ((table.a == one) & (table.b == other))
    if not rows.any():
        return None
    at = battles.style.index("len")
    lead = np.where(second, 1.0, -1.0)[rows]
    longer_a = (battles.style_a[:, at] - battles.style_b[:, at])[rows]
    return Matched(
        preference=np.where(second, 1.0 - table.score, table.score)[rows],
        shorter=lead * longer_a,
        difficulty=difficulty.of(battles, rows),
    )
