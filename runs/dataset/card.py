"""The dataset card: what is in it, who made it, what it cost, what was dropped, how to redo it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import yaml

from ...tools.ratings.intervals import told
from .columns import SCHEMAS
from .coverage import WHOLE_HEADS
from .facts import CardFacts, Counts

ABOUT = {
    "instructions": "every instruction that passed the gate, with its context and lineage",
    "sft": "conversations to learn from: the target lost the instruction, this answer won it",
    "preference": "a prompt with a better and a worse answer, and the margin between them",
    "rlvr": "tasks whose answers a program can reward: the checker's name, its parameters as JSON, and "
    "the share of answers that passed",
    "battles": "every battle: two answers, the verdict, each game of each juror",
    "rejects": "everything that was dropped, with stage and reason",
}
_OUTCOMES = (
    "`outcome`, in `instructions` and `battles`, is where an instruction's battles, or those over the "
    "question that an examiner wrote after it, led it: `lost` "
    "(the target lost more of them than it won), `won`, `even`, `broken` (disputed, or lost by "
    "everyone: it trains nobody, moves no policy and rates no model), `held_out` (of a seed that is "
    "kept for evaluation only), or empty where it had no battle."
)
_DIFFICULTY = (
    "`difficulty`, of an instruction, is how much harder it is for the target than the ratings say, in "
    "log-odds, and its standard deviation, as estimated in its round: 0 is the mean of the first round; "
    "empty where it is not estimated. `kept_aside`, of a battle, is why it makes no preference pair "
    "although somebody won it."
)
_ORDERS = (
    "`orders`, of an instruction, of a row to train on and of each of a battle's `games`, counts the texts "
    "that seem to speak to a juror instead of to the task, or that hold control tokens of chat templates: "
    "a flag, which is wrong at times. No text was changed and no verdict moved for it."
)
_HUB_LICENCES = {
    *("apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-3.0", "cc-by-4.0"),
    *("cc-by-sa-3.0", "cc-by-sa-4.0", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "mit", "mpl-2.0"),
    *("pddl", "unlicense"),
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LIMITS = (
    "Instructions and answers were written by models and judged by models; nobody read them all.",
    "A battle's winner is the better of two answers, which need not be a right one; `disputed` "
    "battles and those lost by everyone train nobody.",
    "What the seeds get wrong, the rows get wrong. A row's licence is that of its seed; seeds that stand "
    "together in a passage have the same.",
)


def card(facts: CardFacts, counts: Counts, digests: Mapping[str, str] | None = None) -> str:
    """Return the card as markdown with YAML front matter; `digests` are of each config's file."""
    sections = [
        _front(facts, counts, digests or {}),
        "# Instruction data from battles",
        _warning(facts, counts),
        "Made by ArenaInstruct: agents wrote instructions from documents, models battled to answer "
        "them, a jury decided, and what the target lost became training rows.",
        _contents(counts),
        _leaves(counts),
        *_coverage(facts),
        _rejects(counts),
        *_dropped(counts),
        _models(facts),
        _ratings(facts),
        *_trainings(facts),
        _listing("Policy changes", facts.policy_changes, "None.") + _recompute(facts),
        _listing(
            "Difficulty and refinement after the last round", facts.refinement, "Nothing was told."
        ),
        _listing("Taxonomy changes", facts.taxonomy_changes, "") if facts.taxonomy_changes else "",
        _listing("Filters", facts.filters, "None were reported."),
        _listing("Limits", _LIMITS, ""),
        _reproduce(facts),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _front(facts: CardFacts, counts: Counts, digests: Mapping[str, str]) -> str:
    front = {
        **({"language": list(facts.language)} if facts.language else {}),
        "license": _licence(counts),
        "tags": ["synthetic", "arenainstruct", "rlaif"],
        "size_categories": [_size(sum(counts.rows.values()))],
        "configs": [
            {
                "config_name": config,
                # `datasets` caches a local folder by its name and these lines: without the
                # content in them it would serve another run's rows.
                "description": f"content {digests.get(config, '')}",
                "data_files": [{"split": "train", "path": f"{config}/train.parquet"}],
            }
            for config in SCHEMAS
        ],
    }
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---"


def _licence(counts: Counts) -> str:
    """Return the one licence that all seeds share, in the hub's spelling; otherwise `other`."""
    names = {name.strip().lower().replace(" ", "-") for name in counts.licences}
    return names.pop() if len(names) == 1 and names <= _HUB_LICENCES else "other"


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "n>1M")


def _warning(facts: CardFacts, counts: Counts) -> str:
    models = counts.models | {use.model for use in facts.totals.uses}
    offline = sorted(model for model in models if model.startswith("offline/"))
    if not offline:
        return ""
    return (
        "> **DO NOT TRAIN ON THIS.** Rows whose `models` name "
        + ", ".join(f"`{model}`" for model in offline)
        + " were made by the embedded models: classical text processing that exercises the loop. "
        "They are for trying and testing only."
    )


def _contents(counts: Counts) -> str:
    configs = [(f"`{name}`", rows, ABOUT[name]) for name, rows in counts.rows.items()]
    rounds = [
        (round, *(by_config.get(config, 0) for config in SCHEMAS))
        for round, by_config in counts.rounds.items()
    ]
    licences = [(name or "unknown", number) for name, number in counts.licences.items()]
    return "\n\n".join(
        [
            "## Contents",
            _table(("config", "rows", "what"), configs),
            *_without_rows(counts),
            _OUTCOMES,
            _DIFFICULTY,
            _ORDERS,
            *_cut(counts),
            "### Rows by round",
            _table(("round", *SCHEMAS), rounds),
            "### What kind of model wrote it",
            _table(
                ("kind", "instructions", "answers"),
                [(kind, *numbers) for kind, numbers in counts.made.items()],
            ),
            "### Instructions by licence of the seed",
            _table(("licence", "instructions"), licences),
        ]
    )


def _without_rows(counts: Counts) -> list[str]:
    """Say how configs without rows are loaded; nothing where every one has some."""
    empty = ", ".join(f"`{name}`" for name, rows in counts.rows.items() if not rows)
    told = f"No rows yet in {empty}: `load_dataset` takes such a config with `streaming=True` only."
    return [told] if empty else []


def _cut(counts: Counts) -> list[str]:
    """Say whose answers were cut off; nothing where none was."""
    if not counts.cut:
        return []
    whose = ", ".join(f"{n} of `{who}`" for who, n in sorted(counts.cut.items()))
    return [
        f"Answers cut off at their model's `max_tokens`: {_line(whose)}. Columns with `cut` in their names "
        "tell which; they train nobody unless the config says `selection.cut_answers`."
    ]


def _leaves(counts: Counts) -> str:
    rows = [
        (skill, leaf, *(by_config.get(config, 0) for config in SCHEMAS))
        for (skill, leaf), by_config in counts.leaves.items()
    ]
    return "### Rows by skill and leaf\n\n" + _table(("skill", "leaf", *SCHEMAS), rows)


def _rejects(counts: Counts) -> str:
    rows = [(*key, number) for key, number in counts.rejects.items()]
    return "### Rejects by reason\n\n" + _table(("stage", "reason", "rejects"), rows)


def _dropped(counts: Counts) -> list[str]:
    """Tell what the gate dropped of each leaf; nothing where it dropped nothing."""
    reasons = sorted({reason for found in counts.dropped.values() for reason in found})
    rows = [
        (leaf, *(found.get(why, 0) for why in reasons)) for leaf, found in counts.dropped.items()
    ]
    told = "### Dropped at the gate, by leaf\n\n" + _table(("leaf", *reasons), rows)
    return [told] if rows else []


def _coverage(facts: CardFacts) -> list[str]:
    """Tell what the policy wanted of each leaf, what was made, and by which transformations."""
    if not facts.coverage:
        return []
    told = (
        "### Coverage\n\n`wanted` is a leaf's share by the policy of each round, of what that round wrote; "
        "`kept` passed the gate; `rows` are to train on. The letters are transformations: instructions kept, "
        "darker where more of the skill's are; empty where they do not go together."
    )
    tables = [
        f"**{one.skill}**: {_line(one.legend)}\n\n{_table(one.heads, one.table())}"
        for one in facts.coverage
    ]
    skills = _table(WHOLE_HEADS, (tuple(map(_line, one.whole)) for one in facts.coverage))
    return [f"### Skills\n\n{skills}", told, *tables]


def _models(facts: CardFacts) -> str:
    heads = ("model", "alias", "role", "calls", "tokens in", "tokens out", "USD")
    rows = [
        (u.model, u.alias, u.role, u.calls, u.tokens_in, u.tokens_out, f"{u.usd:.4f}")
        for u in facts.totals.uses
    ]
    t = facts.totals
    total = f"{t.calls} calls, {t.tokens_in} tokens in, {t.tokens_out} tokens out, {t.usd:.4f} USD."
    if t.unusable:
        total += f" {t.unusable} replies were paid but unusable; their tokens are counted."
    return f"## Models and cost\n\n{_table(heads, rows)}\n\nIn all: {total}"


def _ratings(facts: CardFacts) -> str:
    heads = ("round", "contender", "model", "rating", "95 % interval", "battles")
    rows = [
        (r.round, r.alias, r.model, f"{r.rating:.0f}", told(r.low, r.high), r.battles)
        for r in facts.ratings
    ]
    return (
        "## Ratings\n\nBradley–Terry, on the Elo scale, from the games of a `purpose` whose `outcome` is "
        "not `broken` (selection: of the round; evaluation: of all rounds so far); those of a juror that "
        "contradicts itself over the two orders weigh half.\n\n"
    ) + _table(heads, rows)


def _trainings(facts: CardFacts) -> list[str]:
    if not facts.trainings and not facts.gates:
        return []
    return [
        _listing("Training", facts.trainings, "Elsewhere; its trainer told no more."),
        _listing("Gate", facts.gates, "None was passed yet."),
    ]


def _listing(title: str, lines: Sequence[str], none: str) -> str:
    listed = "\n".join(f"- {_line(line)}" for line in lines) or none
    return f"## {title}\n\n{listed}"


def _recompute(facts: CardFacts) -> str:
    """Say how a reader finds the numbers of a policy change; nothing where there is none."""
    if not facts.policy_changes:
        return ""
    return (
        "\n\nThe numbers can be counted again in `battles`: of a round and a leaf, the target's battles "
        "with `purpose` selection, not `disputed` nor against another of its own samples (`name#2`), whose "
        "`outcome` is neither `broken` nor `held_out`; "
        "in a win rate a tie counts half. Of an instruction with such battles, the share that the target "
        "lost is what it taught; one that is `broken` by selection battles, or in `rejects` of the "
        "curation and not `failed`, "
        "taught nothing. Earlier rounds count less (`feedback.memory`)."
    )


def _reproduce(facts: CardFacts) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    made = f"Made with {versions}.\n\n" if versions else ""
    # Longer than any that the config holds: what it says stays inside.
    fence = "`" * (1 + max(map(len, re.findall("`+", facts.config)), default=2))
    return (
        f"## How to make it again\n\n{made}Save this as `config.yaml`, add the models' endpoints, "
        "and run `arenainstruct run config.yaml`:\n\n"
        f"{fence}yaml\n{facts.config.strip()}\n{fence}"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    cells = [" | ".join(_line(str(cell)).replace("|", "\\|") for cell in line) for line in lines]
    return "\n".join(f"| {line} |" for line in cells) if len(lines) > 2 else "None."


def _line(text: str) -> str:
    """Return a text as one line that a browser shows and does not obey."""
    return escape(" ".join(text.split()), quote=False)
