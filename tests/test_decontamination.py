"""Copies, parts and rephrasings are found, by rules and by MinHash; different texts are left alone."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from arenainstruct.tools.decontamination import (
    CharacterRule,
    EmbeddingRule,
    MinHashRule,
    NgramRule,
    Rule,
    WordRule,
    asks,
    compare,
    nearest,
    reaching,
    without,
)
from arenainstruct.tools.embedding import TfidfEmbedder
from arenainstruct.tools.minhash import NearDuplicates, bands, signature, similarity

PAIRS = [
    (
        "Nora packs 14 jars of honey into each of 6 crates and sells every crate for 45 euros. "
        "How much does she earn?",
        "Each of the 6 crates that Nora fills with 14 honey jars is sold at 45 euros. What are her "
        "total earnings?",
    ),
    (
        "A tram leaves the depot at 7:40 and reaches the harbour after 35 minutes. When is it there?",
        "After departing from the depot at 7:40, a tram needs 35 minutes to the harbour. At what "
        "time does it arrive?",
    ),
    (
        "Write a short story about a lighthouse keeper who finds a letter in a bottle.",
        "Compose a brief tale in which the keeper of a lighthouse discovers a bottle with a letter.",
    ),
    (
        "Explain why the leaves of maple trees turn red in autumn but those of birches turn yellow.",
        "In autumn birch leaves become yellow while maple leaves become red: explain the reason.",
    ),
]
TEXTS, REPHRASED = [a for a, _ in PAIRS], [b for _, b in PAIRS]


@pytest.mark.parametrize(
    "rule", [CharacterRule, WordRule, lambda: EmbeddingRule(TfidfEmbedder(), 0.4)]
)
async def test_a_rephrasing_is_the_nearest_row(rule: Callable[[], Rule]) -> None:
    found = await nearest(rule(), TEXTS, REPHRASED)
    assert [match.row for match in found] == [0, 1, 2, 3]


async def test_the_default_rule_takes_no_text_for_another() -> None:
    (found,) = await compare([CharacterRule()], PAIRS)
    # The lighthouse shares few words with its rephrasing: no rule without weights finds that.
    assert (found.own_recall, found.own_rate) == (0.75, 0.0)


async def test_ngrams_find_a_part_in_either_direction() -> None:
    long = f"Some words before it stand here. {TEXTS[0]} And there is quite a lot that comes after."
    rule = NgramRule(8, 0.5)
    (inside,) = await nearest(rule, [TEXTS[0]], ["nothing like it at all", long])
    (around,) = await nearest(rule, [long], [TEXTS[0]])
    assert (inside.row, inside.score) == (1, 1.0)
    assert around.score == 1.0


async def test_short_texts_count_only_when_they_are_the_same() -> None:
    rows = ["why is the sky blue", "Why is the  SKY blue", "sky"]
    found = await nearest(NgramRule(), ["Why is the sky blue", "sky is blue"], rows)
    assert [(match.row, match.score) for match in found] == [(0, 1.0), (-1, 0.0)]


async def test_case_spaces_and_quotes_make_no_difference() -> None:
    (found,) = await nearest(CharacterRule(), ["It’s  Nora's “jar”"], ['it\'s nora’s "JAR"'])
    assert found.score == pytest.approx(1.0, abs=1e-3)


async def test_repeats_are_looked_for_among_earlier_texts() -> None:
    texts = [TEXTS[0], TEXTS[1], TEXTS[0]]
    found = await nearest(MinHashRule(), texts, texts, earlier_only=True)
    assert [match.row for match in found] == [-1, -1, 0]


def test_what_a_row_says_besides_a_passage_is_its_task() -> None:
    passage = " ".join(TEXTS)
    task = "Which of the four has a number in it?"
    changed = passage.replace("14 jars", "15 jars").replace("7:40", "8:10")
    assert without(f"{passage}\n\n{task}", passage) == task
    assert without(f"{task} {changed}", passage) == task
    assert without(passage, passage) == without(changed, passage) == ""
    assert asks(f"Well then. {task.upper()}", task)
    assert not asks("Why is that?", "Why is")


async def test_all_rows_that_reach_the_threshold_are_told() -> None:
    rows = [TEXTS[0].upper(), TEXTS[1], REPHRASED[1], "nothing like it"]
    found = await reaching(CharacterRule(), [*TEXTS[:2], "unheard of"], rows)
    assert found == [[0], [1, 2], []]
    assert await reaching(NgramRule(), [], rows) == [] and await reaching(
        NgramRule(), ["a"], []
    ) == [[]]


async def test_blocks_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await nearest(CharacterRule(), TEXTS, REPHRASED)
    monkeypatch.setattr("arenainstruct.tools.decontamination.rule.BLOCK", 3)
    assert await nearest(CharacterRule(), TEXTS, REPHRASED) == whole


async def test_recall_is_told_at_no_more_than_the_rate() -> None:
    class Fixed:
        name, threshold = "fixed", 0.5

        async def blocks(self, texts: object, rows: object):  # type: ignore[no-untyped-def]
            yield np.array([[0.9, 0.1], [0.8, 0.7]], dtype=np.float32)

    (found,) = await compare([Fixed()], [("a", "b"), ("c", "d")])
    # The second text's nearest other row scores 0.8: no rate below a half allows it.
    assert [point.recall for point in found.points] == [0.5, 0.5, 0.5]
    assert (found.own_recall, found.own_rate) == (1.0, 0.5)


@pytest.mark.slow
async def test_published_rephrasings_are_found_at_the_stated_rate(shared: Path) -> None:
    with gzip.open(shared / "data/decontam/gsm8k_test_rephrased.jsonl.gz") as file:
        rows = [json.loads(line) for line in file]
    pairs = [(r["test_question"], r["rephrased_question"]) for r in rows if r["rephrased_question"]]
    assert len(pairs) == 1315
    characters, words, ngrams = await compare([CharacterRule(), WordRule(), NgramRule(13)], pairs)
    assert characters.own_recall > 0.92 and characters.own_rate < 0.012
    assert words.own_recall > 0.86 and words.own_rate < 0.012
    # What the field uses against verbatim copies finds none of them.
    assert ngrams.own_recall == 0.0


WORDS = [f"word{number}" for number in range(2000)]


def essay(seed: int, length: int = 300) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def shingles(text: str, size: int) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


@pytest.mark.parametrize("changes", [1, 10, 40])
def test_the_similarity_of_signatures_estimates_jaccard(changes: int) -> None:
    words = essay(1).split()
    for position in random.Random(2).sample(range(len(words)), changes):
        words[position] = "changed"
    one, other = essay(1), " ".join(words)
    common = len(shingles(one, 5) & shingles(other, 5))
    true = common / len(shingles(one, 5) | shingles(other, 5))
    estimate = similarity(signature(one, 256), signature(other, 256))
    assert estimate == pytest.approx(true, abs=0.1)


def test_signatures_are_stable_and_ignore_case_and_punctuation() -> None:
    assert signature("one two three four five six")[:3].tolist() == [
        *signature("One, two; three: FOUR five six!")[:3].tolist()
    ]
    # Written down once: an index that a run keeps must be readable by the next version.
    assert signature("one two three four five six")[:2].tolist() == [
        2270584441,
        1218893917,
    ]


def test_bands_are_signed_keys_that_similar_texts_share() -> None:
    keys = bands(signature(essay(1)))
    assert len(keys) == 16
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert set(keys) & set(bands(signature(essay(1) + " and one more")))
    assert not set(keys) & set(bands(signature(essay(2))))


def test_texts_without_spaces_are_compared_by_character() -> None:
    base = "".join(chr(0x4E00 + n) for n in random.Random(3).sample(range(5000), 400))
    changed = base[:200] + "新" + base[201:]
    assert similarity(signature(base), signature(changed)) > 0.85


@pytest.mark.parametrize("text", ["", "word", "two words", "!?"])
def test_texts_shorter_than_a_shingle_have_a_signature(text: str) -> None:
    assert similarity(signature(text), signature(text)) == 1.0


def test_a_near_duplicate_names_the_earlier_one() -> None:
    with NearDuplicates() as index:
        assert index.seen("a", essay(1)) is None
        assert index.seen("b", essay(2)) is None
        assert index.seen("c", essay(1) + " with an ending") == "a"
        assert "a" in index
        assert "c" not in index


def test_shorter_shingles_suit_short_texts() -> None:
    one = "Name the three causes of the flood that the second paragraph gives, in order"
    two = "Name the three causes of the flood that the second paragraph gives, in turn"
    with NearDuplicates(shingle=3, threshold=0.7) as index:
        index.seen("one", one)
        assert index.seen("two", two) == "one"
