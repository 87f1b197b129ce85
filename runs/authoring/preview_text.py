"""A preview to read: stage by stage, what was sent and came back, then what was made of it."""

from collections.abc import Iterator
from textwrap import indent, shorten

from ...agents.records import Answer, Battle, Instruction, Passage, Record
from ...agents.rows import TrainingRow
from ..calls.calls import ShownCall, begun, said
from .preview import Preview, StageShown

_LINES = 24
"""Lines of a turn that are shown."""
_WIDE = 400
"""Characters of a line that are shown."""


def lines(found: Preview, *, all_calls: bool) -> Iterator[str]:
    """Yield it; the first call of a role in a stage, the begin of long texts; all where it is asked for."""
    for seed in found.seeds:
        yield f"{found.skill}, from {seed.name} ({seed.kind}, {len(seed.text.split()):,} words)"
    for stage in found.stages:
        yield f"\n━━ {stage.name}"
        yield from _calls(stage, all_calls)
        yield from _made(stage)
    if found.status != "completed":
        yield f"\nThe run {found.status}"


def _calls(stage: StageShown, all_calls: bool) -> Iterator[str]:
    told: set[str] = set()
    left = 0
    roles: set[str] = set()
    for call in stage.calls:
        if call.role in roles and not all_calls:
            left += 1
            continue
        roles.add(call.role)
        yield from _call(call, told, None if all_calls else _LINES)
    if left:
        yield f"   and {left} more calls: --all"


def _call(call: ShownCall, told: set[str], most: int | None) -> Iterator[str]:
    """Yield one call; the rules of a prompt once only."""
    yield (
        f"── {call.role} ({call.alias}: {call.model}), prompt {call.prompt or 'none'}, "
        f"{call.tokens_in} → {call.tokens_out} tokens, {call.outcome}"
    )
    for turn in call.sent:
        if turn["role"] == "system" and call.prompt in told:
            yield "   system: as above"
            continue
        yield f"   {turn['role']}:"
        yield _short(said(turn), most)
    told.add(call.prompt)
    yield "   came back:"
    yield _short(call.back, most)


def _short(text: str, most: int | None) -> str:
    """Return a text behind a bar; no more than so many lines of it, and the begin of long ones."""
    shown = text if most is None else begun(text, most, _WIDE)
    return indent(shown, "     │ ", lambda _: True)


def _made(stage: StageShown) -> Iterator[str]:
    for kind, record in stage.made:
        yield f"→ {_told(kind, record)}"
    for reject in stage.rejects:
        yield f"✗ {reject.leaf or reject.skill}: {reject.reason}: {_brief(reject.detail)}"
    if not stage.made and not stage.rejects and not stage.further:
        yield "→ nothing"


def _told(kind: str, record: Record) -> str:
    match record:
        case Passage():
            how = f"by {record.model}" if record.model else "the seed's own text"
            return f"passage {record.transformation} ({how}): {_brief(record.text)}"
        case Instruction():
            check = record.check
            checked = f"; checker {check.name}: {', '.join(check.terms)}" if check else ""
            options = "".join(f"\n     - {option}" for option in record.options)
            return (
                f"{kind} {record.leaf} ({record.operator}, complexity {record.complexity}): "
                f"{_brief(record.task)}{checked}{options}"
            )
        case Answer():
            last = record.turns[-1].content if record.turns else ""
            word = {True: "right", False: "wrong", None: ""}[record.checked]
            told = ", ".join(filter(None, (word, record.check_note)))
            note = f" ({told})" if word else ""
            return f"{record.contender}{note}: {_brief(record.broken or last)}"
        case Battle():
            return (
                f"{record.leaf}: {record.model_a} against {record.model_b}: {record.winner}, margin "
                f"{record.margin:g}, decided by {record.decided_by}"
            )
        case TrainingRow():
            return f"{kind} row of {record.leaf}"
        case _:
            return f"{kind} {record.id}"


def _brief(text: str) -> str:
    return shorten(text, 160, placeholder=" …")
