"""What published judges and voters write, row by row, as rows of battles.

- Arena-Hard (`model_judgment/JUDGE/MODEL.jsonl`): a model against a baseline, one game an order
- AlpacaEval (`annotations.json`): two generators, a preference from 1 to 2
- MT-Bench (`…_pair.jsonl`; `…_single.jsonl` grades one answer a row, which `singles` pairs)
- votes of LMArena, and of MT-Bench's people: model_a, model_b, winner and the conversations
- pairs labelled by people: PandaLM, LLMBar, JudgeBench

To add one: a function from a row to its battles, and a line in `FORMATS`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...tools.ratings.verdict import GRADES, folded

Values = Mapping[str, Any]
Found = dict[str, Any]
BASELINES = {"creative_writing": "gemini-2.0-flash-001"}
OLD_BASELINE, NEW_BASELINE = "gpt-4-0314", "o3-mini-2025-01-31"
"""Whom Arena-Hard 0.1 and 2.0 put every model against, where a row does not say."""
TIE_DELTA = 0.1
"""Points of MT-Bench's single grades within which two answers tie."""
ALONE = ("output_1", "output_2")
"""What the sides of a pair are called whose models are not told."""
LABEL = "label"
"""The judge of a label that comes with a pair."""


class NoVerdict(Exception):
    """The judge of a row gave none."""

    def __init__(self, *games: Found) -> None:
        super().__init__()
        self.games = games
        """The battles that it was asked about, as far as they are told."""


@dataclass
class Context:
    """What a row does not say by itself."""

    baseline: str | None = None
    """Of Arena-Hard's rows that do not name it."""
    failures: bool = False
    """Whether rows without a verdict are wanted, as battles without a winner."""
    labels: bool = False
    """Whether people's labels are wanted, not a judge's verdicts on the same pairs."""
    assumed: set[str] = field(default_factory=set)
    """Baselines that were taken for granted."""
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)
    """How often an instruction came for the same generators and annotator."""


Reader = Callable[[Values, int, Context], list[Found]]


@dataclass(frozen=True)
class Format:
    """One way to write verdicts down."""

    name: str
    needs: frozenset[str]
    """Columns by which it is known."""
    read: Reader
    lacks: frozenset[str] = frozenset()
    ordered: bool = True
    """Whether the files tell which answer was shown first."""


def _arena_hard(row: Values, number: int, context: Context) -> list[Found]:
    games = row["games"] if isinstance(row["games"], list) else []
    scores = [g.get("score") if isinstance(g, Mapping) else None for g in games]
    new = "uid" in row
    question, model = str(row["uid" if new else "question_id"]), str(row["model"])
    baseline = row.get("baseline") or context.baseline
    if not baseline:
        usual = NEW_BASELINE if new else OLD_BASELINE
        baseline = BASELINES.get(str(row.get("category")), usual)
        context.assumed.add(baseline)
    told = {"question_id": question, "judge": _name(row.get("judge")), **_rest(row, _HARD)}
    sides = [(baseline, model), (model, baseline)]
    found = [
        {**told, "model_a": a, "model_b": b, "winner": score}
        for (a, b), score in zip(sides, scores, strict=False)
        if isinstance(score, str) and folded(score) in GRADES
    ]
    # 2.0 leaves out both games where one has no verdict, 0.1 only that one.
    if not found or (new and len(found) < len(sides)):
        raise NoVerdict(*({**told, "model_a": a, "model_b": b} for a, b in sides))
    return found


def _alpaca(row: Values, number: int, context: Context) -> list[Found]:
    preference = _number(row.get("preference"))
    question = str(row["instruction"])
    key = (question, row["generator_1"], row["generator_2"], _name(row.get("annotator")))
    context.seen[key] = context.seen.get(key, 0) + 1
    told = {
        "question_id": question if context.seen[key] == 1 else f"{question} #{context.seen[key]}",
        "judge": _name(row.get("annotator")),
        "category": row.get("dataset"),
        **_rest(row, _ALPACA),
    }
    sides = [
        {"model": row["generator_1"], "answer": row.get("output_1")},
        {"model": row["generator_2"], "answer": row.get("output_2")},
    ]
    if preference is None:
        raise NoVerdict(told | _sided(sides))
    # A draw was 0 before it was 1.5.
    one_two = preference - 1.0 if preference else 0.5
    return [told | _sided(sides) | {"preference": one_two}]


def _pair(row: Values, number: int, context: Context) -> list[Found]:
    one, two = str(row["model_1"]), str(row["model_2"])
    winners = [row.get("g1_winner"), row.get("g2_winner")]
    told = {"question_id": _turned(row), "judge": _name(row.get("judge")), **_rest(row, _MT)}
    shown = [("model_1", "model_2"), ("model_2", "model_1")]
    names = {"model_1": one, "model_2": two}
    if not all(w in ("model_1", "model_2", "tie") for w in winners):
        raise NoVerdict(*({**told, "model_a": names[a], "model_b": names[b]} for a, b in shown))
    return [
        {**told, "model_a": names[a], "model_b": names[b]}
        | {"winner": "tie" if won == "tie" else "model_a" if won == a else "model_b"}
        for (a, b), won in zip(shown, winners, strict=True)
    ]


def singles(rows: Iterable[tuple[int, Values]]) -> Iterator[tuple[int, Found | None]]:
    """Yield every two answers that one judge graded on one question and turn, as a battle.

    None where a grade is missing (-1): its answer meets nobody.
    """
    met: dict[tuple[str, str], list[tuple[int, Values, float]]] = {}
    for number, row in rows:
        score = _number(row.get("score"))
        if score is None or score < 0:
            yield number, None
        else:
            met.setdefault((_turned(row), _name(row.get("judge"))), []).append((number, row, score))
    for (question, judge), graded in met.items():
        told = {"question_id": question, "judge": judge}
        for at, (_, one, high) in enumerate(graded):
            for number, two, low in graded[at + 1 :]:
                lead = 0.0 if abs(high - low) <= TIE_DELTA else high - low
                winner = "model_a" if lead > 0 else "model_b" if lead < 0 else "tie"
                sides = {"model_a": str(one["model"]), "model_b": str(two["model"])}
                yield number, {**told, **_rest(one, _MT), **sides, "winner": winner}


def _votes(row: Values, number: int, context: Context) -> list[Found]:
    told = {k: v for k, v in row.items() if not isinstance(v, list | Mapping)}
    question = next((row[k] for k in QUESTIONS if row.get(k) is not None), None)
    told["question_id"] = str(number if question is None else question)
    if not {"tstamp", "timestamp"} & row.keys():
        told["question_id"] = _turned({**row, **told})  # of MT-Bench; in a vote it counts the turns
    told["judge"] = _name(row.get("judge"))
    meta = row.get("conv_metadata")
    for side in "ab":
        if f"conversation_{side}" in row:
            told[f"answer_{side}"] = _said(row[f"conversation_{side}"])
        elif f"response_{side}" in row:
            told[f"answer_{side}"] = text_of(row[f"response_{side}"])
        if isinstance(meta, Mapping):
            told |= {
                f"{name}_{side}": count(meta.get(key.format(side)))
                for name, key in STYLES.items()
                if key.format(side) in meta
            }
    if "winner" not in row:
        sides = {w: _number(row.get(f"winner_{w}")) for w in ("model_a", "model_b", "tie")}
        won = [w for w, value in sides.items() if value]
        if len(won) != 1:
            raise NoVerdict
        told = {k: v for k, v in told.items() if not k.startswith("winner_")} | {"winner": won[0]}
    return [told]


QUESTIONS = ("question_id", "id", "uid")
STYLES = {
    "tokens": "sum_assistant_{}_tokens",
    "headers": "header_count_{}",
    "lists": "list_count_{}",
    "bold": "bold_count_{}",
}
"""What is counted of each answer of a vote, and where it stands."""
VOTES = {0: "tie", 1: "model_a", 2: "model_b"}
DECISIONS = {"A>B": "model_a", "B>A": "model_b", "A=B": "tie"}


def _panda(row: Values, number: int, context: Context) -> list[Found]:
    question = str(row.get("idx", number))
    sides = _models(row, ("response1", "response2"))
    people = {k: row[k] for k in sorted(row) if k.startswith("annotator")}
    judges = {k.removesuffix("_result"): row[k] for k in sorted(row) if k.endswith("_result")}
    told = {"question_id": question, "category": row.get("motivation_app"), **_sided(sides)}
    said = people if people and (context.labels or not judges) else judges
    return _cast(told, {judge: _vote(vote) for judge, vote in said.items()})


def _bar(row: Values, number: int, context: Context) -> list[Found]:
    sides = _models(row, ALONE)
    told = {"question_id": str(number), **_sided(sides)}
    results = row.get("results")
    if context.labels or not results:
        return _cast(told, {LABEL: _vote(row["label"])})
    found = []
    turned = {"question_id": str(number), **_sided(sides[::-1])}
    for games in results:
        for swapped, game in games.items():
            vote = _vote(game.get("winner") if isinstance(game, Mapping) else game)
            if vote is not None:
                back = str(swapped).endswith("True")
                found.append(
                    (turned if back else told) | {"winner": MIRROR[vote] if back else vote}
                )
    if not found:
        raise NoVerdict
    return found


MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}


def _bench(row: Values, number: int, context: Context) -> list[Found]:
    sides = [
        {"model": f"{ALONE[at]}", "answer": row.get(f"response_{s}")} for at, s in enumerate("AB")
    ]
    question = str(row.get("pair_id") or number)
    told = {"question_id": question, "category": row.get("source"), **_sided(sides)}
    games = row.get("judgments")
    if context.labels or not games:
        return _cast(told, {LABEL: DECISIONS.get(str(row.get("label")))})
    turned = {"question_id": question, "category": row.get("source"), **_sided(sides[::-1])}
    # The second game shows the answers the other way round, and decides so.
    named = {"judge": _name(row.get("judge_name"))} if row.get("judge_name") else {}
    found = [
        shown | named | {"winner": DECISIONS[str(game.get("decision"))]}
        for shown, game in zip((told, turned), games, strict=False)
        if isinstance(game, Mapping) and str(game.get("decision")) in DECISIONS
    ]
    if not found:
        raise NoVerdict
    return found


def _models(row: Values, answers: tuple[str, str]) -> list[Found]:
    """Return the two sides; the models of PandaLM's pairs stand in one key, joined by a low line."""
    names = str(row.get("cmp_key") or "").split("_")
    known = names if len(names) == 2 else list(ALONE)
    return [
        {"model": m, "answer": text_of(row.get(a))} for m, a in zip(known, answers, strict=True)
    ]


def _sided(sides: list[Found]) -> Found:
    return {
        f"{name}_{letter}": value
        for letter, side in zip("ab", sides, strict=True)
        for name, value in side.items()
    }


def _cast(told: Found, votes: Mapping[str, str | None]) -> list[Found]:
    found = [{**told, "judge": j, "winner": vote} for j, vote in votes.items() if vote is not None]
    if not found:
        raise NoVerdict(*({**told, "judge": judge} for judge in votes))
    return found


def _vote(value: Any) -> str | None:
    """Return the winner that 0, 1 or 2 stand for, also as text; a tie may be written out."""
    if isinstance(value, str) and value.strip().lower() == "tie":
        return "tie"
    found = _number(value)
    return None if found is None else VOTES.get(int(found)) if found == int(found) else None


def _turned(row: Values) -> str:
    """Return the question; a later turn of it is another one."""
    turn = _number(row.get("turn")) or 1
    return f"{row['question_id']} (turn {turn:g})" if turn > 1 else str(row["question_id"])


def _name(judge: Any) -> str:
    """Return a judge's name; MT-Bench writes the model and its prompt as a list."""
    return " ".join(map(str, judge)) if isinstance(judge, list | tuple) else str(judge or "")


def _said(turns: Any) -> str:
    """Return what the model says in a conversation."""
    if not isinstance(turns, list):
        return text_of(turns)
    said = [t for t in turns if isinstance(t, Mapping) and t.get("role") == "assistant"]
    return "\n\n".join(text_of(turn.get("content")) for turn in said)


def text_of(content: Any) -> str:
    """Return a text; one in parts is joined, and so are the turns of an answer."""
    if isinstance(content, Mapping):
        return text_of(content.get("answer", content.get("text", content.get("content"))))
    if isinstance(content, list):
        return "\n\n".join(filter(None, map(text_of, content)))
    return "" if content is None else str(content)


def count(value: Any) -> float | None:
    """Return a number, or the sum of numbers by kind."""
    if isinstance(value, Mapping):
        return float(sum(v for v in value.values() if isinstance(v, int | float)))
    return _number(value)


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


_HARD = frozenset({"uid", "question_id", "model", "judge", "games", "baseline"})
_ALPACA = frozenset(
    {"instruction", "generator_1", "generator_2", "annotator", "preference", "output_1", "output_2"}
)
_MT = frozenset(
    {"question_id", "model", "judge", "model_1", "model_2", "g1_winner", "g2_winner", "score"}
)


def _rest(row: Values, used: frozenset[str]) -> Found:
    """Return the other short values of a row, to filter and to group by."""
    return {
        k: v
        for k, v in row.items()
        if k not in used and (isinstance(v, int | float) or (isinstance(v, str) and len(v) < 200))
    }


SINGLE = Format("MT-Bench grades", frozenset({"model", "score", "turn", "question_id"}), _pair)
"""Its rows are battles only together: see `singles`."""
_OURS = frozenset({"games"})
"""What the battles of a run have, which also hold conversations."""
FORMATS = (
    Format(
        "Arena-Hard judgments", frozenset({"model", "games"}), _arena_hard, frozenset({"model_a"})
    ),
    Format(
        "AlpacaEval annotations",
        frozenset({"instruction", "generator_1", "generator_2", "preference"}),
        _alpaca,
        ordered=False,
    ),
    Format(
        "MT-Bench judgments", frozenset({"model_1", "model_2", "g1_winner", "g2_winner"}), _pair
    ),
    Format("votes", frozenset({"model_a", "model_b", "winner_model_a", "winner_model_b"}), _votes),
    Format("votes", frozenset({"model_a", "model_b", "winner", "conversation_a"}), _votes, _OURS),
    Format("votes", frozenset({"model_a", "model_b", "winner", "conv_metadata"}), _votes, _OURS),
    Format(
        "votes",
        frozenset({"model_a", "model_b", "winner", "tstamp"}),
        _votes,
        lacks=frozenset({"question_id"}),
    ),
    Format("PandaLM's pairs", frozenset({"response1", "response2"}), _panda),
    Format("LLMBar's pairs", frozenset({"output_1", "output_2", "label"}), _bar),
    Format("JudgeBench's pairs", frozenset({"response_A", "response_B", "label"}), _bench),
    SINGLE,
)


def format_of(columns: Iterable[str]) -> Format | None:
    """Return the format that a file's columns tell, None for a table of battles."""
    known = set(columns)
    return next((f for f in FORMATS if f.needs <= known and not f.lacks & known), None)
