"""IFEval: does an answer keep the verifiable instructions of its prompt (arXiv 2311.07911)?

Strict takes an answer as it stands. Loose also takes it without its first line, its last line, both, and
each of these without asterisks, so that a lead-in or Markdown costs nothing. A prompt counts where all its
instructions are kept; what is published as one figure is the mean of the two strict accuracies.

The checks are those of `tools.constraints`. Two differ from the reference in what they rest on: sentences
are counted by rules instead of Punkt, and languages told by py3langid instead of langdetect. A third
differs in what it asks: where the letter to count is no letter (`#`, `!`; two prompts), the reference
counts a letter that it draws. Of 2,502 decisions on 1,623 answers, made so that both outcomes were
common, 2,497 were the reference's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..constraints import Constraint
from ..constraints.casing import Capitals, CapitalWords, SmallLetters
from ..constraints.content import Choice, Language, Placeholders, Without
from ..constraints.frame import Ending, Postscript, Quotation, RepeatedRequest, TwoAnswers
from ..constraints.keywords import Forbidden, Keywords, Letters, Repeated
from ..constraints.layout import Bullets, Highlights, Json, Sections, Title
from ..constraints.lengths import NthParagraph, Paragraphs, Sentences, Words

Arguments = Mapping[str, Any]

INSTRUCTIONS: dict[str, Callable[[Arguments], Constraint]] = {
    "keywords:existence": lambda a: Keywords(words=tuple(a["keywords"])),
    "keywords:frequency": lambda a: Repeated(
        word=a["keyword"].strip(), relation=a["relation"], count=a["frequency"]
    ),
    "keywords:forbidden_words": lambda a: Forbidden(words=tuple(a["forbidden_words"])),
    "keywords:letter_frequency": lambda a: Letters(
        letter=a["letter"], relation=a["let_relation"], count=a["let_frequency"]
    ),
    "language:response_language": lambda a: Language(code=a["language"]),
    "length_constraints:number_sentences": lambda a: Sentences(
        relation=a["relation"], count=a["num_sentences"]
    ),
    "length_constraints:number_paragraphs": lambda a: Paragraphs(count=a["num_paragraphs"]),
    "length_constraints:number_words": lambda a: Words(
        relation=a["relation"], count=a["num_words"]
    ),
    "length_constraints:nth_paragraph_first_word": lambda a: NthParagraph(
        count=a["num_paragraphs"], nth=a["nth_paragraph"], word=a["first_word"]
    ),
    "detectable_content:number_placeholders": lambda a: Placeholders(count=a["num_placeholders"]),
    "detectable_content:postscript": lambda a: Postscript(marker=a["postscript_marker"]),
    "detectable_format:number_bullet_lists": lambda a: Bullets(count=a["num_bullets"]),
    "detectable_format:constrained_response": lambda a: Choice(
        options=("My answer is yes.", "My answer is no.", "My answer is maybe.")
    ),
    "detectable_format:number_highlighted_sections": lambda a: Highlights(
        count=a["num_highlights"]
    ),
    "detectable_format:multiple_sections": lambda a: Sections(
        head=a["section_spliter"], count=a["num_sections"]
    ),
    "detectable_format:json_format": lambda a: Json(),
    "detectable_format:title": lambda a: Title(),
    "combination:two_responses": lambda a: TwoAnswers(),
    "combination:repeat_prompt": lambda a: RepeatedRequest(request=a["prompt_to_repeat"]),
    "startend:end_checker": lambda a: Ending(phrase=a["end_phrase"]),
    "startend:quotation": lambda a: Quotation(),
    "change_case:capital_word_frequency": lambda a: CapitalWords(
        relation=a["capital_relation"], count=a["capital_frequency"]
    ),
    "change_case:english_capital": lambda a: Capitals(),
    "change_case:english_lowercase": lambda a: SmallLetters(),
    "punctuation:no_comma": lambda a: Without(sign=","),
}
"""The 25 types of instruction, each as the constraint that its arguments make."""


@dataclass(frozen=True, slots=True)
class Item:
    """One prompt with its instructions."""

    key: str
    prompt: str
    types: tuple[str, ...]
    constraints: tuple[Constraint, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Item":
        """Read a row of the published file: `key`, `prompt`, `instruction_id_list`, `kwargs`.

        Raises:
            ValueError: a field is missing, or an instruction or its arguments are not known.
        """
        try:
            types = tuple(row["instruction_id_list"])
            pairs = zip(types, row["kwargs"], strict=True)
            constraints = tuple(INSTRUCTIONS[name](given) for name, given in pairs)
            return cls(str(row["key"]), row["prompt"], types, constraints)
        except KeyError as error:
            known = ", ".join(INSTRUCTIONS)
            raise ValueError(
                f"prompt {row.get('key')}: no {error}; instructions: {known}"
            ) from error


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which instructions of one prompt an answer keeps."""

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]


def outcome(item: Item, answer: str) -> Outcome:
    """Hold an answer against its prompt's instructions; an empty reading keeps none."""
    readings = _readings(answer)
    kept = [
        tuple(not constraint.fault(text) if text.strip() else False for text in readings)
        for constraint in item.constraints
    ]
    return Outcome(tuple(row[0] for row in kept), tuple(map(any, kept)))


def _readings(answer: str) -> Sequence[str]:
    """Return the answer as it stands first, then in the other ways that the loose score takes it."""
    lines = answer.split("\n")
    cut = [answer, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return (*cut, *(text.replace("*", "") for text in cut))
