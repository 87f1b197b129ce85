"""Pairs of answers that people labelled, with or without what judges said of them.

PandaLM's test set and results (0 a tie, 1 or 2 the better response), LLMBar's (label 1 or 2, games under
`results`) and JudgeBench's (label A>B or B>A, games under `judgments`).
"""

from collections.abc import Mapping
from typing import Any

from .values import Context, Found, Values, judge_name, judged, number_of, sided, text_of

ALONE = ("output_1", "output_2")
"""What the sides of a pair are called whose models are not told."""
LABEL = "label"
"""The judge of a label that comes with a pair."""


VOTES = {0: "tie", 1: "model_a", 2: "model_b"}
DECISIONS = {"A>B": "model_a", "B>A": "model_b", "A=B": "tie"}


def panda(row: Values, number: int, context: Context) -> list[Found]:
    """Return the labels of a pair of PandaLM, or what a judge says of it."""
    question = str(row.get("idx", number))
    sides = _models(row, ("response1", "response2"))
    people = {k: row[k] for k in sorted(row) if k.startswith("annotator")}
    judges = {k.removesuffix("_result"): row[k] for k in sorted(row) if k.endswith("_result")}
    told = {"question_id": question, "category": row.get("motivation_app"), **sided(sides)}
    said = people if people and (context.labels or not judges) else judges
    return _cast(told, {judge: _vote(vote) for judge, vote in said.items()}, context)


def bar(row: Values, number: int, context: Context) -> list[Found]:
    """Return the label of a pair of LLMBar, or a judge's games on it."""
    sides = _models(row, ALONE)
    told = {"question_id": str(number), **sided(sides)}
    results = row.get("results")
    if context.labels or not results:
        return _cast(told, {LABEL: _vote(row["label"])}, context)
    found = []
    turned = {"question_id": str(number), **sided(sides[::-1])}
    for games in results:
        for swapped, game in games.items():
            vote = _vote(game.get("winner") if isinstance(game, Mapping) else game)
            back = str(swapped).endswith("True")
            found.append((turned if back else told) | {"winner": MIRROR[vote] if back else vote})
    return judged(found, context)


MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie", None: None}


def bench(row: Values, number: int, context: Context) -> list[Found]:
    """Return the label of a pair of JudgeBench, or a judge's games on it."""
    sides = [
        {"model": f"{ALONE[at]}", "answer": row.get(f"response_{s}")} for at, s in enumerate("AB")
    ]
    question = str(row.get("pair_id") or number)
    told = {"question_id": question, "category": row.get("source"), **sided(sides)}
    games = row.get("judgments")
    if context.labels or not games:
        return _cast(told, {LABEL: DECISIONS.get(str(row.get("label")))}, context)
    turned = {"question_id": question, "category": row.get("source"), **sided(sides[::-1])}
    # The second game shows the answers the other way round, and decides so.
    named = {"judge": judge_name(row.get("judge_name"))} if row.get("judge_name") else {}
    found = [
        shown | named | {"winner": _decision(game)}
        for shown, game in zip((told, turned), games, strict=False)
    ]
    return judged(found, context)


def _decision(game: Any) -> str | None:
    return DECISIONS.get(str(game.get("decision"))) if isinstance(game, Mapping) else None


def _models(row: Values, answers: tuple[str, str]) -> list[Found]:
    """Return the two sides; the models of PandaLM's pairs stand in one key, joined by a low line."""
    names = str(row.get("cmp_key") or "").split("_")
    known = names if len(names) == 2 else list(ALONE)
    return [
        {"model": m, "answer": text_of(row.get(a))} for m, a in zip(known, answers, strict=True)
    ]


def _cast(told: Found, votes: Mapping[str, str | None], context: Context) -> list[Found]:
    return judged([{**told, "judge": j, "winner": vote} for j, vote in votes.items()], context)


def _vote(value: Any) -> str | None:
    """Return the winner that 0, 1 or 2 stand for, also as text; a tie may be written out."""
    if isinstance(value, str) and value.strip().lower() == "tie":
        return "tie"
    found = number_of(value)
    return None if found is None else VOTES.get(int(found)) if found == int(found) else None
