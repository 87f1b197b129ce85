"""The gate's questions that a program answers: each returns why an instruction is dropped, or nothing.

They are asked in this order, before any model is. A reason names no private text: rejects are published.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from ...agents.records import Instruction, Seed
from ...taxonomy.skill import Leaf
from ...tools.constraints.language import LANGUAGES, language_of, other_language
from ...tools.decontamination import KnownTexts
from ..checking import unusable
from ..settings import CurationSettings

_CLASSES = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    # Groups of digits as numbers are written for dialling: a plus sign, brackets, or four groups.
    "phone": re.compile(
        r"(?<![\w.])(?<!\d[/-])(?:\+\d{1,3}[ ./-]?(?:\(?\d{1,5}\)?[ ./-]?){2,6}\d"
        r"|\(?0\d{2,5}\)?[ /-]\d{2,}(?:[ -]?\d{2,}){0,4}"
        # Two digits begin days and months too.
        r"|\(?0\d\)?[ /-](?:\d{3,}|\d{2}(?:[ -]\d{2}){2,})(?:[ -]?\d{2,}){0,3}"
        r"|\(?\d{3}\)?[ .-]\d{3}[.-]\d{4})(?!\w)"
    ),
}
"""Classes of what a document may mark as private."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TELLING = 20
"""Letters from which on the words of a text may tell its language."""
PROSE = ("text", "dialogue")
"""Kinds of documents that are in a language."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What an instruction is looked at with."""

    leaf: Leaf
    settings: CurationSettings
    seed: Seed | None = None
    """The document that it was made of; None where the store has none."""
    known: KnownTexts | None = None
    """Rows of benchmarks; None where none are given."""


Gate = Callable[[Instruction, Looked], str]
"""Why an instruction is dropped; empty where it is kept."""


def labelled(instruction: Instruction, looked: Looked) -> str:
    """An instruction straight from the taxonomy expects what its leaf does."""
    leaf, expected = looked.leaf, instruction.expected_behaviour
    if instruction.operator == "seed" and expected != leaf.expected_behaviour:
        return f"{leaf.name} expects {leaf.expected_behaviour}, found {expected}"
    return ""


def choosable(instruction: Instruction, looked: Looked) -> str:
    """It has as many options as its leaf asks for, and no two of them are the same."""
    least, most = looked.leaf.options
    found = len(instruction.options)
    if not least <= found <= most:
        return f"{looked.leaf.name} asks for {least} to {most} options, found {found}"
    return "two options are the same" if len(set(instruction.options)) < found else ""


def checkable(instruction: Instruction, looked: Looked) -> str:
    """Its checker can work with its arguments."""
    return unusable(instruction)


def discreet(instruction: Instruction, looked: Looked) -> str:
    """Nothing of it is what its document marks as private."""
    marked = looked.seed.private if looked.seed else ()
    if not marked:
        return ""
    said = _plain(" ".join(shown(instruction)))
    for number, mark in enumerate(marked, 1):
        pattern = _CLASSES.get(mark.lower()) or re.compile(
            rf"(?<!\w){re.escape(_plain(mark))}(?!\w)"
        )
        if pattern.search(said):
            what = mark.lower() if mark.lower() in _CLASSES else "text"
            return f"holds what its document marks as private ({what}, mark {number})"
    return ""


def worded(instruction: Instruction, looked: Looked) -> str:
    """It is in the language that is asked for."""
    asked, seed = looked.settings.language, looked.seed
    if asked == "any":
        return ""
    if asked == "seed":
        asked = language_of(seed.text) if seed and seed.kind in PROSE else ""
    found = other_language(_own_words(instruction, looked.seed), asked) if asked else ""
    return f"is in {_named(found)}, asked for is {_named(asked)}" if found else ""


def unpublished(instruction: Instruction, looked: Looked) -> str:
    """It stands in no row of the given benchmarks, with or without what it is about."""
    if looked.known is None:
        return ""
    texts = (asking(instruction), instruction.task, instruction.prompt())
    found = next(filter(None, map(looked.known.find, dict.fromkeys(texts))), None)
    return f"stands in {found}" if found else ""


GATES: dict[str, Gate] = {
    "wrong_label": labelled,
    "options": choosable,
    "check": checkable,
    "private": discreet,
    "language": worded,
    "benchmark": unpublished,
}
"""By the reason of the reject. To add one, write it and name it here."""


def fault(instruction: Instruction, looked: Looked) -> tuple[str, str]:
    """Return (reason, detail) of the first gate that says no; empty strings where none does."""
    for reason, gate in GATES.items():
        if detail := gate(instruction, looked):
            return reason, detail
    return "", ""


def asking(instruction: Instruction) -> str:
    """Return what it asks, without what it is about."""
    return "\n".join((instruction.task, *instruction.options, *instruction.user_turns))


def shown(instruction: Instruction) -> tuple[str, ...]:
    """Return every text of it that a row of a dataset shows."""
    given = instruction.environment
    apis = (api.model_dump_json() for api in given.apis)
    check = instruction.check
    checked = (*check.terms, *check.replacements) if check else ()
    return (given.material, asking(instruction), *apis, *checked)


def _own_words(instruction: Instruction, seed: Seed | None) -> str:
    """Return what it asks without the words of what it is about: quotes are in their own language.

    Where these are nearly all, they are what it asks with.
    """
    text = asking(instruction)
    about = (instruction.environment.material, seed.text if seed else "")
    given = {word.casefold() for word in _WORD.findall("\n".join(about))}
    own = " ".join(word for word in _WORD.findall(text) if word.casefold() not in given)
    return own if sum(map(str.isalpha, own)) >= _TELLING else text


def _plain(text: str) -> str:
    """Return a text whose letters are written one way, in one case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _named(code: str) -> str:
    return LANGUAGES.get(code, code)
