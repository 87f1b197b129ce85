"""Pairs of answers that people labelled, with or without what judges said of them.

PandaLM's test set and results (0 a tie, 1 or 2 the better response), LLMBar's (label 1 or 2, games under
`results`), JudgeBench's (label A>B or B>A, games under `judgments`), AlpacaFarm's (preference 1 or 2), and
preference data sets with the models of `chosen` and `rejected`, such as RewardBench's. Most do not tell
whose answers they are: then the sides are called by their places, and a pair is told by its texts.
"""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .values import (
    Context,
    Found,
    Values,
    judge_name,
    judged,
    number_of,
    one_two,
    said_in,
    sided,
    text_of,
)

ALONE = ("output_1", "output_2")
"""What the sides of a pair are called whose models are not told."""
LABEL = "label"
"""The judge of a label that comes with a pair."""


VOTES = {0: "tie", 1: "model_a", 2: "model_b"}
DECISIONS = {"A>B": "model_a", "B>A": "model_b", "A=B": "tie"}
EVALUATORS = "evaluators"
"""LLMBar's folder of results: below it stand the judge's and its prompt's names."""


def panda(row: Values, number: int, context: Context) -> list[Found]:
    """Return the labels of a pair of PandaLM, or what a judge says of it.

    The files of results hold the number of each pair alone: beside them labels are of places too.
    """
    sides = _models(row, ("response1", "response2"), context)
    people = {k: row[k] for k in sorted(row) if k.startswith("annotator")}
    judges = {k.removesuffix("_result"): row[k] for k in sorted(row) if k.endswith("_result")}
    told = {
        "question_id": str(row.get("idx", number)),
        "category": row.get("motivation_app"),
        **sided(sides),
    }
    said = people if people and (context.labels or not judges) else judges
    return _cast(told, {judge: _vote(vote) for judge, vote in said.items()}, context)


def bar(row: Values, number: int, context: Context) -> list[Found]:
    """Return the label of a pair of LLMBar, or a judge's games on it.

    Games swapped say the better output by its place in the row. A judge that contradicts itself is asked
    again in some files: its last word counts, as it is published.
    """
    sides = _models(row, ALONE, context)
    question = pair_id(row.get("input"), sides)
    told = {"question_id": question, **sided(sides)}
    rounds = [games for games in row.get("results") or () if isinstance(games, Mapping)]
    if context.labels or not rounds:
        return _cast(told, {LABEL: _vote(row["label"])}, context)
    turned = {"question_id": question, **sided(sides[::-1])}
    judge = {"judge": _evaluator(context.file)}
    found = []
    for swapped, game in rounds[-1].items():
        if str(swapped).startswith("swap"):
            vote = _vote(game.get("winner") if isinstance(game, Mapping) else game)
            back = str(swapped).endswith("True")
            found.append(
                (turned if back else told) | judge | {"winner": MIRROR[vote] if back else vote}
            )
    return judged(found, context)


MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie", None: None}


def _evaluator(file: Path) -> str:
    """Return the judge of a file of results, which only its place tells; else the file's own name."""
    parts = file.parts
    after = parts[parts.index(EVALUATORS) + 1 : -1] if EVALUATORS in parts else ()
    return " ".join(after) or file.stem


def bench(row: Values, number: int, context: Context) -> list[Found]:
    """Return the label of a pair of JudgeBench, or a judge's games on it.

    Its files name the judge's prompt; the model stands with each judgment.
    """
    outputs = {place: row.get(f"response_{s}") for place, s in zip(ALONE, "AB", strict=True)}
    sides = _models(outputs, ALONE, context)
    question = str(row.get("pair_id") or number)
    told = {"question_id": question, "category": row.get("source"), **sided(sides)}
    games = row.get("judgments")
    if context.labels or not games:
        return _cast(told, {LABEL: DECISIONS.get(str(row.get("label")))}, context)
    turned = {"question_id": question, "category": row.get("source"), **sided(sides[::-1])}
    # The second game shows the answers the other way round, and decides so.
    judge = {"judge": " ".join(filter(None, (_asked(games), judge_name(row.get("judge_name")))))}
    found = [
        shown | judge | {"winner": _decision(game)}
        for shown, game in zip((told, turned), games, strict=False)
    ]
    return judged(found, context)


def _asked(games: Any) -> str:
    """Return the model that judged."""
    said = [game["judgment"] for game in games if isinstance(game, Mapping) and "judgment" in game]
    names = (one.get("judge_model") for one in said if isinstance(one, Mapping))
    return next((str(name) for name in names if name), "")


def _decision(game: Any) -> str | None:
    return DECISIONS.get(str(game.get("decision"))) if isinstance(game, Mapping) else None


def farm(row: Values, number: int, context: Context) -> list[Found]:
    """Return what a person, or a judge, says of a pair of AlpacaFarm."""
    sides = _models(row, ALONE, context)
    task = "\n".join(filter(None, (str(row["instruction"]), text_of(row.get("input")))))
    judge = judge_name(
        row.get("annotator") or f"annotator {row.get('annotator_index', '')}".strip()
    )
    told = {"question_id": pair_id(task, sides), "judge": judge, "category": row.get("dataset")}
    return [told | sided(sides) | one_two(row, told | sided(sides), context)]


def chosen(row: Values, number: int, context: Context) -> list[Found]:
    """Return a pair of a preference data set that tells whose answers were chosen and rejected."""
    kinds = ("chosen", "rejected")
    sides = [{"model": row[f"{kind}_model"], "answer": said_in(row[kind])} for kind in kinds]
    told = {"question_id": pair_id(row.get("prompt"), sides), "category": row.get("subset")}
    return [told | sided(sides) | {"judge": LABEL, "winner": "model_a"}]


def pair_id(task: Any, sides: list[Found]) -> str:
    """Return what tells a pair of answers to a task from all others: rows of several files may meet."""
    texts = "\x1f".join(str(side.get("answer")) for side in sides)
    return (
        f"{text_of(task)} #{blake2b(texts.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"
    )


def _models(row: Values, answers: tuple[str, str], context: Context) -> list[Found]:
    """Return the two sides; the models of PandaLM's pairs stand in one key, joined by a low line."""
    names = str(row.get("cmp_key") or "").split("_")
    known = names if len(names) == 2 and not (context.labels and context.unnamed) else list(ALONE)
    context.unnamed |= known[0] == ALONE[0]
    told = [{"answer": text_of(row[a])} if row.get(a) is not None else {} for a in answers]
    return [{"model": m, **side} for m, side in zip(known, told, strict=True)]


def _cast(told: Found, votes: Mapping[str, str | None], context: Context) -> list[Found]:
    return judged([{**told, "judge": j, "winner": vote} for j, vote in votes.items()], context)


def _vote(value: Any) -> str | None:
    """Return the winner that 0, 1 or 2 stand for, also as text; a tie may be written out."""
    if isinstance(value, str) and value.strip().lower() == "tie":
        return "tie"
    found = number_of(value)
    return None if found is None else VOTES.get(int(found)) if found == int(found) else None
