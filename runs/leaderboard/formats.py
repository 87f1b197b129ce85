"""What published judges and voters write, row by row, as rows of battles.

- Arena-Hard (`model_judgment/JUDGE/MODEL.jsonl`): a model against a baseline, one game an order
- AlpacaEval (`annotations.json`): two generators, a preference from 1 to 2
- MT-Bench (`…_pair.jsonl`; `…_single.jsonl` grades one answer a row, which `singles` pairs)
- votes of LMArena, and of MT-Bench's people: model_a, model_b, winner and the conversations
- pairs labelled by people: PandaLM, LLMBar, JudgeBench, AlpacaFarm, RewardBench

To add one: a function from a row to its battles, and a line in `FORMATS`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...tools.ratings.verdict import GRADES, folded
from .labelled import bar, bench, chosen, farm, panda
from .values import (
    Context,
    Found,
    NoVerdict,
    Values,
    count,
    flat,
    judge_name,
    judged,
    number_of,
    one_two,
    rest_of,
    said_in,
    sided,
    text_of,
)

BASELINES = {"creative_writing": "gemini-2.0-flash-001"}
OLD_BASELINE, NEW_BASELINE = "gpt-4-0314", "o3-mini-2025-01-31"
"""Whom Arena-Hard 0.1 and 2.0 put every model against, where a row does not say."""
TIE_DELTA = 0.1
"""Points of MT-Bench's single grades within which two answers tie."""
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
    told = {"question_id": question, "judge": judge_name(row.get("judge")), **rest_of(row, _HARD)}
    sides = [(baseline, model), (model, baseline)]
    found = [
        {**told, "model_a": a, "model_b": b}
        | {"winner": score if isinstance(score, str) and folded(score) in GRADES else None}
        for (a, b), score in zip(sides, scores, strict=False)
    ]
    # 2.0 leaves out both games where one has no verdict, 0.1 only that one.
    return judged(found, context, whole=new)


def _alpaca(row: Values, number: int, context: Context) -> list[Found]:
    question = str(row["instruction"])
    key = (question, row["generator_1"], row["generator_2"], judge_name(row.get("annotator")))
    context.seen[key] = context.seen.get(key, 0) + 1
    told = {
        "question_id": question if context.seen[key] == 1 else f"{question} #{context.seen[key]}",
        "judge": judge_name(row.get("annotator")),
        "category": row.get("dataset"),
        **rest_of(row, _ALPACA),
    }
    sides = [
        {"model": row["generator_1"], "answer": row.get("output_1")},
        {"model": row["generator_2"], "answer": row.get("output_2")},
    ]
    return [told | sided(sides) | one_two(row, told | sided(sides), context)]


def _pair(row: Values, number: int, context: Context) -> list[Found]:
    one, two = str(row["model_1"]), str(row["model_2"])
    winners = [row.get("g1_winner"), row.get("g2_winner")]
    told = {"question_id": _turned(row), "judge": judge_name(row.get("judge")), **rest_of(row, _MT)}
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
        score = number_of(row.get("score"))
        if score is None or score < 0:
            yield number, None
        else:
            met.setdefault((_turned(row), judge_name(row.get("judge"))), []).append(
                (number, row, score)
            )
    for (question, judge), graded in met.items():
        told = {"question_id": question, "judge": judge}
        for at, (_, one, high) in enumerate(graded):
            for number, two, low in graded[at + 1 :]:
                lead = 0.0 if abs(high - low) <= TIE_DELTA else high - low
                winner = "model_a" if lead > 0 else "model_b" if lead < 0 else "tie"
                sides = {"model_a": str(one["model"]), "model_b": str(two["model"])}
                yield number, {**told, **rest_of(one, _MT), **sides, "winner": winner}


def _votes(row: Values, number: int, context: Context) -> list[Found]:
    told = {k: v for k, v in row.items() if not isinstance(v, list | Mapping)}
    question = next((row[k] for k in QUESTIONS if row.get(k) is not None), None)
    told["question_id"] = str(number if question is None else question)
    if not {"tstamp", "timestamp"} & row.keys():
        told["question_id"] = _turned({**row, **told})  # of MT-Bench; in a vote it counts the turns
    told["judge"] = judge_name(row.get("judge"))
    for name in TAGS:
        told |= flat(name, row.get(name))
    meta = row.get("conv_metadata")
    for side in "ab":
        if f"conversation_{side}" in row:
            told[f"answer_{side}"] = said_in(row[f"conversation_{side}"])
        elif f"response_{side}" in row:
            told[f"answer_{side}"] = text_of(row[f"response_{side}"])
        if isinstance(meta, Mapping):
            told |= {
                f"{name}_{side}": count(meta.get(key.format(side)))
                for name, key in STYLES.items()
                if key.format(side) in meta
            }
    if "winner" not in row:
        sides = {w: number_of(row.get(f"winner_{w}")) for w in ("model_a", "model_b", "tie")}
        won = [w for w, value in sides.items() if value]
        if len(won) != 1:
            raise NoVerdict
        told = {k: v for k, v in told.items() if not k.startswith("winner_")} | {"winner": won[0]}
    return [told]


QUESTIONS = ("question_id", "id", "uid")
TAGS = ("category_tag", "dedup_tag")
"""Columns of a vote that hold others: each is one by its path, `category_tag.math_v0.1.math`."""
STYLES = {
    "tokens": "sum_assistant_{}_tokens",
    "headers": "header_count_{}",
    "lists": "list_count_{}",
    "bold": "bold_count_{}",
}
"""What is counted of each answer of a vote, and where it stands."""


def _turned(row: Values) -> str:
    """Return the question; a later turn of it is another one."""
    turn = number_of(row.get("turn")) or 1
    return f"{row['question_id']} (turn {turn:g})" if turn > 1 else str(row["question_id"])


_HARD = frozenset("uid question_id model judge games baseline".split())
_ALPACA = frozenset(
    "instruction generator_1 generator_2 annotator preference output_1 output_2".split()
)
_MT = frozenset("question_id model judge model_1 model_2 g1_winner g2_winner score".split())


def _format(
    name: str, needs: str, read: Reader, lacks: str = "", *, ordered: bool = True
) -> Format:
    return Format(name, frozenset(needs.split()), read, frozenset(lacks.split()), ordered)


SINGLE = _format("MT-Bench grades", "model score turn question_id", _pair, ordered=False)
EARLY = _format(SINGLE.name, "model score judgment question_id", _pair, "games", ordered=False)
"""The same as first written, with neither turn nor judge."""
GRADES_ALONE = (SINGLE, EARLY)
"""Each answer is graded by itself; its rows are battles only together: see `singles`."""
_OURS = "games"
"""What the battles of a run have, which also hold conversations."""
_ANNOTATED = "instruction generator_1 generator_2 preference"
_CHOSEN = "chosen rejected chosen_model rejected_model"
FORMATS = (
    _format("Arena-Hard judgments", "model games", _arena_hard, "model_a"),
    _format("AlpacaEval annotations", _ANNOTATED, _alpaca, ordered=False),
    _format("MT-Bench judgments", "model_1 model_2 g1_winner g2_winner", _pair),
    _format("votes", "model_a model_b winner_model_a winner_model_b", _votes),
    _format("votes", "model_a model_b winner conversation_a", _votes, _OURS),
    _format("votes", "model_a model_b winner conv_metadata", _votes, _OURS),
    _format("votes", "model_a model_b winner tstamp", _votes, "question_id"),
    _format("AlpacaFarm's pairs", "instruction output_1 output_2 preference", farm, ordered=False),
    _format("preference pairs", _CHOSEN, chosen, ordered=False),
    _format("PandaLM's pairs", "idx response1 response2", panda),
    _format("PandaLM's results", "idx gpt_result", panda),
    _format("PandaLM's results", "idx pandalm_result", panda),
    _format("LLMBar's pairs", "output_1 output_2 label", bar),
    _format("JudgeBench's pairs", "response_A response_B label", bench),
    *GRADES_ALONE,
)


def format_of(columns: Iterable[str]) -> Format | None:
    """Return the format that a file's columns tell, None for a table of battles."""
    known = set(columns)
    return next((f for f in FORMATS if f.needs <= known and not f.lacks & known), None)
