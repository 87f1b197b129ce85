"""Whether a task on a website was done: read off what the browser showed last, and off the answer."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from .browser.session import Seen, seen
from .checkers.task import CheckResult


def goal(page: str, state: dict[str, Any]) -> str:
    """Return a goal as a check's first term holds it."""
    return json.dumps({"page": page, "state": state}, ensure_ascii=False, sort_keys=True)


def unusable_goal(terms: Sequence[str]) -> str:
    """Return why terms are no goal; empty where they are."""
    try:
        wanted = json.loads(terms[0]) if terms else None
    except ValueError:
        wanted = None
    if not (isinstance(wanted, dict) and set(wanted) == {"page", "state"}):
        return "the first term is the goal, as JSON with `page` and `state`"
    if not (wanted["page"] or wanted["state"] or terms[1:]):
        return "the goal asks for no page, no state and no answer"
    return ""


def check_site_task(
    results: Iterable[str], answer: str, terms: Sequence[str], others: Sequence[str] = ()
) -> CheckResult:
    """Check where a visit ended and what was answered.

    Args:
        results: what the browser told, in order.
        answer: the closing answer.
        terms: the goal, then what the answer has to say.
        others: what it must not say: the wrong values of the same kind.
    """
    last = next((at for at in map(seen, reversed(list(results))) if at), None)
    if last is None:
        return CheckResult(False, "the website was not used")
    why = _wrong_end(last, json.loads(terms[0])) or _wrong_answer(answer, terms[1:], others)
    return CheckResult(not why, why)


def _wrong_end(last: Seen, wanted: dict[str, Any]) -> str:
    if wanted["page"] and last.path != wanted["page"]:
        return f"the visit ended at {last.path}, not at {wanted['page']}"
    if last.state != wanted["state"]:
        kept, right = (json.dumps(s, ensure_ascii=False) for s in (last.state, wanted["state"]))
        return f"the site has kept {kept}, not {right}"
    return ""


def _wrong_answer(answer: str, says: Sequence[str], others: Sequence[str]) -> str:
    if not says:
        return ""
    rows = [row for row in answer.splitlines() if row.strip()]
    last = rows[-1] if rows else ""
    for value in says:
        if not _stands(value, last):
            return f"the answer's last line does not say {value}"
    for value in others:
        if _stands(value, last):
            return f"the answer's last line says {value} too"
    return ""


def _stands(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w|[.,]\d)", text, re.I))
