"""Writes multiple-choice questions: options are the passage's statements, some of them turned."""

import re

from .ask_open import topic_of
from .draft import Bench, Draft
from .restyle import contradict
from .text import bare, stems

# What a leaf's name speaks of, how the question is put, and whether the statements that are
# turned into their contrary are the wrong options ("kept") or the right one ("turned").
_STEMS: tuple[tuple[str, str, str], ...] = (
    (
        r"weaken",
        'The passage holds: "{claim}" Which statement, if true, would weaken what it says most?',
        "turned",
    ),
    (
        r"must be false|false",
        "Which of these cannot be true if the passage is right about {topic}?",
        "turned",
    ),
    (
        r"contradict",
        "Which statement contradicts what the passage says, {topic} included?",
        "turned",
    ),
    (
        r"except|exception",
        (
            "The passage, which also speaks of {topic}, supports each of "
            "these statements EXCEPT which one?"
        ),
        "turned",
    ),
    (
        r"flaw",
        (
            'A critic of "{claim}" makes a slip: one of these claims is '
            "against the passage. Which is it?"
        ),
        "turned",
    ),
    (
        r"strengthen",
        'The passage holds: "{claim}" Which statement of the passage strengthens it most?',
        "kept",
    ),
    (
        r"assumption|sufficient|necessary",
        'The passage holds: "{claim}" Which statement does it take for granted?',
        "kept",
    ),
    (
        r"inference|must be true|support",
        "If the passage is right about {topic}, which of these must be true as well?",
        "kept",
    ),
    (r"principle", "Which principle does the passage, with its {topic}, rely on?", "kept"),
    (
        r"paradox|resolve",
        'The passage holds: "{claim}" Which statement helps to make sense of it?',
        "kept",
    ),
    (
        r"method|organi[sz]ation|function|role",
        "Which statement does the passage use to build its case about {topic}?",
        "kept",
    ),
    (r"evaluate", 'Which statement is most useful to judge the claim "{claim}" by?', "kept"),
    (
        r"point at issue|disagree",
        "Where {topic} is at issue, which statement does the passage commit its speakers to?",
        "kept",
    ),
    (
        r"parallel|apply|analog",
        "Which statement applies the passage's own reasoning about {topic} rightly?",
        "kept",
    ),
    (
        r"vocab|meaning|context",
        "Which statement uses words such as {topic} as the passage does?",
        "kept",
    ),
)
_PLAIN = (
    "Beside what it says about {topic}, which of these statements does the passage make?",
    "kept",
)
_THEME = re.compile(r"title|main|purpose|summar|conclusion|attitude|tone")


def choice(bench: Bench) -> Draft | None:
    """Write a multiple-choice question with as many options as the leaf asks for."""
    if _THEME.search(bench.leaf.words):
        return _theme(bench)
    count = bench.rng.randint(bench.leaf.low, bench.leaf.high)
    rows = [s for s in bench.passage.usable if '"' not in s]
    if len(rows) < count + 1:
        return None
    claim, *picked = bench.rng.sample(rows, count + 1)
    asked, mode = next(
        ((text, mode) for pattern, text, mode in _STEMS if re.search(pattern, bench.leaf.words)),
        _PLAIN,
    )
    options = [contradict(s) if (i == 0) == (mode == "turned") else s for i, s in enumerate(picked)]
    bench.rng.shuffle(options)
    return Draft(asked.format(claim=claim, topic=topic_of(bench, claim)), tuple(options))


def _theme(bench: Bench) -> Draft | None:
    """Ask for the best title or main idea: one option names what the passage is about."""
    count = bench.rng.randint(bench.leaf.low, bench.leaf.high)
    frequent = bench.passage.frequent
    if len(frequent) < 3 * count:
        return None
    words = _spellings(bench)
    rare = [words[s] for s in frequent[len(frequent) // 2 :] if s in words]
    if len(rare) < 2 * count:
        return None
    right = f"On {words[frequent[0]]} and {words[frequent[1]]}"
    bench.rng.shuffle(rare)
    wrong = [f"On {rare[2 * i]} and {rare[2 * i + 1]}" for i in range(count - 1)]
    options = [right, *wrong]
    bench.rng.shuffle(options)
    what = "title" if "title" in bench.leaf.words else "summary of what the passage is mostly about"
    seen = bare(bench.sentence())
    return Draft(
        f'Which is the best {what}, for a passage that says "{_head(seen)} …"?', tuple(options)
    )


def _head(sentence: str) -> str:
    return " ".join(sentence.split()[:8]).replace('"', "")


def _spellings(bench: Bench) -> dict[str, str]:
    """Return for each stem the first word of the passage that has it."""
    from .text import content_words, stem

    found: dict[str, str] = {}
    for sentence in bench.passage.usable:
        for word in content_words(sentence):
            found.setdefault(stem(word), word.lower())
    return {s: found[s] for s in bench.passage.frequent if s in found and stems(found[s])}
