"""MinHash: the estimate is close, the index decides the same again, and asking is cheap."""

import random
from pathlib import Path

import pytest

from arenainstruct.tools.minhash import NearDuplicates, bands, signature, similarity

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


def test_a_resumed_index_decides_the_same(tmp_path: Path) -> None:
    texts = {"a": essay(1), "b": essay(2), "a2": essay(1) + " again", "c": essay(3)}

    def decide() -> dict[str, str | None]:
        with NearDuplicates(tmp_path / "index.sqlite") as index:
            return {item: index.seen(item, text) for item, text in texts.items()}

    first = decide()
    assert first == {"a": None, "b": None, "a2": "a", "c": None}
    assert decide() == first


def test_shorter_shingles_suit_short_texts() -> None:
    one = "Name the three causes of the flood that the second paragraph gives, in order"
    two = "Name the three causes of the flood that the second paragraph gives, in turn"
    with NearDuplicates(shingle=3, threshold=0.7) as index:
        index.seen("one", one)
        assert index.seen("two", two) == "one"
