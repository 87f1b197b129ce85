"""Whether a conversation with tools did what its instruction expects.

A program can be certain of some things only: that a call breaks its schema, that nothing was asked,
that a value stands in what was said. Where it is not certain it says None, and the jury decides.

Whether the value of an argument can be traced to what was said before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .api_spec import ApiLike, spoken
from .tool_call import check_call

PlainTurn = tuple[str, str, Sequence[tuple[str, str]]]
"""Role, content and the calls as (name, arguments as JSON text)."""

_ASKS = re.compile(
    r"[?？؟]|\b(please|need|provide|which|what|tell me|specify|let me know|missing|required?"
    r"|could you|can you|confirm|share|clarify|without)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"n['’]t\b|\b(not|no|none|cannot|unable|lacks?|without|unavailable|unsupported|unfortunately|sorry"
    r"|beyond|outside|impossible|missing|neither|nor)\b",
    re.IGNORECASE,
)
# Enough of these, and a text is English: only then is the absence of a phrase certain.
_ENGLISH = re.compile(
    r"\b(the|is|are|was|has|have|your|you|to|of|and|for|with|it|i)\b", re.IGNORECASE
)


class ToolCheck(NamedTuple):
    """What the program found."""

    passed: bool | None
    """None where it cannot be certain."""
    note: str


@dataclass
class _Segment:
    """What the assistant did between two user turns."""

    invalid: list[str] = field(default_factory=list)
    """Problems of calls that no later valid call of the same API made good."""
    repaired: bool = False
    invented: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    """Names of the APIs called validly, in order."""
    grounded: bool = False
    """Some valid call carries a value that was said before."""
    calls: int = 0
    text: str = ""
    """The last thing said."""


def check_tool_use(
    turns: Sequence[PlainTurn],
    apis: Sequence[ApiLike],
    expected_behaviour: str,
    task: str,
    *,
    expected_calls: Sequence[str] = (),
) -> ToolCheck:
    """Judge a conversation that begins with `task`.

    Args:
        turns: Everything after the task, later user turns included; the task's own turn may lead.
        apis: What could be called.
        expected_behaviour: `answer`, `ask_for_missing` or `say_no_tool`; else undecided.
        task: The first user turn.
        expected_calls: Names of the APIs that the task's writer says a good answer calls, if known.
    """
    if turns and turns[0][0] == "user":
        turns, task = turns[1:], f"{task}\n{turns[0][1]}"
    segments = _segments(turns, apis, task)
    if not segments[-1].text.strip():
        return ToolCheck(False, "the conversation does not end with an answer in words")
    if expected_behaviour == "ask_for_missing":
        return _asks_back(segments, apis)
    if expected_behaviour == "say_no_tool":
        return _says_no(segments, expected_calls)
    if expected_behaviour == "answer":
        return _answers(segments, expected_calls)
    return ToolCheck(None, f"no program checks {expected_behaviour!r}")


def _segments(turns: Sequence[PlainTurn], apis: Sequence[ApiLike], task: str) -> list[_Segment]:
    segments, said = [_Segment()], task
    for role, content, calls in turns:
        if role == "user":
            segments.append(_Segment())
        if role in ("user", "tool"):
            said = f"{said}\n{content}"
        if role == "assistant":
            segments[-1].text = content
            for name, arguments in calls:
                _add_call(segments[-1], apis, (name, arguments), said)
    return segments


def _add_call(segment: _Segment, apis: Sequence[ApiLike], call: tuple[str, str], said: str) -> None:
    name, arguments = call
    checked = check_call(apis, name, arguments)
    segment.calls += 1
    if checked.problems or checked.api is None:
        segment.invalid.append(f"{name}: {'; '.join(checked.problems)}")
        return
    # A valid call makes earlier failures of the same API good.
    left = [problem for problem in segment.invalid if not problem.startswith(f"{name}: ")]
    segment.repaired |= len(left) < len(segment.invalid)
    segment.invalid = left
    segment.called.append(name)
    telling = [v for v in checked.arguments.values() if not isinstance(v, bool | None)]
    segment.grounded |= any(trace(value, said) == "traced" for value in telling if value != [])
    for parameter in checked.api.parameters:
        if parameter.required:
            _trace(segment, f"{name}.{parameter.name}", checked.arguments[parameter.name], said)
            # A value that the API's own text offers is a choice, not an invention.
            offered = f"{checked.api.description} {parameter.description}"
            _soften(segment, f"{name}.{parameter.name}", checked.arguments[parameter.name], offered)


def _trace(segment: _Segment, place: str, value: Any, said: str) -> None:
    found = trace(value, said)
    if found == "invented":
        segment.invented.append(place)
    elif found == "unclear":
        segment.unclear.append(place)


def _soften(segment: _Segment, place: str, value: Any, offered: str) -> None:
    if place in segment.invented and trace(value, offered) == "traced":
        segment.invented.remove(place)
        segment.unclear.append(place)


def _answers(segments: list[_Segment], expected: Sequence[str]) -> ToolCheck:
    if broken := _broken(segments):
        return broken
    if not any(segment.calls for segment in segments):
        return ToolCheck(False, "nothing was called although the task needs a call")
    if doubt := _doubt(segments):
        return doubt
    called = {name for segment in segments for name in segment.called}
    if missing := [name for name in expected if name not in called]:
        return ToolCheck(
            None, f"not called, though the task seems to need it: {', '.join(missing)}"
        )
    if not expected and not any(segment.grounded for segment in segments):
        return ToolCheck(None, "no call carries anything of the request: it may be the wrong one")
    return ToolCheck(True, "every call fits its schema and takes its values from the conversation")


def _broken(segments: list[_Segment]) -> ToolCheck | None:
    """Return a failure when a call broke its schema and was never made good."""
    problems = [problem for segment in segments for problem in segment.invalid]
    return ToolCheck(False, f"invalid call: {problems[0]}"[:400]) if problems else None


def _doubt(segments: list[_Segment]) -> ToolCheck | None:
    places = [place for s in segments for place in (*s.invented, *s.unclear)]
    if places:
        return ToolCheck(None, f"values not found in the conversation: {', '.join(places)}")
    if any(segment.repaired for segment in segments):
        return ToolCheck(None, "a call had to be repeated after an error")
    return None


def _asks_back(segments: list[_Segment], apis: Sequence[ApiLike]) -> ToolCheck:
    first, later = segments[0], segments[1:]
    asks = bool(_ASKS.search(first.text))
    if first.invented and not asks:
        return ToolCheck(False, f"invented instead of asking: {', '.join(first.invented)}")
    if not asks and _is_english(first.text):
        return ToolCheck(False, "a value is missing and nothing was asked")
    if not asks or not _names_parameter(first.text, apis):
        return ToolCheck(None, "whether it asks for the missing value is not certain")
    if first.invented or first.unclear or first.invalid:
        return ToolCheck(None, "it asks, but also called with values that are not certain")
    if broken := _broken(later):
        return broken
    if doubt := _doubt(later):
        return doubt
    if later and not any(segment.calls for segment in later):
        return ToolCheck(None, "nothing was called after the user's later turns")
    return ToolCheck(True, "it asks for the missing value before it calls")


def _names_parameter(text: str, apis: Sequence[ApiLike]) -> bool:
    """Return whether a text speaks of any required parameter, by its name or its description."""
    words = set(re.findall(r"[^\W_]+", text.casefold()))
    for api in apis:
        for parameter in api.parameters:
            telling = set(spoken(f"{parameter.name} {parameter.description}").split())
            if parameter.required and words & {w for w in telling if len(w) > 3 or w == "id"}:
                return True
    return False


def _says_no(segments: list[_Segment], expected: Sequence[str]) -> ToolCheck:
    text = "\n".join(segment.text for segment in segments)
    denies = bool(_DENIES.search(text))
    if not denies and _is_english(text):
        return ToolCheck(False, "it never says that something cannot be done with these APIs")
    if not denies:
        return ToolCheck(None, "whether it says that it cannot is not certain")
    called = [name for segment in segments for name in segment.called]
    if broken := _broken(segments):
        return ToolCheck(None, f"it says that it cannot, after an {broken.note}")
    if doubt := _doubt(segments):
        return doubt
    if not set(called) <= set(expected):
        return ToolCheck(None, f"it says that it cannot, and called {', '.join(called)}")
    return ToolCheck(True, "it says what cannot be done and calls nothing unrelated")


def _is_english(text: str) -> bool:
    return len(set(found.lower() for found in _ENGLISH.findall(text))) >= 2


Trace = Literal["traced", "unclear", "invented"]

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()


def trace(value: Any, said: str) -> Trace:
    """Return whether `value` stands in the text `said`.

    `traced`: it is there, whatever its case, spacing or number format; booleans and nulls always
    are. `invented`: nothing of it is there. `unclear`: a part is, or it may well be derived.
    """
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        found = {trace(part, said) for part in parts}
        if "invented" in found:
            return "invented"
        return "unclear" if "unclear" in found else "traced"
    if value is None or isinstance(value, bool):
        return "traced"
    if isinstance(value, int | float):
        return "traced" if value in _numbers(said) else "invented"
    return _trace_text(str(value), said)


def _trace_text(value: str, said: str) -> Trace:
    flat, text = _flat(value), _flat(said)
    if not flat:  # nothing, or signs only: there is no word to look for
        return "traced" if value.strip() and value.strip() in said else "unclear"
    if flat in text or flat.replace(" ", "") in text.replace(" ", ""):
        return "traced"
    if date := _ISO_DATE.match(value):
        return _trace_date(date, text, said)
    words = set(flat.split())
    there = words & set(text.split())
    if words and there == words:
        return "traced"
    numeric = _NUMBER.fullmatch(value.strip())
    if numeric and _as_number(value) in _numbers(said):
        return "traced"
    return "unclear" if there else "invented"


def _flat(text: str) -> str:
    """Return the words of a text in lower case, parted by single spaces."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _trace_date(date: re.Match[str], text: str, said: str) -> Trace:
    """Look for the day and the month of an ISO date, written in figures or in words."""
    words = set(text.split())
    day, month = int(date[3]), _MONTHS[min(int(date[2]), 12) - 1]
    has_day = day in _numbers(said) or words & {f"{day}{end}" for end in ("st", "nd", "rd", "th")}
    has_month = any(w.startswith(month) for w in words) or int(date[2]) in _numbers(said)
    if has_day and has_month:
        return "traced" if date[1] in words else "unclear"
    return "unclear"  # "tomorrow" is a date too


def _as_number(text: str) -> float:
    return float(text.strip().replace(",", ""))


def _numbers(text: str) -> set[float]:
    """Return every number of a text; small ones also when written as words."""
    figures = {_as_number(found) for found in _NUMBER.findall(text)}
    signed = figures | {-number for number in figures}
    words = set(text.casefold().split())
    return signed | {float(i) for i, word in enumerate(_COUNTED) if word in words}
