"""Exact text edits that a task asks for in words: found in the task, carried out to the letter.

The same reading serves the writer (what goes into the leaf's check), the contender (who does the
edit) and the juror (who compares).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .text import NAME, NUMBER, sentences

_QUOTED = re.compile(r"[\"“]([^\"“”\n]+)[\"”]")
_PAIR = re.compile(
    r"[\"“]([^\"“”\n]+)[\"”][^\"“”\n]{0,40}?\s(?:with|by|for|to)\s+[\"“]([^\"“”\n]*)[\"”]"
)
_DROP = re.compile(
    r"\b(?:remov|delet|redact|strik\w+ out|censor|cut out|black out|leav\w+ out)", re.I
)
_SWAP = re.compile(r"\b(?:replac|substitut|swap|chang|exchang)", re.I)
_UPPER = re.compile(r"\b(?:upper[- ]?case|capital letters|all caps|block capitals)\b", re.I)
_LOWER = re.compile(r"\blower[- ]?case|small letters\b", re.I)
_TITLE = re.compile(
    r"\b(?:title[- ]?case|capitali[sz]e the first letter of (?:every|each) word)\b", re.I
)
_LIMITED = re.compile(
    r"\bwithout (?:using |writing )?(?:any of )?(?:the )?(?:words?|terms?)\b", re.I
)
_NORMAL = re.compile(r"\bnormali[sz]|\bstandardi[sz]|thousands separator|YYYY-MM-DD", re.I)
_REFRAMED = re.compile(r"\b(?:summar|explain|answer|essay|describe)", re.I)

MONTHS: tuple[str, ...] = tuple(
    "January February March April May June July August September October November December".split()
)
_DMY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(MONTHS)}),? (\d{{4}})\b")
_MDY = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,]|\.\d)")


@dataclass(frozen=True, slots=True)
class Edit:
    """An exact edit: its kind, the terms it is about and what stands in their place."""

    kind: str
    terms: tuple[str, ...] = ()
    replacements: tuple[str, ...] = ()

    def check(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the edit of a text as terms and replacements of a check: see `tools.checkers`."""
        if self.kind == "normalise":
            found = {old: new for old in _values(text) if (new := _normalise(old, self)) != old}
            return tuple(found), tuple(found.values())
        if self.kind == "bullets":
            return ("bullet_list",), ()
        if self.kind in _CHANGES:
            return (_CHANGES[self.kind], *self.terms), ()
        if self.kind == "avoid":
            return ("avoid_word",) * len(self.terms), self.terms
        return self.terms, self.replacements


_CHANGES = {"upper": "upper", "lower": "lower", "title": "initials"}


_STYLES = {"bold": "**{}**", "italic": "*{}*", "strikethrough": "~~{}~~", "code": "`{}`"}
_STYLED = re.compile(rf"\bset\b.*\b({'|'.join(_STYLES)})\b", re.I | re.S)
_HIDE = re.compile(r"\b(?:obfuscat|anonymi[sz]|hide)", re.I)
_TAG = re.compile(r"<([A-Za-z][\w-]*)>")
_TAGGED = {"number": NUMBER, "name": NAME}
_BULLETS = re.compile(r"\bbullet(?:ed)? list\b", re.I)


def _values(text: str) -> list[str]:
    """Return the dates and the numbers with thousands separators, as written."""
    patterns = (_DMY, _MDY, _THOUSANDS)
    return list(dict.fromkeys(m[0] for pattern in patterns for m in pattern.finditer(text)))


def read_edit(task: str) -> Edit | None:
    """Return the exact edit that a task asks for, or None when it asks for something else."""
    terms = tuple(_QUOTED.findall(task))
    pairs = _PAIR.findall(task)
    if _NORMAL.search(task):
        return Edit("normalise")
    if (
        _LIMITED.search(task)
        and terms
        and re.search(r"\brewrit|\bwrite the (?:text|passage) again", task, re.I)
    ):
        return Edit("avoid", terms)
    if _SWAP.search(task) and pairs:
        return Edit("replace", tuple(a for a, _ in pairs), tuple(b for _, b in pairs))
    if _DROP.search(task) and terms:
        return _drop(task, terms)
    return _case(task, terms) or _mark(task, terms)


def _mark(task: str, terms: tuple[str, ...]) -> Edit | None:
    """Read what is put around words or instead of them: a style, a tag, a bullet, a cover."""
    if (style := _STYLED.search(task)) and terms:
        return Edit("style", terms, (style[1].lower(),) * len(terms))
    tags = tuple(tag for tag in dict.fromkeys(_TAG.findall(task)) if tag.lower() in _TAGGED)
    if tags and re.search(r"\b(?:annotat|tag|mark)", task, re.I):
        return Edit("tag", tags)
    if _HIDE.search(task) and terms:
        return Edit("hide", terms)
    return Edit("bullets") if _BULLETS.search(task) and "?" not in task else None


def _drop(task: str, terms: tuple[str, ...]) -> Edit:
    """Tell removal of terms, of whole sentences, and redaction with a mark apart."""
    if mark := re.search(r"(\[[A-Z]+\])", task):
        kept = tuple(t for t in terms if t != mark[1])
        return Edit("replace", kept, (mark[1],) * len(kept))
    whole = re.search(
        r"\b(?:every|each|all|the) (?:whole )?sentences? (?:that|which|with|contain)", task, re.I
    )
    return Edit("remove_sentences" if whole else "remove", terms)


def _case(task: str, terms: tuple[str, ...]) -> Edit | None:
    """Read a change of case; of the quoted terms only, where the task quotes some."""
    if _REFRAMED.search(task):
        return None
    for kind, pattern in (("title", _TITLE), ("upper", _UPPER), ("lower", _LOWER)):
        if pattern.search(task):
            return Edit(kind, terms)
    return None


def _whole(terms: tuple[str, ...], flags: int = 0) -> re.Pattern[str]:
    """Match any of the terms as a whole word, the longest first; exact spelling unless told."""
    longest = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", flags)


def _swap(text: str, edit: Edit) -> str:
    """Put every replacement in its term's place, all in one pass."""
    table = dict(zip(edit.terms, edit.replacements, strict=False))
    return _whole(edit.terms).sub(lambda m: table.get(m[0], m[0]), text)


def _remove(text: str, edit: Edit) -> str:
    return re.sub(rf"[ \t]?{_whole(edit.terms).pattern}", "", text).lstrip(" ")


def _avoid(text: str, edit: Edit) -> str:
    return _whole(edit.terms, re.I).sub("it", text)


def _remove_sentences(text: str, edit: Edit) -> str:
    for sentence in sentences(text):
        if _whole(edit.terms, re.I).search(sentence):
            text = re.sub(r"\s+".join(map(re.escape, sentence.split())) + r"[ \t]*", "", text)
    return text.strip()


def _recase(change: Callable[[str], str]) -> Callable[[str, Edit], str]:
    """Return an edit that changes the case of the whole text, or of the quoted terms."""

    def apply(text: str, edit: Edit) -> str:
        if not edit.terms:
            return change(text)
        return _whole(edit.terms).sub(lambda m: change(m[0]), text)

    return apply


def _normalise(text: str, edit: Edit) -> str:
    """Write dates as YYYY-MM-DD and numbers without thousands separators."""
    text = _DMY.sub(lambda m: f"{m[3]}-{MONTHS.index(m[2]) + 1:02}-{int(m[1]):02}", text)
    text = _MDY.sub(lambda m: f"{m[3]}-{MONTHS.index(m[1]) + 1:02}-{int(m[2]):02}", text)
    return _THOUSANDS.sub(lambda m: m[1].replace(",", ""), text)


def _title(text: str) -> str:
    """Raise the first letter of every word; words are set apart by white space."""
    return re.sub(r"(?<!\S)([^\w\s]*)(\w)", lambda m: m[1] + m[2].upper(), text)


def _style(text: str, edit: Edit) -> str:
    form = _STYLES[edit.replacements[0]]
    return _whole(edit.terms).sub(lambda m: form.format(m[0]), text)


def _tag(text: str, edit: Edit) -> str:
    for tag in edit.terms:
        text = _TAGGED[tag.lower()].sub(rf"<{tag}>\g<0></{tag}>", text)
    return text


def _hide(text: str, edit: Edit) -> str:
    return _whole(edit.terms, re.I).sub("something", text)


_APPLY: dict[str, Callable[[str, Edit], str]] = {
    "replace": _swap,
    "remove": _remove,
    "remove_sentences": _remove_sentences,
    "avoid": _avoid,
    "style": _style,
    "tag": _tag,
    "hide": _hide,
    "bullets": lambda text, _: "\n".join(f"- {sentence}" for sentence in sentences(text)),
    "upper": _recase(str.upper),
    "lower": _recase(str.lower),
    "title": _recase(_title),
    "normalise": _normalise,
}


def apply_edit(edit: Edit, text: str) -> str:
    """Carry out an edit on a text; everything it does not touch stays byte for byte."""
    return _APPLY[edit.kind](text, edit)
