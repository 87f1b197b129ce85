"""What an HTTP error of a model endpoint means for the call, and for all calls."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from .provider import AttemptFailed
from .retry_after import retry_after
from .secrets import redact

_AGAIN = frozenset({408, 409, 425, 429})
_REFUSED = frozenset({401, 402, 403, 404})
# A 403 may also be the moderation of one prompt; a 429 may mean that the credit is used up.
_MODERATED = re.compile(r"moderat|flagged|content.?(filter|policy|management)", re.IGNORECASE)
_NO_CREDIT = re.compile(r"insufficient_quota|exceeded your current quota|billing", re.IGNORECASE)
_NEXT = {
    401: "check the key",
    402: "the account has no credit left",
    403: "check what the key may use",
    404: "check base_url and the model's name",
    429: "the account has no credit left",
}
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
    refused = is_refusal(status, text, error)
    if status in _TOO_LONG_STATUS and (long := overflow(text, error)):
        return AttemptFailed(f"{where}: status {status}: {long}: {text}", status=status, final=True)
    hint = f" ({_NEXT[status]})" if refused and status in _NEXT else ""
    if 300 <= status < 400:
        hint = " (it redirects: check base_url)"
    return AttemptFailed(
        f"{where}: status {status}: {text}{hint}",
        status=status,
        retry_after=retry_after(headers, error, status),
        final=not refused and status < 500 and status not in _AGAIN,
        refused=refused,
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
    return AttemptFailed(
        f"{where}: the endpoint says: {f'{long}: ' if long else ''}{text}",
        status=200,
        retry_after=retry_after(headers, error, 200),
        final=bool(long),
        refused=is_refusal(429, text, error),
    )


def is_refusal(status: int, text: str, error: Mapping[str, Any]) -> bool:
    """Return whether no call at all can succeed: a wrong key, an unknown model, no credit."""
    if status == 429:
        return bool(_NO_CREDIT.search(f"{error.get('code')} {error.get('type')} {text}"))
    if status == 403 and _MODERATED.search(text):
        return False
    return status in _REFUSED or 300 <= status < 400


def read_error(body: bytes) -> dict[str, Any]:
    """Return the error object of a body, wrapped or bare; empty where there is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(value, list) and value:
        value = value[0]  # some gateways wrap their one error in a list
    error = value.get("error", value) if isinstance(value, dict) else {}
    return error if isinstance(error, dict) else {"message": error}


def error_text(error: Mapping[str, Any], body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return what the endpoint says, free of secrets, on one line of at most 300 characters."""
    said = next((error[k] for k in (*_SAID, "code") if error.get(k)), None)
    text = str(said) if said is not None else body[:20_000].decode("utf-8", "replace")
    # Half of a key is no key that could be found: what is secret goes before anything is cut.
    return " ".join(redact(text, secrets).split())[:_LONGEST] or "no message"


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
