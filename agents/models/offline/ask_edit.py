"""Writes text-editing tasks: exact edits with what a program can check, and looser rewritings."""

import re
from collections import Counter
from collections.abc import Callable

from .draft import Bench, Draft
from .edits import apply_edit, read_edit
from .text import NUMBER, content_words

_KEEP = "Change nothing else, and return only the text."
_PLACE = ("text above", "passage above")


def _words_of(bench: Bench, count: int) -> list[str]:
    """Return words that really stand in the text as whole words, longer than four letters."""
    found = {w for w in content_words(bench.passage.text) if w.isalpha() and len(w) > 4}
    # A word that also stands there in another spelling would be ambiguous: which is meant?
    spellings = Counter(w.lower() for w in found)
    low = bench.passage.text.lower()
    plain = sorted(
        w
        for w in found
        if spellings[w.lower()] == 1 and low.count(w.lower()) == bench.passage.text.count(w)
    )
    return bench.rng.sample(plain, min(count, len(plain)))


def _replace(bench: Bench) -> Draft | None:
    words = _words_of(bench, 2)
    if len(words) < 2:
        return None
    old, new = words[0], bench.rng.choice(("item", "matter", "element", "factor", "unit", "detail"))
    return _exact(bench, f'Replace every "{old}" in the text above with "{new}". {_KEEP}')


def _remove(bench: Bench) -> Draft | None:
    words = _words_of(bench, 1)
    if not words:
        return None
    asks = ['Remove every occurrence of the word "{}" from the text above.']
    # Sentences and marks are other results than a plain removal: only where no program checks it.
    if not bench.leaf.checker:
        asks.append('Remove every sentence that contains the word "{}" from the text above.')
    return _exact(bench, f"{bench.rng.choice(asks).format(words[0])} {_KEEP}")


def _capitals(bench: Bench) -> Draft | None:
    asks = [f"Write the whole text above in upper case. {_KEEP}"]
    words = _words_of(bench, 1)
    if words:
        asks.append(f'Write every "{words[0]}" in the text above in upper case. {_KEEP}')
    asks.append(f"Capitalise the first letter of every word of the text above. {_KEEP}")
    return _exact(bench, bench.rng.choice(asks))


def _normal(bench: Bench) -> Draft | None:
    if not NUMBER.search(bench.passage.text):
        return None
    ask = (
        "Normalise the text above: write every date as YYYY-MM-DD and every "
        "number without thousands separators."
    )
    return _exact(bench, f"{ask} {_KEEP}")


def _limited(bench: Bench) -> Draft | None:
    words = _words_of(bench, bench.rng.choice((1, 2)))
    listed = ", ".join(f'"{w}"' for w in words)
    if not words:
        return None
    return _exact(
        bench,
        f"Rewrite the text above without using any of the words {listed}, and keep its meaning.",
    )


def _exact(bench: Bench, task: str) -> Draft | None:
    """Return the task with its check, or None where the edit would change nothing."""
    edit = read_edit(task)
    if edit is None or apply_edit(edit, bench.passage.text) == bench.passage.text:
        return None
    terms, replacements = edit.check(bench.passage.text)
    if edit.kind == "normalise" and not terms:
        return None
    return Draft(task, terms=terms, replacements=replacements)


def check_of(task: str, passage: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the terms and replacements of a task's check, read from the task itself."""
    edit = read_edit(task)
    return edit.check(passage) if edit else ((), ())


def _annotate(bench: Bench) -> Draft | None:
    """Ask for tags around numbers or names, whichever the text has."""
    tag = "NUMBER" if NUMBER.search(bench.passage.text) else "NAME"
    kind = "number" if tag == "NUMBER" else "name of a person or place"
    return _exact(
        bench, f"Annotate the text above: put every {kind} between <{tag}> and </{tag}>. {_KEEP}"
    )


def _styled(bench: Bench) -> Draft | None:
    words = _words_of(bench, 1)
    style = bench.rng.choice(("bold", "italic", "code"))
    ask = f'Set every "{words[0]}" in the text above in {style}, in Markdown.' if words else ""
    return _exact(bench, f"{ask} {_KEEP}") if ask else None


def _hidden(bench: Bench) -> Draft | None:
    words = _words_of(bench, 2)
    listed = " and ".join(f'"{w}"' for w in words)
    ask = f"Obfuscate the text above: hide every {listed} behind a vaguer wording."
    return _exact(bench, ask) if words else None


def _listed(bench: Bench) -> Draft | None:
    about = f", the text that speaks of {'; '.join(_words_of(bench, 1))}"
    return _exact(bench, f"Format the text above{about}, as a bullet list, one sentence an item.")


def _says(*asks: str) -> Callable[[Bench], Draft | None]:
    """Return a writer that picks one of several wordings."""

    def write(bench: Bench) -> Draft | None:
        words = _words_of(bench, 1)
        near = f", the text that speaks of {words[0]}" if words else ""
        return Draft(bench.rng.choice(asks).format(place=bench.rng.choice(_PLACE) + near))

    return write


_MAKERS: tuple[tuple[str, Callable[[Bench], Draft | None]], ...] = (
    (r"keyword|replac", _replace),
    (r"vocab\w* (?:limit|restrict)|(?:limited|restricted) vocab|\w+ with vocab", _limited),
    (r"remov|redact", _remove),
    (r"capital|upper", _capitals),
    (r"normali", _normal),
    (r"code.?switch", _says("Code-switch the {place}: turn every second sentence into Spanish.")),
    (
        r"translat",
        _says(
            "Translate the {place} into Spanish.",
            "Give a Spanish translation: translate the {place}.",
        ),
    ),
    (r"annotat", _annotate),
    (r"styl", _styled),
    (r"format", _listed),
    (r"obfusc|anonym", _hidden),
    (
        r"sentiment",
        _says("Change the sentiment of the {place}: turn it to the contrary, keeping its facts."),
    ),
    (
        r"simplif",
        _says(
            "Simplify the {place} so that a child could read it.",
            "Simplify the {place}: plain words, short sentences.",
        ),
    ),
    (
        r"expan",
        _says(
            "Expand the {place} with more detail.",
            "Expand the {place}: make it longer, without new facts.",
        ),
    ),
    (r"plagiar", _says("Reword the {place} in your own words so that no clause is copied.")),
    (
        r"paraphras",
        _says(
            "Paraphrase the {place}.",
            "Paraphrase the {place} in your own words, keeping all its facts.",
        ),
    ),
    (
        r"rewrit",
        _says(
            "Rewrite the {place} for the readers of a newsletter.",
            "Rewrite the {place} as plain notes.",
        ),
    ),
)
_COMPILED = tuple((re.compile(rf"\b(?:{pattern})"), maker) for pattern, maker in _MAKERS)


def edit_maker(name: str) -> Callable[[Bench], Draft | None] | None:
    """Return the writer for a text-editing leaf by its name; None when it is no such leaf."""
    plain = name.replace("_", " ")
    return next((maker for pattern, maker in _COMPILED if pattern.search(plain)), None)
