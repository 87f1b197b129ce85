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


def http_failure(
    status: int, headers: Mapping[str, str], body: bytes, *, where: str, secrets: Iterable[str] = ()
) -> AttemptFailed:
    """Return the failed attempt behind an HTTP error, classified and free of secrets."""
    error = read_error(body)
    text = redact(error_text(error, body), secrets)
    refused = is_refusal(status, text, error)
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


def error_text(error: Mapping[str, Any], body: bytes) -> str:
    """Return what the endpoint says, on one line of at most 300 characters."""
    said = next((error[k] for k in ("message", "detail", "msg", "code") if error.get(k)), None)
    text = str(said) if said is not None else body[:2000].decode("utf-8", "replace")
    return " ".join(text.split())[:_LONGEST] or "no message"
