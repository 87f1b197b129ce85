"""What an HTTP error of an endpoint means for the call and for all calls, and how long it asks to wait."""

import re
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ...tools.full_text import clean
from .characters import read_json
from .provider import AttemptFailed
from .secrets import redact

_AGAIN = frozenset({408, 409, 424, 425, 429})
_REFUSED = frozenset({401, 402, 403, 404, 405})
_CLIENTS = frozenset({400, 422, 429})
"""With these, words alone tell whether any call at all can succeed."""
# A 403 may also be the moderation of one prompt, and a 404 what no provider of a model can do.
_MODERATED = re.compile(r"moderat|flagged|content.?(filter|policy|management)", re.IGNORECASE)
_UNABLE = re.compile(r"no endpoints found that", re.IGNORECASE)
_KEY, _CREDIT, _PLACE = "check the key", "the account has no credit left", "check base_url"
_MODEL = "check base_url and the model's name"
_NEXT = {401: _KEY, 402: _CREDIT, 403: "check what the key may use", 404: _MODEL, 405: _PLACE}
_SPENT = r"insufficient[ _](quota|credits?|balance|funds)"
# Some say it with a 400; a rate limit points to the page about billing too.
_REFUSALS = (
    (_KEY, r"(invalid|incorrect)[ _]api[ _]key|api[ _]key[ _](not[ _]valid|invalid)"),
    (
        _CREDIT,
        rf"{_SPENT}|exceeded your current quota|credit balance|billing[ _]hard[ _]limit",
    ),
    (
        _MODEL,
        r"model[ _]not[ _](exist|found)|model \S{1,80} (does not exist|not found)|not a valid model"
        r"|(invalid|unknown|no such) model\b",
    ),
)
_NO_SUCH_PLACE = re.compile(r"unexpected endpoint", re.IGNORECASE)
_WRITTEN_BADLY = frozenset({"json_validate_failed", "tool_use_failed"})
"""What the model wrote was not what a grammar wanted: it may write something else next time."""
_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_TAGS = re.compile(r"<(style|script)\b[^<]*|<[^<>]*>", re.IGNORECASE)
_LONGEST = 300
_SAID = ("message", "detail", "msg")
"""Where an error says in words what it is."""
_TOO_LONG_STATUS = frozenset({400, 413, 422, 500})
# How servers say that a prompt, or it and its reply, is longer than the model's context.
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context[ _-]?(length|size|window)|maximum model length"
    r"|(prompt|input|request|messages).{0,40}too (long|large)|too long.{0,40}(prompt|input|request)"
    r"|input.{0,30}exceeds the maximum|max(imum)? (number of|input) tokens|max_new_tokens. must be",
    re.IGNORECASE,
)
_LIMITS = (
    r"(?:context (?:length|size|window)|model length|limit)\D{0,20}?(?:of|is|to|\(|only)\D{0,12}(\d[\d,]*)",
    r"(\d[\d,]*)(?: tokens)? (?:maximum|max)",
    r"(?:must be <=|tokens allowed \(|>)\s*(\d[\d,]*)",
)
_ASKED = (
    r"(?:requested|request \(|length|resulted in|contains|count \(|first|input \(|has|passed"
    r"|too long:|Given:)\s*(?:about )?(\d[\d,]*)",
)


def http_failure(
    status: int, headers: Mapping[str, str], body: bytes, *, where: str, secrets: Iterable[str] = ()
) -> AttemptFailed:
    """Return the failed attempt behind an HTTP error, classified and free of secrets."""
    error = read_error(body)
    text = error_text(error, body, secrets)
    # A page is of what stands before the model: it counts bytes.
    may_be_long = status in _TOO_LONG_STATUS and not is_page(body)
    if may_be_long and (long := overflow(text, error)):
        return AttemptFailed(f"{where}: status {status}: {long}: {text}", status=status, final=True)
    wait = retry_after(headers, error, status)
    refused = refusal(status, text, error, wait=wait is not None)
    hint = f" ({refused})" if refused else ""
    if 300 <= status < 400:
        # Bytes of a header that are no UTF-8 are lone surrogates, which no store holds.
        place = clean(headers.get("Location", "").partition("?")[0])
        to = redact(place, secrets)[:_LONGEST]
        hint = f" (it redirects{f' to {to}' if to else ''}: {_PLACE})"
    again = status >= 500 or status in _AGAIN or str(error.get("code")) in _WRITTEN_BADLY
    return AttemptFailed(
        f"{where}: status {status}: {text}{hint}",
        status=status,
        retry_after=wait,
        final=not refused and not again,
        refused=bool(refused),
    )


def failure_behind(
    headers: Mapping[str, str], body: bytes, *, where: str, secrets: Iterable[str] = ()
) -> AttemptFailed | None:
    """Return the error of a model behind a gateway that a response of status 200 tells; None if none."""
    error = read_error(body)
    code = str(error.get("code"))
    if re.fullmatch("[45][0-9][0-9]", code):
        return http_failure(int(code), headers, body, where=where, secrets=secrets)
    if {"choices", "data"} & error.keys() or not any(error.get(name) for name in _SAID):
        return None
    text = error_text(error, body, secrets)
    long = overflow(text, error)
    wait = retry_after(headers, error, 429)
    refused = "" if long else refusal(429, text, error, wait=wait is not None)
    hint = f" ({refused})" if refused else ""
    return AttemptFailed(
        f"{where}: the endpoint says: {f'{long}: ' if long else ''}{text}{hint}",
        status=200,
        retry_after=wait,
        final=bool(long),
        refused=bool(refused),
    )


def refusal(status: int, text: str, error: Mapping[str, Any], *, wait: bool) -> str:
    """Return what to look at where no call at all can succeed; empty where one may.

    Who says how long to `wait` means a rate, whatever is said of a quota.
    """
    if status in _CLIENTS:
        said = f"{error.get('code')} {error.get('type')} {text}"
        if wait and not re.search(_SPENT, said, re.I):
            return ""
        if status == 429 and _NO_SUCH_PLACE.search(said):
            return _PLACE
        return next((look for look, form in _REFUSALS if re.search(form, said, re.I)), "")
    if (status == 403 and _MODERATED.search(text)) or (status == 404 and _UNABLE.search(text)):
        return ""
    if 300 <= status < 400:
        return _PLACE
    return _NEXT[status] if status in _REFUSED else ""


def read_error(body: bytes) -> dict[str, Any]:
    """Return the error object of a body, wrapped or bare; empty where there is none."""
    try:
        value = read_json(body)
    except ValueError:
        return {}
    if isinstance(value, list) and value:
        value = value[0]  # some gateways wrap their one error in a list
    error = value.get("error", value) if isinstance(value, dict) else {}
    return error if isinstance(error, dict) else {"message": error}


def error_text(error: Mapping[str, Any], body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return what the endpoint says, free of secrets, on one line of at most 300 characters."""
    said = next((error[k] for k in (*_SAID, "code") if error.get(k)), None)
    text = str(said) if said is not None else plain(body)
    # Half of a key is no key that could be found: what is secret goes before anything is cut.
    return " ".join(redact(text, secrets).split())[:_LONGEST] or "no message"


def plain(body: bytes) -> str:
    """Return the beginning of a body as text; of a page, its title or what it shows."""
    text = body[:20_000].decode("utf-8", "replace")
    if not is_page(body):
        return text
    title = _TITLE.search(text)
    return title[1] if title and title[1].strip() else _TAGS.sub(" ", text)


def is_page(body: bytes) -> bool:
    """Return whether a body is a page for people: no model made it."""
    return _MARKUP.match(body[:200].decode("utf-8", "replace").lstrip("\ufeff")) is not None


def overflow(text: str, error: Mapping[str, Any]) -> str:
    """Return that a call is too long for its model, in words with both numbers; empty if it is not."""
    if not _TOO_LONG.search(f"{error.get('code')} {error.get('type')} {text}"):
        return ""
    asked = _told(error.get("n_prompt_tokens"), _ASKED, text)
    limit = _told(error.get("n_ctx"), _LIMITS, text)
    numbers = f"{asked or 'more'} tokens, {limit or 'fewer'} fit"
    return (
        f"too long for the model's context window ({numbers}); lower seeds.max_chars or max_tokens"
    )


def _told(number: Any, forms: Iterable[str], text: str) -> str:
    """Return a number that a server gives by itself, or in one of the forms that sentences have."""
    if isinstance(number, int):
        return str(number)
    found = (re.search(form, text, re.IGNORECASE) for form in forms)
    return next((match[1].replace(",", "") for match in found if match), "")


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(?<![\d.])(\d++(?:\.\d++)?)(ms|s|m|h|d)")
_RETRY_IN = re.compile(r"(?:try again|retry) in ((?:\d[\d.]*(?:ms|s|m|h|d))+)", re.IGNORECASE)
"""How a message says it: `in 7m12.5s`."""


def retry_after(headers: Mapping[str, str], error: Mapping[str, Any], status: int) -> float | None:
    """Return the seconds to wait before the next attempt, None where the endpoint does not say.

    Looks at `retry-after-ms`, `Retry-After` (seconds or a date), the error body's `retry_after_ms`,
    `retry_after` and Google's `retryDelay`, and for a 429 the `x-ratelimit-reset-*` of whatever is used
    up, and what the message says.
    """
    found = _seconds_in(headers.get("retry-after-ms"), 0.001)
    if found is None:
        found = _wait(headers.get("Retry-After", ""))
    if found is None:
        found = _seconds_in(error.get("retry_after_ms"), 0.001)
    if found is None:
        found = _seconds_in(error.get("retry_after"), 1.0)
    if found is None:
        found = _delay(error.get("details"))
    if found is None and status == 429:
        found = _reset(headers)
    if found is None and status == 429 and (said := _RETRY_IN.search(str(error.get("message")))):
        found = _span(said[1])
    return found


def _delay(details: object) -> float | None:
    """Return what a list of Google's details says."""
    told = (
        (d.get("retryDelay") for d in details if isinstance(d, dict))
        if isinstance(details, list)
        else ()
    )
    return next((_span(str(delay)) for delay in told if delay), None)


def _seconds_in(value: object, unit: float) -> float | None:
    try:
        return max(0.0, float(str(value)) * unit) if value is not None else None
    except ValueError:
        return None


def _wait(text: str) -> float | None:
    """Read the standard header: seconds, or an HTTP date."""
    seconds = _seconds_in(text.strip() or None, 1.0)
    if seconds is not None or not text:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return the longest reset (`6m0s`, `20ms`, `1.5`) among the limits that are used up."""
    waits = [
        _span(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def _span(text: str) -> float | None:
    parts = _SPAN.findall(text)
    return (
        sum(float(n) * _UNITS[unit] for n, unit in parts)
        if parts
        else _seconds_in(text or None, 1.0)
    )
