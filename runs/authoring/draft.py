"""A skill drafted by a model from a description and examples, held against the same checks as any other.

What the checks find is shown to the model once; a draft that is still wrong is refused, with what is wrong.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import yaml

from ...agents.errors import UserError
from ...agents.messages import Draft, Drafted
from ...agents.records import SeedKind
from ..config.config import RunConfig
from ..config.skills import skill_faults
from ..opening import Opening

ROLE = "drafter"
FEWEST, MOST = 3, 20
"""Examples that a draft is made from."""
_CHECKERS = {
    "exact_answer": "the answer is one short text; check_terms: the right answer, alone",
    "number": "the answer ends with a number; check_terms: the right number, with its unit where it has one",
    "extraction": "the answer lists spans; check_terms: every span of a right answer, copied from the text",
}
"""Those that need no more of a leaf than their terms."""
_UNSEEN = "The passage is not seen by the answerer."
"""What a definition says where an answer gets no passage: the shared prompts go by it."""
_ASKED = ("instruction", "prompt", "task", "question")
_ANSWERED = ("answer", "output", "response", "completion")
_GIVEN = ("context", "passage", "input")


def read_examples(path: Path) -> tuple[str, ...]:
    """Return the tasks of a file: JSONL, or texts between lines of three dashes.

    Raises:
        UserError: it cannot be read, a line of it is no example, or it has too few or too many of them.
    """
    text = _text(path, "--examples")
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        found = [_row(line, f"{path}:{n}") for n, line in enumerate(text.splitlines(), 1) if line]
    else:
        found = [part.strip() for part in re.split(r"(?m)^-{3,}\s*$", text) if part.strip()]
    if not FEWEST <= len(found) <= MOST:
        raise UserError(
            f"--examples {path}: {len(found)} examples; a draft is made from {FEWEST} to {MOST}, five are "
            "a good number (JSONL, or texts between lines of ---)"
        )
    return tuple(found)


def read_description(path: Path) -> str:
    """Return what the user says of a skill.

    Raises:
        UserError: the file cannot be read, or says nothing.
    """
    text = _text(path, "--from").strip()
    if not text:
        raise UserError(f"--from {path}: is empty; say in a few sentences what the skill practises")
    return text


def _text(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{option} {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{option} {path}: not UTF-8 text") from error


def _row(line: str, place: str) -> str:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"{place}: not JSON: {error}") from error
    row = row if isinstance(row, dict) else {}
    parts = [
        f"{title}: {row[name]}"
        for title, names in (("Given", _GIVEN), ("Task", _ASKED), ("Answer", _ANSWERED))
        for name in names
        if row.get(name)
    ]
    if not any(part.startswith("Task: ") for part in parts):
        raise UserError(f"{place}: no example; a row has one of {', '.join(_ASKED)}")
    return "\n".join(parts)


async def draft(
    name: str, description: str, examples: Sequence[str], config: RunConfig, ledger: Path
) -> str:
    """Return the YAML of a drafted skill; what was paid stays in the ledger.

    Raises:
        UserError: the model is none that can draft, or its second draft is wrong too.
        EpisodeError: the model gave no reply that can be used.
    """
    alias = config.cast.speaks(ROLE)
    model = config.models[alias]
    _refuse(alias, config)
    checkers = tuple(f"{checker}: {needs}" for checker, needs in _CHECKERS.items())
    message = Draft(
        name=name,
        description=description,
        examples=tuple(examples),
        seed_kinds=get_args(SeedKind),
        checkers=checkers,
    )
    async with Opening({alias: model}, config).beside(ledger) as opened:
        for last in (False, True):
            found = await opened.landing(opened.troupe.send(message, Drafted, ROLE, alias))
            text = _yaml(name, found.pack, f"{model.provider}/{model.name}")
            faults = _faults(name, text)
            if not faults:
                return text
            if last:
                break
            message = message.model_copy(update={"faults": tuple(faults)})
    lines = "\n".join(f"new skill {name}: {fault}" for fault in faults)
    raise UserError(
        f"new skill {name}: {alias} drafted twice and did not pass the check; nothing was written\n{lines}"
    )


def _refuse(alias: str, config: RunConfig) -> None:
    """Refuse models that have nothing to say of a skill.

    Raises:
        UserError: it is an embedded model, or a small one.
    """
    model = config.models[alias]
    if model.provider == "offline" or model.small:
        which = "an embedded model" if model.provider == "offline" else "spoken to as a small model"
        raise UserError(
            f"new skill --from: models.{alias} is {which}, which cannot draft a skill from a "
            "description; name a config whose cast.default is a larger one, or leave --from out for "
            "files to fill in yourself"
        )


def _yaml(name: str, pack: dict[str, Any], model: str) -> str:
    """Return a draft as the text of a skill's file."""
    plain: dict[str, Any] = _plain(pack)
    identity = {"name": "identity", "brief": "The seed itself, unchanged.", "identity": True}
    whole = {
        "name": name,
        "title": plain["title"],
        "description": plain["description"],
        "advice": plain["advice"],
        "seed_kinds": plain["seed_kinds"],
        "transformations": [identity, *plain["transformations"]],
        "leaves": [_leaf(leaf) for leaf in plain["leaves"]],
        "goals": [_sparse(goal, edits="task") for goal in plain["goals"]],
    }
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=110)
    return (
        f"# Drafted by {model}: read every line, and look at a preview, before you use it.\n{text}"
    )


def _leaf(leaf: dict[str, Any]) -> dict[str, Any]:
    if leaf["gives"] == "nothing" and _UNSEEN not in leaf["definition"]:
        leaf = {**leaf, "definition": f"{leaf['definition']} {_UNSEEN}"}
    return _sparse(leaf, objective=False, gives="context", checker="", check_terms="")


def _sparse(entry: dict[str, Any], **usual: Any) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if usual.get(key, _NEVER) != value}


_NEVER = object()


def _plain(value: Any) -> Any:
    """Return texts on one line each."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return " ".join(value.split()) if isinstance(value, str) else value


def _faults(name: str, text: str) -> list[str]:
    """Return what the check finds wrong with a skill's text: the field, and what is allowed."""

    def told(path: Path) -> Iterator[str]:
        for fault in skill_faults(str(path)):
            yield re.sub(rf"^{re.escape(str(path))}:(\d+): ", "", fault)

    with TemporaryDirectory(prefix="arenainstruct-") as scratch:
        path = Path(scratch) / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return list(told(path))
