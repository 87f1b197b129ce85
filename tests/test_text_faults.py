"""What programs see in a text: loops, tokens of chat templates, passages that no seed can have given."""

import gzip
import json
from pathlib import Path

import pytest

from arenainstruct.tools.text_faults import broken, thin

SEED = (
    "The lighthouse at Farne was built in 1862 by Anna Brandt, an engineer from Kiel, who had drawn "
    "three plans for it. The first two stood on the northern rock and were given up after the storms "
    "of that autumn; the third, on the southern one, is the tower that ships see today. "
) * 4


@pytest.mark.parametrize(
    "text",
    [
        "The answer is the same. " * 60,
        "A sound beginning about the tower. " + " ".join(map(str, range(200))) + " and so on" * 400,
        "ha" * 2000,
        "It was built in 1862.<|im_end|>",
        "It was built in 1862.<end_of_turn>\n<start_of_turn>user",
    ],
)
def test_loops_and_control_tokens_are_found(text: str) -> None:
    assert broken(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"| {n} | {n * n} | {'odd' if n % 2 else 'even'} |" for n in range(300)),
        "Row, row, row your boat. " * 8,
        SEED,
        "",
    ],
)
def test_tables_songs_and_prose_are_not(text: str) -> None:
    assert broken(text) == ""


def test_a_token_that_was_given_may_be_spoken_of() -> None:
    said = "The template ends each turn by <|im_end|>."
    assert broken(said) and not broken(said, "What does <|im_end|> mean?")


def test_honest_answers_are_left_alone(shared: Path) -> None:
    with gzip.open(shared / "data" / "answers" / "vicuna80_8models.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    texts = [text for row in rows for text in row.values() if isinstance(text, str)]
    assert len(texts) > 1000 and not [text for text in texts if broken(text)]


@pytest.mark.parametrize(
    "passage", ["b", "false", "A place where people went, and many things were."]
)
def test_a_thin_passage_is_told_by_its_words(passage: str) -> None:
    assert "words" in thin(passage, SEED)


def test_words_that_no_seed_holds_are_told_unless_they_are_meant() -> None:
    other = "Wiederholung findet hier niemand, denn jeder Satz spricht von anderen Dingen. " * 12
    assert "shares" in thin(other, SEED)
    assert thin(other, SEED, grounded=False) == ""
    assert thin(SEED, SEED) == thin(SEED[: len(SEED) // 2], SEED) == ""
    assert thin("It stands.", "It stands still.") == "", "a short seed makes a short passage"
