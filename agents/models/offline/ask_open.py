"""Writes open questions about a passage: literal, cloze, ordering, true or false, sums, essays."""

import re

from .draft import Bench, Draft
from .restyle import contradict
from .text import NUMBER, bare, content_words, key_terms, lower_first, stem, stems

_DEFINED = re.compile(
    r"^((?:The |A |An )?[\w'’ -]{3,60}?) (is|are|was|were|means|has|have|had) (?!been|not)"
)
_CAUSE = re.compile(r"^(.{20,}?),? (because|since|so that|due to|therefore|as a result) (.{10,})$")
_UNTOLD = (
    ("How much did {topic} cost, in euros?", "cost euro"),
    ("What is the telephone number of the office in charge of {topic}?", "telephone office"),
    ("Which insurance company underwrote {topic}?", "insurance underwrote"),
    ("On which weekday was the committee on {topic} dissolved?", "weekday committee dissolved"),
    ("Who painted the mural that shows {topic}?", "painted mural"),
    ("What salary do apprentices in the field of {topic} earn?", "salary apprentice"),
    ("How many visitors did the museum of {topic} count last winter?", "visitor museum winter"),
    ("Which bakery sponsored the festival of {topic}?", "bakery sponsored festival"),
)


def topic_of(bench: Bench, sentence: str) -> str:
    """Return two or three words that name what a sentence is about, in its order."""
    weight = bench.passage.weight
    words = [w for w in dict.fromkeys(content_words(sentence)) if not w[0].isdigit()]
    top = set(sorted(words, key=lambda w: (-weight.get(stem(w), 0.0), w))[:3])
    return _listed([w for w in words if w in top])


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def literal(bench: Bench) -> Draft:
    """Ask for what one sentence says."""
    sentence = bench.sentence()
    defined = _DEFINED.match(sentence)
    if defined and len(stems(defined[1])) >= 2 and defined[2] in {"is", "are", "was", "were"}:
        subject = (
            defined[1][0].lower() + defined[1][1:]
            if defined[1].startswith(("The ", "A ", "An "))
            else defined[1]
        )
        return Draft(
            f"According to the passage, what {defined[2]} {subject}? Its statement "
            f"speaks of {topic_of(bench, sentence)}."
        )
    form = bench.rng.choice(
        (
            "What does the passage say about {}?",
            "According to the passage, what is stated about {}?",
            "Find the statement about {} and give what it says.",
        )
    )
    return Draft(form.format(topic_of(bench, sentence)))


def cloze(bench: Bench) -> Draft | None:
    """Blank one word or number of a sentence."""
    sentence = bench.sentence()
    plain = [w for w in content_words(sentence) if len(w) > 4]
    terms = [t for t in (*key_terms(sentence), *plain) if sentence.count(t) == 1]
    if not terms or '"' in sentence:
        return None
    gap = bench.rng.choice(terms)
    return Draft(
        "Fill in the blank with the word or number that the passage uses: "
        f'"{sentence.replace(gap, "_____")}"'
    )


def ordering(bench: Bench) -> Draft | None:
    """Ask for the order in which the passage tells several things."""
    rows = bench.passage.usable
    if len(rows) < 3:
        return None
    picked = bench.rng.sample(range(len(rows)), min(4, len(rows)))
    items = "\n".join(f"({chr(97 + i)}) {_clip(rows[at])}" for i, at in enumerate(picked))
    return Draft(
        "Put these in the order in which the passage tells them; answer "
        f"with the letters only:\n{items}"
    )


def _clip(sentence: str) -> str:
    """Return the beginning of a sentence, cut at a word."""
    words = sentence.split()
    return sentence if len(words) <= 16 else " ".join(words[:16]) + " …"


def true_false(bench: Bench) -> Draft | None:
    """Ask for the truth of one true and one false statement, in a random order."""
    rows = [s for s in bench.passage.usable if '"' not in s]
    if len(rows) < 2:
        return None
    one, other = bench.rng.sample(rows, 2)
    pair = [one, contradict(other)]
    bench.rng.shuffle(pair)
    listed = "\n".join(f'1. "{s}"' if i == 0 else f'2. "{s}"' for i, s in enumerate(pair))
    return Draft(f"According to the passage, is each statement true or false?\n{listed}")


def numeric(bench: Bench) -> Draft | None:
    """Ask for a sum over two numbers that stand in different sentences; else for a count."""
    held = [s for s in bench.passage.usable if len(NUMBER.findall(s)) == 1]
    if len(held) < 2:
        return counting(bench)
    one, other = bench.rng.sample(held, 2)
    asked = bench.rng.choice(
        ("What is the difference between", "What is the sum of", "Which is the larger of")
    )
    return Draft(
        f"{asked} the number that the passage gives where it speaks of {topic_of(bench, one)}"
        f" and the number where it speaks of {topic_of(bench, other)}?"
    )


def counting(bench: Bench) -> Draft | None:
    """Ask how many sentences hold a word."""
    words = sorted(
        {w.lower() for s in bench.passage.usable for w in content_words(s) if w.isalpha()}
    )
    if not words:
        return None
    return Draft(
        "How many sentences of the passage contain the word "
        f'"{bench.rng.choice(words)}"? Give a number.'
    )


def matching(bench: Bench) -> Draft | None:
    """Ask for pairs: words of three sentences, and what those sentences say."""
    rows = list(bench.passage.usable)
    if len(rows) < 3:
        return None
    picked = bench.rng.sample(rows, 3)
    right = picked[:]
    bench.rng.shuffle(right)
    left = "\n".join(f"{i}. {topic_of(bench, s)}" for i, s in enumerate(picked, 1))
    listed = "\n".join(f"({chr(97 + i)}) {_clip(s)}" for i, s in enumerate(right))
    return Draft(
        "Match each numbered topic with the lettered statement of the passage "
        f"about it, as in 1-b:\n{left}\n{listed}"
    )


def cause(bench: Bench) -> Draft:
    """Ask why something is so, where the passage gives a reason; else what it says."""
    reasons = [m for m in map(_CAUSE.match, bench.passage.usable) if m]
    if not reasons:
        return literal(bench)
    return Draft(
        "According to the "
        "passage, "
        "why is it that "
        f"{lower_first(bare(bench.rng.choice(reasons)[1]))}? "
        "Use its stated reason."
    )


def comparison(bench: Bench) -> Draft | None:
    """Ask to set two statements side by side."""
    if len(bench.passage.usable) < 2:
        return None
    one, other = bench.rng.sample(bench.passage.usable, 2)
    return Draft(
        "Discuss what the "
        "passage "
        "says about "
        f"{topic_of(bench, one)} "
        "beside what it "
        "says about "
        f"{topic_of(bench, other)}."
    )


def essay(bench: Bench) -> Draft:
    """Ask for a short essay on one of the passage's themes."""
    form = bench.rng.choice(
        (
            "Write a short "
            "essay that "
            "evaluates "
            "how well the passage "
            "supports what "
            "it says about {}.",
            "Discuss in a few "
            "sentences "
            "what the passage "
            "wants its "
            "reader to accept "
            "about {}, and "
            "on what evidence.",
            "Assess the passage's account of {}; use at least two of its statements.",
        )
    )
    return Draft(form.format(topic_of(bench, bench.sentence())))


def evidence(bench: Bench) -> Draft:
    """Ask for the sentence that backs something."""
    return Draft(
        "Which sentence of the "
        "passage speaks of "
        f"{topic_of(bench, bench.sentence())}? "
        "Repeat it word for word."
    )


def meaning(bench: Bench) -> Draft | None:
    """Ask how a word is used."""
    words = sorted(
        {w for s in bench.passage.usable for w in content_words(s) if len(w) > 7 and w.islower()}
    )
    if not words:
        return None
    word = bench.rng.choice(words)
    return Draft(
        f'In which sentence does the passage use the word "{word}"? Repeat it word for word.'
    )


def theme(bench: Bench) -> Draft:
    """Ask for the whole: its main idea, a title or a summary."""
    words = bench.leaf.words
    what = next(
        (w for w in ("title", "conclusion", "purpose", "tone", "organisation") if w in words),
        "main idea",
    )
    top = ", ".join(bench.passage.frequent[:3])
    lead = bench.rng.choice(
        (f"Summarise the {what} of the passage", f"In one sentence, give the {what} of the passage")
    )
    return Draft(
        f"{lead}, with regard to {topic_of(bench, bench.sentence())}." if top else f"{lead}."
    )


def untold(bench: Bench) -> Draft:
    """Ask for something that the passage does not tell."""
    free = [q for q, words in _UNTOLD if not (stems(words) & bench.passage.stems)]
    topic = topic_of(bench, bench.sentence()).split(" and ")[0].split(", ")[0]
    return Draft(
        bench.rng.choice(free or ["Who is the notary of {topic}?"]).format(topic=topic),
        behaviour="say_unanswerable",
    )
